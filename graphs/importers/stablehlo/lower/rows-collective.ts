/** StableHLO's collectives as HLO's; groups of devices are told as text. */
import type { Instruction } from '../../../ir/module.ts';
import type { ArrayShape } from '../../../ir/shape.ts';
import type { Attr } from '../parse/ast.ts';
import { arrayOf, intsOf, type LoweringRows, type OpContext } from './op-context.ts';
import { promoted } from './rows-reduction.ts';

/** Rows of a dense constant or a list of lists as `{{0,1},{2,3}}`; -1 pads short rows. */
function groupsText(o: OpContext, name: string): string {
  const attr = o.attr(name);
  if (attr?.kind === 'dict') o.fail('unsupported-groups', 'groups by mesh axes; list the devices');
  const rows = rowsOf(attr);
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
  const operands = promoted(o, o.region(), 1);
  return operands.map((x) => o.emit('all-reduce', [x], { ...groups(o), to_apply }));
}

/** A sum over replicas, as all_reduce was called before it took a region. */
function crossReplicaSum(o: OpContext) {
  const { program } = o.scope;
  const scalar = { kind: 'array', type: o.shape().type, dims: [] } as const;
  const to_apply = program.computation(program.freshName('sum'), (b) =>
    b.op('add', [b.parameter('a', scalar), b.parameter('b', scalar)]),
  );
  const replica_groups = groupsText(o, 'replica_groups');
  return o.emit('all-reduce', [o.x()], { replica_groups, to_apply });
}

function reduceScatter(o: OpContext) {
  const to_apply = o.closed(o.region(), 'reducer');
  const dimensions = [o.int(['scatter_dimension'])];
  const attrs = { ...groups(o), dimensions, to_apply };
  return o.emit('reduce-scatter', promoted(o, o.region(), 1), attrs, { shape: o.declaredArray() });
}

function allToAll(o: OpContext) {
  const [split, concat] = [o.int(['split_dimension']), o.int(['concat_dimension'])];
  return o.operands.map((x, i) =>
    split === concat
      ? o.emit('all-to-all', [x], { ...groups(o), dimensions: [split] })
      : splitElsewhere(o, x, split, o.declaredArray(i)),
  );
}

/**
 * HLO's all-to-all splits and joins along one dimension. Another split dimension is cut in parts
 * that a leading dimension counts; what comes back goes from there before the concat dimension.
 */
function splitElsewhere(o: OpContext, x: Instruction, split: number, to: ArrayShape) {
  const { dims } = arrayOf(x) ?? o.shape();
  const concat = o.int(['concat_dimension']);
  const count = o.int(['split_count']);
  if (!(count > 0 && dims[split]! % count === 0 && concat < dims.length)) {
    o.fail('attribute', `${dims.join('x')} cannot be split in ${count} along ${split}`);
  }
  const part = dims.map((d, k) => (k === split ? d / count : d));
  const cut = o.reshape(x, [...part.slice(0, split), count, ...part.slice(split)]);
  const sent = moved(o, cut, split, 0);
  const received = o.emit('all-to-all', [sent], { ...groups(o), dimensions: [0] });
  return o.reshape(moved(o, received, 0, concat), to.dims);
}

/** The value with dimension `from` put at place `to`. */
function moved(o: OpContext, x: Instruction, from: number, to: number): Instruction {
  const all = arrayOf(x)!.dims.map((_, k) => k);
  const dimensions = all.toSpliced(from, 1).toSpliced(to, 0, from);
  return o.emit('transpose', [x], { dimensions });
}

function collectivePermute(o: OpContext) {
  const source_target_pairs = rowsOf(o.attr('source_target_pairs')) ?? [];
  return o.emit('collective-permute', [o.x()], { source_target_pairs, ...lineChannel(o) });
}

function collectiveBroadcast(o: OpContext) {
  if (o.bool(['has_dynamic_root'], false)) {
    o.fail('unsupported-root', 'in HLO the root is the first of the group');
  }
  const attrs = { replica_groups: groupsText(o, 'replica_groups'), ...lineChannel(o) };
  return o.operands.map((x) => o.emit('collective-broadcast', [x], attrs));
}

/** With a channel the numbers count partitions. */
function lineChannel(o: OpContext) {
  const channel = channelOf(o);
  return channel > 0 ? { channel_id: channel } : {};
}

/** Rows by op. */
export const collectiveRows: LoweringRows = {
  'stablehlo.all_gather': allGather,
  'stablehlo.all_reduce': allReduce,
  'stablehlo.all_to_all': allToAll,
  'stablehlo.collective_broadcast': collectiveBroadcast,
  'stablehlo.cross-replica-sum': crossReplicaSum,
  'stablehlo.collective_permute': collectivePermute,
  'stablehlo.reduce_scatter': reduceScatter,
};
