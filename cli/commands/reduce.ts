/** `assay reduce`: the smallest graph that still shows what a pass does wrong. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { writeAtomic, writeTensorFile } from '../../golden/store/files.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { shellFile } from '../../graphs/text/shell-word.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import type { Finding } from '../../validator/findings/finding.ts';
import { groupFindings } from '../../validator/findings/group-findings.ts';
import { admit } from '../../validator/limits/admit.ts';
import {
  type FoundFault,
  type ReducedFault,
  reduceFault,
} from '../../validator/reduce/pipeline-fault.ts';
import type { Reduced } from '../../validator/reduce/reduce.ts';
import type { Size } from '../../validator/reduce/reducible.ts';
import { type Specimen, sizeOf } from '../../validator/reduce/specimen.ts';
import { formatFinding, toJson } from '../../validator/report/text.ts';
import { fileJournal } from '../../validator/search/file-journal.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { type BackendOptions, chosenBackends, upTo } from '../backends.ts';
import type { Host } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { caseCount, sessionCases } from '../inputs.ts';
import { type Io, Progress } from '../io.ts';
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
import { withThrough } from '../through.ts';
import { version } from '../version.ts';

interface ReduceCommandOptions
  extends CommonOptions,
    SeedOption,
    LimitOptions,
    PinOption,
    RefineOption,
    BackendOptions {
  readonly cases?: readonly CaseKind[];
  readonly inputs?: string;
  readonly step?: number;
  readonly pass?: string;
  readonly out: string;
  readonly most: number;
  readonly redact?: true;
}

/** Registers the command. */
export function addReduce(program: Command, host: Host): void {
  const all = host.backends.map((b) => b.name).join(', ');
  const command = withCases(withCommon(program.command('reduce')));
  withThrough(withPins(withRefine(withLimits(withSeed(command)))))
    .description('the smallest graph and inputs on which a pass still does the same wrong')
    .argument('<graph>', 'a file of HLO text, StableHLO, ONNX or tfjs, or a zoo model')
    .option('--backend <names>', `comma-separated backends: ${all}`, names)
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option('--step <n>', 'stop after this step of the pipeline, from 0', wholeNumber(0))
    .option('--pass <name>', 'the pass to look at, where several are to blame')
    .option('--out <folder>', 'where the smallest so far is written', 'reduced')
    .option('--most <n>', 'graphs that may be tried', wholeNumber(1), 5000)
    .option('--redact', 'then take out names, and numbers that made-up ones do for')
    .action(async (graph: string, options: ReduceCommandOptions) => {
      host.finish(await reduceGraph(graph, options, host));
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
  const found = findFault(graph, loaded, options, host.backends, (what) => progress.update(what));
  mkdirSync(options.out, { recursive: true });
  const files = outFiles(options.out);
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  try {
    const reduced = await reduceFault(found, {
      journal: await fileJournal(files.journal),
      ...{ version: version(), limits: limitsOf(options), signal: stop.signal },
      ...{ most: options.most, redact: options.redact === true },
      onSmaller: (smaller, size, asked) => {
        write(files, smaller);
        progress.update(`${sizeText(size)}; ${asked} graphs tried`);
      },
    });
    progress.clear();
    write(files, reduced.specimen);
    tell(found, reduced, files, options, io);
  } finally {
    process.off('SIGINT', abort);
  }
  return exitCodes.ok;
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

/** Files of the smallest graph so far, and of the answers that a killed run goes on from. */
function outFiles(folder: string) {
  return {
    graph: join(folder, 'reduced.hlo'),
    inputs: join(folder, 'inputs.safetensors'),
    journal: join(folder, 'journal.jsonl'),
  };
}

type Files = ReturnType<typeof outFiles>;

function write(files: Files, { module, inputs }: Specimen): void {
  const tensors = inputs.flatMap(leafTensors).map((t, k) => [`arg${k}`, t] as const);
  writeAtomic(files.graph, printModule(module));
  writeTensorFile(files.inputs, new Map(tensors));
}

function sizeText({ instructions, elements, nonZero }: Size): string {
  return `${instructions} instructions, ${elements} numbers (${nonZero} not zero)`;
}

const outcomes: Readonly<Record<Reduced<Specimen>['outcome'], string>> = {
  minimal: 'minimal: no single instruction, size or number can go',
  limit: 'not minimal: --most graphs were tried; run it again with more to go on',
  aborted: 'not minimal: interrupted; run it again to go on',
  'not failing': 'not reduced: it does not show the fault on its own',
};

function tell(
  { backend, finding, specimen }: FoundFault,
  reduced: ReducedFault,
  files: Files,
  options: ReduceCommandOptions,
  io: Io,
): void {
  const chosen = backend.options ?? `--backend ${backend.name}`;
  const replay = `assay validate ${shellFile(files.graph)} ${chosen} --inputs ${shellFile(files.inputs)}`;
  const shown: Finding = { ...(reduced.finding ?? finding), graph: files.graph, replay };
  const { outcome, size, questions, redacted } = reduced;
  if (options.json) {
    const sizes = { before: sizeOf(specimen), after: size };
    io.out(`${toJson({ outcome, ...sizes, questions, files, redacted, finding: shown })}\n`);
    return;
  }
  const lines = [
    `${finding.graph}: ${sizeText(sizeOf(specimen))}`,
    `${files.graph}: ${sizeText(size)}`,
    `${outcomes[outcome]} (${questions} graphs tried)`,
    ...(redacted ? redactedLines(redacted) : []),
    ...(options.quiet ? [] : ['', formatFinding(shown)]),
  ];
  io.out(`${lines.join('\n')}\n`);
}

function redactedLines({ named, kept }: NonNullable<ReducedFault['redacted']>): readonly string[] {
  if (!named && kept.length === 0)
    return ['redacted: no name and no number of the original is left'];
  return [
    ...(named ? ['not redacted: the names, which the fault needs'] : []),
    ...kept.map(
      (what) => `not redacted: the numbers of ${what}; made-up ones do not show the fault`,
    ),
  ];
}
