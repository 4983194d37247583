/** Reductions over dimensions, extremes' places, running sums, softmax, top-k and counts. */
import type { Instruction } from '../../../ir/module.ts';
import { arrayShape, tupleShape } from '../../../ir/shape.ts';
import { type Dims, dimsOf, type Hlo, product, rankOf, typeOf } from '../../lowering/hlo.ts';
import { type BinaryOpcode, extreme } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

type Reduce = (h: Hlo, x: Instruction, dims: Dims) => Instruction;

/** A reduction of a prepared input, with the dimensions kept where the node says so. */
const over =
  (reduce: Reduce, prepare: (c: NodeContext, x: Instruction) => Instruction = (_, x) => x): Lower =>
  (c) => {
    const x = prepare(c, c.tensor('x'));
    const axes = c.axes('axis', x);
    const result = axes.length ? reduce(c.h, x, axes) : reduce(c.h, x, []);
    if (!c.flag('keepDims')) return result;
    return c.h.reshape(
      result,
      dimsOf(x).map((d, k) => (axes.includes(k) ? 1 : d)),
    );
  };

const simple =
  (opcode: BinaryOpcode): Reduce =>
  (h, x, dims) =>
    dims.length ? h.reduce(opcode, x, dims) : x;

const sum = simple('add');

const float = (c: NodeContext, x: Instruction) => c.float(x);
const truth = (c: NodeContext, x: Instruction) => c.h.convert(x, 'pred');
const counted = (c: NodeContext, x: Instruction) =>
  typeOf(x) === 'pred' ? c.h.convert(x, 's32') : x;

const mean: Reduce = (h, x, dims) =>
  h.div(sum(h, x, dims), product(dims.map((d) => dimsOf(x)[d]!)));

const euclidean: Reduce = (h, x, dims) => h.unary('sqrt', sum(h, h.mul(x, x), dims));

/** Place of the largest or smallest element, of the first one where several are equal. */
const placeOf =
  (which: 'GT' | 'LT'): Lower =>
  (c) => {
    const { h } = c;
    const x = counted(c, c.tensor('x'));
    const axis = c.axis(c.optionalNumbers('axis')?.[0] ?? 0, rankOf(x));
    const type = typeOf(x);
    const shapes = [type, 's32' as const, type, 's32' as const].map((t) => arrayShape(t, []));
    const better = h.computation(which === 'GT' ? 'argmax' : 'argmin', (inner) => {
      const [a, i, b, j] = shapes.map((shape, k) => inner.parameter(`p${k}`, shape));
      const tie = inner.and(inner.compare('EQ', a!, b!), inner.compare('LT', i!, j!));
      const first = inner.binary('or', inner.compare(which, a!, b!), tie);
      return inner.tuple([inner.select(first, a!, b!), inner.select(first, i!, j!)]);
    });
    const worst = extreme(type, which === 'GT' ? 'lowest' : 'highest');
    const inits = [h.scalar(type, worst), h.scalar('s32', 2 ** 31 - 1)];
    const dims = dimsOf(x).filter((_, k) => k !== axis);
    const shape = tupleShape([arrayShape(type, dims), arrayShape('s32', dims)]);
    const places = h.iota('s32', dimsOf(x), axis);
    const attrs = { dimensions: [axis], to_apply: better };
    return h.element(h.op('reduce', [x, places, ...inits], attrs, shape), 1);
  };

/** Sums or products of all elements up to each one (or from it on). */
const running =
  (opcode: 'add' | 'multiply'): Lower =>
  (c) => {
    const { h } = c;
    const x = c.tensor('x');
    const dims = dimsOf(x);
    const axis = c.axis(c.number('axis'), rankOf(x));
    const n = Math.max(dims[axis]!, 1);
    const edge = c.flag('exclusive') ? [n, -1] : [n - 1, 0];
    const [padLow, padHigh] = c.flag('reverse') ? [...edge].reverse() : edge;
    const still = { stride: 1, windowDilation: 1, baseDilation: 1, reversal: false };
    const window = dims.map((_, k) =>
      k === axis
        ? { size: n, padLow: padLow!, padHigh: padHigh!, ...still }
        : { size: 1, padLow: 0, padHigh: 0, ...still },
    );
    const init = h.scalar(typeOf(x), opcode === 'add' ? 0 : 1);
    return h.op('reduce-window', [x, init], { window, to_apply: h.reducer(opcode, typeOf(x)) });
  };

/** x minus its maximum along the last dimension. */
function shifted(c: NodeContext): { h: Hlo; x: Instruction; last: readonly number[] } {
  const { h } = c;
  const x = c.float(c.tensor('x'));
  c.need(rankOf(x) > 0, 'a scalar has no last dimension');
  const last = [rankOf(x) - 1];
  return { h, x: h.sub(x, h.reduceKeep('maximum', x, last)), last };
}

const softmax: Lower = (c) => {
  const { h, x, last } = shifted(c);
  const e = h.unary('exponential', x);
  return h.div(e, h.reduceKeep('add', e, last));
};

const logSoftmax: Lower = (c) => {
  const { h, x, last } = shifted(c);
  return h.sub(x, h.unary('log', h.reduceKeep('add', h.unary('exponential', x), last)));
};

const topK: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const k = c.number('k');
  const n = dimsOf(x).at(-1) ?? 0;
  c.need(Number.isInteger(k) && k >= 0 && k <= n, `k=${k} does not fit a row of ${n}`);
  const dims = [...dimsOf(x).slice(0, -1), k];
  const shape = tupleShape([arrayShape(typeOf(x), dims), arrayShape('s32', dims)]);
  const both = h.op('topk', [x], { k, largest: true }, shape);
  return [h.element(both, 0), h.element(both, 1)];
};

/** Rows by TensorFlow op; sums and products of pred are taken in s32. */
export const reduction: LowerTable = {
  All: over(simple('and'), truth),
  Any: over(simple('or'), truth),
  ArgMax: placeOf('GT'),
  ArgMin: placeOf('LT'),
  Cumprod: running('multiply'),
  Cumsum: running('add'),
  EuclideanNorm: over(euclidean, float),
  LogSoftmax: logSoftmax,
  Max: over(simple('maximum')),
  Mean: over(mean, float),
  Min: over(simple('minimum')),
  Prod: over(simple('multiply'), counted),
  Softmax: softmax,
  Sum: over(sum, counted),
  TopKV2: topK,
};
