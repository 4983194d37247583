/** Dimension numbers of dot: operands seen as batch × free × contracted, whatever their order. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { otherDims, sizeOf, stridedIndices } from '../loops/strides.ts';

/** Sizes of a dot, and where its operands' elements are. */
export interface DotDims {
  readonly batch: number;
  /** Number of free positions of lhs (m) and rhs (n), and of contracted positions (k). */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Row-major [batch, m, k] → element of lhs. */
  readonly lhs: Int32Array;
  /** Row-major [batch, n, k] → element of rhs. */
  readonly rhs: Int32Array;
  /** Sizes of the result: batch dimensions, lhs free, rhs free. It is row-major [batch, m, n]. */
  readonly dims: readonly number[];
}

/** The dimension attributes of dot. */
export type DotAttrs = Pick<
  InstructionOf<'dot'>['attrs'],
  'lhs_batch_dims' | 'lhs_contracting_dims' | 'rhs_batch_dims' | 'rhs_contracting_dims'
>;

/** result[b, m, n] = Σ_k lhs[lhs(b, m, k)] · rhs[rhs(b, n, k)], k running in row-major order. */
export function dotDims(
  attrs: DotAttrs,
  lhsDims: readonly number[],
  rhsDims: readonly number[],
): DotDims {
  const left = arrange(lhsDims, attrs.lhs_batch_dims, attrs.lhs_contracting_dims);
  const right = arrange(rhsDims, attrs.rhs_batch_dims, attrs.rhs_contracting_dims);
  return {
    batch: sizeOf(left.batch),
    m: sizeOf(left.free),
    n: sizeOf(right.free),
    k: sizeOf(left.contracted),
    lhs: left.index,
    rhs: right.index,
    dims: [...left.batch, ...left.free, ...right.free],
  };
}

function arrange(dims: readonly number[], batch: readonly number[], contracted: readonly number[]) {
  const free = otherDims(dims.length, batch, contracted);
  const order = [...batch, ...free, ...contracted];
  const strides = rowMajorStrides(dims);
  const sizes = (of: readonly number[]) => of.map((d) => dims[d]);
  return {
    batch: sizes(batch),
    free: sizes(free),
    contracted: sizes(contracted),
    index: stridedIndices(
      sizes(order),
      order.map((d) => strides[d]),
    ),
  };
}
