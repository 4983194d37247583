/** A case as a session runs it: inputs, a name, and the options that make it again. */
import type { GoldenCase } from '../../golden/cases.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Limits } from '../reference/context.ts';
import type { RunOptions } from '../reference/run.ts';

export interface SessionCase {
  readonly name: string;
  /** By parameter number. */
  readonly inputs: readonly Value[];
  /** Command-line options that choose this case: `--cases ties --seed 3`, `--inputs x.safetensors`. */
  readonly options: string;
  /** The kind of generated inputs, and why the module is run on it. */
  readonly kind?: string;
  readonly why?: string;
}

export function sessionCase({ name, kind, seed, inputs, why }: GoldenCase): SessionCase {
  const options = `--cases ${kind} --seed ${seed}`;
  return { name, inputs, options, kind, ...(why !== undefined && { why }) };
}

/** How a job's modules are run. */
export function runOptions({ limits }: { readonly limits?: Limits | undefined }): RunOptions {
  return limits ? { limits } : {};
}
