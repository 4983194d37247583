/**
 * StableHLO's dynamic ops: sizes come as operands. Where these are known while importing, the op is
 * its static counterpart; HLO's bounded dynamic sizes remain.
 */
import type { LoweringRows, OpContext } from './op-context.ts';
import { convolution } from './rows-linear.ts';
import { broadcastInDim, gatherAttrs, iotaOf, padding } from './rows-movement.ts';
import { knownInts } from './shape-values.ts';

/** Sizes of a result: those of its type, else the values of an operand. */
function sizes(o: OpContext, operand: number): readonly number[] {
  const shape = o.declared();
  return shape?.kind === 'array' ? shape.dims : knownInts(o, operand);
}

function dynamicReshape(o: OpContext) {
  const { type } = o.shape();
  return o.emit('reshape', [o.x()], {}, { shape: { kind: 'array', type, dims: sizes(o, 1) } });
}

function dynamicPad(o: OpContext) {
  const [low, high, interior] = [2, 3, 4].map((i) => knownInts(o, i));
  return o.emit('pad', [o.x(0), o.x(1)], { padding: padding(low!, high!, interior!) });
}

function dynamicGather(o: OpContext) {
  return o.emit('gather', [o.x(0), o.x(1)], gatherAttrs(o, knownInts(o, 2)));
}

function realDynamicSlice(o: OpContext) {
  const [starts, limits, strides] = [1, 2, 3].map((i) => knownInts(o, i));
  const slice = starts!.map((start, i) => ({ start, limit: limits![i]!, stride: strides![i]! }));
  return o.emit('slice', [o.x()], { slice });
}

function dynamicBroadcast(o: OpContext) {
  const dimensions = o.ints(['dims', 'broadcast_dimensions']);
  return broadcastInDim(o, o.x(), sizes(o, 1), dimensions);
}

function setDimensionSize(o: OpContext) {
  const dimension = o.int(['dim', 'dimension']);
  return o.emit('set-dimension-size', [o.x(0), o.x(1)], { dimensions: [dimension] });
}

export const dynamicRows: LoweringRows = {
  'stablehlo.dynamic_broadcast_in_dim': dynamicBroadcast,
  'stablehlo.dynamic_conv': (o) => convolution(o, knownInts(o, 2)),
  'stablehlo.dynamic_gather': dynamicGather,
  'stablehlo.dynamic_iota': (o) => iotaOf(o, sizes(o, 0), o.int(['dim', 'iota_dimension'])),
  'stablehlo.dynamic_pad': dynamicPad,
  'stablehlo.dynamic_reshape': dynamicReshape,
  'chlo.dynamic_reshape': dynamicReshape,
  'stablehlo.real_dynamic_slice': realDynamicSlice,
  'stablehlo.set_dimension_size': setDimensionSize,
};
