/** dot: operands arranged as rows over the contracted dimensions, then matmul.ts. */
import { isComplex, isFloat, unitRoundoff } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { dotDims } from '../indexing/dot-dims.ts';
import { dotAlgorithm } from '../reference/dot-algorithm.ts';
import { combine } from './binary.ts';
import { tensorOperand } from './broadcasting.ts';
import { exactIfCertain, undecidedOf } from './certain.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand, roundedOperand } from './denormals.ts';
import { type Accumulator, Products, type Rows } from './matmul.ts';
import { asNumbers, picked } from './moved.ts';
import { Sink } from './sink.ts';
import type { ExactTensor, ExactValue } from './value.ts';

export function dot(
  instruction: InstructionOf<'dot'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const { type } = instruction.shape as ArrayShape;
  const [a, b] = operands.map(tensorOperand);
  if (instruction.attrs.sparsity !== undefined) {
    context.because('no budget rule for a sparse dot');
    return undecidedOf(instruction.shape);
  }
  if (isFloat(type)) return realDot(instruction, a, b, type, context);
  if (isComplex(type)) return complexDot(instruction, a, b, context);
  return exactIfCertain(instruction, operands, context);
}

function realDot(
  instruction: InstructionOf<'dot'>,
  a: ExactTensor,
  b: ExactTensor,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const { attrs } = instruction;
  const dims = dotDims(attrs, a.shape.dims, b.shape.dims);
  const algorithm = dotAlgorithm([a.shape.type, b.shape.type], type, attrs.algorithm);
  const numerics = context.numerics(type);
  const prepared = [a, b].map((t) => {
    const read = arithmeticOperand(asNumbers(t), context);
    return algorithm.operand ? roundedOperand(read, algorithm.operand) : read;
  });
  const { batch, m, n, k } = dims;
  const accumulator = accumulatorOf(algorithm.accumulator);
  const linear =
    sharesAlong(a, attrs.lhs_contracting_dims) || sharesAlong(b, attrs.rhs_contracting_dims);
  const [rows, columns] = [rowsOf(prepared[0], dims.lhs), rowsOf(prepared[1], dims.rhs)];
  const products = new Products(columns, k, accumulator, numerics, linear, !!rows.worst);
  const sink = new Sink(batch * m * n, numerics);
  for (let row = 0; row < batch * m; row++) {
    products.put(sink, rows, row * k, Math.floor(row / m) * n, n, row * n, 1);
  }
  const shape: ArrayShape = { kind: 'array', type, dims: dims.dims };
  return sink.finish(shape, freeAlong(attrs, a, b));
}

export function accumulatorOf(type: ArrayShape['type']): Accumulator {
  const u = unitRoundoff(type);
  return { u, bits: Math.round(-Math.log2(u)), round: rounder(type) };
}

function rowsOf(t: ExactTensor, index: Int32Array): Rows {
  const { worst, likely, shared, undecided } = t;
  return {
    x: picked(t.data as Float64Array, index),
    ...(worst && { worst: picked(worst, index) }),
    ...(likely && { likely: picked(likely, index) }),
    ...(shared && { shared: picked(shared.radius, index) }),
    ...(undecided && { undecided: Uint8Array.from(index, (at) => undecided[at]) }),
  };
}

function sharesAlong(t: ExactTensor, dims: readonly number[]): boolean {
  return dims.some((d) => t.shared?.along[d] ?? false);
}

/** A shared error of an operand stays one along the dimensions that the result takes from it. */
function freeAlong(
  attrs: InstructionOf<'dot'>['attrs'],
  a: ExactTensor,
  b: ExactTensor,
): boolean[] {
  const free = (t: ExactTensor, batch: readonly number[], contracted: readonly number[]) =>
    t.shape.dims.flatMap((_, d) =>
      batch.includes(d) || contracted.includes(d) ? [] : [t.shared?.along[d] ?? false],
    );
  const batch = attrs.lhs_batch_dims.map(
    (d, i) => !!a.shared?.along[d] || !!b.shared?.along[attrs.rhs_batch_dims[i]],
  );
  return [
    ...batch,
    ...free(a, attrs.lhs_batch_dims, attrs.lhs_contracting_dims),
    ...free(b, attrs.rhs_batch_dims, attrs.rhs_contracting_dims),
  ];
}

/** (a + bi)(c + di) as four real products. */
function complexDot(
  instruction: InstructionOf<'dot'>,
  a: ExactTensor,
  b: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const type = (instruction.shape as ArrayShape).type === 'c128' ? 'f64' : 'f32';
  const product = (x: ExactTensor, y: ExactTensor) => realDot(instruction, x, y, type, context);
  const [re, im, re2, im2] = [realPart(a), imaginaryPart(a), realPart(b), imaginaryPart(b)];
  return joined(
    combine('subtract', type, [product(re, re2), product(im, im2)], false, context),
    combine('add', type, [product(re, im2), product(im, re2)], false, context),
  );
}
