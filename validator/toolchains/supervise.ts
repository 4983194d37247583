/**
 * A child process under limits of time and memory. Lines on its descriptor 3 are the protocol;
 * stdout and stderr are the library's own, drained and kept up to a bound. How it ended is told as
 * what it was.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Failed, RunLimits } from './toolchain.ts';

/** A process to start, and what it may take. */
export interface Supervised {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly limits: RunLimits;
  /** Bytes that are kept of stdout and of stderr, the last ones. */
  readonly keep: number;
  /** Takes a line of the protocol; `finished` ends the child, any other restarts the clock. */
  onLine(line: string): 'finished' | 'goes on';
}

/** How it ended. */
export interface Ending {
  /** Undefined where the child was finished. */
  readonly failed?: Failed;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long output may still come after the end, in milliseconds: others may hold the pipes open. */
const drainTime = 1000;

/** How often memory is looked at, in milliseconds: by a file, or by a program. */
const pollTime = process.platform === 'linux' ? 20 : 500;

/** Longest line of the protocol, in characters; a longer one is not ours. */
const maxLine = 2 ** 20;

/** Runs the child to its end. */
export function supervise(job: Supervised): Promise<Ending> {
  const child = spawn(job.command, job.args, {
    ...{ cwd: job.cwd, env: childEnvironment(), windowsHide: true },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((s) => new Tail(s!, job.keep));
  const streams = [...child.stdio] as Readable[];
  for (const stream of streams) stream.on('error', () => {});
  return new Promise((resolve) => {
    let [failed, finished]: [Failed | undefined, boolean] = [undefined, false];
    const stop = (why?: Failed) => {
      failed ??= why;
      child.kill('SIGKILL');
    };
    const clock = new Clock(job.limits.seconds, stop);
    const watch = watchMemory(child, job.limits.memory, stop);
    readLines(child.stdio[3] as Readable, (line) => {
      if (finished || failed) return;
      clock.restart();
      finished = job.onLine(line) === 'finished';
      if (finished) stop();
    });
    const end = (how?: Failed) => {
      clock.stop();
      clearInterval(watch);
      for (const stream of streams) stream.destroy();
      const [out, err] = [stdout!.text(), stderr!.text()];
      const told = finished ? undefined : (failed ?? how);
      resolve({ ...(told && { failed: told }), stdout: out, stderr: err });
    };
    child.on('error', ({ message }) => end({ outcome: 'unavailable', reason: message }));
    child.on('exit', (code, signal) => {
      clock.stop();
      const finish = () => end(deathOf(code, signal, stderr!.text()));
      const timer = setTimeout(finish, drainTime);
      child.once('close', () => {
        clearTimeout(timer);
        finish();
      });
    });
  });
}

/** No token, proxy or option of node's that the caller has reaches a library under test. */
function childEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'LANG', 'LD_LIBRARY_PATH', 'SystemRoot'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** The end of a process that had not finished. */
function deathOf(code: number | null, signal: string | null, stderr: string): Failed {
  const said = lastLine(stderr);
  const words = said ? `; the last it said: ${said}` : '';
  if (/JavaScript heap out of memory|std::bad_alloc/.test(stderr)) {
    return { outcome: 'out of memory', reason: `the process gave up${words}` };
  }
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  return { outcome: 'crashed', reason: `the process ${how} before it had a result${words}` };
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '').slice(-200);
}

/** Ends a step that takes too long. */
class Clock {
  private timer: NodeJS.Timeout | undefined;
  private readonly seconds: number;
  private readonly stopChild: (why: Failed) => void;

  constructor(seconds: number, stopChild: (why: Failed) => void) {
    [this.seconds, this.stopChild] = [seconds, stopChild];
    this.restart();
  }

  restart(): void {
    this.stop();
    const reason = `no result after ${this.seconds} s`;
    const late = () => this.stopChild({ outcome: 'timed out', reason });
    this.timer = setTimeout(late, Math.min(1000 * this.seconds, 2 ** 31 - 1));
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** Ends a child whose resident memory passes the limit. */
function watchMemory(child: ChildProcess, limit: number, stop: (why: Failed) => void) {
  const reason = `took more than ${Number((limit / 2 ** 20).toPrecision(4))} MiB`;
  const check = (bytes: number) => {
    if (bytes > limit) stop({ outcome: 'out of memory', reason });
  };
  return setInterval(() => {
    if (child.pid === undefined) return;
    if (process.platform === 'linux') return check(residentOnLinux(child.pid));
    execFile('ps', ['-o', 'rss=', '-p', String(child.pid)], (_, out) => check(1024 * Number(out)));
  }, pollTime);
}

function residentOnLinux(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return 1024 * Number(kib ?? 0);
  } catch {
    return 0;
  }
}

/** The last bytes of a stream. */
class Tail {
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(stream: Readable, keep: number) {
    stream.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.size += chunk.length;
      if (this.size > 2 * keep) {
        this.chunks = [Buffer.concat(this.chunks).subarray(-keep)];
        this.size = keep;
      }
    });
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!.slice(0, maxLine);
    for (const line of lines) onLine(line);
  });
}
