/** dot: operands arranged as rows over the contracted dimensions, then matmul.ts. */
import { isComplex, isFloat, unitRoundoff } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { dotDims } from '../indexing/dot-dims.ts';
import { applyMove } from '../indexing/move.ts';
import { dotAlgorithm } from '../reference/dot-algorithm.ts';
import { combine } from './binary.ts';
import { tensorOperand } from './broadcasting.ts';
import { exactIfCertain, undecidedOf } from './certain.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand, roundedOperand } from './denormals.ts';
import { type Accumulator, Products, type Rows } from './matmul.ts';
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
    const asFloat = t.data instanceof Float64Array ? t : numbersOf(t);
    const read = arithmeticOperand(asFloat, context);
    return algorithm.operand ? roundedOperand(read, algorithm.operand) : read;
  });
  const { batch, m, n, k } = dims;
  const accumulator = accumulatorOf(algorithm.accumulator);
  const linear =
    sharesAlong(a, attrs.lhs_contracting_dims) || sharesAlong(b, attrs.rhs_contracting_dims);
  const rows = [rowsOf(prepared[0], dims.lhs), rowsOf(prepared[1], dims.rhs)];
  const products = new Products(rows[0], rows[1], k, accumulator, numerics, linear);
  const sink = new Sink(batch * m * n, numerics);
  multiply(products, sink, batch * m, m, n);
  const shape: ArrayShape = { kind: 'array', type, dims: dims.dims };
  return sink.finish(shape, freeAlong(attrs, a, b));
}

function multiply(products: Products, sink: Sink, rows: number, m: number, n: number): void {
  for (let row = 0; row < rows; row++) {
    const columns = Math.floor(row / m) * n;
    for (let c = 0; c < n; c++) products.put(sink, row * n + c, row, columns + c);
  }
}

function numbersOf(t: ExactTensor): ExactTensor {
  return { ...t, data: Float64Array.from(t.data as ArrayLike<number | bigint>, Number) };
}

export function accumulatorOf(type: ArrayShape['type']): Accumulator {
  const u = unitRoundoff(type);
  return { u, bits: Math.round(-Math.log2(u)), round: rounder(type) };
}

function rowsOf(t: ExactTensor, index: Int32Array): Rows {
  const map = { dims: [], source: index };
  const data = applyMove(map, [t.data as Float64Array]);
  return {
    x: data,
    ...(t.worst && { worst: applyMove(map, [t.worst]) }),
    ...(t.likely && { likely: applyMove(map, [t.likely]) }),
    ...(t.shared && { shared: applyMove(map, [t.shared.radius]) }),
    ...(t.undecided && { undecided: applyMove(map, [t.undecided]) }),
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
