/** Reductions along axes, argmax and argmin, running sums and products. */
import { elementTypes, isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { BinaryOpcode } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

type Reduce = (h: Hlo, x: Instruction, dims: readonly number[]) => Instruction;

/** A reduction with ONNX's axes (attribute, or input from opset 13 or 18) and keepdims. */
const over =
  (reduce: Reduce, alone: (h: Hlo, x: Instruction) => Instruction = (_, x) => x): Lower =>
  (c) => {
    const x = c.input(0);
    const given = c.axes('axes', 1)?.map((a) => c.axis(a)) ?? [];
    if (given.length === 0 && c.flag('noop_with_empty_axes')) return alone(c.h, x);
    const axes = given.length > 0 ? given : range(rankOf(x));
    const reduced = reduce(c.h, x, axes);
    if (!c.flag('keepdims', true)) return reduced;
    return c.h.reshape(
      reduced,
      dimsOf(x).map((d, k) => (axes.includes(k) ? 1 : d)),
    );
  };

const simple =
  (opcode: BinaryOpcode): Reduce =>
  (h, x, dims) =>
    h.reduce(opcode, x, dims);

const sum = simple('add');
const square = (h: Hlo, x: Instruction) => h.mul(x, x);
const abs = (h: Hlo, x: Instruction) =>
  elementTypes[typeOf(x)].kind === 'unsigned' ? x : h.unary('abs', x);
const count = (x: Instruction, dims: readonly number[]) => product(dims.map((d) => dimsOf(x)[d]!));

const logSumExp: Reduce = (h, x, dims) => {
  const max = h.reduceKeep('maximum', x, dims);
  const safe = h.select(h.unary('is-finite', max), max, 0);
  const total = sum(h, h.unary('exponential', h.sub(x, safe)), dims);
  return h.add(h.unary('log', total), h.reshape(safe, dimsOf(total)));
};

/** On integers: what it gives of them as f64, cut off. */
const inFloats =
  (reduce: Reduce): Reduce =>
  (h, x, dims) =>
    isFloat(typeOf(x))
      ? reduce(h, x, dims)
      : h.convert(reduce(h, h.convert(x, 'f64'), dims), typeOf(x));

const logSum: Reduce = (h, x, dims) => h.unary('log', dims.length ? sum(h, x, dims) : x);

/** Index of the first (or last) extreme element. */
const argExtreme =
  (opcode: 'maximum' | 'minimum'): Lower =>
  (c) => {
    const { h } = c;
    const x = c.input(0);
    const axis = c.axis(c.int('axis', 0));
    const last = c.flag('select_last_index');
    const position = h.iota('s64', dimsOf(x), axis);
    const best = h.compare('EQ', x, h.reduceKeep(opcode, x, [axis]));
    const masked = h.select(best, position, last ? -1 : dimsOf(x)[axis]!);
    const index = h.reduce(last ? 'maximum' : 'minimum', masked, [axis]);
    const kept = dimsOf(x).map((d, k) => (k === axis ? 1 : d));
    return c.flag('keepdims', true) ? h.reshape(index, kept) : index;
  };

/** Running sums or products: a window over all earlier elements. */
const running =
  (opcode: 'add' | 'multiply'): Lower =>
  (c) =>
    cumulative(c, opcode);

function cumulative(c: NodeContext, opcode: 'add' | 'multiply'): Instruction {
  const { h } = c;
  const axis = c.axis(c.list(1)[0]!);
  const x = c.input(0);
  const dims = dimsOf(x);
  const n = dims[axis]!;
  const init = h.scalar(typeOf(x), opcode === 'add' ? 0 : 1);
  const [exclusive, reverse] = [c.flag('exclusive'), c.flag('reverse')];
  const before = exclusive ? n : n - 1;
  const after = exclusive ? -1 : 0;
  const [padLow, padHigh] = reverse ? [after, before] : [before, after];
  const window = dims.map((_, k) => ({
    size: k === axis ? Math.max(n, 1) : 1,
    stride: 1,
    padLow: k === axis ? padLow : 0,
    padHigh: k === axis ? padHigh : 0,
    windowDilation: 1,
    baseDilation: 1,
    reversal: false,
  }));
  return h.op('reduce-window', [x, init], { window, to_apply: h.reducer(opcode, typeOf(x)) });
}

/** Rows by operator of the standard domain. */
export const reduction: LowerTable = {
  ArgMax: argExtreme('maximum'),
  ArgMin: argExtreme('minimum'),
  CumProd: running('multiply'),
  CumSum: running('add'),
  ReduceL1: over((h, x, d) => sum(h, abs(h, x), d), abs),
  ReduceL2: over((h, x, d) => {
    const wide = isFloat(typeOf(x)) ? x : h.convert(x, 'f64');
    return h.convert(h.unary('sqrt', sum(h, square(h, wide), d)), typeOf(x));
  }, abs),
  ReduceLogSum: over(inFloats(logSum), (h, x) => inFloats(logSum)(h, x, [])),
  ReduceLogSumExp: over(inFloats(logSumExp)),
  ReduceMax: over(simple('maximum')),
  ReduceMean: over((h, x, d) => h.div(sum(h, x, d), count(x, d))),
  ReduceMin: over(simple('minimum')),
  ReduceProd: over(simple('multiply')),
  ReduceSum: over(sum),
  ReduceSumSquare: over((h, x, d) => sum(h, square(h, x), d), square),
};
