/**
 * Which devices take part in a collective together, from replica_groups, channel_id and
 * use_global_device_ids (XLA: GetCollectiveOpGroupMode, GetParticipatingDevicesGroups).
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { parseDeviceGroups } from '../../graphs/ops/device-groups.ts';
import { deviceCount, deviceId, type Grid } from './grid.ts';

/** What the numbers in replica_groups count. */
export type GroupMode =
  | 'cross-replica'
  | 'cross-partition'
  | 'cross-replica-and-partition'
  | 'flattened-id';

interface Grouped {
  readonly replica_groups?: string;
  readonly channel_id?: number;
  readonly use_global_device_ids?: boolean;
}

/** Mode of all-gather, all-reduce and reduce-scatter. */
export function globalMode({ channel_id, use_global_device_ids: global }: Grouped): GroupMode {
  if (channel_id === undefined && global) {
    fail('run/bad-groups', 'use_global_device_ids=true needs a channel_id');
  }
  if (channel_id === undefined) return 'cross-replica';
  return global ? 'flattened-id' : 'cross-replica-and-partition';
}

/** Mode of the collectives that never number devices globally. */
export function lineMode({ channel_id }: Grouped): GroupMode {
  return channel_id === undefined ? 'cross-replica' : 'cross-partition';
}

const range = (n: number) => Array.from({ length: n }, (_, k) => k);

/** Devices of the groups, in the order in which they take part. */
const members: Readonly<
  Record<GroupMode, (group: readonly number[], grid: Grid) => readonly (readonly number[])[]>
> = {
  'cross-replica': (group, grid) =>
    range(grid.partitions).map((p) => group.map((r) => deviceId(grid, r, p))),
  'cross-partition': (group, grid) =>
    range(grid.replicas).map((r) => group.map((p) => deviceId(grid, r, p))),
  'cross-replica-and-partition': (group, grid) => [
    group.flatMap((r) => range(grid.partitions).map((p) => deviceId(grid, r, p))),
  ],
  'flattened-id': (group) => [group],
};

/** How many numbers replica_groups can name. */
function extent(mode: GroupMode, grid: Grid): number {
  if (mode === 'flattened-id') return deviceCount(grid);
  return mode === 'cross-partition' ? grid.partitions : grid.replicas;
}

/**
 * The groups of flattened device ids. Throws `run/bad-groups` for a number without a device and a
 * device in two groups.
 */
export function deviceGroups(
  raw: string | undefined,
  mode: GroupMode,
  grid: Grid,
): readonly (readonly number[])[] {
  const count = extent(mode, grid);
  const written = parseGroups(raw ?? '', count);
  if (written.length === 0 && mode === 'flattened-id') {
    fail('run/bad-groups', 'with use_global_device_ids the replica_groups must be written out');
  }
  const groups = written.length ? written : [range(count)];
  const ids = groups.flat();
  const sound = ids.every((id) => id < count) && new Set(ids).size === ids.length;
  if (!sound) {
    const what = `replica_groups=${raw} must name each of 0 to ${count - 1} at most once`;
    fail('run/bad-groups', `${what} (${mode}, ${grid.replicas}x${grid.partitions} devices)`);
  }
  return groups.flatMap((group) => members[mode](group, grid));
}

/** Groups in any notation; none for `{}` and the empty text. */
function parseGroups(raw: string, most: number): readonly (readonly number[])[] {
  const groups = parseDeviceGroups(raw);
  if (!groups) {
    const forms = 'lists, [2,2]<=[4], or mesh axes whose sizes fit';
    return fail('run/unsupported', `replica_groups=${raw} is none of the notations: ${forms}`);
  }
  return (
    groups.list(most) ??
    fail('run/bad-groups', `replica_groups=${raw} does not fit ${most} devices`)
  );
}
