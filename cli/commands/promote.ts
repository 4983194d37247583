/** `assay promote`: a finding of a report as a unit test, with the files that it needs. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { readBytes, writeAtomic } from '../../golden/store/files.ts';
import { isRecord } from '../../golden/store/json.ts';
import { writeSafetensors } from '../../golden/store/safetensors.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';
import type { Finding } from '../../validator/findings/finding.ts';
import { type Promotion, type Subject, slugOf } from '../../validator/promote/promotion.ts';
import { type ReplayedCommand, readReplay } from '../../validator/promote/replay-words.ts';
import { testText } from '../../validator/promote/write-test.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { sessionCases } from '../inputs.ts';
import type { Io } from '../io.ts';
import { loadGraph } from '../load-graph.ts';
import type { LoadedModule } from '../load-module.ts';
import {
  type CommonOptions,
  type PinOption,
  parseKinds,
  type RefineOption,
  wholeNumber,
  withCommon,
  withPins,
  withRefine,
} from '../options.ts';

interface PromoteOptions extends CommonOptions, RefineOption, PinOption {
  readonly finding?: number;
  readonly out: string;
}

/** Registers the command. */
export function addPromote(program: Command, host: Host): void {
  withPins(withRefine(withCommon(program.command('promote'))))
    .argument('<report>', 'what validate, compare, reduce or gate printed with --json')
    .option('--finding <n>', 'this one alone, from 0', wholeNumber(0))
    .option('--out <folder>', 'where the tests are written', 'test/findings')
    .action(async (report: string, options: PromoteOptions) => {
      host.finish(await promote(report, options, host.io));
    });
}

async function promote(report: string, options: PromoteOptions, io: Io): Promise<ExitCode> {
  const all = findingsIn(report);
  const { finding: chosen } = options;
  if (chosen !== undefined && chosen >= all.length) {
    fail('promote/finding', `${report} has ${all.length} findings, numbered from 0`);
  }
  const findings = chosen === undefined ? all : [all[chosen]!];
  const written = await writeTests(findings, options);
  const tests = written.filter((file) => file.endsWith('.test.ts'));
  if (options.json) printDocument(io, 'promote', { tests, files: written });
  else if (!options.quiet) for (const file of tests) io.out(`${file}\n`);
  return exitCodes.ok;
}

/** What promoting needs to know: how graphs are read, and where tests go. */
export type PromoteWhere = RefineOption & PinOption & { readonly out: string };

/** A finding of any report. */
export type Promotable = Omit<Finding, 'kind'>;

/** Writes the tests of findings with the files that they need; the paths of all. */
export async function writeTests(
  findings: readonly Promotable[],
  options: PromoteWhere,
): Promise<readonly string[]> {
  const written: string[] = [];
  const slugs = new Set<string>();
  for (const finding of findings) {
    const promotion = await promotionOf(finding, options, slugs);
    for (const [name, content] of await filesOf(promotion)) {
      const file = join(options.out, name);
      writeAtomic(file, content);
      written.push(file);
    }
  }
  return written;
}

/** The findings of a document, whichever command wrote it. */
function findingsIn(report: string): readonly Finding[] {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(readBytes(report)).toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    fail('promote/report', `${report} is no JSON; write it with --json`, { file: report });
  }
  const { findings, finding } = isRecord(document) ? document : {};
  const list = Array.isArray(findings) ? findings : finding ? [finding] : undefined;
  const isFinding = (f: unknown) => isRecord(f) && typeof f.replay === 'string' && 'graph' in f;
  if (!list?.every(isFinding)) {
    const from = 'validate, compare, reduce or gate with --json';
    fail('promote/report', `${report} is no report of ${from}`, { file: report });
  }
  if (list.length === 0) fail('promote/nothing', `${report} has no finding`, { file: report });
  return list as readonly Finding[];
}

async function promotionOf(
  finding: Promotable,
  options: PromoteWhere,
  taken: Set<string>,
): Promise<Promotion> {
  const replayed = readReplay(finding.replay);
  const [graph] = replayed.args;
  if (graph === undefined) fail('promote/replay', `${finding.replay} names no graph`);
  const loaded = await loadGraph(graph, options);
  const inputs = inputsOf(loaded, replayed, finding.case);
  const subject = await subjectOf(loaded, replayed, options);
  const { pass, backend, verdict, case: name } = finding;
  const stem = slugOf(graph.replace(/^.*[/\\]|\.[a-z]+$/g, ''), pass);
  let slug = stem;
  for (let n = 2; taken.has(slug); n++) slug = `${stem}-${n}`;
  taken.add(slug);
  return {
    ...{ slug, inputs: inputs.flatMap(leafTensors), subject },
    title: `${graph} on ${backend}: ${pass} keeps its promise`,
    found: [`${verdict}, case ${name}: ${numbersOf(finding)}`, `replay: ${finding.replay}`],
    graph: printModule(loaded.module),
  };
}

function numbersOf({ before, after, exact, note, budgetUse }: Promotable): string {
  const values = `before ${before}, after ${after}, exact ${exact}, budget use ${budgetUse}`;
  return before === '' && note !== '' ? note : values;
}

function inputsOf(loaded: LoadedModule, { options }: ReplayedCommand, wanted: string) {
  const [file] = options.get('--inputs') ?? [];
  const [kinds] = options.get('--cases') ?? [];
  if (file === undefined && kinds === undefined) {
    fail('promote/inputs', `the replay line tells no inputs of ${loaded.file}`);
  }
  const source = {
    ...(file !== undefined && { inputs: file }),
    ...(kinds !== undefined && { cases: parseKinds(kinds) }),
    ...{ seed: Number(options.get('--seed')?.[0] ?? 1), refine: {}, set: {} },
  };
  const cases = sessionCases(loaded.module, source as never, loaded.inputSizes);
  return (cases.find(({ name }) => name === wanted) ?? cases[0]!).inputs;
}

async function subjectOf(
  loaded: LoadedModule,
  { command, args, options }: ReplayedCommand,
  given: PromoteWhere,
): Promise<Subject> {
  const one = (name: string) => options.get(name)?.[0];
  const contract = one('--contract') ?? 'widens';
  if (command === 'compare') {
    const after = await loadGraph(args[1] ?? '', given);
    return { kind: 'module', text: printModule(after.module), contract };
  }
  if (command === 'gate' && one('--toolchain') !== undefined) {
    const { inputs = [], outputs = [] } = loaded.names ?? {};
    const disabled = one('--disable')?.split(',');
    const level = one('--level');
    return {
      ...{ kind: 'toolchain', spec: one('--toolchain')!, contract, inputs, outputs },
      model: readBytes(loaded.file),
      ...(level !== undefined && { level }),
      ...(disabled && { disabled }),
    };
  }
  if (command !== 'validate') {
    fail('promote/command', `findings of assay ${command} cannot be promoted yet`);
  }
  const programs = options.get('--through') ?? [];
  const contracts = options.get('--contract') ?? [];
  if (programs.length) {
    const promised = (n: number) => contracts[n] ?? contracts[0] ?? 'widens';
    return {
      kind: 'programs',
      programs: programs.map((program, n) => ({ command: program, contract: promised(n) })),
    };
  }
  return { kind: 'backend', backend: one('--backend') ?? 'cpu' };
}

async function filesOf(promotion: Promotion): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const { slug, graph, inputs, subject } = promotion;
  const tensors = new Map(inputs.map((t, k) => [`arg${k}`, t] as const));
  return new Map<string, string | Uint8Array>([
    [`${slug}.hlo`, graph],
    [`${slug}.safetensors`, writeSafetensors(tensors)],
    ...(subject.kind === 'module' ? [[`${slug}.after.hlo`, subject.text] as const] : []),
    ...(subject.kind === 'toolchain' ? [[`${slug}.onnx`, subject.model] as const] : []),
    [`${slug}.test.ts`, await testText(promotion)],
  ]);
}
