/**
 * A module for several devices as an exam: it runs on simulated ones, as many as it was written for,
 * each with inputs of its own. What a device computes by itself is held against the exact result on
 * its own operands; what devices exchange is undecided, as nothing else here computes it.
 */

import { AssayError, fail } from '../../../graphs/ir/diagnostic.ts';
import {
  type Computation,
  type Instruction,
  instructionOf,
  type Module,
} from '../../../graphs/ir/module.ts';
import { elementCount, leafShapes, type Shape } from '../../../graphs/ir/shape.ts';
import type { Value } from '../../../graphs/ir/tensor.ts';
import { type Collective, isCollective } from '../../devices/collectives.ts';
import { crossingComputations } from '../../devices/device.ts';
import { deviceCount, type Grid } from '../../devices/grid.ts';
import { runReplicas } from '../../devices/run.ts';
import { exactInstruction, fromPlainValue, makeExactContext } from '../../exact/run.ts';
import { limitsFor } from '../../limits/admit.ts';
import type { Bounds } from '../../limits/limits.ts';
import { held, joined, nothing } from './containment.ts';
import { StepLog } from './every-instruction.ts';
import type { Examination } from './examine.ts';

/** Most devices that an exam simulates. */
const maxDevices = 64;

/** True where the entry computation has devices meet, or tells one from another. */
export function meetsDevices(module: Module): boolean {
  return crossingComputations(module).has(module.entry);
}

/**
 * Runs a module on the first of the grids for which it may have been written that fits its groups and
 * shapes; throws what the simulation throws, and `run/unsupported` where none fits.
 */
export function examineOnDevices(
  module: Module,
  inputsOf: (device: number) => readonly Value[],
  bounds: Bounds,
): Examination {
  let why: string | undefined;
  for (const grid of gridsFor(module)) {
    if (deviceCount(grid) > maxDevices) {
      why = `it is written for more than ${maxDevices} devices`;
      continue;
    }
    try {
      return onGrid(module, grid, inputsOf, bounds);
    } catch (error) {
      if (!(error instanceof AssayError) || !misfits.has(error.diagnostic.code)) throw error;
      why ??= `${grid.replicas} replicas of ${grid.partitions} partitions: ${error.message}`;
    }
  }
  return fail('run/unsupported', why ?? 'how many devices it is written for cannot be told');
}

/** What a simulation throws that is about its number of devices. */
const misfits: ReadonlySet<string> = new Set(['run/bad-groups', 'run/bad-shape', 'run/deadlock']);

function onGrid(
  module: Module,
  grid: Grid,
  inputsOf: (device: number) => readonly Value[],
  bounds: Bounds,
): Examination {
  const devices = deviceCount(grid);
  const limits = limitsFor(module, { ...bounds, maxWork: bounds.maxWork / devices });
  const context = makeExactContext(module, { limits });
  const log = new StepLog();
  let whole = nothing;
  const observe = (instruction: Instruction, operands: readonly Value[], value: Value) => {
    const exact = exactInstruction(instruction, operands.map(fromPlainValue), context);
    const found = held(value, exact);
    log.add({ instruction, held: found });
    whole = joined(whole, found);
  };
  const inputs = Array.from({ length: devices }, (_, device) => inputsOf(device));
  runReplicas(module, inputs, { ...grid, limits, observe });
  const open = devices * exchanged(module);
  whole = joined(whole, { ...nothing, elements: open, undecided: open });
  return { failure: log.failure, ulps: log.ulps(), whole };
}

/** Elements that a device gets from others, each collective counted once. */
function exchanged(module: Module): number {
  const all = module.computations.flatMap((c) => c.instructions.filter(isCollective));
  return all.reduce((n, i) => n + sizeOf(i.shape), 0);
}

function sizeOf(shape: Shape): number {
  return leafShapes(shape).reduce((n, s) => n + (s.kind === 'array' ? elementCount(s) : 0), 0);
}

/**
 * The grids for which a module may have been written, likelier ones first: that of its header, then
 * as many replicas, or partitions, as its groups name and its gathered shapes tell.
 */
function gridsFor({ attributes, computations }: Module): readonly Grid[] {
  const [replicas, partitions] = [attributes.replica_count, attributes.num_partitions].map(Number);
  const stated = { replicas: replicas || 1, partitions: partitions || 1 };
  const counts = [...new Set(computations.flatMap(countsIn).concat(2))].sort((a, b) => b - a);
  const lines = counts.flatMap((n) => [
    { ...stated, replicas: n },
    { ...stated, partitions: n },
  ]);
  const squares = counts.flatMap((r) => counts.map((p) => ({ replicas: r, partitions: p })));
  return [stated, ...lines, ...squares].filter((grid) => deviceCount(grid) > 1);
}

/** Numbers of devices that the collectives and transfers of a computation speak of. */
function countsIn(computation: Computation): readonly number[] {
  return computation.instructions.flatMap((i) => {
    const counts = isCollective(i) ? collectiveCounts(i, computation) : [highestIn(transfersOf(i))];
    return counts.filter((n) => Number.isInteger(n) && n > 1);
  });
}

function collectiveCounts(i: Collective, computation: Computation): readonly number[] {
  const { replica_groups = '', source_target_pairs = [] } = i.attrs as Groups;
  const [, laidOut] = /<=\[([\d,]+)\]/.exec(replica_groups) ?? [];
  const named = laidOut === undefined ? highestIn(replica_groups) : 0;
  const product = numbersIn(laidOut ?? '').reduce((n, d) => n * d, 1);
  const pairs = Math.max(-1, ...source_target_pairs.flat()) + 1;
  const [from, to] = [instructionOf(computation, i.operands[0]!).shape, i.shape].map(sizeOf);
  return [named, pairs, product, to! / from!, from! / to!];
}

/** Pairs of devices between which a send or recv goes, as XLA writes them. */
function transfersOf({ extras }: Instruction): string {
  const pairs = /_xla_send_recv_source_target_pairs[^{]*(\{[{}\d,\s]*\})/;
  return pairs.exec(extras.frontend_attributes ?? '')?.[1] ?? '';
}

interface Groups {
  readonly replica_groups?: string;
  readonly source_target_pairs?: readonly (readonly number[])[];
}

/** One more than the largest number of a text; 0 where there is none. */
function highestIn(text: string): number {
  return Math.max(-1, ...numbersIn(text)) + 1;
}

function numbersIn(text: string): readonly number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
