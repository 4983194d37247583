/** TopK by a stable sort, and the ops whose result sizes depend on values, which must be known. */
import type { ElementType } from '../../../ir/element-type.ts';
import { arrayShape, rowMajorStrides, tupleShape } from '../../../ir/shape.ts';
import { type Tensor, tensorOf } from '../../../ir/tensor.ts';
import { dimsOf, type Hlo, range, typeOf } from '../../lowering/hlo.ts';
import { takeRows } from '../../lowering/take-rows.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

function comparator(h: Hlo, type: ElementType, largest: boolean): string {
  return h.computation(largest ? 'descending' : 'ascending', (inner) => {
    const [a, b] = ['a', 'b'].map((n) => inner.parameter(n, arrayShape(type, [])));
    for (const n of ['i', 'j']) inner.parameter(n, arrayShape('s64', []));
    return inner.compare(largest ? 'GT' : 'LT', a!, b!);
  });
}

const topK: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const k = c.int('k') ?? c.list(1)[0]!;
  const axis = c.axis(c.int('axis', -1));
  c.need(k >= 0 && k <= dimsOf(x)[axis]!, `k=${k} is more than there is`);
  const attrs = {
    dimensions: [axis],
    is_stable: true,
    to_apply: comparator(h, typeOf(x), c.flag('largest', true)),
  };
  const positions = h.iota('s64', dimsOf(x), axis);
  const shape = tupleShape([x.shape, positions.shape]);
  const sorted = h.op('sort', [x, positions], attrs, shape);
  return [0, 1].map((n) => h.sliceDim(h.element(sorted, n), axis, 0, k));
};

function coordinateOf(dims: readonly number[], n: number): number[] {
  const strides = rowMajorStrides(dims);
  return dims.map((d, k) => Math.floor(n / strides[k]!) % d);
}

/** Coordinates of the elements that are not zero, one row a dimension. */
const nonZero: Lower = (c) => {
  const value = c.value(0)!;
  const { dims } = value.shape;
  const found = range(value.data.length).filter((n) => Number(value.data[n]) !== 0);
  const points = found.map((n) => coordinateOf(dims, n));
  const rows = dims.flatMap((_, k) => points.map((p) => p[k]!));
  return c.h.constant(tensorOf('s64', [dims.length, points.length], rows));
};

/** Slices of a tensor along an axis as lists of numbers. */
function slicesOf(t: Tensor, axis: number): (readonly (number | bigint)[])[] {
  const { dims } = t.shape;
  const slices: (number | bigint)[][] = range(dims[axis]!).map(() => []);
  for (let n = 0; n < t.data.length; n++) slices[coordinateOf(dims, n)[axis]!]!.push(t.data[n]!);
  return slices;
}

function lexicographic(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number {
  const k = a.findIndex((v, n) => v !== b[n]);
  return k < 0 ? 0 : a[k]! < b[k]! ? -1 : 1;
}

/** Distinct slices with first places, inverse map and counts; all from known values. */
const unique: Lower = (c) => {
  const { h } = c;
  const given = c.int('axis');
  const known = c.value(0)!;
  const x = given === undefined ? h.reshape(c.input(0), [known.data.length]) : c.input(0);
  const axis = given === undefined ? 0 : c.axis(given);
  const slices = slicesOf(given === undefined ? h.known(x)! : known, axis);
  const firsts = slices.flatMap((s, k) => {
    return slices.findIndex((other) => lexicographic(s, other) === 0) === k ? [k] : [];
  });
  if (c.flag('sorted', true)) firsts.sort((a, b) => lexicographic(slices[a]!, slices[b]!));
  const inverse = slices.map((s) => firsts.findIndex((f) => !lexicographic(s, slices[f]!)));
  const counts = firsts.map((_, k) => inverse.filter((m) => m === k).length);
  return [takeRows(h, x, axis, firsts), ...[firsts, inverse, counts].map((v) => h.integers(v))];
};

type Box = readonly [y1: number, x1: number, y2: number, x2: number];

/** Corners in order, from two corners or from centre and size. */
function boxes(c: NodeContext, numbers: readonly number[]): Box[] {
  const centred = c.int('center_point_box', 0) === 1;
  return range(numbers.length / 4).map((k) => {
    const [a, b, p, q] = numbers.slice(4 * k, 4 * k + 4) as [number, number, number, number];
    if (centred) return [b - q / 2, a - p / 2, b + q / 2, a + p / 2];
    return [Math.min(a, p), Math.min(b, q), Math.max(a, p), Math.max(b, q)];
  });
}

function overlap(a: Box, b: Box): number {
  const height = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const width = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (r: Box) => (r[2] - r[0]) * (r[3] - r[1]);
  const both = height * width;
  return both / (area(a) + area(b) - both);
}

/** Greedy choice by score of boxes that overlap no chosen one by more than a threshold. */
const nonMaxSuppression: Lower = (c) => {
  const [corners, scores] = [c.list(0), c.list(1)];
  const [batches, classes, n] = c.dims(1) as [number, number, number];
  const optional = (k: number, fallback: number) => c.numbers(k)?.[0] ?? fallback;
  const [most, iou, least] = [optional(2, 0), optional(3, 0), optional(4, -Infinity)];
  const rows: number[] = [];
  for (const slot of range(batches * classes)) {
    const batch = Math.floor(slot / classes);
    const own = boxes(c, corners.slice(batch * n * 4, (batch + 1) * n * 4));
    const score = (k: number) => scores[slot * n + k]!;
    const order = range(n).filter((k) => score(k) > least);
    order.sort((a, b) => score(b) - score(a));
    const chosen: number[] = [];
    for (const k of order) {
      if (chosen.length >= most) break;
      if (chosen.every((m) => overlap(own[k]!, own[m]!) <= iou)) chosen.push(k);
    }
    for (const k of chosen) rows.push(batch, slot % classes, k);
  }
  return c.h.constant(tensorOf('s64', [rows.length / 3, 3], rows));
};

/** Rows by operator of the standard domain. */
export const sorting: LowerTable = {
  NonMaxSuppression: nonMaxSuppression,
  NonZero: nonZero,
  TopK: topK,
  Unique: unique,
};
