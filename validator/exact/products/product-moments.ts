/**
 * The figures of sums of products that another sum reads: the loops that make a dot or a convolution
 * have them anyway, and hand them on with the result.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ExactTensor, factsOf } from '../core/value.ts';
import { noMoments, type StoredMoments } from '../sums/chain-moments.ts';

const followed = new WeakSet<Instruction<number>>();

/** Says that a sum reads the results of a dot or convolution, wherever it is run. */
export function follow(instruction: Instruction<number>): void {
  followed.add(instruction);
}

/** Where the figures of n results go; undefined where nobody reads them. `brings`: factors have radii. */
export function keptMoments(
  instruction: object,
  n: number,
  brings: boolean,
): StoredMoments | undefined {
  return followed.has(instruction as Instruction) ? noMoments(n, brings) : undefined;
}

/** Of products, and the type that they are added up in. */
export interface ProductMoments {
  readonly accumulator: ElementType;
  readonly moments: StoredMoments;
}

/** The result, with which its figures go. */
export function withMoments(
  result: ExactTensor,
  accumulator: ElementType,
  moments: StoredMoments,
): ExactTensor {
  factsOf(result).moments = { accumulator, moments };
  return result;
}

/** The figures that go with a result, for the one who asks first. */
export function takeMoments(result: ExactTensor): ProductMoments | undefined {
  const found = result.facts?.moments;
  if (found) factsOf(result).moments = undefined;
  return found;
}
