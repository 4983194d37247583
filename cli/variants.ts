/** `assay gate --variants FILE`: the variants of a model behind the dispatcher that a file tells of. */
import { dirname, join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Contract } from '../graphs/ir/contract.ts';
import { fail } from '../graphs/ir/diagnostic.ts';
import type { Module } from '../graphs/ir/module.ts';
import { gateOne, recordOf } from '../validator/gate/gate.ts';
import type { GatedGraph } from '../validator/gate/gate-graph.ts';
import type { GateInput, GateJob, GraphSource } from '../validator/gate/job.ts';
import type { GateRecord } from '../validator/gate/record.ts';
import { type Dispatcher, readDispatcher } from '../validator/routing/dispatcher.ts';
import { gateVariants } from '../validator/routing/gate-variants.ts';
import { routesOf } from '../validator/routing/routes.ts';
import { capacityOf, paddedInputs, variantAt } from '../validator/routing/sized-variant.ts';
import type { SessionCase } from '../validator/validation/case.ts';
import { type CaseSource, sessionCases } from './inputs.ts';
import { type LoadedModule, loadModule } from './load-module.ts';
import { parseContract } from './options.ts';
import { readText } from './read-text.ts';

/** What judging variants takes from the gate's command. */
export interface VariantsSource {
  readonly file: string;
  readonly source: CaseSource;
  readonly job: GateJob;
  /** A variant as the gate's toolchain takes it. */
  readonly inputOf: (loaded: LoadedModule, cases: readonly SessionCase[]) => GateInput;
}

/** Judges a dispatcher and its variants; with a toolchain, also what it makes of each variant. */
export async function gateDispatcher(given: VariantsSource): Promise<GateRecord> {
  const { file, source } = given;
  const beside = (name: string) => join(dirname(file), name);
  const dispatcher = readDispatcher(readText(file), file, (name) => readText(beside(name)));
  const contract = contractIn(dispatcher, file);
  const job = { ...given.job, contract, dispatcher: file };
  const loaded = new Map<string, LoadedModule>();
  for (const [name, graph] of dispatcher.variants)
    loaded.set(name, await loadModule(beside(graph)));
  const variants = new Map([...loaded].map(([name, { module }]) => [name, module] as const));
  const casesOf = (module: Module) => sessionCases(module, source);
  const gated: GatedGraph[] = [
    ...gateVariants({ file, dispatcher, variants, contract, casesOf, gate: job }),
  ];
  if (job.toolchain) {
    for (const [name, own] of loaded) {
      const graph = beside(dispatcher.variants.get(name)!);
      const cases = routedCases(name, own.module, dispatcher, casesOf);
      const load: GraphSource['load'] = async () => given.inputOf(own, cases);
      if (cases.length) gated.push(await gateOne({ graph, load }, job));
    }
  }
  return recordOf(gated, job);
}

/** Inputs of every size that may be sent to a variant, as it takes them. */
function routedCases(
  name: string,
  module: Module,
  dispatcher: Dispatcher,
  casesOf: (module: Module) => readonly SessionCase[],
): readonly SessionCase[] {
  const holds = capacityOf(name, module, dispatcher);
  const there = routesOf(dispatcher).filter((r) => r.variant === name && r.request.size <= holds);
  const sizes = [...new Set(there.map((r) => r.request.size))].sort((a, b) => a - b);
  return sizes.flatMap((size) =>
    casesOf(variantAt(module, size, dispatcher)).map((c) => ({
      ...c,
      name: `${c.name} at ${size} ${dispatcher.sizeName}`,
      inputs: paddedInputs(c.inputs, module, dispatcher),
    })),
  );
}

/** The contract that a dispatcher tells, refused by its place in the file. */
function contractIn({ contract }: Dispatcher, file: string): Contract {
  try {
    return parseContract(contract);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return fail('routing/file', `contract: ${error.message}`, { file });
  }
}
