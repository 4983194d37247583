/**
 * reduce, reduce-window and map. Sums have a law of their own (sums.ts), products of finite reals
 * and extrema others; anything else is folded with its computation.
 */
import {
  type ElementType,
  isComplex,
  isFloat,
  isInteger,
} from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { arrayResults } from '../../reference/operands.ts';
import { iotaIndices, otherDims, sizeOf } from '../../semantics/loops/strides.ts';
import { markUndecided, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { arithmeticOperand, roundedOperand } from '../core/operand-flush.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, undecidedOf } from '../core/without-error.ts';
import { imaginaryPart, joined, realPart } from '../elementwise/complex-parts.ts';
import { take } from '../movement/apply-index-map.ts';
import { logSums } from '../sums/log-sums.ts';
import { reducedSums, windowSums } from '../sums/placed-sums.ts';
import { putExtremum } from './extremum.ts';
import { reshaped, spread, treeFold } from './fold.ts';
import { TermProduct } from './fold-products.ts';
import { type Folding, type Groups, groupsOf, type Terms } from './groups.ts';
import { reductionKindOf, roundedSum, separateReducers } from './reduction-kind.ts';
import { modulus, productInAnyOrder, roundsByOrder } from './reduction-orders.ts';
import { windowExtrema } from './window-extrema.ts';

/** reduce, one or several operands over the dimensions of the attribute. */
export function reduce(
  instruction: InstructionOf<'reduce'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const all = operands.map(tensorOperand);
  if (all.every(isPlain)) return exactIfCertain(instruction, operands, context);
  const { dims } = all[0].shape;
  const { dimensions, to_apply } = instruction.attrs;
  const kept = otherDims(dims.length, dimensions);
  const groups = groupsOf(dims, kept, dimensions);
  const shares = (d: number) => all.some((t) => t.correlated?.along[d] ?? false);
  const folding: Folding = {
    ...{ to_apply, groups },
    dims: kept.map((d) => dims[d]),
    linear: dimensions.some(shares),
    along: kept.map(shares),
  };
  return fold(instruction, all, folding, context);
}

/** True of integers and truth values without marks: the reference folds them. */
export function isPlain({ shape: { type }, undecided }: ExactTensor): boolean {
  return !isFloat(type) && !isComplex(type) && !undecided;
}

/** Any of the two, by what the computation is. */
export function fold(
  instruction: InstructionOf<'reduce' | 'reduce-window'>,
  all: readonly ExactTensor[],
  folding: Folding,
  context: ExactContext,
): ExactValue {
  const reducer = all.length === 2 ? reductionKindOf(context.module, folding.to_apply) : undefined;
  const shapes = arrayResults(instruction);
  const { type } = shapes[0];
  const known = reducer && byLaw(reducer.opcode, all, type, folding, context);
  if (known) return known;
  const separate = all.length > 2 ? separateFolds(all, folding, context) : undefined;
  if (separate) return { kind: 'tuple', elements: separate };
  const rounded = all.length === 2 ? roundedSum(context.module, folding.to_apply) : undefined;
  if (rounded && isFloat(rounded) && all.every((t) => t.shape.type === type)) {
    return sum(all[0], all[1], folding, context, rounded);
  }
  const found = general(all, folding, context);
  const product = reducer?.opcode === 'multiply' && (isFloat(type) || isComplex(type));
  const logs = found && !product ? logSums(found, all, folding, context) : undefined;
  if (found && !product && !logs && roundsByOrder(context.module, folding.to_apply)) {
    context.explainUndecided(
      `the roundings of ${folding.to_apply} depend on the order of its reduction`,
    );
    return undecidedOf(instruction.shape);
  }
  const folded = product
    ? found?.map((t) => products(t, all, folding, type, context))
    : (logs ?? found);
  if (!folded) {
    context.explainUndecided(`no budget rule for ${instruction.opcode} with ${folding.to_apply}`);
    return undecidedOf(instruction.shape);
  }
  const folds = folded.map((t, k) => reshaped(t, arrayShape(shapes[k].type, folding.dims)));
  return instruction.shape.kind === 'tuple' ? { kind: 'tuple', elements: folds } : folds[0];
}

/** A sum, extremum or product that has a law of its own; undefined of anything else. */
function byLaw(
  opcode: Opcode,
  all: readonly ExactTensor[],
  type: ElementType,
  folding: Folding,
  context: ExactContext,
): ExactTensor | undefined {
  const [t, init] = all;
  if (isComplex(type) && opcode === 'add') return complexSum(t, init, folding, context);
  if (!isFloat(type) || all.some((operand) => operand.shape.type !== type)) return undefined;
  if (opcode === 'add') return sum(t, init, folding, context);
  if (opcode === 'maximum') return extremum(t, init, 1, folding, context);
  if (opcode === 'minimum') return extremum(t, init, -1, folding, context);
  if (opcode !== 'multiply' || !all.every(allFinite)) return undefined;
  return productOf(t, init, folding, context);
}

/** Products folded in one tree, as they may be in any. */
function products(
  t: ExactTensor,
  all: readonly ExactTensor[],
  folding: Folding,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const factors = new Int32Array(folding.groups.count);
  folding.groups.forEach((r, { count }) => {
    factors[r] = count + 1;
  });
  const wide = productInAnyOrder(t, factors, context.numerics(type));
  return withOpenProducts(wide, all, folding, context);
}

/** Sums and extrema of floats and folds of integers side by side in one reduction. */
function separateFolds(
  all: readonly ExactTensor[],
  folding: Folding,
  context: ExactContext,
): readonly ExactTensor[] | undefined {
  const n = all.length / 2;
  const folded = separateReducers(context.module, folding.to_apply)?.map(({ opcode }, k) => {
    const [t, init] = [all[k], all[n + k]];
    const { type } = t.shape;
    if (isInteger(type) || type === 'pred') {
      const whole = general(all, folding, context)?.[k];
      return whole && reshaped(whole, arrayShape(type, folding.dims));
    }
    return byLaw(opcode, [t, init], type, folding, context);
  });
  return folded?.every((t) => t !== undefined) ? folded : undefined;
}

function sum(
  given: ExactTensor,
  init: ExactTensor,
  folding: Folding,
  context: ExactContext,
  accumulator = given.shape.type,
): ExactTensor {
  const { type } = given.shape;
  const numerics = context.numerics(accumulator);
  const read = arithmeticOperand(given, context);
  const t = accumulator === type ? read : roundedOperand(read, numerics.round);
  const { count, windows, rows } = folding.groups;
  const results = new ResultBuilder(count, numerics);
  const use = { results, numerics, linear: folding.linear };
  if (windows) windowSums(t, init, windows, use);
  else if (rows) reducedSums(t, init, rows, use);
  return results.finish(arrayShape(type, folding.dims), folding.along);
}

function complexSum(
  t: ExactTensor,
  init: ExactTensor,
  folding: Folding,
  context: ExactContext,
): ExactTensor {
  const sumOf = (pick: typeof realPart) => sum(pick(t), pick(init), folding, context);
  return joined(sumOf(realPart), sumOf(imaginaryPart));
}

function productOf(
  given: ExactTensor,
  first: ExactTensor,
  folding: Folding,
  context: ExactContext,
): ExactTensor {
  const [t, init] = [given, first].map((x) => arithmeticOperand(x, context));
  const factors = new TermProduct(t, init, context.numerics(t.shape.type), folding.linear);
  return groupByGroup(t, init, folding, context, (results, r, group) =>
    factors.put(results, r, group),
  );
}

/** Puts the result of each group, and marks what depends on an undecided element. */
function groupByGroup(
  t: ExactTensor,
  init: ExactTensor,
  { groups, dims, along }: Folding,
  context: ExactContext,
  put: (results: ResultBuilder, r: number, group: Terms) => void,
): ExactTensor {
  const { type } = t.shape;
  const results = new ResultBuilder(groups.count, context.numerics(type));
  const marks = t.undecided || init.undecided;
  groups.forEach((r, group) => {
    put(results, r, group);
    if (marks) markIfAny(results, r, t, init, group);
  });
  return results.finish(arrayShape(type, dims), along);
}

function allFinite({ data }: ExactTensor): boolean {
  return (data as Float64Array).every(Number.isFinite);
}

function extremum(
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  folding: Folding,
  context: ExactContext,
): ExactTensor {
  const { lambda } = context;
  const { windows, count } = folding.groups;
  if (!windows) {
    return groupByGroup(t, init, folding, context, (results, r, group) =>
      putExtremum(results, r, t, init, sign, group, lambda),
    );
  }
  const { type } = t.shape;
  const results = new ResultBuilder(count, context.numerics(type));
  windowExtrema(t, init, sign, windows, results, lambda);
  return results.finish(arrayShape(type, folding.dims), folding.along);
}

function markIfAny(
  results: ResultBuilder,
  r: number,
  t: ExactTensor,
  init: ExactTensor,
  { start, count, stride, steps }: Terms,
): void {
  if (init.undecided?.[0]) results.mark(r);
  if (!t.undecided) return;
  for (let j = 0, at = start; j < count; j++, at += stride) {
    if (t.undecided[steps ? start + steps[j] : at]) results.mark(r);
  }
}

/**
 * Any computation: rows of one length at a time. What is missing at an edge takes no part, since the
 * initial value need not be neutral.
 */
function general(
  all: readonly ExactTensor[],
  { groups, to_apply }: Folding,
  context: ExactContext,
): readonly ExactTensor[] | undefined {
  const n = all.length / 2;
  const rowsOf = new Map<number, number[]>();
  groups.forEach((r, { count }) => {
    const rows = rowsOf.get(count);
    if (rows) rows.push(r);
    else rowsOf.set(count, [r]);
  });
  let folds: readonly ExactTensor[] | undefined;
  for (const [count, rows] of rowsOf) {
    const inputs = all.slice(0, n).map((t) => take([t], sourcesOf(groups, count, rows.length)));
    const folded = treeFold(context, to_apply, inputs, all.slice(n), rows.length, count);
    if (!folded) return undefined;
    folds = folds ? placed(folds, folded, rows) : folded.map((t) => spreadTo(t, rows, groups));
  }
  return folds ?? all.slice(n).map((t) => take([t], new Int32Array(0)));
}

/** Products marked where in some order the factors leave the range before others bring them back. */
function withOpenProducts(
  t: ExactTensor,
  [factors, init]: readonly ExactTensor[],
  { groups }: Folding,
  context: ExactContext,
): ExactTensor {
  const { overflowFrom, smallestNormal, lambda } = context.numerics(t.shape.type);
  const marks = new Uint8Array(groups.count);
  groups.forEach((r, { start, count, stride, steps }) => {
    let [up, down] = [1, 1];
    for (let j = -1; j < count; j++) {
      const at = start + (steps ? steps[j] : j * stride);
      const [from, i] = j < 0 ? [init, 0] : [factors, at];
      const [size, most] = [modulus(from, i, 0), modulus(from, i, lambda)];
      if (most > 1 && most < Infinity) up *= most;
      if (size > 0) down *= Math.min(size, 1);
    }
    if (up > overflowFrom || (down < smallestNormal && up > 1)) marks[r] = 1;
  });
  return markUndecided(t, marks);
}

/** The elements of all rows of a length, row by row. */
function sourcesOf(groups: Groups, length: number, rows: number): Int32Array {
  const source = new Int32Array(rows * length);
  let at = 0;
  groups.forEach((_, { start, count, stride, steps }) => {
    if (count !== length) return;
    for (let j = 0; j < count; j++) source[at++] = start + (steps ? steps[j] : j * stride);
  });
  return source;
}

/** A tensor of every row whose elements at these rows are those given; the others are yet to come. */
function spreadTo(t: ExactTensor, rows: readonly number[], groups: Groups): ExactTensor {
  if (rows.length === groups.count) return t;
  const source = new Int32Array(groups.count);
  rows.forEach((r, i) => {
    source[r] = i;
  });
  return take([t], source);
}

function placed(
  folds: readonly ExactTensor[],
  folded: readonly ExactTensor[],
  rows: readonly number[],
): readonly ExactTensor[] {
  return folds.map((t, k) => {
    const source = iotaIndices(sizeOf(t.shape.dims));
    const operand = new Uint8Array(source.length);
    rows.forEach((r, i) => {
      source[r] = i;
      operand[r] = 1;
    });
    return take([t, folded[k]], source, operand);
  });
}

/** result[i] = f(a[i], b[i], …). */
export function map(
  instruction: InstructionOf<'map'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const shapes = arrayResults(instruction);
  const n = sizeOf(shapes[0].dims);
  const flat = operands.map((v) => {
    const t = tensorOperand(v);
    return reshaped(t, arrayShape(t.shape.type, [n]));
  });
  const folds = context.callEach(instruction.attrs.to_apply, flat, n);
  if (!folds) {
    context.explainUndecided(`no budget rule for map with ${instruction.attrs.to_apply}`);
    return undecidedOf(instruction.shape);
  }
  const full = folds.map((t, k) =>
    reshaped(spread(t, n), arrayShape(shapes[k].type, shapes[k].dims)),
  );
  return instruction.shape.kind === 'tuple' ? { kind: 'tuple', elements: full } : full[0];
}
