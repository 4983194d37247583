/**
 * Values of the exact mode: what the module means in real arithmetic, and how far a faithful
 * implementation may land from it (DESIGN, section 5).
 */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { TensorData, TokenValue } from '../../../graphs/ir/tensor.ts';
import type { ProductMoments } from '../products/product-moments.ts';
import type { SpanningSum } from '../sums/spanning-sums.ts';

/** Rounding error that many elements may have in common: it adds linearly where they are summed. */
export interface CorrelatedError {
  /**
   * Per element, one standard radius (not yet multiplied by λ), with the sign of its derivative:
   * elements of one sign move together, so what a sum does to the error is the sum of the entries.
   */
  readonly radius: Float64Array;
  /** Dimensions along which the error may be one and the same. */
  readonly along: readonly boolean[];
}

/**
 * A tensor with radii. For float and complex types `data` is a Float64Array (complex interleaved)
 * and may hold values that the type cannot; for pred and integers it is the usual storage and exact.
 * An absent radius is zero everywhere.
 */
export interface ExactTensor {
  readonly kind: 'tensor';
  readonly shape: ArrayShape;
  readonly data: TensorData;
  /** Sound bound on |faithful result - data|; as long as `data`. Infinity: no bound is known. */
  readonly bound?: Float64Array;
  /** One standard radius of independent roundings, root sum of squares; as long as `data`. */
  readonly deviation?: Float64Array;
  readonly correlated?: CorrelatedError;
  /**
   * 1 where a decision straddles its threshold, or depends on one that does; other marks, of elements
   * that are told but for an overflow, are those of outcomes.ts. One byte an element.
   */
  readonly undecided?: Uint8Array;
  /** Its dynamic sizes are undecided too: the shape has their bounds, and every element is marked. */
  readonly unsized?: true;
  /** What is known of it beside its numbers; see factsOf. A copy with other numbers knows nothing. */
  readonly facts?: Readonly<Facts>;
}

/** Elements of a source that stand for those of a broadcast until somebody asks for them. */
export interface LazyBroadcast {
  /** Element i is element ⌊i/inner⌋ mod (number of elements) of this one. */
  readonly source: ExactTensor;
  readonly inner: number;
}

/** What is known of a tensor beside its numbers. */
export interface Facts {
  /** The broadcast that it is. */
  broadcast?: LazyBroadcast;
  /** No number in `data` but 0 is smaller than this. */
  noneBelow?: number;
  /** The sum that it is, if that is followed through several instructions. */
  sum?: SpanningSum;
  /** Figures of the sums of products that it holds, until somebody takes them. */
  moments?: ProductMoments | undefined;
}

/**
 * The facts of a tensor, to be added to. They are of this very object: `{ ...t, bound }` has none of
 * them, since the property is not enumerable.
 */
export function factsOf(t: ExactTensor): Facts {
  if (!t.facts) Object.defineProperty(t, 'facts', { value: {}, enumerable: false });
  return t.facts as Facts;
}

/** Values side by side. */
export interface ExactTuple {
  readonly kind: 'tuple';
  readonly elements: readonly ExactValue[];
}

/** What an instruction gives in the exact mode. */
export type ExactValue = ExactTensor | ExactTuple | TokenValue;

/** The tensors of a value, tuples taken apart in order; tokens have none. */
export function exactLeaves(value: ExactValue): readonly ExactTensor[] {
  if (value.kind === 'tuple') return value.elements.flatMap(exactLeaves);
  return value.kind === 'tensor' ? [value] : [];
}
