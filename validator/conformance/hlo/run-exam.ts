/**
 * Runs one exam; whatever a text contains, nothing is thrown. What is refused by name is unsupported,
 * a text that is no module is invalid (or stands apart, where it is wrong on purpose), and all else
 * that goes wrong is a failure.
 */

import { generateCase } from '../../../golden/cases.ts';
import { reassociates } from '../../../graphs/ir/contract.ts';
import { AssayError, fail } from '../../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../../graphs/ir/module.ts';
import type { Value } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { splitModules } from '../../../graphs/text/split-modules.ts';
import { recordedInputs, recordedValue } from '../../dump/cases.ts';
import { type DumpFolder, readRecorded, readText } from '../../dump/read.ts';
import { anyDefaultPass } from '../../dump/states.ts';
import { limitsFor } from '../../limits/admit.ts';
import type { Bounds, Limits } from '../../limits/limits.ts';
import { sessionCase } from '../../validation/case.ts';
import { compareModules } from '../../validation/compare.ts';
import { judgeResult } from '../../validation/judge-result.ts';
import { isFinding, type Judgement } from '../../verdict/verdict.ts';
import type { Disabled, TestResult } from '../report.ts';
import { examineOnDevices, meetsDevices } from './devices.ts';
import { checkText, examine, opcodesOf, recordedBounds } from './examine.ts';
import type { Exam } from './folders.ts';
import type { InvalidOnPurpose } from './suite-index.ts';

/** Bounds of a run, and the seed. */
export interface ExamOptions extends Bounds {
  /** Seed of generated inputs. */
  readonly seed: number;
}

/** What one exam gave: results, one a module, or texts that stand apart. */
export interface ExamResult {
  readonly results: readonly TestResult[];
  readonly apart: readonly Disabled[];
}

/** Everything about a result but where it stands. */
type Finding = Omit<TestResult, 'file' | 'test' | 'ops'>;

/**
 * Examines the modules of one text, or the pair of two. Any error of what is examined becomes a
 * result.
 */
export function runExam(exam: Exam, options: ExamOptions, invalid: InvalidOnPurpose): ExamResult {
  const { file } = exam;
  try {
    if (exam.kind === 'pair') return { results: [pairResult(exam, options)], apart: [] };
    const parts = splitModules(readText(file));
    const results: TestResult[] = [];
    const apart: Disabled[] = [];
    for (const [n, text] of parts.entries()) {
      const test = parts.length > 1 ? `#${n + 1}` : '';
      const module = soundModule(text, file);
      const onPurpose = 'blame' in module ? invalid(file) : undefined;
      if ('blame' in module && onPurpose) {
        apart.push({ file, reason: `${onPurpose}: ${module.blame.reason}` });
      } else if ('blame' in module) {
        results.push({ file, test, ops: [], ...module.blame });
      } else {
        const ops = opcodesOf(module);
        const folder = exam.kind === 'recorded' ? exam.folder : undefined;
        const run = folder
          ? guarded(() => moduleResult(module, options, folder))
          : unlessUnfit(guarded(() => singleOrDevices(module, options)));
        results.push({ file, test, ops, ...run });
      }
    }
    return { results, apart };
  } catch (error) {
    return { results: [{ file, test: '', ops: [], ...blame(error) }], apart: [] };
  }
}

/** A module whose text is as it should be, or what is wrong with it. */
function soundModule(text: string, file: string): Module | { readonly blame: Finding } {
  try {
    const module = parseModule(text);
    checkText(module, file);
    return module;
  } catch (error) {
    return { blame: blame(error) };
  }
}

function moduleResult(module: Module, options: ExamOptions, folder?: DumpFolder): Finding {
  const limits = limitsFor(module, folder ? recordedBounds : options);
  const inputs = folder ? recordedIn(folder, module) : generated(module, options);
  const { failure, ulps, whole } = examine(module, inputs, limits);
  const counts = { checked: whole.elements, undecided: whole.undecided };
  const recorded = folder && recordedFailure(folder, { module, inputs, limits });
  const reason = recorded ?? failure;
  if (reason !== undefined) return { outcome: 'failed', reason, ulps, counts };
  return { outcome: 'passed', reason: '', ulps, counts };
}

/** On one device, where that does; what needs several is held on simulated ones. */
function singleOrDevices(module: Module, options: ExamOptions): Finding {
  try {
    return moduleResult(module, options);
  } catch (error) {
    const refused = error instanceof AssayError && error.diagnostic.code === 'run/unsupported';
    if (!refused || !meetsDevices(module)) throw error;
  }
  const inputsOf = (device: number) =>
    generated(module, { ...options, seed: options.seed + device });
  const { failure, ulps, whole } = examineOnDevices(module, inputsOf, options);
  const counts = { checked: whole.elements, undecided: whole.undecided };
  if (failure !== undefined) return { outcome: 'failed', reason: failure, ulps, counts };
  return { outcome: 'passed', reason: '', ulps, counts };
}

function generated(module: Module, { seed }: ExamOptions): readonly Value[] {
  return generateCase(module, 'typical', seed).inputs;
}

function recordedIn(folder: DumpFolder, module: Module): readonly Value[] {
  const inputs = recordedInputs(module, readRecorded(folder, 'inputs') ?? []);
  return inputs ?? fail('run/unsupported', 'the recorded inputs do not fit its parameters');
}

interface Run {
  readonly module: Module;
  readonly inputs: readonly Value[];
  readonly limits: Limits;
}

/** Why XLA's recorded outputs lie outside the budget; undefined where they lie inside. */
function recordedFailure(folder: DumpFolder, { module, inputs, limits }: Run): string | undefined {
  const { shape } = rootOf(entryOf(module));
  const value = recordedValue(shape, readRecorded(folder, 'outputs') ?? []);
  if (!value) return 'the recorded outputs do not fit the result of the module';
  const whole = { contract: anyDefaultPass, options: { limits } };
  const judgement = judgeResult(module, value, inputs, whole);
  return isFinding(judgement.verdict) ? `recorded outputs ${worstOf(judgement)}` : undefined;
}

function worstOf({ verdict, outside, worst }: Judgement): string {
  if (!worst) return verdict;
  const { output, index, after, exact, budgetUse } = worst;
  const place = `output ${output} [${index}] is ${after}, exact ${exact}`;
  return `are ${verdict}: ${outside} elements outside, ${place}, budget use ${budgetUse}`;
}

/** Two modules on the same generated inputs, the second held to the budget of the first. */
function pairResult(exam: Exam & { kind: 'pair' }, options: ExamOptions): TestResult {
  const sides: Module[] = [];
  for (const file of [exam.before, exam.after]) {
    const module = soundModule(readText(file), file);
    if ('blame' in module) return { file, test: '', ops: [], ...module.blame };
    sides.push(module);
  }
  const [before, after] = sides as [Module, Module];
  const ops = [...new Set([...opcodesOf(before), ...opcodesOf(after)])].sort();
  const result = guarded(() => agreement(exam, [before, after], options));
  return { file: exam.file, test: '', ops, ...result };
}

function agreement(
  { before: beforeName, after: afterName }: Exam & { kind: 'pair' },
  [before, after]: readonly [Module, Module],
  { seed, ...bounds }: ExamOptions,
): Finding {
  const all = [before, after].map((module) => limitsFor(module, bounds));
  const limits = { ...all[0]!, maxIterations: Math.max(...all.map((l) => l.maxIterations)) };
  const kinds = ['lattice', 'typical'] as const;
  const cases = kinds.map((kind) => sessionCase(generateCase(before, kind, seed)));
  const job = { beforeName, afterName, before, after, contract: reassociates, cases, limits };
  const { verdict, checked, decided, findings, skipped } = compareModules(job);
  const counts = { checked, undecided: Math.round(checked * (1 - decided)) };
  if (isFinding(verdict)) {
    const [first] = findings;
    const { instruction, index, before: b, after: a, exact, budgetUse } = first!;
    const place = `%${instruction}[${index}]: before ${b}, after ${a}, exact ${exact}`;
    const reason = `${verdict} at ${place}, budget use ${budgetUse}; ${first!.replay}`;
    return { outcome: 'failed', reason, ulps: [], counts };
  }
  if (decided === 0 && skipped.length > 0) fail('run/unsupported', skipped[0]!.why);
  return { outcome: 'passed', reason: '', ulps: [], counts };
}

/** Sizes that a module demands of its data, generated ones need not have: no fault of the reference. */
function unlessUnfit(found: Finding): Finding {
  const unfit = found.outcome === 'failed' && found.reason.endsWith('[run/bad-operand]');
  return unfit ? { ...found, outcome: 'unsupported', reason: `generated: ${found.reason}` } : found;
}

function guarded(run: () => Finding): Finding {
  try {
    return run();
  } catch (error) {
    return blame(error);
  }
}

/** What is refused by name, and what is no valid input, is told apart from what goes wrong. */
function blame(error: unknown): Finding {
  if (!(error instanceof AssayError)) {
    const what = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', reason: `internal fault: ${what}`, ulps: [] };
  }
  const { code, message, position } = error.diagnostic;
  const reason = `${message} [${code}]`;
  if (error.blame === 'input' && invalidInput.test(code)) {
    return { outcome: 'invalid', reason, ulps: [], ...(position && { position }) };
  }
  const outcome = refusals.has(code) ? 'unsupported' : 'failed';
  const place = position ? `line ${position.line}: ` : '';
  return { outcome, reason: `${place}${message}${remedies[code] ?? ''} [${code}]`, ulps: [] };
}

/** Codes of what is wrong with a text or a file, whoever reads it. */
const invalidInput = /^(parse|verify|file|safetensors)\//;

/** What a user can do about a refusal, where its message cannot know. */
const remedies: Readonly<Record<string, string>> = {
  'run/no-termination': '; if it does end, raise --max-work and --max-iterations',
};

const refusals: ReadonlySet<string> = new Set([
  'run/unsupported',
  'run/too-large',
  'run/no-termination',
]);
