/** What the exit codes of every command mean (DESIGN, section 7). */
import type { Finding } from '../validator/findings/finding.ts';

/** Exit codes by what they say of a run. */
export const exitCodes = {
  /** Everything lies within its tolerance. */
  ok: 0,
  /** A finding: something is suspect or beyond. */
  finding: 1,
  /** Bad input or bad usage. */
  input: 2,
  /** A missing toolchain, or a fault of Assay's own. */
  fault: 3,
} as const;

/** One of them: 0, 1, 2 or 3. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What `git bisect run` reads, where `--git-bisect` asks for it: 0 good, 1 bad, 125 skip, 128 stop. */
export type BisectCode = 0 | 1 | 125 | 128;

/** The code for `git bisect run`: what cannot be judged is skipped, and a mistyped command stops it. */
export function bisectCode(code: ExitCode, isUsage: boolean): BisectCode {
  if (code === exitCodes.ok || code === exitCodes.finding) return code;
  return isUsage ? 128 : 125;
}

/** What a gate looks at. */
export interface Gated {
  readonly findings: readonly Finding[];
  /** Elements held against a budget, and the share of them (0 to 1) that the data decide. */
  readonly checked: number;
  readonly decided: number;
  /** Elements that the data do not decide. */
  readonly undecided: number;
}

/** What a gate lets pass. */
export interface GateOptions {
  /** Fail only on what is beyond. */
  readonly allowSuspect?: true;
  /** Percentage of what the change touched that may stay undecided; without it, all of it. */
  readonly maxUndecided?: number;
}

/**
 * The code of a gate: any finding fails it, or only what is beyond, where suspects are allowed, and
 * so does more undecided than is allowed. A run in which nothing at all could be judged is no pass:
 * its input is not what Assay can run.
 */
export function gateCode(report: Gated, options: GateOptions): ExitCode {
  const counted = report.findings.filter((f) => f.verdict === 'beyond' || !options.allowSuspect);
  if (counted.length || isTooOpen(report, options)) return exitCodes.finding;
  return report.checked > 0 && report.decided === 0 ? exitCodes.input : exitCodes.ok;
}

/** Whether more stayed undecided than the limit allows. */
export function isTooOpen({ checked, undecided }: Gated, { maxUndecided }: GateOptions): boolean {
  return maxUndecided !== undefined && 100 * undecided > maxUndecided * checked;
}
