/** dot: operands arranged as rows over the contracted dimensions, then matmul.ts. */
import { floatFormat, isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { type DotAlgorithm, dotAlgorithm } from '../../reference/ops/dot-algorithm.ts';
import { dotDims } from '../../semantics/indexing/dot-dims.ts';
import { tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { Numerics } from '../core/numerics.ts';
import { arithmeticOperand, roundedOperand } from '../core/operand-flush.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, undecidedOf } from '../core/without-error.ts';
import { joined, realPart } from '../elementwise/complex-parts.ts';
import { asNumbers, take } from '../movement/apply-index-map.ts';
import type { StoredMoments } from '../sums/chain-moments.ts';
import { asComplex, conjugated, exchanged, pairedRows } from './complex-rows.ts';
import { inOnePiece, Products } from './matmul.ts';
import type { Accumulator } from './product-error.ts';
import { keptMoments, withMoments } from './product-moments.ts';
import { heldRows, narrowedRows } from './rounded-rows.ts';
import { type Rows, rowsOf } from './rows.ts';
import { splitOperand, splitSpecials, withDrift } from './split-products.ts';

/** dot of floats or complex numbers; of integers only where they are certain. */
export function dot(
  instruction: InstructionOf<'dot'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const { type } = instruction.shape as ArrayShape;
  const [a, b] = operands.map(tensorOperand);
  if (instruction.attrs.sparsity !== undefined) {
    context.explainUndecided('no budget rule for a sparse dot');
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
  const dims = dotDims(instruction.attrs, a.shape.dims, b.shape.dims);
  const algorithm = dotAlgorithm([a.shape.type, b.shape.type], type, instruction.attrs.algorithm);
  const operands = [asNumbers(a), asNumbers(b)];
  const isPlain = !algorithm.operand && !algorithm.split;
  const sides =
    (isPlain && narrowedSides(operands, [dims.lhs, dims.rhs], dims.k, context)) ||
    operands.map((t, n) =>
      arranged(prepared(t, algorithm, context), n === 0 ? dims.lhs : dims.rhs),
    );
  const [rows, columns] = sides;
  const brings = sides.some((s) => s.bound !== undefined || s.narrowed !== undefined);
  const keep = keptMoments(instruction, dims.batch * dims.m * dims.n, brings);
  const both = { rows, columns, width: 1, keep } as const;
  const product = multiplied(instruction, [a, b], both, algorithm, type, context);
  const sum = keep ? withMoments(product, algorithm.accumulator, keep) : product;
  if (!algorithm.split) return sum;
  return withDrift(
    sum,
    algorithm.split,
    splitSpecials(instruction, [a, b], algorithm.split),
    context,
  );
}

/**
 * Both operands without radii, but with what reading them at a narrower type adds. Undefined where
 * they have radii or may be flushed: then that goes element by element.
 */
function narrowedSides(
  operands: readonly ExactTensor[],
  indices: readonly Int32Array[],
  k: number,
  context: ExactContext,
): readonly Rows[] | undefined {
  const numerics = operands.map(({ shape: { type } }) =>
    isFloat(type) ? context.numerics(type) : undefined,
  );
  if (k === 0 || !numerics.some((n) => n?.narrow)) return undefined;
  if (operands.some((t) => t.bound || t.deviation || t.correlated)) return undefined;
  const sides: Rows[] = [];
  for (const [side, t] of operands.entries()) {
    const rows = arranged(t, indices[side]);
    const of = numerics[side];
    const narrowed = of ? narrowedRows(rows.x, k, of) : heldRows(rows.x, k);
    if (!narrowed) return undefined;
    sides.push({ ...rows, narrowed });
  }
  return sides;
}

/** An operand as the op reads it. */
function prepared(
  t: ExactTensor,
  { operand, split }: DotAlgorithm,
  context: ExactContext,
): ExactTensor {
  const read = arithmeticOperand(t, context);
  if (split) return splitOperand(read, split, context.numerics('f32'));
  return operand ? roundedOperand(read, operand) : read;
}

/** What is multiplied: rows and columns of `width` numbers for each contracted position. */
interface Sides {
  readonly rows: Rows;
  readonly columns: Rows;
  readonly width: 1 | 2;
  readonly keep?: StoredMoments | undefined;
}

/** All rows times all columns of their batch; operands are there for their shapes and shared errors. */
function multiplied(
  { attrs }: InstructionOf<'dot'>,
  [a, b]: readonly ExactTensor[],
  { rows, columns, width, keep }: Sides,
  algorithm: DotAlgorithm,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const { batch, m, n, k, dims } = dotDims(attrs, a.shape.dims, b.shape.dims);
  const length = k * width;
  const numerics = context.numerics(type);
  const linear =
    sharesAlong(a, attrs.lhs_contracting_dims) || sharesAlong(b, attrs.rhs_contracting_dims);
  const accumulator = accumulatorOf(algorithm, numerics);
  const count = batch * m * n;
  const sum = { k: length, count, accumulator, numerics, linear, keep };
  const products = new Products(columns, sum, rows.bound !== undefined, { most: n });
  const results = new ResultBuilder(count, numerics);
  const offsets = inOnePiece(length);
  for (let row = 0; row < batch * m; row++) {
    const b = Math.floor(row / m) * n * length;
    products.put(results, { rows, a: row * length, b, n, offsets, to: row * n, step: 1 });
  }
  return results.finish({ kind: 'array', type, dims }, freeAlong(attrs, a, b));
}

/**
 * The accumulator of an algorithm; partial sums may be stored at the narrower type, if there is one.
 * One of fewer digits than its type has truncates.
 */
export function accumulatorOf(
  { accumulator, bits }: DotAlgorithm,
  numerics: Numerics,
): Accumulator {
  const { precision, minExponent, maxFinite } = floatFormat(accumulator);
  const least = lostBelow(2 ** -precision, 2 ** minExponent);
  const u = bits === undefined ? 2 ** -precision : 2 ** (1 - bits);
  const own = { u, bits: bits ?? precision, most: maxFinite, least };
  if (!numerics.narrow) return own;
  const { smallestNormal, overflowFrom } = numerics;
  return {
    u: Math.max(own.u, numerics.u),
    bits: Math.min(own.bits, numerics.precision),
    most: Math.min(own.most, overflowFrom),
    least: Math.max(least, lostBelow(numerics.u, smallestNormal)),
  };
}

/** Half the distance of subnormal numbers; for f64 all of it, since half of it is no number. */
function lostBelow(u: number, smallestNormal: number): number {
  return Math.max(u * smallestNormal, Number.MIN_VALUE);
}

/** The operand's elements by an index, which may be their own order. */
function arranged(t: ExactTensor, index: Int32Array): Rows {
  return rowsOf(index.every((at, i) => at === i) ? t : take([t], index));
}

function sharesAlong(t: ExactTensor, dims: readonly number[]): boolean {
  return dims.some((d) => t.correlated?.along[d] ?? false);
}

/** A shared error of an operand stays one along the dimensions that the result takes from it. */
function freeAlong(
  attrs: InstructionOf<'dot'>['attrs'],
  a: ExactTensor,
  b: ExactTensor,
): boolean[] {
  const free = (t: ExactTensor, batch: readonly number[], contracted: readonly number[]) =>
    t.shape.dims.flatMap((_, d) =>
      batch.includes(d) || contracted.includes(d) ? [] : [t.correlated?.along[d] ?? false],
    );
  const batch = attrs.lhs_batch_dims.map(
    (d, i) => !!a.correlated?.along[d] || !!b.correlated?.along[attrs.rhs_batch_dims[i]],
  );
  return [
    ...batch,
    ...free(a, attrs.lhs_batch_dims, attrs.lhs_contracting_dims),
    ...free(b, attrs.rhs_batch_dims, attrs.rhs_contracting_dims),
  ];
}

/** Each part of the result as one real sum of products, whose terms may be added in any order. */
function complexDot(
  instruction: InstructionOf<'dot'>,
  a: ExactTensor,
  b: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const type = (instruction.shape as ArrayShape).type === 'c128' ? 'f64' : 'f32';
  const parts = [a, b].map((t) => realPart(t).shape.type);
  const { lhs, rhs, k } = dotDims(instruction.attrs, a.shape.dims, b.shape.dims);
  const algorithm = dotAlgorithm(parts, type, instruction.attrs.algorithm);
  const [x, y] = [a, b].map((t) => prepared(asComplex(t), algorithm, context));
  const [rows, pairs] = [pairedRows(x, lhs, k), pairedRows(y, rhs, k)];
  const part = (columns: Rows) =>
    multiplied(instruction, [a, b], { rows, columns, width: 2 }, algorithm, type, context);
  return joined(part(conjugated(pairs)), part(exchanged(pairs)));
}
