/** Evaluation of dot: result[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, n, k]. */

import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { Tensor, TensorData, Value } from '../../../graphs/ir/tensor.ts';
import { type DotDims, dotDims } from '../../semantics/indexing/dot-dims.ts';
import { applyMove } from '../../semantics/indexing/move.ts';
import type { EvalContext } from '../context.ts';
import { multiplyRow } from '../fast/products-f32.ts';
import { arrayResult, result, storage, tensorAt } from '../operands.ts';
import { classOf, widthOf } from '../scalars/scalar.ts';
import { sumOfProducts, widened } from '../sum-of-products.ts';
import { roundedSums } from './convolution.ts';
import { type DotAlgorithm, dotAlgorithm } from './dot-algorithm.ts';

/** Sums in the order of k. @throws AssayError `run/unsupported` for sparsity. */
export function dot(
  i: InstructionOf<'dot'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  if (i.attrs.sparsity !== undefined) fail('run/unsupported', 'dot with sparsity is not modelled');
  const shape = arrayResult(i);
  const [a, b] = [tensorAt(operands, 0), tensorAt(operands, 1)];
  const dims = dotDims(i.attrs, a.shape.dims, b.shape.dims);
  const types = [a.shape.type, b.shape.type];
  const algorithm = dotAlgorithm(types, shape.type, i.attrs.algorithm);
  const lhs = arranged(a, dims.lhs, shape.type, algorithm);
  const rhs = arranged(b, dims.rhs, shape.type, algorithm);
  const out = storage(shape);
  const plain = context.round('f32') === Math.fround && algorithm.accumulator === 'f32';
  if (plain && classOf(shape.type) === 'float') {
    multiplyF32(dims, lhs as Float32Array, rhs as Float32Array, out as Float32Array);
    return result(shape, roundedSums(out as Float32Array, shape.type, context));
  }
  const types2 = { result: shape.type, accumulator: algorithm.accumulator };
  const sum = sumOfProducts(lhs, rhs, out, types2, context.round);
  const { batch, m, n, k } = dims;
  for (let at = 0; at < batch * m * n; at++) {
    const row = Math.floor(at / n);
    sum(at, row * k, (Math.floor(row / m) * n + (at % n)) * k, k);
  }
  return result(shape, out);
}

/** An operand in the order of its index map, in the result's class, rounded as the algorithm says. */
function arranged(
  t: Tensor,
  index: Int32Array,
  type: Tensor['shape']['type'],
  { operand: round }: DotAlgorithm,
): TensorData {
  const data = applyMove({ dims: [], source: index }, [t.data], widthOf(t.shape.type));
  if (round) for (let e = 0; e < data.length; e++) data[e] = round(data[e] as number) as never;
  return widened(data, t.shape.type, type);
}

/** Rows by columns, each batch on its own. */
function multiplyF32(
  { batch, m, n, k }: DotDims,
  lhs: Float32Array,
  rhs: Float32Array,
  out: Float32Array,
): void {
  for (let row = 0; row < batch * m; row++) {
    const from = Math.floor(row / m) * n * k;
    multiplyRow({ lhs, rhs, k, from, n }, row * k, out, row * n);
  }
}
