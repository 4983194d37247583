/** What the exit codes of every command mean (DESIGN, section 7). */
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
