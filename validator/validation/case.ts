/** A case as a session runs it: inputs, a name, and the options that make it again. */

import type { GoldenCase } from '../../golden/cases.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Limits } from '../limits/limits.ts';
import type { DeviceId } from '../reference/context.ts';
import type { RunOptions } from '../reference/run.ts';

/** Inputs of a module, and how a replay line names them. */
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

/** A generated case, to be replayed by its kind and seed. */
export function sessionCase({ name, kind, seed, inputs, why }: GoldenCase): SessionCase {
  const options = `--cases ${kind} --seed ${seed}`;
  return { name, inputs, options, kind, ...(why !== undefined && { why }) };
}

/** A device that is not the first one: on it, what depends on the device is seen to do so. */
const anyDevice: DeviceId = { replica: 2, partition: 1 };

/**
 * How a job's modules are run. XLA prints how many devices a module is for; of other texts that do not
 * tell, partition-id and replica-id may be any number.
 */
export function runOptions({
  limits,
  printed = false,
}: {
  readonly limits?: Limits | undefined;
  readonly printed?: boolean | undefined;
}): RunOptions {
  return { ...(limits && { limits }), ...(!printed && { device: anyDevice }) };
}
