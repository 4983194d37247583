/**
 * StableHLO's dynamic ops: sizes come as operands. Where these are known while importing, the op is
 * its static counterpart; HLO's bounded dynamic sizes remain.
 */
import type { Instruction } from '../../../ir/module.ts';
import type { LoweringRows, OpContext } from './op-context.ts';
import { convolution } from './rows-linear.ts';
import { broadcastInDim, gatherAttrs, iotaOf, padding } from './rows-movement.ts';
import { knownInts, numbersOf } from './shape-values.ts';

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

/**
 * A slice; one whose starts are computed from data is a dynamic slice where its limits are these
 * starts and known sizes added up, and it leaves nothing out.
 */
function realDynamicSlice(o: OpContext) {
  if (!numbersOf(o.scope, o.x(1))) {
    const sizes = addedTo(o, o.x(2), o.x(1));
    const dense = knownInts(o, 3).every((stride) => stride === 1);
    if (sizes && dense) return sliceFrom(o, sizes);
  }
  const [starts, limits, strides] = [1, 2, 3].map((i) => knownInts(o, i));
  const slice = starts!.map((start, i) => ({ start, limit: limits![i]!, stride: strides![i]! }));
  return o.emit('slice', [o.x()], { slice });
}

/** The numbers that are added to `start` to give `end`; undefined if they are not known. */
function addedTo(o: OpContext, end: Instruction, start: Instruction) {
  if (end.opcode !== 'add' || !end.operands.includes(start.id)) return undefined;
  const [a, b] = end.operands;
  const other = o.scope.definition(a === start.id ? b! : a!);
  return other && numbersOf(o.scope, other);
}

function sliceFrom(o: OpContext, dynamic_slice_sizes: readonly number[]) {
  const starts = dynamic_slice_sizes.map((_, d) => {
    const slice = [{ start: d, limit: d + 1, stride: 1 }];
    return o.reshape(o.emit('slice', [o.x(1)], { slice }), []);
  });
  return o.emit('dynamic-slice', [o.x(0), ...starts], { dynamic_slice_sizes });
}

function dynamicBroadcast(o: OpContext) {
  const dimensions = o.ints(['dims', 'broadcast_dimensions']);
  return broadcastInDim(o, o.x(), sizes(o, 1), dimensions);
}

function setDimensionSize(o: OpContext) {
  const dimension = o.int(['dim', 'dimension']);
  return o.emit('set-dimension-size', [o.x(0), o.x(1)], { dimensions: [dimension] });
}

/** Rows by op: sizes and places as operands, which must be known while importing. */
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
