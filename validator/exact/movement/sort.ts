/**
 * sort and topk. The sorted values are continuous in the operand (an order statistic moves no
 * further than the widest radius), so they are decided; what is carried along, and the indices, are
 * undecided wherever the order is.
 */

import { isFloat } from '../../../graphs/ir/element-type.ts';
import { computationOf, type Instruction, type InstructionOf } from '../../../graphs/ir/module.ts';
import { arrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { comparator, mergeSort } from '../../reference/ops/sort.ts';
import { totalOrder } from '../../reference/scalars/compare.ts';
import { sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import { markUndecided, tensorOperand } from '../core/broadcasting.ts';
import type { Decide, ExactContext } from '../core/context.ts';
import { boundAt, deviationAt, effectiveRadius } from '../core/radius.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { undecidedOf } from '../core/without-error.ts';
import { take } from './apply-index-map.ts';
import { overlappingIntervals, widest } from './overlapping-intervals.ts';
import { type SortKey, sortKey } from './sort-key.ts';

type Before = (a: number, b: number) => boolean;

/** Rows along one dimension, each a list of element indices. */
interface RowsAlong {
  readonly row: Int32Array;
  readonly starts: Int32Array;
}

function rowsAlong(dims: readonly number[], along: number): RowsAlong {
  const strides = rowMajorStrides(dims);
  const others = dims.map((n, d) => (d === along ? Math.min(n, 1) : n));
  return {
    row: stridedIndices([dims[along] ?? 1], [strides[along] ?? 1]),
    starts: stridedIndices(others, strides),
  };
}

/** Sorts by the exact values; where a comparator is too involved for a rule, all is undecided. */
export function sort(
  instruction: InstructionOf<'sort'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const all = operands.map(tensorOperand);
  const { dims } = all[0].shape;
  const rows = rowsAlong(dims, instruction.attrs.dimensions[0]);
  const before = comparator(
    all as readonly Tensor[],
    instruction.attrs.to_apply,
    context.reference,
  );
  const source = sortedSources(rows, sizeOf(dims), before);
  const key = sortKey(context.module, instruction.attrs.to_apply);
  const sorted = all.map((t) => ({ ...take([t], source), shape: arrayShape(t.shape.type, dims) }));
  const usable = key && isFloat(all[key.operand].shape.type);
  const runs = usable
    ? settledRuns(
        instruction,
        runsByKey(sorted[key.operand], key, rows, context),
        source,
        rows,
        context,
      )
    : runsByPairs(instruction, sorted, rows, context);
  if (!runs) {
    context.explainUndecided(`no budget rule for sort with ${instruction.attrs.to_apply}`);
    return undecidedOf(instruction.shape);
  }
  if (!instruction.attrs.is_stable) joinTies(runs, rows, source, before);
  const keys = usable ? [key.operand] : operandsRead(instruction, context);
  const unordered = keys.flatMap((k) => rowsWithoutOrder(all[k], rows, before));
  if (unordered.length) context.explainUndecided('the comparator of a sort does not order NaN');
  const lost = [...unordered, ...undecidedRows(key ? [all[key.operand]] : all, rows)];
  const elements = sorted.map((t, k) => {
    const done =
      usable && key.operand === k ? settled(t, rows, key, context) : carried(t, runs, rows);
    return lost.length ? withRowsLost(done, rows, lost) : done;
  });
  return instruction.shape.kind === 'tuple' ? { kind: 'tuple', elements } : elements[0];
}

/** Per element of the sorted rows, of n elements in all, which one stands there. */
function sortedSources({ row, starts }: RowsAlong, n: number, before: Before): Int32Array {
  const source = new Int32Array(n);
  for (const start of starts) {
    const sorted = mergeSort(
      row.map((o) => start + o),
      before,
    );
    for (let p = 0; p < sorted.length; p++) source[start + row[p]] = sorted[p];
  }
  return source;
}

/** Runs of unsettled order in each row, by the intervals of the key; one whole row where undecided. */
function runsByKey(
  t: ExactTensor,
  key: SortKey,
  rows: RowsAlong,
  context: ExactContext,
): Int32Array {
  const { row, starts } = rows;
  const runs = new Int32Array(t.data.length);
  const [values, radii] = [new Float64Array(row.length), new Float64Array(row.length)];
  for (const start of starts) {
    let lost = 0;
    for (let p = 0; p < row.length; p++) {
      const i = start + row[p];
      values[p] = key.sign * Number(t.data[i]);
      radii[p] = effectiveRadius(t, i, context.lambda);
      if (t.undecided) lost |= t.undecided[i];
    }
    const found = overlappingIntervals(values, radii);
    for (let p = 0; p < row.length; p++) runs[start + row[p]] = lost ? 0 : found[p];
  }
  return runs;
}

/** The order of two neighbours, by the gap between them; which one it is has no other outcome. */
const byGap: Decide = { outcomeAt: () => Number.NaN, side: Math.sign };

/**
 * Runs broken up where samples keep the order: the same element stands at a position in all of them,
 * the same next to it, and the gap between the two keeps its distance from zero.
 */
function settledRuns(
  instruction: Instruction,
  runs: Int32Array,
  source: Int32Array,
  { row, starts }: RowsAlong,
  { settled }: ExactContext,
): Int32Array {
  if (!settled) return runs;
  for (const start of starts) {
    let keeps = false;
    for (let p = 0; p < row.length; p++) {
      const at = start + row[p];
      const place = settled.outcome(instruction, at, byGap);
      const stays = place !== undefined && (settled.isWide || start + row[place] === source[at]);
      if (keeps && stays) runs[at] = p;
      else if (p > 0 && runs[at] < p) runs[at] = runs[start + row[p - 1]];
      keeps = stays;
    }
  }
  return runs;
}

/** Starts of the rows in which a key is undecided: it may belong anywhere. */
function undecidedRows(keys: readonly ExactTensor[], { row, starts }: RowsAlong): number[] {
  const marks = keys.flatMap((t) => (t.undecided ? [t.undecided] : []));
  if (marks.length === 0) return [];
  return [...starts].filter((start) => row.some((o) => marks.some((m) => m[start + o] === 1)));
}

/**
 * The same by asking the comparator about every pair, since an interval may reach past its
 * neighbours; undefined where it cannot be run so, or where there are too many pairs.
 */
function runsByPairs(
  instruction: InstructionOf<'sort'>,
  sorted: readonly ExactTensor[],
  rows: RowsAlong,
  context: ExactContext,
): Int32Array | undefined {
  const n = rows.row.length;
  const runs = new Int32Array(sorted[0].data.length);
  const certain = !sorted.some((t) => t.undecided || t.bound);
  const pairs = certain ? [] : pairsOf(n, rows.starts.length);
  if (!pairs) return undefined;
  for (const start of rows.starts) {
    const side = (k: 0 | 1) => Int32Array.from(pairs, (pair) => start + rows.row[pair[k]]);
    const [left, right] = [side(0), side(1)];
    const args = sorted.flatMap((t) => [take([t], left), take([t], right)]);
    const answer = certain ? [] : context.callEach(instruction.attrs.to_apply, args, pairs.length);
    if (!answer) return undefined;
    const reached = Int32Array.from({ length: n }, (_, p) => p);
    pairs.forEach(([p, q], k) => {
      if (answer[0].undecided?.[k]) reached[p] = q;
    });
    for (let p = 0, first = 0, last = -1; p < n; p++) {
      if (p > last) first = p;
      last = Math.max(last, reached[p]);
      runs[start + rows.row[p]] = first;
    }
  }
  return runs;
}

/** Most pairs that a sort asks about, in all rows. */
const mostPairs = 2 ** 22;

/** Every p < q below n, by p and then q; undefined where there are too many. */
function pairsOf(n: number, rows: number): readonly (readonly [number, number])[] | undefined {
  if (rows * n * (n - 1) > 2 * mostPairs) return undefined;
  const pairs: [number, number][] = [];
  for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) pairs.push([p, q]);
  return pairs;
}

/** Without stability, equal elements may come in any order. */
function joinTies(
  runs: Int32Array,
  { row, starts }: RowsAlong,
  source: Int32Array,
  before: Before,
): void {
  for (const start of starts) {
    for (let p = 1; p < row.length; p++) {
      const [a, b] = [start + row[p - 1], start + row[p]];
      if (!before(source[a], source[b])) runs[b] = runs[a];
      else if (runs[b] < p) runs[b] = Math.min(runs[b], p);
    }
  }
}

/** The operands that the comparator of a sort reads. */
function operandsRead(
  { attrs, operands }: InstructionOf<'sort'>,
  context: ExactContext,
): readonly number[] {
  const { instructions } = computationOf(context.module, attrs.to_apply);
  const read = new Set(instructions.flatMap((i) => i.operands));
  const at = new Set(
    instructions.flatMap((i) =>
      i.opcode === 'parameter' && read.has(i.id) ? [i.attrs.index >> 1] : [],
    ),
  );
  return operands.flatMap((_, k) => (at.has(k) ? [k] : []));
}

/** Starts of the rows in which a NaN stands neither before nor after a number: any order will do. */
function rowsWithoutOrder(key: ExactTensor, { row, starts }: RowsAlong, before: Before): number[] {
  const x = key.data;
  return [...starts].filter((start) => {
    const at = row.map((o) => start + o);
    const nans = at.filter((i) => Number.isNaN(x[i]));
    if (nans.length === 0 || nans.length === at.length) return false;
    return at.some(
      (i) => !Number.isNaN(x[i]) && nans.some((nan) => !before(nan, i) && !before(i, nan)),
    );
  });
}

function withRowsLost(t: ExactTensor, { row }: RowsAlong, lost: readonly number[]): ExactTensor {
  const marks = t.undecided?.slice() ?? new Uint8Array(t.data.length);
  for (const start of lost) for (const o of row) marks[start + o] = 1;
  return { ...t, undecided: marks };
}

/** The sorted key: each value may be off by the widest radius of its run. */
function settled(
  t: ExactTensor,
  rows: RowsAlong,
  key: SortKey,
  context: ExactContext,
): ExactTensor {
  if (!t.bound) return t;
  const { row, starts } = rows;
  const x = t.data as Float64Array;
  const bound = new Float64Array(x.length);
  const deviation = new Float64Array(x.length);
  const [values, w, l, far] = [0, 1, 2, 3].map(() => new Float64Array(row.length));
  for (const start of starts) {
    for (let p = 0; p < row.length; p++) {
      const i = start + row[p];
      values[p] = key.sign * x[i];
      w[p] = t.bound[i];
      l[p] = deviationAt(t, i);
      far[p] = context.lambda * l[p];
    }
    const wide = widest(w, overlappingIntervals(values, w));
    const localDeviation = widest(l, overlappingIntervals(values, far));
    for (let p = 0; p < row.length; p++) {
      bound[start + row[p]] = wide[p];
      deviation[start + row[p]] = localDeviation[p];
    }
  }
  const { correlated: _, ...rest } = t;
  return { ...rest, bound, deviation };
}

/** What is carried along: undecided in a run, unless all that the run holds is the same. */
function carried(t: ExactTensor, runs: Int32Array, rows: RowsAlong): ExactTensor {
  const marks = new Uint8Array(t.data.length);
  const firstOf = (start: number, p: number) => start + rows.row[runs[start + rows.row[p]]];
  for (const start of rows.starts) {
    for (let p = 1; p < rows.row.length; p++) {
      const first = firstOf(start, p);
      if (!sameElement(t, first, start + rows.row[p])) marks[first] = 1;
    }
    for (let p = 1; p < rows.row.length; p++) {
      if (marks[firstOf(start, p)]) marks[start + rows.row[p]] = 1;
    }
  }
  return markUndecided(t, marks);
}

function sameElement(t: ExactTensor, a: number, b: number): boolean {
  return t.data[a] === t.data[b] && boundAt(t, a) === 0 && boundAt(t, b) === 0;
}

/** The k best of every row along the last dimension and their places. */
export function topK(
  instruction: Instruction,
  t: ExactTensor,
  k: number,
  largest: boolean,
  context: ExactContext,
): ExactValue {
  const { dims, type } = t.shape;
  const rows = rowsAlong(dims, dims.length - 1);
  const n = rows.row.length;
  const sign = largest ? -1 : 1;
  const x = t.data as Float64Array;
  const order = isFloat(type) ? totalOrder : (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
  const before: Before = (a, b) => sign * order(x[a], x[b]) < 0;
  const source = sortedSources(rows, x.length, before);
  const sorted = { ...take([t], source), shape: arrayShape(type, dims) };
  const key: SortKey = { operand: 0, sign };
  const lost = undecidedRows([t], rows);
  const values = settled(sorted, rows, key, context);
  const places: ExactTensor = {
    kind: 'tensor',
    shape: arrayShape('s32', dims),
    data: source.map((at) => at % n),
  };
  const intervals = runsByKey(sorted, key, rows, context);
  const runs = settledRuns(instruction, intervals, source, rows, context);
  const outDims = [...dims.slice(0, -1), k];
  const best = stridedIndices([rows.starts.length, k], [n, 1]);
  const cut = (u: ExactTensor) => ({
    ...take([lost.length ? withRowsLost(u, rows, lost) : u], best),
    shape: arrayShape(u.shape.type, outDims),
  });
  return { kind: 'tuple', elements: [cut(values), cut(carried(places, runs, rows))] };
}

/** (values, indices) of the k best along the last dimension. */
export function topk(
  instruction: InstructionOf<'topk'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const { k, largest } = instruction.attrs;
  return topK(instruction, tensorOperand(operands[0]), k, largest, context);
}
