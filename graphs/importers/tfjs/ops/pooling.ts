/** Windows of maxima and averages; padding counts in neither. */
import type { Instruction } from '../../../ir/module.ts';
import type { WindowDim } from '../../../ops/attr.ts';
import { dimsOf, product, rankOf, typeOf } from '../../lowering/hlo.ts';
import { extreme } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { spatialDims, spatialPart, windowOf } from './convolution.ts';

const still: WindowDim = {
  size: 1,
  stride: 1,
  padLow: 0,
  padHigh: 0,
  windowDilation: 1,
  baseDilation: 1,
  reversal: false,
};

function poolWindow(c: NodeContext, x: Instruction): WindowDim[] {
  c.channelsLastOnly();
  const n = rankOf(x) - 2;
  c.need(n > 0, 'the input has no spatial dimensions');
  const kernel = spatialPart(c.numbers('kernelSize'), spatialDims(n, false));
  return [still, ...windowOf(c, x, kernel, false), still];
}

function slide(
  c: NodeContext,
  x: Instruction,
  opcode: 'add' | 'maximum',
  window: readonly WindowDim[],
): Instruction {
  const type = typeOf(x);
  const init = c.h.scalar(type, opcode === 'add' ? 0 : extreme(type, 'lowest'));
  return c.h.op('reduce-window', [x, init], { window, to_apply: c.h.reducer(opcode, type) });
}

const maxPool: Lower = (c) => {
  const x = c.tensor('x');
  return slide(c, x, 'maximum', poolWindow(c, x));
};

const averagePool: Lower = (c) => {
  const { h } = c;
  const x = c.float(c.tensor('x'));
  const window = poolWindow(c, x);
  const sum = slide(c, x, 'add', window);
  if (window.every((w) => !w.padLow && !w.padHigh)) {
    return h.div(sum, product(window.map((w) => w.size)));
  }
  const ones = h.full(typeOf(x), [1, ...dimsOf(x).slice(1, -1), 1], 1);
  return h.div(sum, slide(c, ones, 'add', window));
};

/** Rows by TensorFlow op; averages divide by the number of elements inside the input. */
export const pooling: LowerTable = {
  AvgPool: averagePool,
  AvgPool3D: averagePool,
  MaxPool: maxPool,
  MaxPool3D: maxPool,
};
