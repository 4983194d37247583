/** The matrix product of ONNX and TensorFlow, which both take from NumPy. */
import type { Instruction } from '../../ir/module.ts';
import { broadcastDims, dimsOf, type Hlo, range, rankOf } from './hlo.ts';

/** numpy's matmul: vectors are promoted, leading dimensions broadcast. */
export function matmul(h: Hlo, a: Instruction, b: Instruction): Instruction {
  const left = rankOf(a) === 1 ? h.reshape(a, [1, ...dimsOf(a)]) : a;
  const right = rankOf(b) === 1 ? h.reshape(b, [...dimsOf(b), 1]) : b;
  const batch = broadcastDims(dimsOf(left).slice(0, -2), dimsOf(right).slice(0, -2));
  const n = batch.length;
  const spread = (x: Instruction) => h.broadcast(x, [...batch, ...dimsOf(x).slice(-2)]);
  const product = h.op('dot', [spread(left), spread(right)], {
    lhs_batch_dims: range(n),
    rhs_batch_dims: range(n),
    lhs_contracting_dims: [n + 1],
    rhs_contracting_dims: [n],
  });
  const dims = [...dimsOf(product)];
  if (rankOf(b) === 1) dims.pop();
  if (rankOf(a) === 1) dims.splice(n, 1);
  return h.reshape(product, dims);
}
