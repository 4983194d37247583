/**
 * What a question of a bisection is answered with, and the same as exit codes of `git bisect run`,
 * in both directions.
 */

/** `skip`: the index tells nothing, for the reason given (it does not build, it cannot run). */
export type Answer =
  | { readonly kind: 'good' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'skip'; readonly reason: string };

/** The fault is not there. */
export const good: Answer = { kind: 'good' };
/** The fault is there. */
export const bad: Answer = { kind: 'bad' };
/** The index tells nothing, for the reason given. */
export const skip = (reason: string): Answer => ({ kind: 'skip', reason });

const exitCodes: Readonly<Record<Answer['kind'], number>> = { good: 0, bad: 1, skip: 125 };

/** The exit code that tells `git bisect run` an answer: 0 good, 1 bad, 125 skip. */
export function exitCodeOf({ kind }: Answer): number {
  return exitCodes[kind];
}

/**
 * The answer that an exit code is, by the rules of git-bisect(1): 0 good, 125 skip, 1 to 127 bad.
 * Undefined for all others, which stop a bisection: the program itself failed.
 */
export function answerOfExitCode(code: number): Answer | undefined {
  if (code === exitCodes.good) return good;
  if (code === exitCodes.skip) return skip(`exit code ${code}`);
  return code > 0 && code < 128 ? bad : undefined;
}
