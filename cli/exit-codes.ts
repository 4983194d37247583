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

/** The code of a gate: any finding fails it, or only what is beyond, where suspects are allowed. */
export function gateCode(findings: readonly Finding[], allowSuspect: boolean): ExitCode {
  const counted = findings.filter((f) => f.verdict === 'beyond' || !allowSuspect);
  return counted.length ? exitCodes.finding : exitCodes.ok;
}
