/** `assay reduce`: the smallest graph that still shows what a pass does wrong. */
import type { Command } from 'commander';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { shellFile } from '../../graphs/text/shell-word.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import type { Finding } from '../../validator/findings/finding.ts';
import { groupFindings } from '../../validator/findings/group-findings.ts';
import { admit } from '../../validator/limits/admit.ts';
import { type FoundFault, reduceFault } from '../../validator/reduce/pipeline-fault.ts';
import { type Specimen, sizeOf } from '../../validator/reduce/specimen.ts';
import { formatFinding } from '../../validator/report/text.ts';
import { fileJournal } from '../../validator/search/file-journal.ts';
import { defaultRunLimits } from '../../validator/toolchains/toolchain.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { type BackendOptions, chosenBackends, knownBackends, upTo } from '../backends.ts';
import type { Host } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { caseCount, sessionCases } from '../inputs.ts';
import { Progress } from '../io.ts';
import { loadGraph } from '../load-graph.ts';
import { attributed, type LoadedModule, tellNotes } from '../load-module.ts';
import {
  type CommonOptions,
  type LimitOptions,
  limitsOf,
  names,
  type PinOption,
  type RefineOption,
  type SeedOption,
  wholeNumber,
  withCases,
  withCommon,
  withLimits,
  withPins,
  withRefine,
  withSeed,
} from '../options.ts';
import {
  type OutFiles,
  outFiles,
  progressText,
  tellReduced,
  untilInterrupted,
  writeReduced,
} from '../searches/reduce-out.ts';
import { reduceOnToolchain } from '../searches/reduce-toolchain.ts';
import { version } from '../self/version.ts';
import { withThrough } from '../through.ts';

/** What the command line says. */
export interface ReduceCommandOptions
  extends CommonOptions,
    SeedOption,
    LimitOptions,
    PinOption,
    RefineOption,
    BackendOptions {
  readonly cases?: readonly CaseKind[];
  readonly inputs?: string;
  readonly toolchain?: string;
  readonly level?: string;
  readonly disable?: readonly string[];
  readonly cache?: string;
  readonly step?: number;
  readonly pass?: string;
  readonly out: string;
  readonly most: number;
  readonly redact?: true;
}

/** Registers the command. */
export function addReduce(program: Command, host: Host): void {
  const all = knownBackends(host)
    .map((b) => b.name)
    .join(', ');
  const command = withCases(withCommon(program.command('reduce')));
  withThrough(withPins(withRefine(withLimits(withSeed(command)))))
    .argument('<graph>', 'a file of HLO text, StableHLO, ONNX or tfjs, or a zoo model')
    .option('--backend <names>', `comma-separated backends: ${all}`, names)
    .option('--toolchain <spec>', 'an outside compiler instead, e.g. onnxruntime-node@1.26.0')
    .option('--level <level>', 'level of its optimisation, e.g. disabled, basic, extended, all')
    .option('--disable <names>', 'optimisers of it to switch off, comma-separated', names)
    .option('--cache <dir>', 'where toolchains lie (default: $ASSAY_CACHE, or the user’s cache)')
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option('--step <n>', 'stop after this step of the pipeline, from 0', wholeNumber(0))
    .option('--pass <name>', 'the pass to look at, where several are to blame')
    .option('--out <folder>', 'where the smallest so far is written', 'reduced')
    .option('--most <n>', 'graphs that may be tried', wholeNumber(1), 5000)
    .option('--redact', 'then take out names, and numbers that made-up ones do for')
    .action(async (graph: string, options: ReduceCommandOptions) => {
      const { toolchain } = options;
      const reduced =
        toolchain === undefined
          ? await reduceGraph(graph, options, host)
          : await reduceOnToolchain(graph, { ...options, ...defaultRunLimits, toolchain }, host.io);
      host.finish(reduced);
    });
}

async function reduceGraph(
  graph: string,
  options: ReduceCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const { io } = host;
  const loaded = await loadGraph(graph, options);
  tellNotes([loaded], options, io);
  const progress = new Progress(io, options.quiet === true);
  const files = outFiles(options.out, 'hlo');
  const onStep = (what: string) => progress.update(what);
  const found = findFault(graph, loaded, options, knownBackends(host), onStep);
  const reduced = await untilInterrupted(async (signal) =>
    reduceFault(found, {
      journal: await fileJournal(files.journal),
      ...{ version: version(), limits: limitsOf(options), signal },
      ...{ most: options.most, redact: options.redact === true },
      onSmaller: (smaller, size, asked) => {
        write(files, smaller);
        progress.update(progressText(size, asked));
      },
    }),
  );
  progress.clear();
  write(files, reduced.specimen);
  const { backend, finding, specimen } = found;
  const chosen = backend.options ?? `--backend ${backend.name}`;
  const replay = `assay validate ${shellFile(files.graph)} ${chosen} --inputs ${shellFile(files.inputs)}`;
  const shown: Finding = { ...(reduced.finding ?? finding), graph: files.graph, replay };
  const told = { finding: shown, text: formatFinding(shown), files, given: graph };
  tellReduced({ ...told, reduced, before: sizeOf(specimen) }, options, io);
  return exitCodes.ok;
}

function write(files: OutFiles, { module, inputs }: Specimen): void {
  writeReduced(files, printModule(module), inputs.flatMap(leafTensors));
}

/** The first pass to blame, on the case that shows it worst. */
function findFault(
  graph: string,
  loaded: LoadedModule,
  options: ReduceCommandOptions,
  backends: readonly Backend[],
  onStep: (what: string) => void,
): FoundFault {
  const { module, inputSizes } = loaded;
  const limits = limitsOf(options);
  const place = () => loaded;
  const cases = attributed(place, () => {
    admit(module, limits, { mode: 'verdict', cases: caseCount(options, module) });
    return sessionCases(module, options, inputSizes);
  });
  const chosen = chosenBackends(options, backends).map((b) => upTo(b, options.step));
  const seen: string[] = [];
  for (const backend of chosen) {
    const step = (pass: string) => onStep(`looking for the fault: ${backend.name}: ${pass}`);
    const report = attributed(place, () =>
      validateGraph({ graph, module, backend, cases, limits, onStep: step }),
    );
    const findings = groupFindings(report.findings);
    const finding = findings.find(({ pass }) => !options.pass || pass === options.pass);
    if (finding) {
      const { inputs } = cases.find(({ name }) => name === finding.case) ?? cases[0]!;
      return { backend, finding, specimen: { module, inputs } };
    }
    seen.push(...findings.map(({ pass }) => `${pass} on ${backend.name}`));
  }
  const others = seen.length ? `; to blame are ${[...new Set(seen)].join(', ')}` : '';
  const what = options.pass ? `no finding of ${options.pass}` : 'no finding';
  return fail('reduce/nothing', `${graph}: there is ${what}, so nothing to reduce${others}`);
}
