/** What `assay reduce` leaves on the disk and says, whatever kind of graph it was about. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomic, writeTensorFile } from '../../golden/store/files.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import type { Finding } from '../../validator/findings/finding.ts';
import type { GateFinding } from '../../validator/gate/record.ts';
import type { Reduced } from '../../validator/reduce/reduce.ts';
import type { Size } from '../../validator/reduce/reducible.ts';
import { printDocument } from '../documents.ts';
import type { Io } from '../io.ts';
import type { CommonOptions } from '../options.ts';

/** Files of the smallest graph so far, and of the answers that a killed run goes on from. */
export interface OutFiles {
  readonly graph: string;
  readonly inputs: string;
  readonly journal: string;
}

/** The files in a folder, which is made. */
export function outFiles(folder: string, extension: 'hlo' | 'onnx'): OutFiles {
  mkdirSync(folder, { recursive: true });
  return {
    graph: join(folder, `reduced.${extension}`),
    inputs: join(folder, 'inputs.safetensors'),
    journal: join(folder, 'journal.jsonl'),
  };
}

/** Writes a graph and its inputs, in the order of its parameters. */
export function writeReduced(
  files: OutFiles,
  graph: string | Uint8Array,
  inputs: readonly Tensor[],
): void {
  writeAtomic(files.graph, graph);
  writeTensorFile(files.inputs, new Map(inputs.map((t, k) => [`arg${k}`, t] as const)));
}

/** Runs something that the first interrupt ends in good order. */
export async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort);
  try {
    return await run(stop.signal);
  } finally {
    process.off('SIGINT', abort);
  }
}

function sizeText({ instructions, elements, nonZero }: Size): string {
  return `${instructions} instructions, ${elements} numbers (${nonZero} not zero)`;
}

/** How far it is. */
export function progressText(size: Size, asked: number): string {
  return `${sizeText(size)}; ${asked} graphs tried`;
}

const outcomes: Readonly<Record<Reduced<never>['outcome'], string>> = {
  minimal: 'minimal: no single instruction, size or number can go',
  limit: 'not minimal: --most graphs were tried; run it again with more to go on',
  aborted: 'not minimal: interrupted; run it again to go on',
  'not failing': 'not reduced: it does not show the fault on its own',
};

/** A reduction at its end. */
export interface Told {
  readonly reduced: Pick<Reduced<unknown>, 'outcome' | 'size' | 'questions'> & {
    readonly redacted?: { readonly named: boolean; readonly kept: readonly string[] };
  };
  readonly before: Size;
  /** The graph as the user named it. */
  readonly given: string;
  /** The finding on the smallest graph, and how people read it. */
  readonly finding: Finding | GateFinding;
  readonly text: string;
  readonly files: OutFiles;
}

/** A reduction in the JSON document. */
export interface ReduceDocument {
  readonly outcome: Reduced<never>['outcome'];
  readonly before: Size;
  readonly after: Size;
  readonly questions: number;
  readonly files: OutFiles;
  readonly redacted?: { readonly named: boolean; readonly kept: readonly string[] };
  readonly finding: Finding | GateFinding;
}

/** Says what came of a reduction. */
export function tellReduced(told: Told, options: CommonOptions, io: Io): void {
  const { reduced, before, given, finding, text, files } = told;
  const { outcome, size, questions, redacted } = reduced;
  if (options.json) {
    const sizes = { before, after: size };
    printDocument(io, 'reduce', {
      ...{ outcome, ...sizes, questions, files },
      ...(redacted && { redacted }),
      finding,
    });
    return;
  }
  const lines = [
    `${given}: ${sizeText(before)}`,
    `${files.graph}: ${sizeText(size)}`,
    `${outcomes[outcome]} (${questions} graphs tried)`,
    ...(redacted ? redactedLines(redacted) : []),
    ...(options.quiet ? [] : ['', text]),
  ];
  io.out(`${lines.join('\n')}\n`);
}

function redactedLines({ named, kept }: NonNullable<Told['reduced']['redacted']>) {
  if (!named && kept.length === 0)
    return ['redacted: no name and no number of the original is left'];
  return [
    ...(named ? ['not redacted: the names, which the fault needs'] : []),
    ...kept.map(
      (what) => `not redacted: the numbers of ${what}; made-up ones do not show the fault`,
    ),
  ];
}
