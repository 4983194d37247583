/** Elementwise ops and pools between quantised tensors: dequantised, computed in f32, quantised. */
import type { ElementType } from '../../../../ir/element-type.ts';
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { activation, softmaxOver } from '../activation.ts';
import { pooling } from '../pooling.ts';
import { quantization, saturate } from '../quantization.ts';
import { derived, single } from './derived.ts';

const scalarOf = (h: Hlo, x: Instruction) => h.reshape(x, []);

/** (x − zero) · scale, in f32. */
function dequantised(c: NodeContext, [x, scale, zero]: readonly (Instruction | undefined)[]) {
  const { h } = c;
  const wide = h.convert(x!, 's32');
  const centred = zero ? h.sub(wide, h.convert(scalarOf(h, zero), 's32')) : wide;
  return h.mul(h.convert(centred, 'f32'), scalarOf(h, scale!));
}

/** x / scale rounded to even, plus zero, saturated. */
function quantised(
  c: NodeContext,
  x: Instruction,
  [scale, zero]: readonly (Instruction | undefined)[],
  type: ElementType,
): Instruction {
  const { h } = c;
  const scaled = h.div(x, scalarOf(h, scale!));
  return saturate(h, scaled, zero && h.broadcast(scalarOf(h, zero), dimsOf(x)), type);
}

/** A function of one tensor: x, its scale and zero, the result's scale and zero. */
const unary =
  (f: (c: NodeContext, x: Instruction) => Instruction): Lower =>
  (c) =>
    quantised(c, f(c, dequantised(c, c.inputs)), c.inputs.slice(3), c.type(0));

/** A function of two tensors, each with its scale and zero. */
const binary =
  (opcode: 'add' | 'mul'): Lower =>
  (c) => {
    const [a, b] = [dequantised(c, c.inputs), dequantised(c, c.inputs.slice(3))];
    return quantised(c, c.h[opcode](a, b), c.inputs.slice(6), c.type(0));
  };

/** Every part has its own scale and zero. */
const concat: Lower = (c) => {
  const parts = range((c.inputs.length - 2) / 3).map((k) =>
    dequantised(c, c.inputs.slice(2 + 3 * k)),
  );
  const axis = c.axis(c.int('axis', 0), rankOf(parts[0]!));
  const type = typeOf(c.input(1));
  return quantised(c, c.h.concat(parts, axis), c.inputs, type);
};

const where: Lower = (c) => {
  const [x, y] = [dequantised(c, c.inputs.slice(1)), dequantised(c, c.inputs.slice(4))];
  return quantised(c, c.h.select(c.input(0), x, y), c.inputs.slice(7), c.type(1));
};

/** A pool of the standard domain, the channels perhaps at the end. */
const pool = (row: Lower): Lower =>
  unary((c, x) => {
    const last = rankOf(x) - 1;
    const pooled = (input: Instruction) => single(row(derived(c, { inputs: [input] })));
    if (!c.flag('channels_last')) return pooled(x);
    return c.h.moveDim(pooled(c.h.moveDim(x, last, 1)), 1, last);
  });

/** Before op set 13 over all dimensions from the axis on. */
const softmax = unary((c, x) => {
  const { h } = c;
  const axis = c.axis(c.int('axis', -1));
  if (c.int('opset', 13) >= 13) return softmaxOver(h, x, axis);
  const dims = dimsOf(x);
  const rows = dims.slice(0, axis).reduce((n, d) => n * d, 1);
  const columns = dims.slice(axis).reduce((n, d) => n * d, 1);
  return h.reshape(softmaxOver(h, h.reshape(x, [rows, columns]), 1), dims);
});

const leakyRelu = unary((c, x) => single(activation.LeakyRelu!(derived(c, { inputs: [x] }))));

/** QLinearConv of the standard domain; here the channels may stand at the end. */
const conv: Lower = (c) => {
  const row = quantization.QLinearConv!;
  if (!c.flag('channels_last')) return row(derived(c, {}));
  const last = rankOf(c.input(0)) - 1;
  const inputs = [c.h.moveDim(c.input(0), last, 1), ...c.inputs.slice(1)];
  return c.h.moveDim(single(row(derived(c, { inputs }))), 1, last);
};

/** Of the standard domain before it was, along `axis`, which is the first unless it is given. */
const standard =
  (row: Lower): Lower =>
  (c) =>
    row(derived(c, { attributes: { axis: c.int('axis', 0) } }));

/** Rows by operator of `com.microsoft`; QuantizeLinear and its inverse are the standard ones. */
export const quantizedOps: LowerTable = {
  DequantizeLinear: standard(quantization.DequantizeLinear!),
  QLinearAdd: binary('add'),
  QLinearAveragePool: pool(pooling.AveragePool!),
  QLinearConcat: concat,
  QLinearConv: conv,
  QLinearGlobalAveragePool: pool(pooling.GlobalAveragePool!),
  QLinearLeakyRelu: leakyRelu,
  QLinearMul: binary('mul'),
  QLinearSigmoid: unary((c, x) => c.h.unary('logistic', x)),
  QLinearSoftmax: softmax,
  QLinearWhere: where,
  QuantizeLinear: standard(quantization.QuantizeLinear!),
};
