/**
 * reduce, reduce-window and map. Sums have a law of their own (sums.ts), products of finite reals
 * and extrema others; anything else is folded with its computation.
 */
import { isComplex, isFloat, isInteger } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { arrayResults } from '../../reference/operands.ts';
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import { iotaIndices, otherDims, sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import { markUndecided, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { arithmeticOperand, roundedOperand } from '../core/operand-flush.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, undecidedOf } from '../core/without-error.ts';
import { imaginaryPart, joined, realPart } from '../elementwise/complex-parts.ts';
import { take } from '../movement/apply-index-map.ts';
import { logSums } from '../sums/log-sums.ts';
import { type ReducedRows, reducedSums, windowSums } from '../sums/placed-sums.ts';
import { putExtremum } from './extremum.ts';
import { spread, treeFold } from './fold.ts';
import { TermProduct } from './fold-products.ts';
import { reductionKindOf, roundedSum, separateReducers } from './reduction-kind.ts';
import { modulus, productInAnyOrder, roundsByOrder } from './reduction-orders.ts';
import type { Terms } from './terms.ts';
import { windowExtrema } from './window-extrema.ts';

/** Per result the elements that it is folded from. */
export interface Groups {
  readonly count: number;
  /** Where the elements lie under windows. */
  readonly windows?: WindowPlaces;
  /** Where they lie in rows. */
  readonly rows?: ReducedRows;
  forEach(visit: (r: number, terms: Terms) => void): void;
}

/** What is folded into what, and where shared errors of the operand meet in one result. */
export interface Folding {
  readonly to_apply: string;
  readonly groups: Groups;
  readonly dims: readonly number[];
  readonly linear: boolean;
  readonly along: readonly boolean[];
}

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

/** One group per coordinate of the kept dimensions, over all coordinates of the others. */
export function groupsOf(
  dims: readonly number[],
  kept: readonly number[],
  dimensions: readonly number[],
): Groups {
  const strides = rowMajorStrides(dims);
  const walk = (of: readonly number[]) =>
    stridedIndices(
      of.map((d) => dims[d]),
      of.map((d) => strides[d]),
    );
  const starts = walk(kept);
  const reduced = [...dimensions].sort((a, b) => a - b).filter((d) => dims[d] !== 1);
  const count = reduced.reduce((n, d) => n * dims[d], 1);
  const even = reduced.every((d, k) => {
    const next = reduced[k + 1];
    return next === undefined || strides[d] === strides[next] * dims[next];
  });
  const spacing = even
    ? { stride: strides[reduced.at(-1) ?? 0] ?? 1 }
    : { stride: 0, steps: walk(reduced) };
  return {
    count: starts.length,
    rows: { starts, count, ...spacing },
    forEach(visit) {
      for (let r = 0; r < starts.length; r++) visit(r, { start: starts[r], count, ...spacing });
    },
  };
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
  const plain = reducer && isFloat(type) && all.every((t) => t.shape.type === type);
  if (plain && reducer.opcode === 'add') return sum(all[0], all[1], folding, type, context);
  if (reducer?.opcode === 'add' && isComplex(type)) {
    return complexSum(all[0], all[1], folding, context);
  }
  if (plain && (reducer.opcode === 'maximum' || reducer.opcode === 'minimum')) {
    return extremum(all[0], all[1], reducer.opcode === 'maximum' ? 1 : -1, folding, type, context);
  }
  if (plain && reducer.opcode === 'multiply' && all.every(allFinite)) {
    return productOf(all[0], all[1], folding, type, context);
  }
  const separate = all.length > 2 ? separateFolds(all, folding, context) : undefined;
  if (separate) return { kind: 'tuple', elements: separate };
  const rounded = all.length === 2 ? roundedSum(context.module, folding.to_apply) : undefined;
  if (rounded && isFloat(rounded) && all.every((t) => t.shape.type === type)) {
    return sum(all[0], all[1], folding, type, context, rounded);
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
    if (isComplex(type) && opcode === 'add') return complexSum(t, init, folding, context);
    if (!isFloat(type) || init.shape.type !== type) return undefined;
    if (opcode === 'add') return sum(t, init, folding, type, context);
    if (opcode === 'multiply' && [t, init].every(allFinite)) {
      return productOf(t, init, folding, type, context);
    }
    if (opcode !== 'maximum' && opcode !== 'minimum') return undefined;
    return extremum(t, init, opcode === 'maximum' ? 1 : -1, folding, type, context);
  });
  return folded?.every((t) => t !== undefined) ? folded : undefined;
}

function reshaped(t: ExactTensor, shape: ArrayShape): ExactTensor {
  const { correlated, ...rest } = t;
  const along = shape.dims.map(() => true);
  return {
    ...rest,
    shape,
    ...(correlated && { correlated: { radius: correlated.radius, along } }),
  };
}

function sum(
  given: ExactTensor,
  init: ExactTensor,
  folding: Folding,
  type: ArrayShape['type'],
  context: ExactContext,
  accumulator = type,
): ExactTensor {
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
  const part = t.shape.type === 'c128' ? 'f64' : 'f32';
  const sumOf = (pick: typeof realPart) => sum(pick(t), pick(init), folding, part, context);
  return joined(sumOf(realPart), sumOf(imaginaryPart));
}

function productOf(
  given: ExactTensor,
  first: ExactTensor,
  folding: Folding,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const [t, init] = [given, first].map((x) => arithmeticOperand(x, context));
  const numerics = context.numerics(type);
  const factors = new TermProduct(t, init, numerics, folding.linear);
  const results = new ResultBuilder(folding.groups.count, numerics);
  const marks = t.undecided || init.undecided;
  folding.groups.forEach((r, group) => {
    factors.put(results, r, group);
    if (marks) markIfAny(results, r, t, init, group);
  });
  return results.finish(arrayShape(type, folding.dims), folding.along);
}

function allFinite({ data }: ExactTensor): boolean {
  return (data as Float64Array).every(Number.isFinite);
}

function extremum(
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  folding: Folding,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const results = new ResultBuilder(folding.groups.count, context.numerics(type));
  const { windows } = folding.groups;
  if (windows) {
    windowExtrema(t, init, sign, windows, results, context.lambda);
    return results.finish(arrayShape(type, folding.dims), folding.along);
  }
  const marks = t.undecided || init.undecided;
  folding.groups.forEach((r, group) => {
    putExtremum(results, r, t, init, sign, group, context.lambda);
    if (marks) markIfAny(results, r, t, init, group);
  });
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
  return marks.includes(1) ? markUndecided(t, marks) : t;
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
