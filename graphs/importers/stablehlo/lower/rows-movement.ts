/** StableHLO ops that move data, and those that make it: constants, iota. */
import { elementTypes, isComplex } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { SliceRange } from '../../../ops/attr.ts';
import { bitcastConvert } from './bits.ts';
import { intsOf, type LoweringRows, type OpContext } from './op-context.ts';

function constant(o: OpContext) {
  const value = o.attr('value');
  if (value?.kind === 'dense') return o.constant(value);
  return o.fail('unsupported-constant', 'only dense<…> constants are supported');
}

/** Counts along a dimension; complex numbers count in their real part. */
export function iotaOf(o: OpContext, dims: readonly number[], dimension: number): Instruction {
  const { type } = o.resultType();
  const { part } = elementTypes[type];
  const counted = part ?? type;
  const shape = { kind: 'array', type: counted, dims } as const;
  const counts = o.emit('iota', [], { iota_dimension: dimension }, { shape });
  return isComplex(type) ? o.convert(counts, type) : counts;
}

/** Dimensions of size 1 that grow are dropped before the broadcast. */
export function broadcastInDim(
  o: OpContext,
  x: Instruction,
  dims: readonly number[],
  dimensions: readonly number[],
): Instruction {
  const from = o.shape().dims;
  if (dimensions.length !== from.length) {
    o.fail('attribute', `${dimensions.length} dimensions for an operand of rank ${from.length}`);
  }
  const kept = from.map((size, i) => size === dims[dimensions[i]!]);
  if (!kept.every((k, i) => k || from[i] === 1)) o.fail('attribute', 'sizes do not correspond');
  const small = o.reshape(
    x,
    from.filter((_, i) => kept[i]),
  );
  return o.spread(
    small,
    dims,
    dimensions.filter((_, i) => kept[i]),
  );
}

function slice(o: OpContext) {
  const [written] = o.words();
  const ranges: SliceRange[] =
    written?.kind === 'array'
      ? written.items.map((item) => {
          const [start = 0, limit = 0, stride = 1] = intsOf(item) ?? [];
          return { start, limit, stride };
        })
      : ranged(o);
  return o.emit('slice', [o.x()], { slice: ranges });
}

function ranged(o: OpContext): SliceRange[] {
  const limits = o.ints(['limit_indices']);
  const strides = o.ints(
    ['strides'],
    limits.map(() => 1),
  );
  return o.ints(['start_indices']).map((start, i) => {
    return { start, limit: limits[i] ?? 0, stride: strides[i] ?? 1 };
  });
}

/** HLO's padding of StableHLO's three lists, dimension by dimension. */
export function padding(
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
) {
  return low.map((l, i) => ({ low: l, high: high[i] ?? 0, interior: interior[i] ?? 0 }));
}

/** HLO's text has no padding of nothing, so a scalar stays as it is. */
function pad(o: OpContext) {
  if (o.shape().dims.length === 0) return o.x();
  const low = o.ints(['low', 'edge_padding_low']);
  const high = o.ints(['high', 'edge_padding_high']);
  const interior = o.ints(['interior', 'interior_padding']);
  return o.emit('pad', [o.x(0), o.x(1)], { padding: padding(low, high, interior) });
}

/** Attributes that gather and dynamic_gather share. */
export function gatherAttrs(o: OpContext, sizes: readonly number[]) {
  const d = o.struct('dimension_numbers');
  return {
    offset_dims: d.ints('offset_dims'),
    collapsed_slice_dims: d.ints('collapsed_slice_dims'),
    operand_batching_dims: d.ints('operand_batching_dims'),
    start_indices_batching_dims: d.ints('start_indices_batching_dims'),
    start_index_map: d.ints('start_index_map'),
    index_vector_dim: d.int('index_vector_dim', 0),
    slice_sizes: sizes,
    indices_are_sorted: o.bool(['indices_are_sorted'], false),
  };
}

function dynamicSlice(o: OpContext) {
  const dynamic_slice_sizes = o.ints(['sizes', 'slice_sizes']);
  return o.emit('dynamic-slice', o.operands, { dynamic_slice_sizes });
}

function broadcast(o: OpContext) {
  const sizes = o.ints(['sizes', 'broadcast_sizes']);
  const { dims } = o.shape();
  return o.spread(
    o.x(),
    [...sizes, ...dims],
    dims.map((_, i) => sizes.length + i),
  );
}

/** Rows by op. */
export const movementRows: LoweringRows = {
  'stablehlo.bitcast_convert': bitcastConvert,
  'stablehlo.broadcast': broadcast,
  'stablehlo.broadcast_in_dim': (o) =>
    broadcastInDim(o, o.x(), o.declaredArray().dims, o.ints(['dims', 'broadcast_dimensions'])),
  'stablehlo.concatenate': (o) =>
    o.emit('concatenate', o.operands, { dimensions: [o.int(['dim', 'dimension'])] }),
  'stablehlo.constant': constant,
  'chlo.constant': constant,
  'arith.constant': constant,
  'stablehlo.dynamic_slice': dynamicSlice,
  'stablehlo.dynamic_update_slice': (o) => o.emit('dynamic-update-slice', o.operands),
  'stablehlo.gather': (o) =>
    o.emit('gather', [o.x(0), o.x(1)], gatherAttrs(o, o.ints(['slice_sizes']))),
  'stablehlo.get_dimension_size': (o) =>
    o.emit('get-dimension-size', [o.x()], { dimensions: [o.int(['dim', 'dimension'])] }),
  'stablehlo.iota': (o) => iotaOf(o, o.declaredArray().dims, o.int(['dim', 'iota_dimension'])),
  'stablehlo.pad': pad,
  'stablehlo.reshape': (o) => o.emit('reshape', [o.x()], {}, { shape: o.declaredArray() }),
  'stablehlo.reverse': (o) =>
    o.emit('reverse', [o.x()], { dimensions: o.ints(['dims', 'dimensions']) }),
  'stablehlo.slice': slice,
  'stablehlo.transpose': (o) =>
    o.emit('transpose', [o.x()], { dimensions: o.ints(['dims', 'permutation']) }),
};
