/**
 * `assay validate`: graphs of the zoo, or HLO files, through the pipelines of backends, every pass
 * judged on every case.
 */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { stdinName } from '../../golden/store/module-bytes.ts';
import { pinInputs } from '../../graphs/ir/pin.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { zoo, zooModel } from '../../graphs/zoo/zoo.ts';
import { simulationOf } from '../../validator/devices/simulation.ts';
import { admit } from '../../validator/limits/admit.ts';
import { formatGraphLine, formatValidate } from '../../validator/report/text.ts';
import { type Sizes, sweptName } from '../../validator/validation/sweep.ts';
import type { GraphJob, GraphReport } from '../../validator/validation/validate-graph.ts';
import { validate } from '../../validator/validation/validate-graphs.ts';
import { type BackendOptions, chosenBackends, knownBackends, upTo } from '../backends.ts';
import type { Host } from '../command.ts';
import { casesOnDevices, type DeviceOptions, gridAsked, withDevices } from '../devices.ts';
import { printDocument } from '../documents.ts';
import type { ExitCode } from '../exit-codes.ts';
import { caseCount } from '../inputs.ts';
import { Progress } from '../io.ts';
import { attributed, loadModule, tellNotes } from '../load-module.ts';
import { formatOf } from '../module-formats.ts';
import {
  type CommonOptions,
  type GateCommandOptions,
  gated,
  type LimitOptions,
  limitsOf,
  names,
  type PinOption,
  type SeedOption,
  wholeNumber,
  withCases,
  withCommon,
  withGate,
  withLimits,
  withPins,
  withSeed,
} from '../options.ts';
import {
  loadSwept,
  namesIn,
  refinedAt,
  type SweepableGraph,
  type SweepOptions,
  withSweep,
} from '../sweep.ts';
import { withThrough } from '../through.ts';

interface ValidateCommandOptions
  extends CommonOptions,
    SeedOption,
    LimitOptions,
    SweepOptions,
    PinOption,
    DeviceOptions,
    BackendOptions,
    GateCommandOptions {
  readonly cases?: readonly CaseKind[];
  readonly inputs?: string;
  readonly step?: number;
}

/** Registers the command. */
export function addValidate(program: Command, host: Host): void {
  const all = knownBackends(host).map((b) => b.name);
  const command = withCases(withCommon(program.command('validate')));
  withThrough(withDevices(withGate(withPins(withSweep(withLimits(withSeed(command)))))))
    .argument(
      '[graph...]',
      `files of HLO text, StableHLO, ONNX or tfjs, or zoo models: ${zoo.map((m) => m.name).join(', ')}`,
    )
    .option(
      '--backend <names>',
      `comma-separated backends: ${all.join(', ')} (default: all, or those of --through)`,
      names,
    )
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option('--step <n>', 'stop after this step of the pipeline, from 0', wholeNumber(0))
    .action(async (graphs: string[], options: ValidateCommandOptions) => {
      host.finish(await validateGraphs(graphs, options, host));
    });
}

async function validateGraphs(
  graphs: readonly string[],
  options: ValidateCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const { io } = host;
  const chosen = chosenBackends(options, knownBackends(host)).map((b) => upTo(b, options.step));
  const named = graphs.length ? graphs : zoo.map((m) => m.name);
  const swept = await Promise.all(named.map((graph) => sweepable(graph, options)));
  const loaded = await loadSwept(swept, options.sweep);
  tellNotes(loaded, options, io);
  const progress = new Progress(io, options.quiet === true);
  const total = loaded.length * chosen.length;
  let done = 0;
  const limits = limitsOf(options);
  const jobs = loaded.flatMap((own): GraphJob[] => {
    const { file: graph, module, inputSizes, sizes } = own;
    const simulation = simulationOf([module], gridAsked(options));
    const cases = attributed(
      () => own,
      () => {
        const count = caseCount(options, module);
        admit(simulation?.of(module) ?? module, limits, { mode: 'verdict', cases: count });
        return casesOnDevices(simulation, [module, module], options, inputSizes);
      },
    );
    return chosen.map((backend) => {
      const what = `${sweptName(graph, sizes)} × ${backend.name}`;
      const onStep = (pass: string) => progress.update(`[${done + 1}/${total}] ${what}: ${pass}`);
      const run = { simulation, sizes, limits, onStep };
      return { graph, module, backend, cases, ...run };
    });
  });
  const onGraph = (graph: GraphReport) => {
    done++;
    progress.clear();
    if (!options.json && !options.quiet) io.out(`${formatGraphLine(graph)}\n`);
  };
  const current = () => loaded[Math.floor(done / chosen.length)]!;
  const report = attributed(current, () => validate(jobs, onGraph));
  if (options.json) printDocument(io, 'validate', report);
  else if (!options.quiet || report.findings.length) {
    io.out(`\n${formatValidate(report, options)}\n`);
  }
  return gated(report, options, io);
}

/** A zoo model by its name, else a file; what is wrong with a zoo model is placed in its text. */
async function sweepable(
  graph: string,
  { refine, set }: Pick<ValidateCommandOptions, 'refine' | 'set'>,
): Promise<SweepableGraph> {
  const inZoo = zoo.some((m) => m.name === graph);
  const isPath = graph === stdinName || /[./\\]/.test(graph) || existsSync(graph);
  if (!inZoo && isPath) {
    const own = (await formatOf(graph).sizeNames?.(graph)) ?? [];
    const load = (sizes: Sizes) => {
      const symbolic = Object.entries(sizes)
        .filter(([name]) => own.includes(name))
        .map(([name, size]) => [name, [size]] as const);
      const inputs = refinedAt(refine, sizes);
      return loadModule(graph, { ...inputs, ...Object.fromEntries(symbolic) }, set);
    };
    return { graph, sizeNames: [...new Set([...own, ...namesIn(refine)])], load };
  }
  const { dims, build } = zooModel(graph);
  const load = async (sizes: Sizes) => {
    const module = pinInputs(build(sizes), set);
    return { file: graph, module, text: printModule(module) };
  };
  return { graph, sizeNames: Object.keys(dims), load };
}
