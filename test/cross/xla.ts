/**
 * Real XLA:CPU as a child process: a batch of modules and inputs in, results or refusals out,
 * through files in a temporary folder.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTensorFile, writeTensorFile } from '../../golden/store/files.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { type Refusal, runInChildren } from './child.ts';

/** A module on inputs, one for each parameter. */
export interface Job {
  readonly module: Module;
  readonly inputs: readonly Value[];
}

/** The arrays of the result, depth first; or why there are none. */
export type Outcome = { readonly kind: 'ran'; readonly outputs: readonly Tensor[] } | Refusal;

const runner = fileURLToPath(new URL('./xla-runner.py', import.meta.url));

/** Why this Python cannot run XLA; undefined where it can. */
export function whyNoXla(python: string): string | undefined {
  const env = { ...process.env, JAX_PLATFORMS: 'cpu' };
  const tried = spawnSync(python, ['-c', 'import jax; from jaxlib import _hlo'], { env });
  if (tried.error) return tried.error.message;
  return tried.status === 0 ? undefined : String(tried.stderr).trim().split('\n').at(-1);
}

/** Fast-math and excess precision off: every op as it is written. */
export const strictFlags = '--xla_cpu_enable_fast_math=false --xla_allow_excess_precision=false';

/** Runs every job on XLA:CPU with these flags. */
export async function runOnXla(
  python: string,
  jobs: readonly Job[],
  flags = strictFlags,
): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-cross-'));
  try {
    const entries = jobs.map((job, k) => filesOf(folder, k, job));
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, JSON.stringify(entries));
    const argsFrom = (job: number) => [runner, manifest, String(job), flags];
    const failures = await runInChildren(python, argsFrom, jobs.length);
    return entries.map(
      ({ outputs }, k): Outcome =>
        failures.get(k) ?? {
          kind: 'ran',
          outputs: [...readTensorFile(outputs).tensors.values()],
        },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesOf(folder: string, k: number, { module, inputs }: Job) {
  const file = (ending: string) => join(folder, `${k}.${ending}`);
  const entry = {
    hlo: file('hlo'),
    inputs: file('in.safetensors'),
    outputs: file('out.safetensors'),
  };
  const arrays = inputs.flatMap(leafTensors);
  const tensors = arrays.map((t, n) => [String(n), widened(t)] as const);
  writeFileSync(entry.hlo, printModule(module));
  writeTensorFile(entry.inputs, new Map(tensors));
  return { ...entry, types: arrays.map(({ shape }) => shape.type) };
}

/** safetensors holds f4 in pairs only: as f16 any number of them. */
function widened(t: Tensor): Tensor {
  const { type, dims } = t.shape;
  return type === 'f4e2m1fn' ? { ...t, shape: arrayShape('f16', dims) } : t;
}
