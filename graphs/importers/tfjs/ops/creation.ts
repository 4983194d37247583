/** Values made from numbers known while importing, shapes as values, and ops that pass values on. */
import type { ElementType } from '../../../ir/element-type.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { type Dims, dimsOf, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

/** Elements of a value that is made up; more is surely a damaged model. */
const maxElements = 2 ** 28;

/** Sizes given as numbers, checked before anything is allocated. */
export function sizes(c: NodeContext, name: string): number[] {
  const dims = c.numbers(name);
  c.need(
    dims.every((d) => Number.isSafeInteger(d) && d >= 0) && product(dims) <= maxElements,
    `[${dims}] is no shape that can be made`,
  );
  return dims;
}

const constantLike =
  (value: number): Lower =>
  (c) =>
    c.h.fullLike(c.tensor('x'), value);

const filled =
  (value: number): Lower =>
  (c) =>
    c.h.full(c.elementType('dtype') ?? 'f32', sizes(c, 'shape'), value);

const fill: Lower = (c) => c.h.broadcast(c.h.reshape(c.tensor('value'), []), sizes(c, 'shape'));

const rangeOf: Lower = (c) => {
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => c.number(name));
  c.need(step !== 0, 'the step is zero');
  const count = Math.max(0, Math.ceil((stop! - start!) / step!));
  c.need(count <= maxElements, `${count} numbers are too many`);
  const type = typeOf(c.tensor('start'));
  const round: (v: number) => number = type === 's32' ? (v) => v | 0 : Math.fround;
  const values = range(count).map((k) => round(start! + k * step!));
  return c.h.constant(tensorOf(type, [count], values));
};

const linearSpace: Lower = (c) => {
  const [start, stop, count] = ['start', 'stop', 'num'].map((name) => c.number(name));
  c.need(count! > 0 && count! <= maxElements, `${count} points are no number of points`);
  const step = count === 1 ? 0 : (stop! - start!) / (count! - 1);
  const values = range(count!).map((k) => Math.fround(start! + k * step));
  return c.h.constant(tensorOf('f32', [count!], values));
};

const oneHot: Lower = (c) => {
  const { h } = c;
  const indices = h.convert(c.tensor('indices'), 's32');
  const depth = c.number('depth');
  const axis = c.axis(Number(c.raw('axis').i ?? -1), rankOf(indices) + 1);
  const dims: number[] = [...dimsOf(indices)];
  dims.splice(axis, 0, depth);
  c.need(depth >= 0 && product(dims) <= maxElements, `a depth of ${depth} is too large`);
  const kept = range(dims.length).filter((k) => k !== axis);
  const hot = h.compare('EQ', h.broadcastInDim(indices, dims, kept), h.iota('s32', dims, axis));
  const type = c.elementType('dtype') ?? 'f32';
  const [on, off] = ['onValue', 'offValue'].map((name) => h.scalar(type, c.number(name)));
  return h.select(hot, on!, off!);
};

const numbers = (c: NodeContext, values: Dims, dims: Dims) =>
  c.h.constant(tensorOf('s32', dims, values));

const cast: Lower = (c) => {
  const x = c.tensor('x');
  const type: ElementType = c.elementType('dtype') ?? c.refuse('cannot cast to this type');
  return c.h.convert(x, type);
};

const pass: Lower = (c) => c.tensor('x');

/** Rows by TensorFlow op. */
export const creation: LowerTable = {
  Cast: cast,
  EnsureShape: pass,
  Fill: fill,
  Identity: pass,
  IdentityN: (c) => c.tensors('x'),
  LinSpace: linearSpace,
  OneHot: oneHot,
  Ones: filled(1),
  OnesLike: constantLike(1),
  PlaceholderWithDefault: (c) => c.tensor('default'),
  Print: pass,
  Range: rangeOf,
  Rank: (c) => numbers(c, [rankOf(c.tensor('x'))], []),
  Shape: (c) => numbers(c, c.dims('x'), [c.dims('x').length]),
  ShapeN: (c) => c.tensors('x').map((x) => numbers(c, dimsOf(x), [rankOf(x)])),
  Size: (c) => numbers(c, [product(c.dims('x'))], []),
  Snapshot: pass,
  StopGradient: pass,
  Zeros: filled(0),
  ZerosLike: constantLike(0),
};
