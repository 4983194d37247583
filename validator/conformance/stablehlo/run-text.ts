/**
 * Runs the tests of one StableHLO file: each program between separators is imported, evaluated by
 * the reference with all that its checks compare as outputs, and then judged.
 */

import { lowerModule } from '../../../graphs/importers/stablehlo/import.ts';
import type { MlirModule, Op } from '../../../graphs/importers/stablehlo/parse/ast.ts';
import {
  parseMlir,
  splitParts,
  type TextPart,
} from '../../../graphs/importers/stablehlo/parse/parse-module.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import type { Tensor, Value } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../reference/run.ts';
import type { TestResult } from '../report.ts';
import { judge } from './check.ts';
import { type Check, checkRows } from './check-rows.ts';

/**
 * Why a file is listed apart: the suite does not run it, or it compares printed text and nothing
 * else; undefined for a test of values.
 */
export function apartReason(text: string): string | undefined {
  const found = /^\/\/ RUN-DISABLED(?:\(([^)]*)\))?/m.exec(text);
  if (found) return `not run by the suite: ${found[1] ?? 'no reason given'}`;
  const printed = /^\/\/ RUN:.*\|\s*FileCheck\b/m.test(text);
  return printed && !/\bcheck\.\w/.test(text) ? 'compares printed text (FileCheck)' : undefined;
}

/** The results of all tests of a file; nothing is thrown for what a test contains. */
export function runText(text: string, file: string): readonly TestResult[] {
  const parts = splitParts(text);
  return parts.flatMap((part, n) => runPart(text, file, part, parts.length > 1 ? `#${n + 1}` : ''));
}

function runPart(
  text: string,
  file: string,
  part: TextPart,
  number: string,
): readonly TestResult[] {
  let modules: readonly MlirModule[];
  try {
    modules = parseMlir(text, file, part);
  } catch (error) {
    return [{ file, test: number, ...blame(error), ops: [], ulps: [] }];
  }
  return modules.flatMap((module) =>
    entries(module).map((entry) => {
      const test = number && `${number} ${module.name || entry}`;
      return { file, test, ops: opsOf(module), ...runEntry(module, entry) };
    }),
  );
}

/** @main, else every public function. */
function entries(module: MlirModule): readonly string[] {
  if (module.functions.has('main')) return ['main'];
  return [...module.functions.values()].filter((f) => !f.isPrivate).map((f) => f.name);
}

type Run = Pick<TestResult, 'outcome' | 'reason' | 'ulps'>;

function runEntry(module: MlirModule, entry: string): Run {
  const ulps: { op: string; ulp: number }[] = [];
  try {
    const checks: Check[] = [];
    const lowered = lowerModule(module, { entry, rows: checkRows(checks) });
    const { origins, results } = lowered;
    const inputs = module.functions.get(entry)!.args.length;
    if (inputs) {
      const reason = `the entry function takes ${inputs} arguments and the suite has no values`;
      return { outcome: 'unsupported', reason, ulps };
    }
    const values = outputs(runReference(lowered.module, []), results + origins.length);
    for (const { actual, expected, criterion, line } of checks) {
      const [a, b] = [actual, expected].map((i) => values[results + i] as Tensor);
      const { failure, ulp } = judge(a!, b!, criterion);
      const op = origins[actual];
      const measured = criterion.kind !== 'near' && op && !plumbing.test(op);
      if (ulp !== undefined && measured) ulps.push({ op, ulp });
      if (failure) return { outcome: 'failed', reason: `line ${line}: ${failure}`, ulps };
    }
    return { outcome: 'passed', reason: '', ulps };
  } catch (error) {
    return { ...blame(error), ulps };
  }
}

/** The leaves of a root, which is a tuple unless it is one value. */
function outputs(root: Value, count: number): readonly Value[] {
  return count === 1 ? [root] : root.kind === 'tuple' ? root.elements : [];
}

/** What is refused as unsupported is told apart from what goes wrong. */
function blame(error: unknown): Pick<TestResult, 'outcome' | 'reason'> {
  if (!(error instanceof AssayError)) {
    const what = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', reason: `internal fault: ${what}` };
  }
  const { code, message, position } = error.diagnostic;
  const place = position ? `line ${position.line}: ` : '';
  const refused = code === 'run/unsupported' || code.startsWith('stablehlo/unsupported-');
  return { outcome: refused ? 'unsupported' : 'failed', reason: `${place}${message} [${code}]` };
}

/** Names of the ops that a module exercises, calls, constants and checks aside. */
function opsOf(module: MlirModule): readonly string[] {
  const found = new Set<string>();
  const visit = (op: Op): void => {
    if (!plumbing.test(op.name)) found.add(op.name);
    for (const region of op.regions) region.ops.forEach(visit);
  };
  for (const func of module.functions.values()) func.body?.ops.forEach(visit);
  return [...found].sort();
}

const plumbing = /^(?:func|check|interpreter)\.|\.(?:return|constant|custom_call)$/;
