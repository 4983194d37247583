/**
 * `npm run fuzz`: mutants of every format, each read and used within a time and a memory. What throws
 * anything but an error about the input, hangs, or takes too much memory, is shown with the line that
 * draws it again. Exit 1 where there is one.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DriverName, drivers, mutantOf } from './drivers.ts';

const usage =
  'usage: npm run fuzz -- [--count N] [--seed N] [--from K] [--driver NAME,…] [--seconds N] [--mib N] [--keep DIR]';

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly from: number;
  readonly drivers: readonly DriverName[];
  /** Most time for one mutant. */
  readonly seconds: number;
  /** Most memory of the process that runs them. */
  readonly mib: number;
  readonly keep?: string;
}

/** How a run of mutants ended. */
interface Ended {
  /** The mutant after the last that was begun. */
  readonly next: number;
  readonly faults: readonly Fault[];
}

interface Fault {
  readonly at: number;
  readonly kind: 'fault' | 'hangs' | 'memory';
  readonly what: string;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  let found = 0;
  for (const name of options.drivers) {
    const started = performance.now();
    const counts = { fault: 0, hangs: 0, memory: 0 };
    const end = options.from + options.count;
    for (let n = options.from; n < end; ) {
      const { next, faults } = await runMutants(name, n, end, options);
      for (const fault of faults) {
        counts[fault.kind]++;
        show(name, fault, options);
      }
      n = next;
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const { fault, hangs, memory } = counts;
    const beyond = `${hangs} beyond ${options.seconds} s, ${memory} beyond ${options.mib} MiB`;
    process.stdout.write(
      `${name.padEnd(12)}${options.count} mutants in ${seconds} s: ${fault} faults, ${beyond}\n`,
    );
    found += fault + hangs + memory;
  }
  return found > 0 ? 1 : 0;
}

/** What the process that runs mutants says; `worked` are its seconds of CPU as it begins one. */
interface Message {
  readonly begins?: number;
  readonly worked?: number;
  readonly fault?: string;
  readonly at?: number;
  readonly done?: true;
}

/** Runs mutants in a process of their own until all are done, or one had to be ended. */
function runMutants(
  name: DriverName,
  from: number,
  to: number,
  { seed, seconds, mib }: Options,
): Promise<Ended> {
  const script = new URL('./worker.ts', import.meta.url);
  const child = fork(script, [name, String(seed), String(from), String(to)], {
    execArgv: [...process.execArgv, `--max-old-space-size=${mib}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const faults: Fault[] = [];
  let [at, since, done] = [from, performance.now(), false];
  let ended: Fault['kind'] | undefined;
  const end = (kind: Fault['kind']) => {
    ended ??= kind;
    child.kill('SIGKILL');
  };
  const watch = setInterval(() => {
    const waited = (performance.now() - since) / 1000 - startUp;
    if (waited > seconds && workedSince() > seconds) end('hangs');
    if (residentMib(child.pid) > 2 * mib) end('memory');
  }, 200);
  let startUp = 60;
  let worked = 0;
  const workedSince = () => cpuSeconds(child.pid) - worked;
  child.on('message', (message: Message) => {
    [since, startUp] = [performance.now(), 0];
    worked = message.worked ?? worked;
    if (message.begins !== undefined) at = message.begins;
    if (message.fault !== undefined) faults.push({ at, kind: 'fault', what: message.fault });
    if (message.done) done = true;
  });
  return new Promise((resolve) => {
    child.on('exit', () => {
      clearInterval(watch);
      if (done) return resolve({ next: to, faults });
      const kind = ended ?? 'memory';
      resolve({ next: at + 1, faults: [...faults, { at, kind, what: 'the process was ended' }] });
    });
  });
}

/** Seconds of CPU that a process has had: a loaded machine lets it wait, which is no hang. */
function cpuSeconds(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Infinity;
  }
}

/** The unit of times in /proc on Linux (USER_HZ). */
const ticksPerSecond = 100;

/** Resident memory of a process, where the system tells. */
function residentMib(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function show(name: DriverName, { at, kind, what }: Fault, { seed, keep }: Options): void {
  const line = `npm run fuzz -- --driver ${name} --seed ${seed} --from ${at} --count 1`;
  process.stdout.write(`${kind.toUpperCase()} ${name} ${seed}-${at}: ${what}\n  ${line}\n`);
  if (!keep) return;
  const { bytes } = mutantOf(drivers[name](), name, seed, at);
  mkdirSync(keep, { recursive: true });
  writeFileSync(join(keep, `${name}-${seed}-${at}`), bytes);
}

function readOptions(): Options | string {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: {
        ...{ count: text, seed: text, from: text, driver: text },
        ...{ seconds: text, mib: text, keep: text },
      },
    });
    const number = (given: string | undefined, otherwise: number, least: number) => {
      const value = given === undefined ? otherwise : Number(given);
      if (Number.isSafeInteger(value) && value >= least) return value;
      throw new TypeError(`${given} is no whole number from ${least} on`);
    };
    const all = Object.keys(drivers) as DriverName[];
    const chosen = values.driver?.split(',') ?? all;
    const unknown = chosen.find((name) => !Object.hasOwn(drivers, name));
    if (unknown !== undefined) return `there is no driver ${unknown}; there are ${all.join(', ')}`;
    return {
      count: number(values.count, 20_000, 1),
      seed: number(values.seed, 1, 0),
      from: number(values.from, 0, 0),
      drivers: chosen as DriverName[],
      seconds: number(values.seconds, 5, 1),
      mib: number(values.mib, 512, 64),
      ...(values.keep !== undefined && { keep: values.keep }),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

process.exitCode = await main();
