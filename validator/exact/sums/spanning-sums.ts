/**
 * A sum that spans instructions, followed through one of them: what all its terms come to, from what
 * they came to before. There is one set of figures for each type that terms were added in: a sum of f32
 * dots that were rounded to bf16 has the products as its terms at f32, and the dots' results at bf16.
 */
import { type ElementType, isFloat, unitRoundoff } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { sizeOf } from '../core/broadcasting.ts';
import type { ExactContext, ExactRule } from '../core/context.ts';
import { lazyBroadcastOf } from '../core/lazy-broadcast.ts';
import { type ExactTensor, type ExactValue, factsOf } from '../core/value.ts';
import { roundedSum } from '../folds/reduction-kind.ts';
import { takeMoments } from '../products/product-moments.ts';
import { exactTable } from '../table.ts';
import {
  type ChainMoments,
  joinedMoments,
  momentsOfTerm,
  momentsStored,
  type StoredMoments,
  storedFigures,
} from './chain-moments.ts';
import { gatheredMoments, gatheredTotals, groupsOfSum } from './gathered-sums.ts';
import type { ChainRole } from './sum-roles.ts';

/** A sum as it is so far, element by element. */
export interface SpanningSum {
  /** The value with the radii of the order as written. */
  readonly asWritten: ExactTensor;
  /** The figures of its terms, as they stand where sums are carried in a type. */
  readonly levels: readonly Level[];
  /** False for the sum of one instruction, whose own radii are those of any order. */
  readonly spans: boolean;
  /** True where terms from several places are added. */
  readonly gathers: boolean;
  /** What the terms add up to, where some order as written left the range of its type. */
  readonly totals?: Float64Array | undefined;
}

interface Level {
  readonly type: ElementType;
  /** Added up where an op needs them so, which then holds for those after it. */
  moments: ChainMoments;
}

/** The sum that a value is, if it is followed. It goes with the value through tuples and calls. */
export function sumOf(value: ExactValue): SpanningSum | undefined {
  return value.kind === 'tensor' ? value.facts?.sum : undefined;
}

/** Says which sum a value is. */
export function setSum(value: ExactTensor, sum: SpanningSum): void {
  factsOf(value).sum = sum;
}

/** The sum that a link makes of those of its operands; undefined where it ends them. */
export function extendedSum(
  { role, link, carried, factor }: ChainRole,
  asWritten: ExactTensor,
  operands: readonly ExactValue[],
  context: ExactContext,
): SpanningSum | undefined {
  const tensors = operands.filter((v): v is ExactTensor => v.kind === 'tensor');
  if (tensors.length !== operands.length) return undefined;
  const { opcode, instruction } = link;
  if (role === 'add') {
    if (opcode === 'add' || opcode === 'subtract') return added(opcode, asWritten, tensors);
    if (carried.length === 0) return multiplied(asWritten);
    return reduced(instruction, asWritten, tensors, carried, context);
  }
  const parts = carried.map((o) => tensors[o]);
  if (!parts.some((t) => t.facts?.sum)) return undefined;
  if (role === 'scale') return scaled(asWritten, parts[0], factor ?? 1);
  return moved(instruction, asWritten, tensors, carried, context);
}

/** The types that terms of several values were added in. */
function typesOf(values: readonly ExactTensor[], own: readonly ElementType[]): ElementType[] {
  const types = [...own];
  for (const t of values) {
    for (const { type } of t.facts?.sum?.levels ?? []) if (!types.includes(type)) types.push(type);
  }
  return types;
}

/** The terms of a value where sums are carried in a type: what was carried wider is one term there. */
function momentsAt(t: ExactTensor, type: ElementType): ChainMoments {
  const sum = t.facts?.sum;
  return sum ? (levelAt(sum, type)?.moments ?? momentsOfTerm(sum.asWritten)) : momentsOfTerm(t);
}

function levelAt({ levels }: SpanningSum, type: ElementType): Level | undefined {
  const u = unitRoundoff(type);
  let found: Level | undefined;
  for (const level of levels) {
    const own = unitRoundoff(level.type);
    if (own >= u && !(found && unitRoundoff(found.type) <= own)) found = level;
  }
  return found;
}

/** The same, added up. */
function storedAt(t: ExactTensor, type: ElementType): StoredMoments {
  const stored = storedFigures(momentsAt(t, type), countOf(t));
  const sum = t.facts?.sum;
  const level = sum && levelAt(sum, type);
  if (level) level.moments = momentsStored(stored);
  return stored;
}

function countOf(t: ExactTensor): number {
  return sizeOf(t.facts?.sum?.asWritten ?? t);
}

function isSpanning(values: readonly ExactTensor[]): boolean {
  return values.some((t) => t.facts?.sum?.spans ?? false);
}

function isGathered(values: readonly ExactTensor[]): boolean {
  return values.some((t) => t.facts?.sum?.gathers ?? false);
}

/** What a value adds up to, terms that leave the range of a type included. */
function totalsOf(t: ExactTensor): Float64Array {
  return t.facts?.sum?.totals ?? (t.data as Float64Array);
}

/** The totals of a result, where they may be other than the result itself. */
function totalsFor(
  asWritten: ExactTensor,
  values: readonly ExactTensor[],
  find: () => Float64Array,
): Float64Array | undefined {
  const left = values.some((t) => t.facts?.sum?.totals);
  const { data } = lazyBroadcastOf(asWritten)?.source ?? asWritten;
  if (!left && (data as Float64Array).every((v) => Math.abs(v) < Infinity)) return undefined;
  return find();
}

/** A gathered sum less itself is zero, whatever its order was: it is computed once. */
function added(
  opcode: 'add' | 'subtract',
  asWritten: ExactTensor,
  operands: readonly ExactTensor[],
): SpanningSum | undefined {
  const [a, b] = operands;
  const n = sizeOf(asWritten);
  if (operands.some((t) => ![1, n].includes(countOf(t)))) return undefined;
  if (a === b && opcode === 'subtract' && a.facts?.sum?.gathers) return undefined;
  const levels = typesOf(operands, [asWritten.shape.type]).map((type) => ({
    type,
    moments: joinedMoments(momentsAt(a, type), momentsAt(b, type), n),
  }));
  const totals = totalsFor(asWritten, operands, () => {
    const [x, y] = operands.map(totalsOf);
    const sign = opcode === 'add' ? 1 : -1;
    const entry = (of: Float64Array, i: number) => of[of.length === 1 ? 0 : i];
    return Float64Array.from({ length: n }, (_, i) => entry(x, i) + sign * entry(y, i));
  });
  const spans = operands.some((t) => t.facts?.sum);
  return { asWritten, levels, spans, gathers: isGathered(operands), totals };
}

/** The result of a dot or convolution; its own radii are those of any order of its products. */
function multiplied(asWritten: ExactTensor): SpanningSum | undefined {
  const found = takeMoments(asWritten);
  if (!found) return undefined;
  const level = { type: found.accumulator, moments: momentsStored(found.moments) };
  return { asWritten, levels: [level], spans: false, gathers: true };
}

/** Of reduce, reduce-window and scatter: the terms of all that is added up. */
function reduced(
  instruction: Instruction<number>,
  asWritten: ExactTensor,
  operands: readonly ExactTensor[],
  carried: readonly number[],
  context: ExactContext,
): SpanningSum | undefined {
  const groups = groupsOfSum(instruction, operands);
  if (!groups) return undefined;
  const values = carried.map((o) => operands[o]);
  const own = accumulatorOf(instruction, asWritten, context);
  const types = typesOf(values, [own]).filter((t) => unitRoundoff(t) <= unitRoundoff(own));
  const levels = types.map((type) => {
    const parts = values.map((t) => storedAt(t, type));
    return { type, moments: momentsStored(gatheredMoments(groups, parts)) };
  });
  const totals = totalsFor(asWritten, values, () => gatheredTotals(groups, values.map(totalsOf)));
  const spans = values.some((t) => t.facts?.sum);
  return { asWritten, levels, spans, gathers: true, totals };
}

/** The type that partial sums are rounded to. */
function accumulatorOf(
  i: Instruction<number>,
  { shape: { type } }: ExactTensor,
  { module }: ExactContext,
): ElementType {
  const folds = i.opcode === 'reduce' || i.opcode === 'reduce-window';
  const rounded = folds ? roundedSum(module, i.attrs.to_apply) : undefined;
  return rounded && isFloat(rounded) ? rounded : type;
}

/** Times a power of two, which rounds nothing: so does each term. */
function scaled(asWritten: ExactTensor, t: ExactTensor, factor: number): SpanningSum {
  const size = Math.abs(factor);
  const times = (a: Float64Array, by: number) => a.map((x) => x * by);
  const levels = typesOf([t], []).map((type) => {
    const of = storedAt(t, type);
    const moments: StoredMoments = {
      size: times(of.size, size),
      squares: times(of.squares, size * size),
      count: of.count,
      ...(of.bound && { bound: times(of.bound, size) }),
      ...(of.variance && { variance: times(of.variance, size * size) }),
      quantum: times(of.quantum, size),
    };
    return { type, moments: momentsStored(moments) };
  });
  const totals = totalsFor(asWritten, [t], () => times(totalsOf(t), factor));
  return { asWritten, levels, spans: isSpanning([t]), gathers: isGathered([t]), totals };
}

/** Ops that leave every element in its place. */
const inPlace: ReadonlySet<string> = new Set(['convert', 'copy', 'negate', 'reshape']);

/** Moved as the values are. */
function moved(
  instruction: Instruction<number>,
  asWritten: ExactTensor,
  operands: readonly ExactTensor[],
  carried: readonly number[],
  context: ExactContext,
): SpanningSum | undefined {
  const values = carried.map((o) => operands[o]);
  const types = typesOf(values, []);
  const [spans, gathers] = [isSpanning(values), isGathered(values)];
  if (inPlace.has(instruction.opcode)) {
    const levels = types.map((type) => ({ type, moments: momentsAt(values[0], type) }));
    const sign = instruction.opcode === 'negate' ? -1 : 1;
    const totals = totalsFor(asWritten, values, () => totalsOf(values[0]).map((x) => sign * x));
    return { asWritten, levels, spans, gathers, totals };
  }
  if (operands.some((t) => !carriedHas(carried, operands, t) && t.undecided)) return undefined;
  const move = moverOf(instruction, operands, carried, context);
  const isBroadcast = instruction.opcode === 'broadcast';
  const levels = types.map((type) => {
    const parts = values.map((t) => storedAt(t, type));
    return { type, moments: movedFigures(parts, asWritten, isBroadcast, move) };
  });
  const totals = totalsFor(
    asWritten,
    values,
    () => move(values.map((t) => ({ data: totalsOf(t) }))).data,
  );
  return { asWritten, levels, spans, gathers, totals };
}

function carriedHas(
  carried: readonly number[],
  operands: readonly ExactTensor[],
  t: ExactTensor,
): boolean {
  return carried.some((o) => operands[o] === t);
}

/** Three arrays that stand for an operand's elements. */
type Numbers = Pick<ExactTensor, 'bound' | 'deviation'> & { readonly data: Float64Array };
type Mover = (numbers: readonly Numbers[]) => Numbers;

/** What an op does to numbers that stand for its operands' elements: its own rule says so. */
function moverOf(
  instruction: Instruction<number>,
  operands: readonly ExactTensor[],
  carried: readonly number[],
  context: ExactContext,
): Mover {
  const rule = exactTable[instruction.opcode] as unknown as ExactRule<never>;
  return (numbers) => {
    const plain: ExactTensor[] = [...operands];
    carried.forEach((o, k) => {
      plain[o] = { kind: 'tensor', shape: operands[o].shape, ...numbers[k] };
    });
    return rule(instruction as never, plain, context) as ExactTensor & Numbers;
  };
}

/** A broadcast that repeats its operand repeats the figures. Arrays travel as radii, but not in one. */
function movedFigures(
  parts: readonly StoredMoments[],
  asWritten: ExactTensor,
  isBroadcast: boolean,
  move: Mover,
): ChainMoments {
  const lazyBroadcast = lazyBroadcastOf(asWritten);
  if (lazyBroadcast) return momentsStored(parts[0], lazyBroadcast.inner);
  const brings = parts.some((f) => f.bound);
  const zeros = (f: StoredMoments) => new Float64Array(f.size.length);
  const packs: readonly ((f: StoredMoments) => Float64Array)[] = [
    (f) => f.size,
    (f) => f.squares,
    (f) => f.count,
    (f) => f.quantum,
    ...(brings ? [(f: StoredMoments) => f.bound ?? zeros(f)] : []),
    ...(brings ? [(f: StoredMoments) => f.variance ?? zeros(f)] : []),
  ];
  const [size, squares, count, quantum, bound, variance] = isBroadcast
    ? packs.map((of) => move(parts.map((f) => ({ data: of(f) }))).data)
    : movedTogether(parts, packs, move);
  const radii = bound && variance && { bound, variance };
  return momentsStored({ size, squares, count, ...radii, quantum });
}

/** Three arrays at a time. */
function movedTogether(
  parts: readonly StoredMoments[],
  packs: readonly ((f: StoredMoments) => Float64Array)[],
  move: Mover,
): readonly Float64Array[] {
  const out: Float64Array[] = [];
  for (let k = 0; k < packs.length; k += 3) {
    const [data, bound, deviation] = packs.slice(k, k + 3);
    const from = parts.map((f) => ({
      data: data(f),
      ...(bound && { bound: bound(f) }),
      ...(deviation && { deviation: deviation(f) }),
    }));
    const to = move(from);
    for (const a of [to.data, to.bound, to.deviation]) if (a) out.push(a);
  }
  return out;
}
