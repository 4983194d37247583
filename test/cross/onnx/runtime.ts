/**
 * onnxruntime as a child process: random models and what it made of them come back as folders in the
 * form of ONNX's own backend tests.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Refusal, runInChildren } from '../child.ts';

/** Which models are drawn: `count` of each op. */
export interface Draw {
  readonly ops: readonly string[];
  readonly count: number;
  readonly seed: number;
}

const runner = fileURLToPath(new URL('./runner.py', import.meta.url));

/** The ops there are generators for, or why this Python cannot run them. */
export function listOps(python: string): readonly string[] | { readonly missing: string } {
  const tried = spawnSync(python, [runner, 'list'], { encoding: 'utf8' });
  if (tried.error) return { missing: tried.error.message };
  if (tried.status === 0) return JSON.parse(tried.stdout) as string[];
  return { missing: tried.stderr.trim().split('\n').at(-1) ?? '' };
}

/** Runs every model; model k lies in the folder `k`, unless it is among the refusals. */
export function runOnOnnxRuntime(
  python: string,
  folder: string,
  { ops, count, seed }: Draw,
): Promise<ReadonlyMap<number, Refusal>> {
  const args = [runner, folder, String(seed), String(count), ops.join(',')];
  return runInChildren(python, (job) => [...args, String(job)], ops.length * count);
}
