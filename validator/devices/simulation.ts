/**
 * Whether modules need several devices to mean anything, how many, and how they are then judged: each
 * as the module of all devices side by side (one-device.ts).
 */
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { parseDeviceGroups } from '../../graphs/ops/device-groups.ts';
import { type Collective, isCollective } from './collectives.ts';
import { crossingComputations } from './device.ts';
import { deviceCount, type Grid, gridOf } from './grid.ts';
import { globalMode } from './groups.ts';
import { asOneDevice, isUnpartitioned } from './one-device.ts';
import { planParameters } from './parameters.ts';

/** Instructions, all devices together, beyond which a module is left as it is. */
const mostInstructions = 200_000;

/** Several devices as one module, for everything that judges modules. */
export interface Simulation {
  readonly grid: Grid;
  /** By parameter of the module of all devices: which one of the module it is. */
  readonly source: readonly number[];
  /** The module of all devices; the same for the same module. */
  of(module: Module): Module;
}

/**
 * How modules of one signature are judged together: undefined where one device is enough, where some
 * are partitioned and some are not, and where they cannot be simulated as one module (messages, sizes
 * known as they run, shardings that are not understood, too many devices).
 *
 * @param unsaid how many devices a module is for that asks for its number, or for all devices, and does
 *   not say how many there are: 1 as XLA has it, more to see what they tell each other
 * @throws AssayError `run/bad-devices` where the numbers asked for are out of bounds
 */
export function simulationOf(
  modules: readonly Module[],
  wanted: Partial<Grid> = {},
  unsaid = 1,
): Simulation | undefined {
  const rendezvous = (m: Module) => isUnpartitioned(m) || crossingComputations(m).has(m.entry);
  if (!modules.some(rendezvous)) return undefined;
  if (new Set(modules.map(isUnpartitioned)).size > 1) return undefined;
  const grid = gridFor(modules, wanted, unsaid);
  const devices = deviceCount(grid);
  const size = Math.max(...modules.map((m) => instructionsOf(m).length));
  if (devices === 1 || size * devices > mostInstructions) return undefined;
  const plan = planParameters(modules[0]!, grid);
  const simulated = new Map<Module, Module>();
  const of = (module: Module) => {
    const made = simulated.get(module) ?? asOneDevice(module, grid, plan);
    simulated.set(module, made);
    return made;
  };
  try {
    modules.forEach(of);
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
  const source = isUnpartitioned(modules[0]!) ? plan.of[0]!.map((_, k) => k) : plan.source;
  return { grid, of, source };
}

function instructionsOf({ computations }: Module): readonly Instruction[] {
  return computations.flatMap((c) => c.instructions);
}

/** As asked for, as the headers say, or as many as the collectives name, or as are taken for unsaid. */
function gridFor(modules: readonly Module[], wanted: Partial<Grid>, unsaid: number): Grid {
  const headers = modules.map((m) => gridOf(m, wanted, 1));
  const header = headers.reduce((a, b) => (deviceCount(b) > deviceCount(a) ? b : a));
  const isGiven = Object.keys(wanted).length > 0;
  if (isGiven || deviceCount(header) > 1) return header;
  const all = modules.flatMap(instructionsOf);
  const named = [
    ...all.filter(isCollective).map((i) => gridNamed(i, unsaid)),
    ...all.flatMap(({ opcode }): Grid[] => {
      if (opcode === 'replica-id') return [{ replicas: unsaid, partitions: 1 }];
      return opcode === 'partition-id' ? [{ replicas: 1, partitions: unsaid }] : [];
    }),
  ];
  return {
    replicas: Math.max(1, ...named.map((g) => g.replicas)),
    partitions: Math.max(1, ...named.map((g) => g.partitions)),
  };
}

/** The least grid that has the devices that a collective names. */
function gridNamed({ attrs }: Collective, unsaid: number): Grid {
  const pairs = 'source_target_pairs' in attrs ? attrs.source_target_pairs.flat() : [];
  const groups = 'replica_groups' in attrs ? attrs.replica_groups : undefined;
  const ids =
    parseDeviceGroups(groups ?? '')
      ?.list(4096)
      ?.flat() ?? [];
  const isNamed = pairs.length + ids.length > 0;
  const count = isNamed ? Math.max(...pairs, ...ids) + 1 : unsaid;
  const { channel_id } = attrs;
  const hasFlag = 'use_global_device_ids' in attrs;
  const mode = hasFlag && channel_id !== undefined ? globalMode(attrs) : undefined;
  const ofReplicas = channel_id === undefined || mode === 'cross-replica-and-partition';
  return ofReplicas ? { replicas: count, partitions: 1 } : { replicas: 1, partitions: count };
}
