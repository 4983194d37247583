/**
 * Real XLA:CPU as a child process: a batch of modules and inputs in, results or refusals out,
 * through files in a temporary folder. A module that takes the process down is recorded as a crash,
 * and a fresh process goes on behind it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readTensorFile, writeTensorFile } from '../../golden/files.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';

/** A module on inputs, one for each parameter. */
export interface Job {
  readonly module: Module;
  readonly inputs: readonly Value[];
}

/** The arrays of the result, depth first; or why there are none. */
export type Outcome =
  | { readonly kind: 'ran'; readonly outputs: readonly Tensor[] }
  | { readonly kind: 'refused' | 'crashed'; readonly reason: string };

const runner = fileURLToPath(new URL('./xla-runner.py', import.meta.url));
/** Longest wait for one module, in milliseconds. */
const patience = 60_000;

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
    const failures = new Map<number, Outcome>();
    for (let next = 0; next < jobs.length; ) {
      next = await runFrom(python, { manifest, start: next, count: jobs.length, flags, failures });
    }
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
  const tensors = inputs.flatMap(leafTensors).map((t, n) => [String(n), t] as const);
  writeFileSync(entry.hlo, printModule(module));
  writeTensorFile(entry.inputs, new Map(tensors));
  return entry;
}

interface Batch {
  readonly manifest: string;
  readonly start: number;
  readonly count: number;
  readonly flags: string;
  readonly failures: Map<number, Outcome>;
}

/** One child process from `start` on; returns the first job that it did not get to. */
function runFrom(
  python: string,
  { manifest, start, count, flags, failures }: Batch,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [runner, manifest, String(start), flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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
      if (error !== null) failures.set(done, { kind: 'refused', reason: String(error) });
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(wait);
      if (next < count) {
        const reason = `${signal ?? `exit code ${code}`}: ${last}`;
        failures.set(running, { kind: 'crashed', reason });
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
