/**
 * A batch of jobs in a child process that tells, a line of JSON each, which job it has started and
 * which is done. A job that takes the process down, or hangs, is recorded as a crash, and a fresh
 * process goes on behind it.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Why a job has no results. */
export interface Refusal {
  readonly kind: 'refused' | 'crashed';
  readonly reason: string;
}

/** Longest wait for one job, in milliseconds. */
const patience = 60_000;

/**
 * Runs jobs 0 to `total` - 1 and gives those without results. `argsFrom` gives the arguments of a
 * process that begins with a job. Rejects where the program cannot be started.
 */
export async function runInChildren(
  program: string,
  argsFrom: (job: number) => readonly string[],
  total: number,
): Promise<ReadonlyMap<number, Refusal>> {
  const refusals = new Map<number, Refusal>();
  for (let next = 0; next < total; ) {
    next = await runFrom(program, argsFrom(next), { start: next, total, refusals });
  }
  return refusals;
}

interface Batch {
  readonly start: number;
  readonly total: number;
  readonly refusals: Map<number, Refusal>;
}

/** One child process from `start` on; returns the first job that it did not get to. */
function runFrom(
  program: string,
  args: readonly string[],
  { start, total, refusals }: Batch,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [next, running, last] = [start, start, ''];
    let wait = setTimeout(() => child.kill('SIGKILL'), patience);
    child.stderr.on('data', (chunk: Buffer) => {
      last = chunk.toString().trim().split('\n').at(-1) ?? last;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(wait);
      wait = setTimeout(() => child.kill('SIGKILL'), patience);
      const { started, done, error } = JSON.parse(line) as Line;
      running = started ?? running;
      if (done === undefined) return;
      next = done + 1;
      if (error !== null) refusals.set(done, { kind: 'refused', reason: String(error) });
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(wait);
      if (next < total) {
        const reason = `${signal ?? `exit code ${code}`}: ${last}`;
        refusals.set(running, { kind: 'crashed', reason });
        next = running + 1;
      }
      resolve(next);
    });
  });
}

interface Line {
  readonly started?: number;
  readonly done?: number;
  readonly error?: string | null;
}
