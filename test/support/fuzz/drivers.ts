/**
 * One driver a format: a mutant from a stream of random numbers, and what is done with it. Whatever the
 * mutant is, each stage ends in an AssayError about the input or goes on to the next: reading, the
 * verifier, printing and reading again, drawings and JSON, the passes of both backends, and a run both
 * as written and exactly within small bounds.
 */
import { generateCase } from '../../../golden/cases.ts';
import { type Random, randomOf } from '../../../golden/kinds/random.ts';
import { readSafetensors, writeSafetensors } from '../../../golden/store/safetensors.ts';
import { printDot } from '../../../graphs/exporters/dot.ts';
import { printJson } from '../../../graphs/exporters/json.ts';
import { importOnnx } from '../../../graphs/importers/onnx/import.ts';
import { importStablehlo } from '../../../graphs/importers/stablehlo/import.ts';
import { importTfjs } from '../../../graphs/importers/tfjs/import.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { diffModules } from '../../../graphs/text/equal.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyMovedTypes } from '../../../graphs/verify/moved-types.ts';
import { assertVerified, verifyModule } from '../../../graphs/verify/verify.ts';
import { backends } from '../../../passes/backends.ts';
import { runPipeline } from '../../../passes/pipeline/runner.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { admit } from '../../../validator/limits/admit.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { mutateBytes, mutateDocument, mutateText } from './mutate.ts';
import { hloSeeds, onnxSeeds, safetensorsSeeds, stablehloSeeds, tfjsSeeds } from './seeds.ts';

/** A mutant of a format, ready to be used; `used` throws what only a fault of ours throws. */
export interface Mutant {
  /** As a file would hold it. */
  readonly bytes: Uint8Array;
  /** Reads it and uses what it holds. */
  use(): void;
}

export type Driver = (random: Random) => Mutant;

export type DriverName = 'hlo' | 'stablehlo' | 'onnx' | 'tfjs' | 'safetensors';

/** Drivers by name; making one draws up its seeds. */
export const drivers: { readonly [D in DriverName]: () => Driver } = {
  hlo: () => textDriver(hloSeeds(), (text, random) => useModule(parseModule(text), random, true)),
  stablehlo: () =>
    textDriver(stablehloSeeds, (text, random) => useModule(importStablehlo(text), random)),
  onnx: () => bytesDriver(onnxSeeds, (bytes, random) => useModule(importOnnx(bytes), random)),
  tfjs: tfjsDriver,
  safetensors: () =>
    bytesDriver(safetensorsSeeds(), (bytes) => {
      const { tensors, metadata } = readSafetensors(bytes);
      readSafetensors(writeSafetensors(tensors, metadata));
    }),
};

/** The n-th mutant of a seed. */
export function mutantOf(driver: Driver, name: DriverName, seed: number, n: number): Mutant {
  return driver(randomOf(seed, 'fuzz', name, n));
}

/** What a mutant shows of a fault of ours; undefined where it ends as it should. */
export function faultOf(mutant: Mutant): string | undefined {
  try {
    mutant.use();
    return undefined;
  } catch (error) {
    if (error instanceof AssayError && error.blame === 'input') return undefined;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

function textDriver(seeds: readonly string[], use: (text: string, random: Random) => void): Driver {
  return (random) => {
    const [seed, other] = [0, 1].map(() => seeds[random.integer(0, seeds.length)]!);
    const text = mutateText(seed!, other!, random);
    return { bytes: bytesOf(text), use: () => use(text, random) };
  };
}

function bytesDriver(
  seeds: readonly Uint8Array[],
  use: (bytes: Uint8Array, random: Random) => void,
): Driver {
  return (random) => {
    const [seed, other] = [0, 1].map(() => seeds[random.integer(0, seeds.length)]!);
    const bytes = mutateBytes(seed!, other!, random);
    return { bytes, use: () => use(bytes, random) };
  };
}

/** Documents are changed as such, or as the text that they are; now and then the weights are. */
function tfjsDriver(): Driver {
  const seeds = tfjsSeeds();
  return (random) => {
    const { modelJson, weights } = seeds[random.integer(0, seeds.length)]!;
    const text = JSON.stringify(modelJson);
    const byText = random.integer(0, 3) === 0;
    const changed = byText
      ? mutateText(text, text, random)
      : JSON.stringify(mutateDocument(modelJson, random));
    const bytes = random.integer(0, 5) === 0 ? mutateBytes(weights, weights, random) : weights;
    const use = () => useModule(importTfjs({ modelJson: changed, weights: bytes }), random);
    return { bytes: bytesOf(changed), use };
  };
}

/** Bounds in which every stage takes milliseconds. */
const bounds = {
  ...{ maxElements: 2 ** 12, maxWork: 2 ** 17, maxIterations: 50 },
  maxMemory: 2 ** 24,
};

/** All that can be done with a module. `isText` ones may be wrong; importers make sound ones. */
function useModule(module: Module, random: Random, isText = false): void {
  if (isText) assertVerified(module);
  else sound(module);
  const again = parseModule(printModule(module));
  const difference = diffModules(module, again);
  if (difference !== undefined && isText) throw new Error(`printed and read again: ${difference}`);
  printDot(module);
  JSON.parse(printJson(module));
  const [moved] = verifyMovedTypes(module);
  if (moved) throw new AssayError(moved);
  admit(module, bounds, { mode: 'verdict', cases: 1 });
  const { inputs } = generateCase(module, 'typical', 1);
  if (random.integer(0, 4) === 0) throughPasses(module);
  runReference(module, inputs, { limits: bounds });
  runExact(module, inputs.map(fromPlainValue), { limits: bounds });
}

function sound(module: Module): void {
  const [first] = verifyModule(module);
  if (first) throw new Error(`an importer made an invalid module: ${first.code} ${first.message}`);
}

/** No pass may throw on a valid module, or leave an invalid one. */
function throughPasses(module: Module): void {
  for (const { name, pipeline } of backends) {
    const { broken } = runPipeline(module, pipeline, { verify: verifyModule });
    if (!broken) continue;
    const reasons = broken.diagnostics.map((d) => d.message).join('; ');
    throw new Error(`${name}: ${broken.pass} ${broken.how}: ${reasons}`);
  }
}
