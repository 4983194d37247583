/** What the exit codes of every command mean (DESIGN, section 7). */
import type { Finding } from '../validator/session/finding.ts';

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

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a gate looks at. */
export interface Gated {
  readonly findings: readonly Finding[];
  /** Elements held against a budget, and the share of them (0 to 1) that the data decide. */
  readonly checked: number;
  readonly decided: number;
}

/**
 * The code of a gate: any finding fails it, or only what is beyond, where suspects are allowed. A
 * run in which nothing at all could be judged is no pass: its input is not what Assay can run.
 */
export function gateCode(report: Gated, allowSuspect: boolean): ExitCode {
  const counted = report.findings.filter((f) => f.verdict === 'beyond' || !allowSuspect);
  if (counted.length) return exitCodes.finding;
  return report.checked > 0 && report.decided === 0 ? exitCodes.input : exitCodes.ok;
}
