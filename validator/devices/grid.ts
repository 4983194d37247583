/**
 * The devices that a module runs on: replicas times partitions, numbered replica by replica
 * (flattened id = replica * partitions + partition), as in XLA's device assignment.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';

/** How many devices there are, replicas times partitions. */
export interface Grid {
  readonly replicas: number;
  readonly partitions: number;
}

/** Devices that one run may simulate. */
export const maxDevices = 4096;

/**
 * The grid asked for; what is left open is as the module's header says. Where that is silent too
 * there is one partition, and as many replicas as `devices` need.
 */
export function gridOf({ attributes }: Module, wanted: Partial<Grid>, devices: number): Grid {
  const { replica_count, num_partitions = '1' } = attributes;
  const partitions = wanted.partitions ?? Number(num_partitions);
  const replicas = wanted.replicas ?? Number(replica_count ?? Math.ceil(devices / partitions));
  const count = replicas * partitions;
  const sound = [replicas, partitions].every((n) => Number.isInteger(n) && n >= 1);
  if (sound && count <= maxDevices) return { replicas, partitions };
  const counts = `${replicas} replicas of ${partitions} partitions`;
  return fail('run/bad-devices', `${counts}: 1 to ${maxDevices} devices can be simulated`);
}

/** replicas · partitions. */
export function deviceCount({ replicas, partitions }: Grid): number {
  return replicas * partitions;
}

/** Flattened id of a device. */
export function deviceId({ partitions }: Grid, replica: number, partition: number): number {
  return replica * partitions + partition;
}
