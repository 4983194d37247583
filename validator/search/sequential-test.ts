/**
 * Good or bad from runs that do not always agree: Wald's sequential probability ratio test.
 *
 * A. Wald, Sequential Tests of Statistical Hypotheses, Annals of Mathematical Statistics 16 (1945),
 * 117–186. Good means that a run shows bad with a rate of at most `noise`, bad that it does with one
 * of at least `flakeRate`. With λ the likelihood ratio of bad to good, λ ≥ 1/w decides bad and
 * λ ≤ w good: then each is wrong with odds of at most w whenever the runs are independent (the ratio
 * is a martingale with mean 1 under either hypothesis; Wald's (1 − β)/α and β/(1 − α) hold only
 * nearly).
 */

/** What is taken for granted of flaky questions: 0 ≤ noise < flakeRate ≤ 1. */
export interface FlakeAssumption {
  /** Bound of the odds that one decision is wrong, between 0 and 1. */
  readonly wrong: number;
  /** Least rate at which what is bad shows it, and at which what is flaky differs. */
  readonly flakeRate: number;
  /** Highest rate at which what is good shows bad all the same; less than `flakeRate`. */
  readonly noise: number;
}

/** Runs by what they showed. */
export interface Tally {
  readonly good: number;
  readonly bad: number;
}

/** What a tally decides; undefined when more runs are needed. */
export function decide(tally: Tally, assumption: FlakeAssumption): 'good' | 'bad' | undefined {
  const ratio = logRatio(tally, assumption);
  const bound = -Math.log(assumption.wrong);
  if (ratio >= bound) return 'bad';
  return ratio <= -bound ? 'good' : undefined;
}

/** ln λ = b·ln(p/ε) + g·ln((1 − p)/(1 − ε)), where no run of a kind adds nothing. */
function logRatio({ good, bad }: Tally, { flakeRate, noise }: FlakeAssumption): number {
  const ofBad = bad === 0 ? 0 : bad * Math.log(flakeRate / noise);
  const ofGood = good === 0 ? 0 : good * Math.log((1 - flakeRate) / (1 - noise));
  if (ofBad === Infinity) return Infinity;
  return ofBad + ofGood;
}

/**
 * Runs alike after which something is steady: what differs at the flake rate p looks alike n times
 * with odds of (1 − p)ⁿ, so n = ⌈ln w / ln(1 − p)⌉. Without noise it is also the runs for `good`.
 */
export function runsToTrust({ wrong, flakeRate }: FlakeAssumption): number {
  return Math.max(1, Math.ceil(Math.log(wrong) / Math.log1p(-flakeRate)));
}
