/** Ops that make or read shapes, and constants: what shape arithmetic in models consists of. */

import type { ElementType } from '../../../ir/element-type.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { dimsOf, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable } from '../node-context.ts';
import { elementTypeOf, tensorOfProto, tensorOfSparse } from '../tensor-data.ts';

const constant: Lower = (c) => {
  const { h } = c;
  const value = c.attr('value');
  const sparse = c.attr('sparse_value')?.sparseTensor;
  if (value?.t) return h.constant(tensorOfProto(value.t));
  if (sparse) return h.constant(tensorOfSparse(sparse));
  const float = c.float('value_float');
  if (float !== undefined) return h.scalar('f32', float);
  const floats = c.floats('value_floats');
  if (floats) return h.constant(tensorOf('f32', [floats.length], floats));
  const int = c.attr('value_int')?.i;
  if (int !== undefined) return h.scalar('s64', int);
  const ints = c.attr('value_ints')?.ints;
  if (ints) return h.integers(ints);
  return c.refuse('strings have no HLO type', 'onnx/unsupported-type');
};

/** A dimension of a constructed shape: a whole number from 0. */
function sizes(values: readonly number[] | undefined): readonly number[] {
  return (values ?? []).map((v) => Math.max(0, v));
}

const constantOfShape: Lower = (c) => {
  const proto = c.attr('value')?.t;
  const dims = sizes(c.numbers(0));
  c.need(product(dims) <= 2 ** 31, `the shape [${dims}] has more than 2^31 elements`);
  const fill = proto ? c.h.constant(tensorOfProto(proto)) : c.h.scalar('f32', 0);
  return c.h.broadcast(c.h.reshape(fill, []), dims);
};

const shape: Lower = (c) => {
  const dims = c.dims(0);
  const clamp = (at: number) => Math.max(0, Math.min(at < 0 ? at + dims.length : at, dims.length));
  const [start, end] = [clamp(c.int('start', 0)), clamp(c.int('end', dims.length))];
  return c.h.integers(dims.slice(start, end));
};

/** start, start + delta, … before limit: ⌈(limit − start) / delta⌉ numbers. */
const rangeOp: Lower = (c) => {
  const { h } = c;
  const [start, limit, delta] = [0, 1, 2].map((k) => c.list(k)[0]!);
  const n = Math.max(0, Math.ceil((limit! - start!) / delta!));
  c.need(delta !== 0 && n <= 2 ** 28, `a range of ${n} numbers`);
  const type = c.type(0);
  const positions = h.convert(h.iota('s64', [n], 0), type);
  return h.add(h.mul(positions, h.reshape(c.input(2), [])), h.reshape(c.input(0), []));
};

const eyeLike: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const to = c.int('dtype');
  const type: ElementType = to === undefined ? typeOf(x) : elementTypeOf(to, 'the result');
  const row = h.iota('s64', dimsOf(x), 0);
  const column = h.iota('s64', dimsOf(x), 1);
  return h.convert(h.compare('EQ', h.add(row, c.int('k', 0)), column), type);
};

/** Ones along the last dimension where column − row ≥ (or ≤) k. */
const trilu: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const rank = rankOf(x);
  const k = c.inputs[1] ? h.reshape(h.convert(c.input(1), 's64'), []) : h.scalar('s64', 0);
  const [row, column] = [rank - 2, rank - 1].map((d) => h.iota('s64', dimsOf(x), d));
  const kept = h.compare(c.flag('upper', true) ? 'GE' : 'LE', h.sub(column!, row!), k);
  return h.select(kept, x, 0);
};

/** The target of Reshape: 0 copies a size (unless allowzero), −1 is what is left. */
const reshape: Lower = (c) => {
  const x = c.input(0);
  const from = dimsOf(x);
  const wanted = c.axes('shape', 1) ?? [];
  const copied = wanted.map((d, k) => (d === 0 && !c.flag('allowzero') ? (from[k] ?? 0) : d));
  const rest = product(copied.filter((d) => d !== -1));
  return c.h.reshape(
    x,
    copied.map((d) => (d === -1 ? (rest === 0 ? 0 : product(from) / rest) : d)),
  );
};

const flatten: Lower = (c) => {
  const dims = c.dims(0);
  const axis = c.int('axis', 1);
  const at = axis < 0 ? axis + dims.length : axis;
  return c.h.reshape(c.input(0), [product(dims.slice(0, at)), product(dims.slice(at))]);
};

const squeeze: Lower = (c) => {
  const dims = c.dims(0);
  const axes = c.axes('axes', 1)?.map((a) => c.axis(a));
  const gone = axes ?? range(dims.length).filter((k) => dims[k] === 1);
  c.need(
    gone.every((k) => dims[k] === 1),
    `the axes ${gone} of [${dims}] are not all 1`,
  );
  return c.h.reshape(
    c.input(0),
    dims.filter((_, k) => !gone.includes(k)),
  );
};

const unsqueeze: Lower = (c) => {
  const axes = c.axes('axes', 1) ?? [];
  const rank = rankOf(c.input(0)) + axes.length;
  const at = new Set(axes.map((a) => c.axis(a, rank)));
  c.need(at.size === axes.length, `the axes ${axes} repeat`);
  const dims = [...c.dims(0)];
  return c.h.reshape(
    c.input(0),
    range(rank).map((k) => (at.has(k) ? 1 : dims.shift()!)),
  );
};

/** Rows by operator of the standard domain. */
export const shapes: LowerTable = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  Flatten: flatten,
  Range: rangeOp,
  Reshape: reshape,
  Shape: shape,
  Size: (c) => c.h.scalar('s64', product(c.dims(0))),
  Squeeze: squeeze,
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
