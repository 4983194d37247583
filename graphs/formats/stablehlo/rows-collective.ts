/** StableHLO's collectives as HLO's; groups of devices are told as text. */
import type { Attr } from './ast.ts';
import { intsOf, type LoweringRows, type OpContext } from './op-context.ts';

/** Rows of a dense constant or a list of lists as `{{0,1},{2,3}}`; -1 pads short rows. */
function groupsText(o: OpContext, name: string): string {
  const rows = rowsOf(o.attr(name));
  if (!rows) return o.fail('attribute', `${name} is missing or malformed`);
  return `{${rows.map((row) => `{${row.filter((n) => n >= 0).join(',')}}`).join(',')}}`;
}

/** The rows of a list of lists or of a dense matrix. */
export function rowsOf(attr: Attr | undefined): readonly (readonly number[])[] | undefined {
  const numbers = intsOf(attr);
  if (!numbers || !attr) return undefined;
  if (attr.kind === 'array') return attr.items.map((item) => intsOf(item) ?? []);
  const columns = attr.kind === 'dense' ? (attr.type.dims[1] ?? numbers.length) : numbers.length;
  const count = columns ? numbers.length / columns : 0;
  return Array.from({ length: count }, (_, i) => numbers.slice(i * columns, (i + 1) * columns));
}

/** The number of the channel; 0 where there is none. */
export function channelOf(o: OpContext): number {
  const handle = o.attr('channel_handle');
  return handle?.kind === 'dict' ? o.struct('channel_handle').int('handle', 0) : 0;
}

/** Groups, channel and numbering of devices. */
function groups(o: OpContext) {
  const channel = channelOf(o);
  return {
    replica_groups: groupsText(o, 'replica_groups'),
    ...(channel > 0 && { channel_id: channel }),
    use_global_device_ids: o.bool(['use_global_device_ids'], false),
  };
}

function allGather(o: OpContext) {
  const dimensions = [o.int(['all_gather_dim'])];
  const each = o.operands.map((x, i) =>
    o.emit('all-gather', [x], { ...groups(o), dimensions }, { shape: o.declaredArray(i) }),
  );
  return each;
}

function allReduce(o: OpContext) {
  const to_apply = o.closed(o.region(), 'reducer');
  return o.operands.map((x) => o.emit('all-reduce', [x], { ...groups(o), to_apply }));
}

function reduceScatter(o: OpContext) {
  const to_apply = o.closed(o.region(), 'reducer');
  const dimensions = [o.int(['scatter_dimension'])];
  const attrs = { ...groups(o), dimensions, to_apply };
  return o.emit('reduce-scatter', [o.x()], attrs, { shape: o.declaredArray() });
}

/**
 * HLO's all-to-all splits and concatenates along one dimension; of StableHLO's form only that one
 * is taken over.
 */
function allToAll(o: OpContext) {
  const split = o.int(['split_dimension']);
  if (split !== o.int(['concat_dimension'])) {
    o.fail('unsupported-all-to-all', 'split and concat dimension must be one');
  }
  return o.operands.map((x) => o.emit('all-to-all', [x], { ...groups(o), dimensions: [split] }));
}

function collectivePermute(o: OpContext) {
  const pairs = rowsOf(o.attr('source_target_pairs')) ?? [];
  return o.emit('collective-permute', [o.x()], { source_target_pairs: pairs });
}

function collectiveBroadcast(o: OpContext) {
  const { replica_groups, channel_id } = { channel_id: undefined, ...groups(o) };
  const attrs = { replica_groups, ...(channel_id !== undefined && { channel_id }) };
  return o.untuple(o.emit('collective-broadcast', o.operands, attrs));
}

export const collectiveRows: LoweringRows = {
  'stablehlo.all_gather': allGather,
  'stablehlo.all_reduce': allReduce,
  'stablehlo.all_to_all': allToAll,
  'stablehlo.collective_broadcast': collectiveBroadcast,
  'stablehlo.collective_permute': collectivePermute,
  'stablehlo.reduce_scatter': reduceScatter,
};
