/** Runs on several simulated devices: the options, the inputs of each device, the named results. */

import { type Command, Option } from 'commander';
import { fail } from '../graphs/ir/diagnostic.ts';
import type { Module } from '../graphs/ir/module.ts';
import type { Value } from '../graphs/ir/tensor.ts';
import { deviceCount, type Grid, gridOf } from '../validator/devices/grid.ts';
import { runReplicas } from '../validator/devices/run.ts';
import type { Simulation } from '../validator/devices/simulation.ts';
import type { Limits } from '../validator/limits/limits.ts';
import type { SessionCase } from '../validator/validation/case.ts';
import { type CaseSource, sessionCases } from './inputs.ts';
import type { Refine } from './module-formats.ts';
import { wholeNumber } from './options.ts';
import { type NamedTensor, namedOutputs } from './tensor-text.ts';

/** `--replicas` and `--partitions`, 1 or more; absent where they were not given. */
export interface DeviceOptions {
  readonly replicas?: number;
  readonly partitions?: number;
}

/** Adds the numbers of simulated devices. */
export function withDevices(command: Command): Command {
  const replicas = 'simulate so many replicas, each with generated inputs of its own';
  const partitions = 'simulate so many partitions of each replica';
  const count = (flag: string, help: string) =>
    new Option(`${flag} <n>`, help).argParser(wholeNumber(1));
  return command
    .addOption(count('--replicas', replicas))
    .addOption(count('--partitions', partitions));
}

/** The numbers of devices that were asked for. */
export function gridAsked({ replicas, partitions }: DeviceOptions): Partial<Grid> {
  return {
    ...(replicas !== undefined && { replicas }),
    ...(partitions !== undefined && { partitions }),
  };
}

/** The cases of modules that are judged on simulated devices; recorded inputs are those of each. */
export function casesOnDevices(
  simulation: Simulation | undefined,
  [module, other]: readonly [Module, Module],
  source: CaseSource,
  sizes?: Refine,
): SessionCase[] {
  if (!simulation) return sessionCases(module, source, sizes, other);
  if (source.inputs === undefined) {
    return sessionCases(simulation.of(module), source, sizes, simulation.of(other));
  }
  return sessionCases(module, source).map((c) => {
    return { ...c, inputs: simulation.source.map((k) => c.inputs[k]!) };
  });
}

/** Whether a run is one of several devices; exact values are known on one device only. */
export function isSimulated({ replicas, partitions }: DeviceOptions, mode: string): boolean {
  const simulated = replicas !== undefined || partitions !== undefined;
  if (simulated && mode === 'exact') {
    fail('usage', '--mode exact runs on one device, without --replicas and --partitions');
  }
  return simulated;
}

/** Most devices that are simulated. */
const maxDevices = 4096;

/** How many devices the options ask for. */
export function devicesOf(module: Module, { replicas, partitions }: DeviceOptions): number {
  const wanted = {
    ...(replicas !== undefined && { replicas }),
    ...(partitions !== undefined && { partitions }),
  };
  const count = deviceCount(gridOf(module, wanted, 1));
  if (count <= maxDevices) return count;
  return fail('run/too-large', `${count} devices; at most ${maxDevices} are simulated`);
}

/** The results of every device, `device0.out0` …, on the inputs that `inputsOf` gives each. */
export function runOnDevices(
  module: Module,
  inputsOf: (device: number) => readonly Value[],
  options: DeviceOptions,
  limits: Limits,
): readonly NamedTensor[] {
  const wanted = gridAsked(options);
  const count = devicesOf(module, options);
  const inputs = Array.from({ length: count }, (_, device) => inputsOf(device));
  return runReplicas(module, inputs, { ...wanted, limits }).flatMap((value, device) =>
    namedOutputs(value).map(({ name, tensor }) => ({ name: `device${device}.${name}`, tensor })),
  );
}
