/**
 * What a run of an outside suite found: one result a test, summed up in total and per op. A test
 * counts for every op that it exercises.
 */
import type { Position } from '../../graphs/ir/diagnostic.ts';

/** `invalid`: the test is no valid input, and says nothing about the reference. */
export type Outcome = 'passed' | 'failed' | 'unsupported' | 'invalid';

/** What became of one test. */
export interface TestResult {
  readonly file: string;
  /** Which test of the file, where it holds several; '' otherwise. */
  readonly test: string;
  readonly outcome: Outcome;
  /** Why it failed, is not supported or not valid; '' for a pass. */
  readonly reason: string;
  /** Where in the file, for an invalid one. */
  readonly position?: Position;
  readonly ops: readonly string[];
  /** Distance of results from what was expected, by the op that computes them. */
  readonly ulps: readonly { readonly op: string; readonly ulp: number }[];
  /** Elements that were held against a derived budget; absent where the suite brings its own. */
  readonly counts?: { readonly checked: number; readonly undecided: number };
}

/** A file that is no test of values, or that the suite itself does not run, with the reason. */
export interface Disabled {
  readonly file: string;
  readonly reason: string;
}

/** Tests that exercise an op; invalid ones are in none of the numbers. */
export interface OpScore {
  passed: number;
  failed: number;
  unsupported: number;
  /** Largest distance from the expected values, in units in the last place; null if none apply. */
  worstUlp: number | null;
}

/** A test that did not pass, and why. */
export interface Failure {
  readonly file: string;
  readonly test: string;
  readonly reason: string;
}

/** A test that is no valid input; line and column count from 1, null where no place is known. */
export interface InvalidTest extends Failure {
  readonly line: number | null;
  readonly column: number | null;
}

/** All results of a suite, the form of `assay conformance --json`. */
export interface ConformanceReport {
  readonly suite: string;
  /** Tests that the suite runs: passed, failed, unsupported and invalid together. */
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  readonly invalid: number;
  readonly perOp: Readonly<Record<string, OpScore>>;
  readonly failures: readonly Failure[];
  readonly unsupportedTests: readonly Failure[];
  readonly invalidTests: readonly InvalidTest[];
  readonly disabled: readonly Disabled[];
  /** Elements held against derived budgets, and those of them that the data do not decide. */
  readonly checked: number;
  readonly undecided: number;
}

/** Sums up results; ops by name. */
export function summarise(
  suite: string,
  results: readonly TestResult[],
  disabled: readonly Disabled[] = [],
): ConformanceReport {
  const count = (outcome: Outcome) => results.filter((r) => r.outcome === outcome).length;
  const list = (outcome: Outcome) =>
    results
      .filter((r) => r.outcome === outcome)
      .map(({ file, test, reason }) => ({ file, test, reason }));
  return {
    suite,
    total: results.length,
    passed: count('passed'),
    failed: count('failed'),
    unsupported: count('unsupported'),
    invalid: count('invalid'),
    perOp: scores(results),
    failures: list('failed'),
    unsupportedTests: list('unsupported'),
    invalidTests: results.filter((r) => r.outcome === 'invalid').map(invalidTest),
    disabled,
    checked: results.reduce((n, r) => n + (r.counts?.checked ?? 0), 0),
    undecided: results.reduce((n, r) => n + (r.counts?.undecided ?? 0), 0),
  };
}

function invalidTest({ file, test, reason, position }: TestResult): InvalidTest {
  return { file, test, reason, line: position?.line ?? null, column: position?.column ?? null };
}

function scores(results: readonly TestResult[]): Record<string, OpScore> {
  const found = new Map<string, OpScore>();
  const scoreOf = (op: string) => {
    const known = found.get(op);
    if (known) return known;
    const made: OpScore = { passed: 0, failed: 0, unsupported: 0, worstUlp: null };
    found.set(op, made);
    return made;
  };
  for (const { outcome, ops, ulps } of results) {
    if (outcome === 'invalid') continue;
    for (const op of ops) scoreOf(op)[outcome]++;
    for (const { op, ulp } of ulps) {
      const score = scoreOf(op);
      score.worstUlp = Math.max(score.worstUlp ?? 0, ulp);
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
