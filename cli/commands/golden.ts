/** `assay golden record|verify|list`: recorded inputs and results of graphs, in a folder. */
import type { Command } from 'commander';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { isFolder } from '../../golden/store/files.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { zoo, zooModel } from '../../graphs/zoo/zoo.ts';
import {
  type GoldenGraph,
  type GoldenState,
  goldenStates,
  originOf,
  recordGoldens,
  stem,
} from '../../validator/goldens/goldens.ts';
import { admit } from '../../validator/limits/admit.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { caseCount } from '../inputs.ts';
import { type Io, Progress } from '../io.ts';
import { loadGraph } from '../load-graph.ts';
import { attributed, type LoadedModule, tellNotes } from '../load-module.ts';
import {
  type CommonOptions,
  type LimitOptions,
  limitsOf,
  type PinOption,
  type RefineOption,
  type SeedOption,
  withCases,
  withCommon,
  withLimits,
  withPins,
  withRefine,
  withSeed,
} from '../options.ts';
import { version } from '../self/version.ts';

interface GraphOptions extends CommonOptions, RefineOption, PinOption {}

interface RecordOptions extends GraphOptions, SeedOption, LimitOptions {
  readonly out: string;
  readonly cases?: readonly CaseKind[];
  readonly force?: true;
}

/** Registers the commands. */
export function addGolden(program: Command, host: Host): void {
  const golden = program.command('golden');
  const record = withCases(withCommon(golden.command('record')));
  withPins(withRefine(withLimits(withSeed(record))))
    .description('run graphs by the reference and keep inputs and results; what is there is kept')
    .argument('[graph...]', 'files or zoo models; the zoo unless told otherwise')
    .option('--out <folder>', 'where they are kept', 'goldens')
    .option('--force', 'record again what is there already')
    .action(async (graphs: string[], options: RecordOptions) => {
      host.finish(await recordGraphs(graphs, options, host.io));
    });
  withPins(withRefine(withCommon(golden.command('verify'))))
    .description('are goldens as they were recorded, and still of these graphs? exit 1 where not')
    .argument('<folder>', 'where they are kept')
    .argument('[graph...]', 'files that they are of; zoo models are known by name')
    .action(async (folder: string, graphs: string[], options: GraphOptions) => {
      host.finish(await verify(folder, graphs, options, host.io));
    });
  withCommon(golden.command('list'))
    .description('the goldens of a folder')
    .argument('<folder>', 'where they are kept')
    .action((folder: string, options: CommonOptions) => {
      print(
        goldenStates(demandFolder(folder), () => undefined),
        options,
        host.io,
      );
      host.finish(exitCodes.ok);
    });
}

async function recordGraphs(
  named: readonly string[],
  options: RecordOptions,
  io: Io,
): Promise<ExitCode> {
  const loaded = await load(named.length ? named : zoo.map((m) => m.name), options);
  tellNotes(loaded, options, io);
  const limits = limitsOf(options);
  const graphs = loaded.map(
    (own): GoldenGraph =>
      attributed(
        () => own,
        () => {
          const { file: graph, module, inputSizes: sizes } = own;
          admit(module, limits, { mode: 'reference', cases: caseCount(options, module) });
          const cases = options.cases
            ? options.cases.map((kind) => generateCase(module, kind, options.seed, { sizes }))
            : defaultCases(module, options.seed, { sizes });
          return { graph, module, cases };
        },
      ),
  );
  const progress = new Progress(io, options.quiet === true);
  const { out: folder, force = false } = options;
  const onGolden = (name: string) => progress.update(`recording ${name}`);
  let recorded: ReturnType<typeof recordGoldens>;
  try {
    recorded = recordGoldens({ folder, graphs, version: version(), force, limits, onGolden });
  } finally {
    progress.clear();
  }
  const made = recorded.filter((r) => r.state === 'recorded').length;
  if (options.json) printDocument(io, 'golden-record', { folder, goldens: recorded });
  else if (!options.quiet) {
    io.out(`${folder}: ${made} recorded, ${recorded.length - made} kept\n`);
  }
  return exitCodes.ok;
}

async function verify(
  folder: string,
  named: readonly string[],
  options: GraphOptions,
  io: Io,
): Promise<ExitCode> {
  const loaded = await load(named, options);
  tellNotes(loaded, options, io);
  const known = new Map(loaded.map((l) => [stem(l.file), originOf(l.module, version())]));
  const originFor = (graph: string) => {
    const given = known.get(stem(graph));
    if (given || !zoo.some((m) => m.name === graph)) return given;
    return originOf(zooModel(graph).build(), version());
  };
  const states = goldenStates(demandFolder(folder), originFor);
  print(states, options, io);
  return states.some((s) => s.why !== undefined) ? exitCodes.finding : exitCodes.ok;
}

function demandFolder(folder: string): string {
  if (isFolder(folder)) return folder;
  const remedy = 'record goldens with assay golden record';
  return fail('golden/folder', `${folder} is no folder; ${remedy}`);
}

function print(goldens: readonly GoldenState[], options: CommonOptions, io: Io): void {
  const shown = options.quiet ? goldens.filter((g) => g.why !== undefined) : goldens;
  if (options.json) printDocument(io, 'golden-list', { goldens });
  else io.out(shown.map((g) => `${line(g)}\n`).join(''));
}

function line({ name, graph = '', kind, seed, state, why }: GoldenState): string {
  const of = kind === undefined ? '' : `${graph}, ${kind} ${seed}`;
  return `${state.padEnd(8)} ${name.padEnd(36)} ${why ?? of}`.trimEnd();
}

/** Zoo models by name, and files. */
function load(graphs: readonly string[], options: GraphOptions): Promise<LoadedModule[]> {
  return Promise.all(graphs.map((graph) => loadGraph(graph, options)));
}
