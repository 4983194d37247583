/** `assay reduce --toolchain`: the smallest model on which an outside compiler still does the same wrong. */
import { type Contract, widens } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { shellFile } from '../../graphs/text/shell-word.ts';
import { gate } from '../../validator/gate/gate.ts';
import type { GateInput, GateJob } from '../../validator/gate/job.ts';
import type { GateFinding } from '../../validator/gate/record.ts';
import { modelReducible } from '../../validator/reduce/onnx/model-reducible.ts';
import {
  gateInputOf,
  type ModelSpecimen,
  modelBytes,
  modelSpecimen,
} from '../../validator/reduce/onnx/model-specimen.ts';
import {
  type FoundToolchainFault,
  type ReducedToolchainFault,
  reduceToolchainFault,
} from '../../validator/reduce/toolchain-fault.ts';
import { formatGateFinding } from '../../validator/report/gate-text.ts';
import { fileJournal } from '../../validator/search/file-journal.ts';
import { type GateCommandOptions, jobOf } from '../commands/gate.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Io, Progress } from '../io.ts';
import {
  type OutFiles,
  outFiles,
  progressText,
  tellReduced,
  untilInterrupted,
  writeReduced,
} from './reduce-out.ts';

/** What is asked of a reduction on a toolchain. */
export type ToolchainReduceOptions = Omit<GateCommandOptions, 'contract' | 'maxUndecided'> & {
  readonly contract: readonly Contract[];
  readonly toolchain: string;
  readonly out: string;
  readonly most: number;
  readonly redact?: true;
};

/** A fault, the smallest model that shows it, and where that is. */
export interface ReducedOnToolchain {
  readonly found: FoundToolchainFault<ModelSpecimen>;
  readonly reduced: ReducedToolchainFault<ModelSpecimen>;
  /** The finding on the smallest model. */
  readonly shown: GateFinding;
  readonly files: OutFiles;
}

/** Reduces a model of the toolchain's own format, and tells. */
export async function reduceOnToolchain(
  graph: string,
  options: ToolchainReduceOptions,
  io: Io,
): Promise<ExitCode> {
  const { found, reduced, shown, files } = await reducedOnToolchain(graph, options, io);
  const before = modelReducible.sizeOf(found.specimen);
  const text = formatGateFinding(shown);
  tellReduced({ reduced, before, given: graph, finding: shown, text, files }, options, io);
  return exitCodes.ok;
}

/** Reduces a model of the toolchain's own format; the smallest so far is on the disk at any time. */
export async function reducedOnToolchain(
  graph: string,
  options: ToolchainReduceOptions,
  io: Io,
): Promise<ReducedOnToolchain> {
  const progress = new Progress(io, options.quiet === true);
  const job = jobOf([graph], gateOptions(options), io);
  const found = await foundFault(graph, job, (what) => progress.update(what));
  const files = outFiles(options.out, 'onnx');
  const reduced = await untilInterrupted(async (signal) =>
    reduceToolchainFault(found, {
      journal: await fileJournal(files.journal),
      ...{ signal, most: options.most, redact: options.redact === true },
      onSmaller: (smaller, size, asked) => {
        write(files, smaller);
        progress.update(progressText(size, asked));
      },
    }),
  );
  progress.clear();
  write(files, reduced.specimen);
  const { finding } = found;
  const replay = replayOn(files, options, finding);
  const shown = { ...(reduced.finding ?? finding), graph: files.graph, replay };
  return { found, reduced, shown, files };
}

/** The same gate without what is only asked of a whole one. */
function gateOptions({ contract, ...options }: ToolchainReduceOptions): GateCommandOptions {
  return { ...options, contract: contract[0] ?? widens, maxUndecided: 100 };
}

/** The first failing finding, and the model with the inputs of its worst case. */
async function foundFault(
  graph: string,
  job: GateJob,
  onStep: (what: string) => void,
): Promise<FoundToolchainFault<ModelSpecimen>> {
  const [source] = job.graphs;
  const input = await source!.load();
  const { bytes, importOptions = {}, names } = input;
  if (!bytes) fail('reduce/format', `${graph} is no model that ${job.toolchain!.spec} reads`);
  const once = { graph, load: async () => input };
  const record = await gate({ ...job, graphs: [once], onStep });
  const finding = record.findings.find((f) => f.fails);
  if (!finding) {
    const why = record.outcome === 'passed' ? 'there is no finding' : record.failures.join('; ');
    fail('reduce/nothing', `${graph}: ${why}, so nothing to reduce`);
  }
  const { inputs } = caseOf(input, finding);
  const named = new Map(names.inputs.map((name, k) => [name, inputs[k] as Tensor] as const));
  const specimen = modelSpecimen(bytes, importOptions, named);
  return { finding, specimen, kind: modelReducible, inputOf: gateInputOf, job };
}

/** Kinds whose numbers are easy to read, the easiest first. */
const plainKinds = ['lattice', 'typical'];

/** A case that shows the finding as gravely as any, of ordinary numbers if there is one. */
function caseOf({ cases }: GateInput, { case: worst, cases: others = [], verdict }: GateFinding) {
  const showing = others.filter((c) => c.verdict === verdict).map((c) => c.case);
  const plain = plainKinds.flatMap((kind) => showing.filter((name) => name.startsWith(`${kind}-`)));
  const name = plain[0] ?? worst;
  return cases.find((c) => c.name === name) ?? cases[0]!;
}

function write(files: OutFiles, specimen: ModelSpecimen): void {
  writeReduced(files, modelBytes(specimen), [...specimen.inputs.values()]);
}

/** The finding's own line, about the smallest model. */
function replayOn(
  files: OutFiles,
  { toolchain, level, disable, cache }: ToolchainReduceOptions,
  f: GateFinding,
) {
  const word = (name: string, value?: string) =>
    value === undefined ? [] : [`--${name}`, shellFile(value)];
  return [
    ...['assay gate', shellFile(files.graph), ...word('toolchain', toolchain)],
    ...[...word('level', level), ...word('disable', disable?.join(','))],
    ...[...word('contract', f.contract || undefined), ...word('cache', cache)],
    ...word('inputs', files.inputs),
  ].join(' ');
}
