/** `assay gate`: may this toolchain ship? Its outputs on graphs, against the budgets of the graphs. */
import { appendFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { isFolder, readBytes, writeAtomic } from '../../golden/store/files.ts';
import { type Contract, printContract, widens } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { shellFile, shellWord } from '../../graphs/text/shell-word.ts';
import { gate } from '../../validator/gate/gate.ts';
import { goldenInputs, graphsIn } from '../../validator/gate/golden-inputs.ts';
import type { GateInput, GateJob, GraphSource } from '../../validator/gate/job.ts';
import type { GateRecord } from '../../validator/gate/record.ts';
import { admit } from '../../validator/limits/admit.ts';
import { gateAnnotations, gateSummary } from '../../validator/report/gate-github.ts';
import { gateHtml } from '../../validator/report/gate-html.ts';
import { gateJunit } from '../../validator/report/gate-junit.ts';
import { gateSarif } from '../../validator/report/gate-sarif.ts';
import { formatGate } from '../../validator/report/gate-text.ts';
import { defaultRunLimits, type Toolchain } from '../../validator/toolchains/toolchain.ts';
import { openToolchain } from '../../validator/toolchains/toolchains.ts';
import type { SessionCase } from '../../validator/validation/case.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { caseCount, sessionCases } from '../inputs.ts';
import { type Io, Progress } from '../io.ts';
import { loadGraph } from '../load-graph.ts';
import { attributed, type LoadedModule, tellNotes } from '../load-module.ts';
import { formatOf } from '../module-formats.ts';
import {
  byteSize,
  type CommonOptions,
  type LimitOptions,
  limitsOf,
  names,
  type PinOption,
  parseContract,
  type RefineOption,
  replayOptions,
  type SeedOption,
  threshold,
  wholeNumber,
  withCases,
  withCommon,
  withLimits,
  withPins,
  withRefine,
  withSeed,
} from '../options.ts';
import { version } from '../self/version.ts';
import { gateDispatcher } from '../variants.ts';

/** What the command line says. */
export interface GateCommandOptions
  extends CommonOptions,
    SeedOption,
    LimitOptions,
    RefineOption,
    PinOption {
  readonly toolchain?: string;
  readonly baseline?: string;
  readonly goldens?: string;
  readonly variants?: string;
  readonly inputs?: string;
  readonly level?: string;
  readonly disable?: readonly string[];
  readonly contract: Contract;
  readonly cases?: readonly CaseKind[];
  readonly allowSuspect?: true;
  readonly maxUndecided: number;
  readonly maxGrowth?: number;
  readonly seconds: number;
  readonly memory: number;
  readonly cache?: string;
  readonly junit?: string;
  readonly sarif?: string;
  readonly html?: string;
  readonly github?: true;
}

const { seconds: defaultSeconds, memory: defaultMemory } = defaultRunLimits;

/** Share of the elements, in percent, that may stay undecided (DESIGN, section 7). */
const defaultMaxUndecided = 1;

/** Registers the command. */
export function addGate(program: Command, host: Host): void {
  const command = withCases(withCommon(program.command('gate')));
  withPins(withRefine(withLimits(withSeed(command))))
    .argument(
      '[graph...]',
      'models that the toolchain reads (.onnx); those of --goldens without any',
    )
    .option('--toolchain <spec>', 'what is under test, e.g. onnxruntime-node@1.30.0')
    .option('--baseline <spec>', 'another version: what it gets wrong as well fails no gate')
    .option('--goldens <folder>', 'recorded inputs and results (assay golden record) as the cases')
    .option('--variants <file>', 'a dispatcher (JSON): the variants of a model and who gets which')
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option('--level <level>', 'level of optimisation, e.g. disabled, basic, extended, all')
    .option('--disable <names>', 'optimisers to switch off, comma-separated', names)
    .option(
      '--contract <contract>',
      'what the toolchain may do: exact, reassociates, widens, narrows(TYPE), +reciprocal, +algebra',
      parseContract,
      widens,
    )
    .option('--allow-suspect', 'fail only on results beyond what rounding can do')
    .option(
      '--max-undecided <percent>',
      'fail where more of the elements stays undecided, in percent',
      threshold(0, 100),
      defaultMaxUndecided,
    )
    .option(
      '--max-growth <factor>',
      'fail where errors grow more against the baseline (root mean square of budget use)',
      threshold(0, Number.MAX_VALUE),
    )
    .option('--seconds <n>', 'for loading, and for each case', wholeNumber(1), defaultSeconds)
    .option('--memory <size>', 'of the toolchain, e.g. 4GiB', byteSize, defaultMemory)
    .option('--cache <dir>', 'where toolchains lie (default: $ASSAY_CACHE, or the user’s cache)')
    .option('--junit <file>', 'write a JUnit report')
    .option('--sarif <file>', 'write a SARIF 2.1.0 report')
    .option('--html <file>', 'write a page with plots, maps and diffs; it loads nothing')
    .option('--git-bisect', 'exit with 125 where it cannot be judged, for git bisect run')
    .option('--github', 'print annotations, and add a summary to $GITHUB_STEP_SUMMARY')
    .action(async (graphs: string[], options: GateCommandOptions) => {
      host.finish(await gateGraphs(graphs, options, host.io));
    });
}

async function gateGraphs(
  named: readonly string[],
  options: GateCommandOptions,
  io: Io,
): Promise<ExitCode> {
  const job = jobOf(named, options, io);
  const progress = new Progress(io, options.quiet === true);
  let record: GateRecord;
  try {
    const told = { ...job, onStep: (what: string) => progress.update(what) };
    record =
      options.variants === undefined
        ? await gate(told)
        : await gateDispatcher({
            ...{ file: options.variants, source: options, job: told },
            inputOf: (loaded, cases) => inputOf(loaded, options, { cases }),
          });
  } finally {
    progress.clear();
  }
  if (options.json) printDocument(io, 'gate', record);
  else if (!options.quiet || record.outcome !== 'passed') io.out(`${formatGate(record)}\n`);
  writeReports(record, options, io);
  return codeOf[record.outcome];
}

const codeOf: Readonly<Record<GateRecord['outcome'], ExitCode>> = {
  passed: exitCodes.ok,
  failed: exitCodes.finding,
  'not judged': exitCodes.input,
};

/**
 * The job of a command line.
 *
 * @throws AssayError where it is no gate, or names a version that is not installed (a missing tool)
 */
export function jobOf(named: readonly string[], options: GateCommandOptions, io: Io): GateJob {
  const { goldens, contract, seed, allowSuspect = false, maxUndecided, maxGrowth = null } = options;
  refuseNonsense(named, options);
  const toolchain =
    options.toolchain === undefined ? undefined : opened(options.toolchain, options);
  const baseline = options.baseline === undefined ? undefined : opened(options.baseline, options);
  const found = goldens === undefined ? undefined : graphsIn(demandFolder(goldens));
  const graphs = named.length ? named : (found?.graphs ?? []);
  const { level, disable: disabledOptimizers } = options;
  return {
    version: version(),
    graphs: graphs.map((graph) => sourceOf(graph, options, io)),
    ...(toolchain && { toolchain }),
    ...(baseline && { baseline }),
    ...(goldens !== undefined && { goldens }),
    ...(named.length === 0 && found && { broken: found.broken }),
    knobs: {
      ...(level !== undefined && { level }),
      ...(disabledOptimizers && { disabledOptimizers }),
    },
    runLimits: { seconds: options.seconds, memory: options.memory },
    limits: limitsOf(options),
    ...{ contract, seed, allowed: { maxUndecided, maxGrowth, suspect: allowSuspect } },
    replay: (graph, c) => replayLine(graph, c, options),
  };
}

/** What cannot be a gate is refused before anything runs. */
function refuseNonsense(named: readonly string[], options: GateCommandOptions): void {
  const { toolchain, goldens, baseline, maxGrowth, inputs, variants } = options;
  if (variants !== undefined) {
    if (named.length === 0 && goldens === undefined && inputs === undefined) return;
    fail('gate/variants', 'a dispatcher names its own graphs and requests; give --variants alone');
  }
  if (inputs !== undefined && goldens !== undefined) {
    fail('gate/inputs', 'goldens bring their own inputs; give --inputs or --goldens');
  }
  if (toolchain === undefined && goldens === undefined) {
    const remedy =
      'name one with --toolchain NAME@VERSION (assay toolchain add installs it), or recorded results with --goldens FOLDER (assay golden record makes them)';
    fail('gate/nothing', `there is nothing to gate, neither a toolchain nor goldens: ${remedy}`);
  }
  if (named.length === 0 && goldens === undefined) {
    fail('gate/graphs', 'there is no graph to gate: name .onnx files, or a folder with --goldens');
  }
  if (toolchain === undefined && baseline !== undefined) {
    fail('gate/baseline', 'a baseline is held against a toolchain; name one with --toolchain');
  }
  if (maxGrowth !== undefined && baseline === undefined) {
    fail('gate/growth', '--max-growth is measured against a version; name it with --baseline');
  }
}

/** Opens a version, and holds the level to those that it has. */
function opened(spec: string, { cache, level }: GateCommandOptions): Toolchain {
  const toolchain = openToolchain(spec, cache === undefined ? {} : { cache });
  const { levels } = toolchain.capabilities;
  if (level === undefined || levels.includes(level)) return toolchain;
  return fail('toolchain/level', `${spec} has no level "${level}"; it has ${levels.join(', ')}`);
}

function demandFolder(folder: string): string {
  if (isFolder(folder)) return folder;
  return fail('golden/folder', `${folder} is no folder; record goldens with assay golden record`);
}

function sourceOf(graph: string, options: GateCommandOptions, io: Io): GraphSource {
  return {
    graph,
    load: async () => {
      const loaded = await loadGraph(graph, options);
      tellNotes([loaded], options, io);
      return attributed(
        () => loaded,
        () => inputOf(loaded, options),
      );
    },
  };
}

function inputOf(
  loaded: LoadedModule,
  options: GateCommandOptions,
  given = casesOf(loaded, options),
): GateInput {
  const { file, module, names: own } = loaded;
  const { refine, set } = options;
  const isOnnx = own !== undefined && formatOf(file).name === 'onnx';
  const sizes = Object.entries(refine).filter(([, dims]) => dims.length === 1);
  const dims = Object.fromEntries(sizes.map(([name, [size]]) => [name, size!]));
  return {
    ...{ module, names: own ?? { inputs: [], outputs: [] }, ...given },
    ...(isOnnx && { bytes: readBytes(file), importOptions: { shapes: refine, dims, pins: set } }),
  };
}

/** Recorded cases, or generated ones. */
function casesOf(
  { file, module, inputSizes }: LoadedModule,
  options: GateCommandOptions,
): Pick<GateInput, 'cases' | 'recorded' | 'broken'> {
  const { goldens, cases } = options;
  admit(module, limitsOf(options), { mode: 'verdict', cases: caseCount(options, module) });
  return goldens === undefined
    ? { cases: sessionCases(module, options, inputSizes) }
    : goldenInputs(goldens, file, module, version(), cases);
}

/** The line that shows a graph on a case again, or on all of them. */
function replayLine(
  graph: string,
  c: SessionCase | undefined,
  options: GateCommandOptions,
): string {
  const { cases, seed, goldens } = options;
  const kinds = cases ? [`--cases ${cases.join(',')}`] : [];
  const all = [...kinds, `--seed ${seed}`, replayOptions(options)];
  const chosen = c && goldens === undefined ? [c.options] : all;
  const of =
    options.variants === undefined ? shellFile(graph) : `--variants ${shellFile(options.variants)}`;
  const words = [`assay gate ${of}`, ...replayWords(options), ...chosen];
  return words.filter((w) => w !== '').join(' ');
}

/** What it must repeat beside the case. */
function replayWords(options: GateCommandOptions): readonly string[] {
  const { toolchain, baseline, goldens, level, disable, contract, cache } = options;
  const { maxGrowth, seconds, memory } = options;
  const word = (name: string, value?: string | number) =>
    value === undefined ? [] : [`--${name} ${shellWord(String(value))}`];
  return [
    ...word('toolchain', toolchain),
    ...word('baseline', baseline),
    ...word('goldens', goldens),
    ...word('level', level),
    ...word('disable', disable?.join(',')),
    ...word('contract', printContract(contract)),
    ...word('max-growth', maxGrowth),
    ...word('seconds', seconds === defaultSeconds ? undefined : seconds),
    ...word('memory', memory === defaultMemory ? undefined : memory),
    ...word('cache', cache),
  ];
}

/** The reports that were asked for, all of the one record. */
function writeReports(record: GateRecord, options: GateCommandOptions, io: Io): void {
  const { junit, sarif, html, github, json } = options;
  if (junit !== undefined) writeAtomic(junit, gateJunit(record));
  if (sarif !== undefined) writeAtomic(sarif, gateSarif(record));
  if (html !== undefined) writeAtomic(html, gateHtml(record));
  if (!github) return;
  const annotate = json ? io.err : io.out;
  annotate(gateAnnotations(record));
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary) appendFileSync(summary, gateSummary(record));
}
