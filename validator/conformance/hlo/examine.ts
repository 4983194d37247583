/**
 * One module as an exam of the reference: it is sound, its text can be written and read again, and
 * what the reference computes lies inside the radii of the exact mode, which evaluates every op in
 * another way. Both the single instructions and the module as a whole are held.
 */

import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import type { Value } from '../../../graphs/ir/tensor.ts';
import { diffModules } from '../../../graphs/text/equal.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { assertVerified } from '../../../graphs/verify/verify.ts';
import { fromPlainValue, runExact } from '../../exact/run.ts';
import { type Bounds, defaultLimits, type Limits } from '../../limits/limits.ts';
import type { TestResult } from '../report.ts';
import { type Held, held } from './containment.ts';
import { runStepwise, StepLog } from './every-instruction.ts';

/** For texts from anywhere: what takes more is refused by name, so that a suite ends. */
export const defaultBounds: Bounds = {
  maxElements: 2 ** 20,
  maxWork: 2 ** 22,
  maxIterations: 10_000,
};

/** For what was run before, and recorded: the reference's own limits. */
export const recordedBounds: Bounds = {
  ...defaultLimits,
  maxWork: Number.MAX_SAFE_INTEGER,
};

/** Throws what is wrong with a module that was parsed from a text. */
export function checkText(module: Module, file: string): void {
  assertVerified(module);
  const again = parseModule(printModule(module), { file: `${file} (printed again)` });
  const difference = diffModules(module, again);
  if (difference === undefined) return;
  const message = `printing and parsing it again gives another module: ${difference}`;
  throw new AssayError({ code: 'parse/roundtrip', message }, 'internal');
}

/** What an examination found; `failure` is undefined where everything lies inside. */
export interface Examination {
  readonly failure: string | undefined;
  readonly ulps: TestResult['ulps'];
  /** The result as a whole; of several devices what each computes by itself. */
  readonly whole: Held;
}

/** Runs a module in both ways; throws what the reference throws. */
export function examine(module: Module, inputs: readonly Value[], limits: Limits): Examination {
  const log = new StepLog();
  const result = runStepwise(module, inputs, limits, (step) => log.add(step));
  const { value } = runExact(module, inputs.map(fromPlainValue), { limits });
  const whole = held(result, value);
  const { outside } = whole;
  const wrong = outside === undefined ? undefined : `the result leaves its radii: ${outside}`;
  return { failure: log.failure ?? wrong, ulps: log.ulps(), whole };
}

/** Opcodes of the computations that a module runs, but for what only structures it. */
export function opcodesOf(module: Module): readonly string[] {
  const found = new Set<string>();
  for (const { instructions } of module.computations) {
    for (const { opcode } of instructions) if (!plumbing.has(opcode)) found.add(opcode);
  }
  return [...found].sort();
}

const plumbing: ReadonlySet<string> = new Set(['parameter', 'tuple', 'get-tuple-element']);
