/** Which results of a gather read an undecided index: those at a batch position whose vector has one. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { otherDims, stridedIndices } from '../../semantics/loops/strides.ts';
import { tensorOperand } from '../core/broadcasting.ts';
import type { ExactValue } from '../core/value.ts';

/** 1 at each result that an undecided index leads to; undefined where all indices are decided. */
export function gatherMarks(
  instruction: InstructionOf<'gather'>,
  operands: readonly ExactValue[],
): Uint8Array | undefined {
  const { shape, undecided } = tensorOperand(operands[1]);
  if (!undecided) return undefined;
  const { index_vector_dim: vector, offset_dims } = instruction.attrs;
  const { dims } = instruction.shape as ArrayShape;
  const strides = rowMajorStrides(shape.dims);
  const positions = otherDims(shape.dims.length, [vector]);
  const batch = otherDims(dims.length, offset_dims);
  const at = stridedIndices(
    dims,
    dims.map((_, d) => (batch.includes(d) ? strides[positions[batch.indexOf(d)]] : 0)),
  );
  const [size, step] = vector < shape.dims.length ? [shape.dims[vector], strides[vector]] : [1, 0];
  return Uint8Array.from(at, (start) => {
    for (let c = 0; c < size; c++) if (undecided[start + c * step]) return 1;
    return 0;
  });
}
