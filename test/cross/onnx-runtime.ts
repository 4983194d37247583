/**
 * onnxruntime as a child process: random models and what it made of them come back as folders in the
 * form of ONNX's own backend tests. A model that takes the process down is recorded as a crash, and a
 * fresh process goes on behind it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Which models are drawn: `count` of each op. */
export interface Draw {
  readonly ops: readonly string[];
  readonly count: number;
  readonly seed: number;
}

/** Why a model has no recorded outputs. */
export interface Refusal {
  readonly kind: 'refused' | 'crashed';
  readonly reason: string;
}

const runner = fileURLToPath(new URL('./onnx-runner.py', import.meta.url));
/** Longest wait for one model, in milliseconds. */
const patience = 60_000;

/** The ops there are generators for, or why this Python cannot run them. */
export function listOps(python: string): readonly string[] | { readonly missing: string } {
  const tried = spawnSync(python, [runner, 'list'], { encoding: 'utf8' });
  if (tried.error) return { missing: tried.error.message };
  if (tried.status === 0) return JSON.parse(tried.stdout) as string[];
  return { missing: tried.stderr.trim().split('\n').at(-1) ?? '' };
}

/** Runs every model; model k lies in the folder `k`, unless it is among the refusals. */
export async function runOnOnnxRuntime(
  python: string,
  folder: string,
  draw: Draw,
): Promise<ReadonlyMap<number, Refusal>> {
  const refusals = new Map<number, Refusal>();
  const total = draw.ops.length * draw.count;
  for (let next = 0; next < total; ) {
    const { seed, count, ops } = draw;
    const args = [runner, folder, String(seed), String(count), ops.join(','), String(next)];
    next = await runFrom(python, args, { start: next, total, refusals });
  }
  return refusals;
}

interface Batch {
  readonly start: number;
  readonly total: number;
  readonly refusals: Map<number, Refusal>;
}

/** One child process from `start` on; returns the first model that it did not get to. */
function runFrom(
  python: string,
  args: readonly string[],
  { start, total, refusals }: Batch,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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
