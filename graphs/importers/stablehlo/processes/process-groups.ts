/**
 * The grid of processes, replicas by partitions, and how collectives divide it into groups: the
 * four strategies of StableHLO's specification ("Collective ops").
 */
import type { OpContext } from '../lower/op-context.ts';
import { channelOf, rowsOf } from '../lower/rows-collective.ts';

/** How many processes there are, replicas times partitions. */
export interface Grid {
  readonly replicas: number;
  readonly partitions: number;
}

/** Numbers of processes, replica by replica, that act together. */
export type Group = readonly number[];

type Strategy = (ids: readonly (readonly number[])[], grid: Grid) => readonly Group[];

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const crossReplica: Strategy = (ids, { partitions }) =>
  ids.flatMap((group) => range(partitions).map((p) => group.map((r) => r * partitions + p)));

const crossPartition: Strategy = (ids, { replicas, partitions }) =>
  ids.flatMap((group) => range(replicas).map((r) => group.map((p) => r * partitions + p)));

/** Partition by partition; XLA numbers the same group replica by replica. */
const crossBoth: Strategy = (ids, { partitions }) =>
  ids.map((group) => range(partitions).flatMap((p) => group.map((r) => r * partitions + p)));

const flattened: Strategy = (ids) => ids;

/** Groups of ops that reduce or gather over replicas, or over replicas and partitions. */
export function gatheringGroups(o: OpContext, grid: Grid): readonly Group[] {
  const global = o.bool(['use_global_device_ids'], false);
  const strategy = channelOf(o) <= 0 ? crossReplica : global ? flattened : crossBoth;
  return strategy(groupIds(o, 'replica_groups'), grid);
}

/** Groups of ops that exchange over replicas or over partitions. */
export function exchangeGroups(o: OpContext, grid: Grid, name = 'replica_groups') {
  const strategy = channelOf(o) <= 0 ? crossReplica : crossPartition;
  return strategy(groupIds(o, name), grid);
}

function groupIds(o: OpContext, name: string): readonly (readonly number[])[] {
  const rows = rowsOf(o.attr(name)) ?? o.fail('attribute', `${name} is missing or malformed`);
  return rows.map((row) => row.filter((id) => id >= 0));
}
