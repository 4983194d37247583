/**
 * A program as a function of text: it reads standard input and writes standard output, under limits
 * of time and size. A pass over text needs its result at once, so this waits for it.
 */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { AssayError } from '../../graphs/ir/diagnostic.ts';

/** What a program may take. */
export interface FilterLimits {
  /** Seconds that one run may take. */
  readonly seconds: number;
  /** Characters of output that are read. */
  readonly output: number;
}

/** Generous for a compiler; the output is what a string of JavaScript holds. */
export const defaultFilterLimits: FilterLimits = { seconds: 300, output: 2 ** 29 - 2 ** 20 };

/** The exit code with which a POSIX shell says that there is no such command. */
const notFound = 127;

/**
 * What a command line, run by the shell, writes when it reads the text.
 *
 * @throws AssayError `pass/exit`, `pass/timeout`, `pass/output` for what the program does, with the
 *   end of what it said on standard error; `filter/command` (a missing tool) where there is no such
 *   program
 */
export function filterText(
  command: string,
  text: string,
  limits: FilterLimits = defaultFilterLimits,
): string {
  const ran = spawnSync(command, {
    ...{ shell: true, input: text, encoding: 'utf8', windowsHide: true, detached: true },
    ...{ timeout: limits.seconds * 1000, killSignal: 'SIGKILL', maxBuffer: limits.output },
  });
  const said = lastLines(ran.stderr ?? '');
  const code = (ran.error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ETIMEDOUT') {
    endGroup(ran.pid);
    throw broken('timeout', `no answer in ${limits.seconds} s`, said);
  }
  if (code === 'ENOBUFS') {
    endGroup(ran.pid);
    throw broken('output', `more than ${limits.output} characters of output`, said);
  }
  if (ran.status === notFound || code === 'ENOENT') {
    const message = `${command}: there is no such command${said}`;
    throw new AssayError({ code: 'filter/command', message }, 'toolchain');
  }
  if (ran.signal) throw broken('exit', `ended by ${ran.signal}`, said);
  if (ran.status !== 0) throw broken('exit', `exit code ${exitOf(ran.status)}`, said);
  return ran.stdout;
}

function broken(code: string, what: string, said: string): AssayError {
  return new AssayError({ code: `pass/${code}`, message: `${what}${said}` });
}

/** A shell tells a signal as 128 and its number. */
function exitOf(status: number | null): string {
  const found = Object.entries(constants.signals).find(([, n]) => n + 128 === status);
  return found ? `${status} (${found[0]})` : `${status}`;
}

/** What the program left behind: the shell is gone, its children may not be. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them are gone already.
  }
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-3);
  const joined = lines.join(' | ').slice(-400);
  return joined ? `; it said: ${joined}` : '';
}
