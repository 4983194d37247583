/**
 * Values of the exact mode: what the module means in real arithmetic, and how far a faithful
 * implementation may land from it (DESIGN, section 5).
 */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { TensorData, TokenValue } from '../../../graphs/ir/tensor.ts';

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
}

export interface ExactTuple {
  readonly kind: 'tuple';
  readonly elements: readonly ExactValue[];
}

export type ExactValue = ExactTensor | ExactTuple | TokenValue;
