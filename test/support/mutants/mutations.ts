/**
 * Ways to make one instruction wrong, as a slip in a pass would: another opcode of the same signature,
 * another constant, direction, index or dimension, operands swapped, a rounding too many.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { isFloat } from '../../../graphs/ir/element-type.ts';
import { type Computation, type Instruction, instructionsById } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type Shape, sameShape } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';

/** What an instruction becomes; or the type that its value is rounded to for all that read it. */
export type Change =
  | { readonly opcode?: Opcode; readonly operands?: readonly number[]; readonly attrs?: object }
  | { readonly narrowTo: ElementType };

export type Family = 'opcode' | 'constant' | 'direction' | 'dimension' | 'operands' | 'narrowed';

export const families: readonly Family[] = [
  ...(['opcode', 'constant', 'direction', 'dimension', 'operands', 'narrowed'] as const),
];

export interface Mutation {
  readonly family: Family;
  /** What was done, in a few words. */
  readonly what: string;
  /** The same slip in an instruction of the same kind, in another state. */
  apply(i: Instruction): Change | undefined;
}

const exchanged: readonly (readonly Opcode[])[] = [
  ['add', 'subtract', 'multiply', 'maximum', 'minimum', 'divide'],
  ['sine', 'cosine', 'tanh', 'logistic'],
  ['exponential', 'exponential-minus-one'],
  ['log', 'log-plus-one'],
  ['sqrt', 'rsqrt', 'cbrt'],
  ['floor', 'ceil', 'round-nearest-even'],
  ['negate', 'abs'],
  ['shift-right-logical', 'shift-left', 'shift-right-arithmetic'],
];
const logical: readonly Opcode[] = ['and', 'or', 'xor'];
const ordered: ReadonlySet<Opcode> = new Set([
  ...(['subtract', 'divide', 'power', 'remainder', 'atan2', 'compare'] as const),
  ...(['shift-left', 'shift-right-logical', 'shift-right-arithmetic'] as const),
]);
const directions = ['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'] as const;

/** The ways in which an instruction can be made wrong. */
export function mutationsOf(i: Instruction, c: Computation): Mutation[] {
  return [
    ...opcodes(i),
    ...constants(i),
    ...compares(i),
    ...dimensions(i),
    ...swaps(i, c),
    ...narrowings(i),
  ];
}

const arrayType = (shape: Shape) => (shape.kind === 'array' ? shape.type : undefined);

function opcodes(i: Instruction): Mutation[] {
  const type = arrayType(i.shape);
  const same = exchanged.find((list) => list.includes(i.opcode));
  const list = type === 'pred' ? logical : (same ?? (logical.includes(i.opcode) ? logical : []));
  if (!list.includes(i.opcode)) return [];
  return list
    .filter((o) => o !== i.opcode && !(o === 'divide' && type && !isFloat(type)))
    .map((opcode) => ({
      ...{ family: 'opcode', what: `${i.opcode} became ${opcode}` },
      apply: () => ({ opcode }),
    }));
}

const slips: readonly (readonly [string, (x: number) => number])[] = [
  ['doubled', (x) => 2 * x],
  ['negated', (x) => -x],
  ['off by 1 %', (x) => 1.01 * x],
  ['off by a thousandth', (x) => x * (1 - 2 ** -10)],
  ['one more', (x) => x + 1],
  ['made 0', () => 0],
];

function constants(i: Instruction): Mutation[] {
  if (i.opcode !== 'constant' || i.attrs.literal.kind !== 'tensor') return [];
  const { literal } = i.attrs;
  const places = literal.data.length > 1 ? [0, literal.data.length >> 1] : [0];
  const all = literal.data.length > 1 ? [...places, -1] : places;
  return slips.flatMap(([what, f]) =>
    all.flatMap((place): Mutation[] => {
      const wrong = changedLiteral(literal, f, place);
      if (!wrong) return [];
      const where = place < 0 ? 'all of a constant' : `element ${place} of a constant`;
      return [
        { family: 'constant', what: `${where} ${what}`, apply: (j) => ifSame(j, literal, wrong) },
      ];
    }),
  );
}

function ifSame(i: Instruction, literal: Tensor, wrong: Tensor): Change | undefined {
  if (i.opcode !== 'constant' || i.attrs.literal.kind !== 'tensor') return undefined;
  const { data } = i.attrs.literal;
  const same = data.every((v: number | bigint, k: number) => Object.is(v, literal.data[k]));
  return same ? { attrs: { literal: wrong } } : undefined;
}

/** The literal with an element (or each, for place -1) changed; undefined where that changes nothing. */
function changedLiteral(t: Tensor, f: (x: number) => number, place: number): Tensor | undefined {
  const { type, dims } = t.shape;
  const slip = slipOf(type, f);
  if (!slip) return undefined;
  const old = [...t.data] as (number | bigint)[];
  const data = old.map((v, k) => (place < 0 || k === place ? slip(v) : v));
  if (data.every((v, k) => Object.is(v, old[k]))) return undefined;
  return tensorOf(type, dims, data as number[]);
}

function slipOf(type: ElementType, f: (x: number) => number) {
  if (type === 'pred') return (v: number | bigint) => (f(1) === 2 ? 1 - Number(v) : v);
  const whole = f(100) % 1 === 0 && f(1) >= 0 && Number.isInteger(f(1));
  if (!isFloat(type)) {
    if (type.startsWith('c') || !whole) return undefined;
    return (v: number | bigint) => (typeof v === 'bigint' ? BigInt(f(Number(v))) : f(v));
  }
  const round = rounder(type);
  return (v: number | bigint) =>
    Number.isFinite(Number(v)) ? round(f(Number(v))) : f(1) === 0 ? 0 : v;
}

function compares(i: Instruction): Mutation[] {
  if (i.opcode !== 'compare') return [];
  const { direction } = i.attrs;
  return directions
    .filter((other) => other !== direction)
    .map((other) => ({
      ...{ family: 'direction', what: `${direction} became ${other}` },
      apply: (j) =>
        j.opcode === 'compare' && j.attrs.direction === direction
          ? { attrs: { ...j.attrs, direction: other } }
          : undefined,
    }));
}

/** Lists of dimensions that can be slips for others. */
const lists = ['dimensions', 'lhs_contracting_dims', 'rhs_contracting_dims'] as const;

/** Shifts of indices and dimensions; what does not fit the shapes is refused by the verifier. */
function dimensions(i: Instruction): Mutation[] {
  const rank = i.shape.kind === 'array' ? i.shape.dims.length : 0;
  const found: Mutation[] = [];
  const add = (what: string, apply: (attrs: never) => object | undefined) =>
    found.push({ family: 'dimension', what, apply: (j) => attrsOf(apply(j.attrs as never)) });
  for (const key of lists) {
    const listed = (i.attrs as Readonly<Record<string, unknown>>)[key];
    if (!Array.isArray(listed) || listed.length === 0) continue;
    const bound = Math.max(rank, 2);
    for (let by = 1; by < bound; by++) {
      add(`${key} turned by ${by}`, (a: Record<string, readonly number[]>) => {
        return { ...a, [key]: a[key]!.map((d) => (d + by) % bound) };
      });
    }
  }
  if (i.opcode === 'pad') add('padding before and after exchanged', exchangedPadding);
  if (i.opcode === 'iota' && rank > 1) {
    add('another iota dimension', (a: { iota_dimension: number }) => ({
      iota_dimension: (a.iota_dimension + 1) % rank,
    }));
  }
  for (const by of [-1, 1]) {
    if (i.opcode === 'slice') {
      for (let k = 0; k < rank; k++) add(`a slice moved by ${by}`, (a) => movedSlice(a, k, by));
    }
    if (i.opcode === 'get-tuple-element') {
      add(`element ${by} beside`, ({ index }: { index: number }) => ({ index: index + by }));
    }
    if ('window' in i.attrs) add(`a window moved by ${by}`, (a) => movedWindow(a, by));
  }
  return found;
}

const attrsOf = (attrs: object | undefined) => (attrs ? { attrs } : undefined);

interface Sliced {
  readonly slice: readonly { start: number; limit: number; stride: number }[];
}

function movedSlice({ slice }: Sliced, d: number, by: number): object | undefined {
  if (slice[d]!.start + by < 0) return undefined;
  const moved = (s: Sliced['slice'][number]) => ({
    ...s,
    start: s.start + by,
    limit: s.limit + by,
  });
  return { slice: slice.map((s, k) => (k === d ? moved(s) : s)) };
}

function exchangedPadding(a: {
  readonly padding: readonly { low: number; high: number; interior: number }[];
}): object {
  return { padding: a.padding.map((p) => ({ ...p, low: p.high, high: p.low })) };
}

function movedWindow(
  a: { readonly window: readonly { padLow: number; padHigh: number; size: number }[] },
  by: number,
): object {
  const at = a.window.findIndex((w) => w.size > 1);
  const window = a.window.map((w, k) =>
    k === at ? { ...w, padLow: w.padLow + by, padHigh: w.padHigh - by } : w,
  );
  return { ...a, window };
}

function swaps(i: Instruction, c: Computation): Mutation[] {
  const shapes = i.operands.map((id) => instructionsById(c).get(id)!.shape);
  const pair =
    i.opcode === 'select'
      ? [1, 2]
      : ordered.has(i.opcode) || i.opcode === 'dot'
        ? [0, 1]
        : undefined;
  if (i.opcode === 'concatenate' && shapes.length > 1) {
    return [swap(i, 0, 1)];
  }
  if (!pair || i.operands[pair[0]] === i.operands[pair[1]]) return [];
  return sameShape(shapes[pair[0]], shapes[pair[1]]) ? [swap(i, pair[0], pair[1])] : [];
}

function swap({ opcode }: Instruction, a: number, b: number): Mutation {
  const what = `operands ${a} and ${b} of ${opcode} swapped`;
  const order = (operands: readonly number[]) =>
    operands.map((x, k) => (k === a ? operands[b] : k === b ? operands[a] : x));
  return { family: 'operands', what, apply: (j) => ({ operands: order(j.operands) }) };
}

const narrower: Partial<Record<ElementType, readonly ElementType[]>> = {
  f64: ['f32', 'bf16'],
  f32: ['bf16', 'f16'],
  f16: ['bf16', 'f8e5m2'],
  bf16: ['f8e5m2'],
};

function narrowings(i: Instruction): Mutation[] {
  const type = arrayType(i.shape);
  if (!type || i.opcode === 'constant' || i.opcode === 'convert') return [];
  return (narrower[type] ?? []).map((narrowTo) => ({
    ...{ family: 'narrowed', what: `${i.opcode} rounded to ${narrowTo}` },
    apply: () => ({ narrowTo }),
  }));
}
