/**
 * The figures of sums of products that another sum reads: the loops that make a dot or a convolution
 * have them anyway, and hand them on with the result.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { ExactTensor } from '../core/value.ts';
import { noFigures, type StoredFigures } from '../sums/chain-moments.ts';

const followed = new WeakSet<Instruction>();

/** Says that a sum reads the results of a dot or convolution, wherever it is run. */
export function follow(instruction: Instruction): void {
  followed.add(instruction);
}

/** Where the figures of n results go; undefined where nobody reads them. `brings`: factors have radii. */
export function keptFigures(
  instruction: object,
  n: number,
  brings: boolean,
): StoredFigures | undefined {
  return followed.has(instruction as Instruction) ? noFigures(n, brings) : undefined;
}

/** Of products, and the type that they are added up in. */
export interface ProductFigures {
  readonly accumulator: ElementType;
  readonly figures: StoredFigures;
}

const known = new WeakMap<ExactTensor, ProductFigures>();

/** The result, with which its figures go. */
export function withFigures(
  result: ExactTensor,
  accumulator: ElementType,
  figures: StoredFigures,
): ExactTensor {
  known.set(result, { accumulator, figures });
  return result;
}

/** The figures that go with a result, for the one who asks first. */
export function takeFigures(result: ExactTensor): ProductFigures | undefined {
  const found = known.get(result);
  known.delete(result);
  return found;
}
