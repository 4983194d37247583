/**
 * Which devices a collective joins. Device numbers are replica · partitions + partition; what
 * `replica_groups` counts depends on the op, channel_id and use_global_device_ids
 * (xla/service/collective_ops_utils.h, CollectiveOpGroupMode).
 */
import { fail } from '../../graphs/ir/diagnostic.ts';

export interface World {
  readonly replicas: number;
  readonly partitions: number;
}

export interface Grouping {
  readonly replica_groups?: string;
  readonly channel_id?: number;
  readonly use_global_device_ids?: boolean;
}

/** What the numbers in groups or pairs name. */
type Mode = 'replica' | 'partition' | 'replica and partition' | 'device';

/** Ops that join all partitions of their replicas where a channel is given. */
const spanning: ReadonlySet<string> = new Set([
  'all-gather',
  'all-gather-start',
  'all-reduce',
  'all-reduce-start',
  'reduce-scatter',
]);

function modeOf(opcode: string, { channel_id, use_global_device_ids }: Grouping): Mode {
  if (channel_id === undefined) return 'replica';
  if (use_global_device_ids) return 'device';
  return spanning.has(opcode) ? 'replica and partition' : 'partition';
}

/** Groups of device numbers, members in the order in which the op takes them. */
export function deviceGroups(opcode: string, grouping: Grouping, world: World): number[][] {
  const { replicas, partitions } = world;
  const mode = modeOf(opcode, grouping);
  const count = { replica: replicas, partition: partitions, device: replicas * partitions };
  const all = mode === 'replica and partition' ? replicas : count[mode];
  const listed = parseGroups(grouping.replica_groups ?? '');
  const groups = listed.length > 0 ? listed : [range(all)];
  if (groups.flat().some((id) => id >= all)) {
    fail('run/unsupported', `${grouping.replica_groups} names more than ${all} devices`);
  }
  if (mode === 'device') return groups;
  if (mode === 'replica and partition') {
    return groups.map((g) => g.flatMap((r) => range(partitions).map((p) => r * partitions + p)));
  }
  if (mode === 'partition') {
    return range(replicas).flatMap((r) => groups.map((g) => g.map((p) => r * partitions + p)));
  }
  return range(partitions).flatMap((p) => groups.map((g) => g.map((r) => r * partitions + p)));
}

/** [source, target] device numbers of a permutation. */
export function devicePairs(
  pairs: readonly (readonly number[])[],
  channel: number | undefined,
  { replicas, partitions }: World,
): number[][] {
  if (channel === undefined) {
    return range(partitions).flatMap((p) => pairs.map((x) => x.map((r) => r * partitions + p)));
  }
  return range(replicas).flatMap((r) => pairs.map((x) => x.map((p) => r * partitions + p)));
}

/** `{{0,1},{2,3}}`, or `[2,2]<=[4]` and `[2,2]<=[2,2]T(1,0)`: an iota, transposed, cut in rows. */
export function parseGroups(text: string): number[][] {
  const iota = /^\[(\d+),(\d+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?$/.exec(text.replaceAll(' ', ''));
  if (!iota) {
    const lists = text.match(/\{[\d\s,]+\}/g) ?? [];
    return lists.map((list) => (list.match(/\d+/g) ?? []).map(Number));
  }
  const dims = iota[3].split(',').map(Number);
  const order = iota[4]?.split(',').map(Number) ?? dims.map((_, d) => d);
  const strides = dims.map((_, d) => dims.slice(d + 1).reduce((a, n) => a * n, 1));
  const ids = order.reduce<number[]>(
    (found, d) => found.flatMap((at) => range(dims[d]).map((k) => at + k * strides[d])),
    [0],
  );
  const size = Number(iota[2]);
  return range(Number(iota[1])).map((g) => ids.slice(g * size, (g + 1) * size));
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, k) => k);
}
