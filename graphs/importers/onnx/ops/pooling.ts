/** Pooling windows, their inverse, and global pools. */
import type { Instruction } from '../../../ir/module.ts';
import { arrayShape, rowMajorStrides, tupleShape } from '../../../ir/shape.ts';
import type { WindowDim } from '../../../ops/attr.ts';
import { dimsOf, type Hlo, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { extreme } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { type Spatial, spatialOf, windowOf } from './convolution.ts';

const still: WindowDim = {
  size: 1,
  stride: 1,
  padLow: 0,
  padHigh: 0,
  windowDilation: 1,
  baseDilation: 1,
  reversal: false,
};

/** The window of a pooling node; `ceil_mode` adds padding for one more, partial window. */
function poolWindow(c: NodeContext): Spatial {
  const input = c.dims(0).slice(2);
  const s = spatialOf(c, input, []);
  if (!c.flag('ceil_mode')) return s;
  const high = s.high.map((pad, k) => {
    const extent = (s.sizes[k]! - 1) * s.dilations[k]! + 1;
    const room = input[k]! + s.low[k]! + pad - extent;
    let count = Math.ceil(room / s.strides[k]!) + 1;
    if ((count - 1) * s.strides[k]! >= input[k]! + s.low[k]!) count--;
    return pad + Math.max(0, (count - 1) * s.strides[k]! - room);
  });
  return { ...s, high };
}

function slide(h: Hlo, x: Instruction, opcode: 'add' | 'maximum', s: Spatial): Instruction {
  const type = typeOf(x);
  const init = h.scalar(type, opcode === 'add' ? 0 : extreme(type, 'lowest'));
  const window = [still, still, ...windowOf(s)];
  return h.op('reduce-window', [x, init], { window, to_apply: h.reducer(opcode, type) });
}

/** How many elements of the input (or of input and declared padding) each window covers. */
function coverage(c: NodeContext, x: Instruction, s: Spatial, withPadding: boolean): Instruction {
  const { h } = c;
  const spatial = dimsOf(x).slice(2);
  const declared = spatialOf(c, spatial, []);
  const [low, high] = withPadding
    ? [declared.low, declared.high]
    : [spatial.map(() => 0), spatial.map(() => 0)];
  const dims = [1, 1, ...spatial.map((d, k) => d + low[k]! + high[k]!)];
  const rest = {
    ...s,
    low: s.low.map((l, k) => l - low[k]!),
    high: s.high.map((l, k) => l - high[k]!),
  };
  return slide(h, h.full(typeOf(x), dims, 1), 'add', rest);
}

const averagePool: Lower = (c) => {
  const x = c.input(0);
  const s = poolWindow(c);
  return c.h.div(slide(c.h, x, 'add', s), coverage(c, x, s, c.flag('count_include_pad')));
};

const maxPool: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const s = poolWindow(c);
  if (!c.wants(1)) return slide(h, x, 'maximum', s);
  return maxWithIndex(c, x, s);
};

/** Largest element and its flat index (of the first one where several are equal). */
function maxWithIndex(c: NodeContext, x: Instruction, s: Spatial): Instruction[] {
  const { h } = c;
  const type = typeOf(x);
  const dims = dimsOf(x);
  const index = flatIndex(h, dims, c.int('storage_order', 0) === 1);
  const shapes = [type, 's64' as const, type, 's64' as const].map((t) => arrayShape(t, []));
  const better = h.computation('larger', (inner) => {
    const [a, i, b, j] = shapes.map((shape, k) => inner.parameter(`p${k}`, shape));
    const tie = inner.and(inner.compare('EQ', a!, b!), inner.compare('LT', i!, j!));
    const first = inner.binary('or', inner.compare('GT', a!, b!), tie);
    return inner.tuple([inner.select(first, a!, b!), inner.select(first, i!, j!)]);
  });
  const inits = [h.scalar(type, extreme(type, 'lowest')), h.scalar('s64', 2n ** 62n)];
  const window = [still, still, ...windowOf(s)];
  const out = dimsOf(slide(h, x, 'maximum', s));
  const shape = tupleShape([arrayShape(type, out), arrayShape('s64', out)]);
  const attrs = { window, to_apply: better };
  const pair = h.op('reduce-window', [x, index, ...inits], attrs, shape);
  return [h.element(pair, 0), h.element(pair, 1)];
}

/** Position of each element in row-major (or, over the spatial part, column-major) order. */
function flatIndex(h: Hlo, dims: readonly number[], columnMajor: boolean): Instruction {
  const strides = rowMajorStrides(dims);
  if (columnMajor) {
    for (let k = 2, s = 1; k < dims.length; s *= dims[k]!, k++) strides[k] = s;
  }
  const parts = dims.map((_, k) => h.mul(h.iota('s64', dims, k), strides[k]!));
  return parts.reduce((a, b) => h.add(a, b));
}

/** (Σ |x|^p)^(1/p) over each window. */
const lpPool: Lower = (c) => {
  const { h } = c;
  const p = c.int('p', 2);
  const powers = h.binary('power', h.unary('abs', c.input(0)), p);
  return h.binary('power', slide(h, powers, 'add', poolWindow(c)), 1 / p);
};

const spatialDims = (x: Instruction) => range(rankOf(x) - 2, 2);

const globalLpPool: Lower = (c) => {
  const { h } = c;
  const p = c.int('p', 2);
  const powers = h.binary('power', h.unary('abs', c.input(0)), p);
  return h.binary('power', h.reduceKeep('add', powers, spatialDims(powers)), 1 / p);
};

/** Puts each value at its flat index of a tensor of zeros. */
const maxUnpool: Lower = (c) => {
  const { h } = c;
  const [x, indices] = [c.input(0), c.input(1)];
  const s = spatialOf(c, dimsOf(x).slice(2), []);
  const natural = dimsOf(x).map((d, k) =>
    k < 2 ? d : (d - 1) * s.strides[k - 2]! - s.low[k - 2]! - s.high[k - 2]! + s.sizes[k - 2]!,
  );
  const dims = c.numbers(2) ?? natural;
  const n = product(dimsOf(x));
  const places = h.reshape(indices, [n, 1]);
  const to = c.inputs[2] ? remap(h, places, natural, dims) : places;
  const flat = h.op('scatter', [h.full(typeOf(x), [product(dims)], 0), to, h.reshape(x, [n])], {
    update_window_dims: [],
    inserted_window_dims: [0],
    scatter_dims_to_operand_dims: [0],
    index_vector_dim: 1,
    to_apply: h.reducer('add', typeOf(x)),
  });
  return h.reshape(flat, dims);
};

/** Flat indices into one shape as flat indices of the same coordinates in another. */
function remap(
  h: Hlo,
  at: Instruction,
  from: readonly number[],
  to: readonly number[],
): Instruction {
  const [a, b] = [rowMajorStrides(from), rowMajorStrides(to)];
  const parts = from.map((d, k) => {
    const coordinate = h.binary('remainder', h.div(at, a[k]!), h.fullLike(at, d));
    return h.mul(coordinate, b[k]!);
  });
  return parts.reduce((x, y) => h.add(x, y));
}

/** Rows by operator of the standard domain. */
export const pooling: LowerTable = {
  AveragePool: averagePool,
  GlobalAveragePool: (c) => c.h.meanKeep(c.input(0), spatialDims(c.input(0))),
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: (c) => c.h.reduceKeep('maximum', c.input(0), spatialDims(c.input(0))),
  LpPool: lpPool,
  MaxPool: maxPool,
  MaxUnpool: maxUnpool,
};
