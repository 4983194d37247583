/**
 * The contract `narrows`: every value may be stored at a narrower type, also one that is only moved,
 * and one that is too large there is an infinity. Rules see numbers; what becomes of such infinities is
 * told here, element by element, for elementwise ops and for sums. Elsewhere it is undecided.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { isIn, type Opcode } from '../../../graphs/ops/table.ts';
import { type FloatFunction, floatFunctions } from '../../reference/scalars/float-functions.ts';
import { dotDims } from '../../semantics/indexing/dot-dims.ts';
import { upwards } from '../elementwise/arithmetic-elements.ts';
import { reductionKindOf } from '../folds/reduction-kind.ts';
import { heldBy } from '../products/rounded-rows.ts';
import { copiedRadii, hasMarks, partsOf, sizeOf, stepOf } from './broadcasting.ts';
import type { ExactContext, ExactRule } from './context.ts';
import { lazyBroadcastOf } from './lazy-broadcast.ts';
import type { Numerics } from './numerics.ts';
import { outcomeOf, outcomesIn, overflowOutcomes, undecidedMark } from './outcomes.ts';
import { effectiveRadius } from './radius.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** Ops that hand values on without reading them as arithmetic does. */
const inherit = new Set<Opcode>(['negate', 'select', 'sort', 'topk']);

/** The rule of an op, each of whose operands may be stored at the narrower type. */
export function narrowly(
  rule: ExactRule<Opcode>,
  instruction: Instruction,
  operands: ExactValue[],
  context: ExactContext,
): ExactValue {
  const { opcode } = instruction;
  const moves = isIn(opcode, 'data-movement') || inherit.has(opcode);
  const keepsBits = opcode === 'bitcast-convert';
  const read = moves && !keepsBits ? operands.map((v) => stored(v, context)) : operands;
  const marks = read.map((v) => outcomesOf(v, context));
  const run = (values: ExactValue[]) => rule(instruction as never, values, context);
  if (!marks.some((m) => m !== undefined)) return run(read);
  const marked = (of: (mark: number) => number) =>
    read.map((v, k) => withOutcomes(v, marks[k], of));
  if (isIn(opcode, 'data-movement') && !keepsBits) return run(marked((m) => m));
  const outcomes = outcomesAfter(instruction, read, marks, context);
  if (!outcomes) return run(marked((m) => (m === 0 ? 0 : undecidedMark)));
  const value = run(marked((m) => m & undecidedMark));
  return value.kind === 'tensor' ? joined(value, outcomes, context) : value;
}

/**
 * Numbers without radii as the narrower type holds them; `v` itself where there is none. For what no op
 * reads: a result that is a parameter, or a copy of one.
 */
export function stored(v: ExactValue, context: ExactContext): ExactValue {
  const numerics = numericsFor(v, context);
  if (!numerics?.narrow || v.kind !== 'tensor' || lazyBroadcastOf(v)) return v;
  const x = v.data as Float64Array;
  const isHeld = heldBy(numerics);
  const { u, smallestNormal } = numerics;
  let [bound, deviation] = [v.bound, v.deviation];
  for (let i = 0; i < x.length; i++) {
    if ((v.bound && v.bound[i] > 0) || isHeld(x[i])) continue;
    if (!bound || !deviation || bound === v.bound) {
      ({ bound, deviation } = copiedRadii(v));
    }
    bound[i] = u * Math.max(Math.abs(x[i]), smallestNormal);
    deviation[i] = bound[i];
  }
  return bound && deviation ? { ...v, bound, deviation } : v;
}

function numericsFor(v: ExactValue, context: ExactContext): Numerics | undefined {
  if (v.kind !== 'tensor') return undefined;
  const { type } = v.shape;
  return isFloat(type) || isComplex(type) ? context.numerics(type) : undefined;
}

/** Marks of the elements that are marked, or are numbers that overflow where they are read. */
function outcomesOf(v: ExactValue, context: ExactContext): Uint8Array | undefined {
  const numerics = numericsFor(v, context);
  if (!numerics?.narrow || v.kind !== 'tensor') return undefined;
  const { narrow, overflowFrom, lambda } = numerics;
  const { data, undecided } = v;
  const parts = partsOf(v.shape.type);
  let marks = undecided?.some((m) => m > undecidedMark) ? undecided.slice() : undefined;
  const x = data as Float64Array;
  for (let e = 0; e < x.length; e++) {
    if (!(Math.abs(x[e]) < Infinity)) continue;
    const r = v.bound ? effectiveRadius(v, e, lambda) : 0;
    const [up, down] = [x[e] + r > overflowFrom, x[e] - r < -overflowFrom];
    if (!up && !down) continue;
    marks ??= undecided?.slice() ?? new Uint8Array(x.length / parts);
    marks[Math.floor(e / parts)] |= overflowOutcomes(narrow, up, down);
  }
  return marks;
}

function withOutcomes(
  v: ExactValue,
  marks: Uint8Array | undefined,
  of: (mark: number) => number,
): ExactValue {
  if (v.kind !== 'tensor' || !marks) return v;
  const { undecided: _, ...rest } = v;
  const chosen = marks.map(of);
  return hasMarks(chosen) ? { ...rest, undecided: chosen } : rest;
}

/** What the outcomes of operands come to, for each element of the result. */
interface Outcomes {
  readonly marks: Uint8Array;
  /** How far a number lies from the result that one of them comes to; absent where none does. */
  readonly apart: ReadonlyMap<number, readonly number[]>;
}

type Marks = readonly (Uint8Array | undefined)[];

function outcomesAfter(
  instruction: Instruction,
  operands: readonly ExactValue[],
  marks: Marks,
  context: ExactContext,
): Outcomes | undefined {
  const tensors = operands.flatMap((v) => (v.kind === 'tensor' ? [v] : []));
  const { opcode, shape } = instruction;
  if (shape.kind !== 'array' || !isFloat(shape.type) || tensors.length < operands.length) {
    return undefined;
  }
  if (!tensors.every((t) => isFloat(t.shape.type))) return undefined;
  if (opcode === 'dot' && instruction.attrs.sparsity === undefined) {
    return ofDot(instruction, tensors, marks, context);
  }
  if (opcode === 'reduce') return ofSum(instruction, tensors, marks, context);
  const functions: Readonly<Partial<Record<string, FloatFunction>>> = floatFunctions;
  const f = opcode === 'convert' ? (x: number) => x : functions[opcode];
  return f && isIn(opcode, 'elementwise') ? ofElements(f, tensors, marks, context) : undefined;
}

/** Numbers that element i may be read as, and the infinities that it may be. */
interface Readings {
  readonly finite: readonly number[];
  readonly special: readonly number[];
}

function readings(t: ExactTensor, i: number, mark: number, context: ExactContext): Readings {
  const { narrow, lambda } = context.numerics(t.shape.type);
  const x = t.data[i] as number;
  const r = t.bound ? effectiveRadius(t, i, lambda) : 0;
  const finite = [x, x - r, x + r];
  return {
    finite: narrow ? [...finite, ...finite.map(narrow.round)] : finite,
    special: outcomesIn(mark),
  };
}

function ofElements(
  f: FloatFunction,
  tensors: readonly ExactTensor[],
  given: Marks,
  context: ExactContext,
): Outcomes {
  const n = Math.max(...tensors.map(sizeOf));
  const marks = new Uint8Array(n);
  const apart = new Map<number, readonly number[]>();
  for (let i = 0; i < n; i++) {
    const at = tensors.map((t) => i * stepOf(t, n));
    if (!given.some((m, k) => m?.[at[k]])) continue;
    const all = tensors.map((t, k) => readings(t, at[k], given[k]?.[at[k]] ?? 0, context));
    const results = all.length === 1 ? all[0].special.map((x) => f(x, x)) : pairs(all, f);
    const numbers = results.filter((v) => Math.abs(v) < Infinity);
    for (const v of results) if (!(Math.abs(v) < Infinity)) marks[i] |= outcomeOf(v);
    apart.set(i, numbers);
  }
  return { marks, apart };
}

/** f of all readings at least one of which is no number. */
function pairs([a, b]: readonly Readings[], f: FloatFunction): number[] {
  const ofAll = (left: readonly number[], right: readonly number[]) =>
    left.flatMap((x) => right.map((y) => f(x, y)));
  return [...ofAll(a.special, [...b.finite, ...b.special]), ...ofAll(a.finite, b.special)];
}

const bothInfinities = outcomeOf(Infinity) | outcomeOf(-Infinity);

/** Infinities of both signs may meet in a sum. */
function summed(mark: number): number {
  return meet(mark) ? mark | outcomeOf(Number.NaN) : mark;
}

function meet(mark: number): boolean {
  return (mark & bothInfinities) === bothInfinities;
}

const nowhere: ReadonlyMap<number, readonly number[]> = new Map();

function ofDot(
  { attrs }: InstructionOf<'dot'>,
  [a, b]: readonly ExactTensor[],
  [left, right]: Marks,
  context: ExactContext,
): Outcomes {
  const { batch, m, n, k, lhs, rhs } = dotDims(attrs, a.shape.dims, b.shape.dims);
  const marks = new Uint8Array(batch * m * n);
  const [ofA, ofB] = [readingsOf(a, left, context), readingsOf(b, right, context)];
  for (let i = 0; i < marks.length; i++) {
    const row = Math.floor(i / n);
    const [p, q] = [row * k, (Math.floor(row / m) * n + (i % n)) * k];
    for (let j = 0; j < k && !meet(marks[i]); j++) {
      const x = lhs[p + j];
      const y = rhs[q + j];
      if (!left?.[x] && !right?.[y]) continue;
      const products = pairs([ofA(x), ofB(y)], product);
      for (const v of products) if (!(Math.abs(v) < Infinity)) marks[i] |= outcomeOf(v);
    }
    marks[i] = summed(marks[i]);
  }
  return { marks, apart: nowhere };
}

/** The readings of the elements of an operand, each told once. */
function readingsOf(
  t: ExactTensor,
  marks: Uint8Array | undefined,
  context: ExactContext,
): (i: number) => Readings {
  const known: (Readings | undefined)[] = [];
  return (i) => {
    known[i] ??= readings(t, i, marks?.[i] ?? 0, context);
    return known[i];
  };
}

const product: FloatFunction = floatFunctions.multiply;

function ofSum(
  instruction: InstructionOf<'reduce'>,
  tensors: readonly ExactTensor[],
  [terms, init]: Marks,
  context: ExactContext,
): Outcomes | undefined {
  const { to_apply, dimensions } = instruction.attrs;
  if (tensors.length !== 2 || reductionKindOf(context.module, to_apply)?.opcode !== 'add')
    return undefined;
  const { dims } = tensors[0].shape;
  const kept = dims.map((_, d) => d).filter((d) => !dimensions.includes(d));
  const from = rowMajorStrides(dims);
  const to = rowMajorStrides(kept.map((d) => dims[d]));
  const marks = new Uint8Array(kept.reduce((n, d) => n * dims[d], 1)).fill(init?.[0] ?? 0);
  for (let i = 0; i < sizeOf(tensors[0]); i++) {
    if (!terms?.[i]) continue;
    const at = kept.reduce((sum, d, k) => sum + (Math.floor(i / from[d]) % dims[d]) * to[k], 0);
    marks[at] |= terms[i];
  }
  return { marks: marks.map(summed), apart: nowhere };
}

/** The value with further outcomes; numbers that it may be instead are within its radii. */
function joined(t: ExactTensor, { marks, apart }: Outcomes, { lambda }: ExactContext): ExactTensor {
  const undecided = marks.map((m, i) => m | (t.undecided?.[i] ?? 0));
  if (apart.size === 0) return { ...t, undecided };
  const x = t.data as Float64Array;
  const { bound, deviation } = copiedRadii(t);
  for (const [i, numbers] of apart) {
    if (!(Math.abs(x[i]) < Infinity)) continue;
    const far = numbers.reduce((r, v) => Math.max(r, Math.abs(v - x[i])), 0);
    bound[i] = Math.max(bound[i], far);
    deviation[i] = Math.max(deviation[i], (far / lambda) * upwards);
  }
  return { ...t, bound, deviation, undecided };
}
