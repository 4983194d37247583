/**
 * Questions whose answers are not always the same, asked until the odds of a wrong step are below a
 * stated bound, and told apart as flaky or steady.
 */
import { type Answer, skip } from './answer.ts';
import type { Ask } from './bisect.ts';
import { Inquiry, type Journal } from './journal.ts';
import { decide, type FlakeAssumption, runsToTrust, type Tally } from './sequential-test.ts';

/** Options of asking repeatedly. */
export interface RepeatOptions extends Partial<FlakeAssumption> {
  /** Keeps the single runs; questions: index, '#', run of the question, '.', repetition. */
  readonly journal?: Journal<Answer>;
  /** Repetitions after which an undecided question is skipped. Default: 100 times what trust takes. */
  readonly most?: number;
}

/** What the runs of one question showed. */
export interface Repetition {
  readonly index: number;
  readonly run: number;
  readonly tally: Tally;
  readonly answer: Answer;
}

/** A question that asks as often as it must, and what it has seen so far. */
export interface RepeatedAsk {
  readonly ask: Ask;
  /** In the order in which they were decided. */
  readonly seen: readonly Repetition[];
}

const defaults: FlakeAssumption = { wrong: 1e-6, flakeRate: 0.5, noise: 0 };

/**
 * An `Ask` that repeats another. A search of m steps goes wrong with odds of at most m × `wrong`. One
 * run that tells nothing makes the question tell nothing. By default one bad run is enough for bad,
 * and good takes ⌈ln wrong / ln(1 − flakeRate)⌉ runs: 20 for 1e-6 and 0.5. Runs are numbered on
 * over the repetitions, so that the inner question can tell them apart.
 *
 * @throws RangeError for rates that no test can tell apart.
 */
export async function repeated(ask: Ask, options: RepeatOptions = {}): Promise<RepeatedAsk> {
  const assumption = assumptionOf(options);
  const most = options.most ?? 100 * runsToTrust(assumption);
  const inquiry = await Inquiry.over(options.journal);
  const seen: Repetition[] = [];
  const repeat: Ask = async (index, run) => {
    const once = (n: number) =>
      inquiry.put(`${index}#${run}.${n}`, () => ask(index, run * most + n));
    const found = await untilDecided(once, assumption, most);
    seen.push({ index, run, ...found });
    return found.answer;
  };
  return { ask: repeat, seen };
}

async function untilDecided(
  once: (n: number) => Promise<Answer>,
  assumption: FlakeAssumption,
  most: number,
): Promise<Pick<Repetition, 'tally' | 'answer'>> {
  let tally: Tally = { good: 0, bad: 0 };
  for (let n = 0; n < most; n++) {
    const answer = await once(n);
    if (answer.kind === 'skip') return { tally, answer };
    tally = { ...tally, [answer.kind]: tally[answer.kind] + 1 };
    const kind = decide(tally, assumption);
    if (kind !== undefined) return { tally, answer: { kind } };
  }
  const reason = `undecided after ${most} runs: ${tally.good} good, ${tally.bad} bad`;
  return { tally, answer: skip(reason) };
}

/**
 * `flaky`: runs differed. `steady`: so many were alike that what differs at the flake rate would
 * have shown it, but for odds of `wrong`. `not told`: a run told nothing.
 */
export interface Steadiness {
  readonly kind: 'flaky' | 'steady' | 'not told';
  readonly tally: Tally;
  /** Odds that what differs at the flake rate would have looked like this; 0 when it differed. */
  readonly odds: number;
}

/** Runs one question until two runs differ or enough were alike. */
export async function steadiness(
  once: (run: number) => Promise<Answer>,
  options: Partial<FlakeAssumption> = {},
): Promise<Steadiness> {
  const assumption = assumptionOf(options);
  const tally = { good: 0, bad: 0 };
  const oddsOf = (runs: number) => (1 - assumption.flakeRate) ** runs;
  for (let run = 0; run < runsToTrust(assumption); run++) {
    const { kind } = await once(run);
    if (kind === 'skip') return { kind: 'not told', tally, odds: oddsOf(run) };
    tally[kind]++;
    if (tally.good > 0 && tally.bad > 0) return { kind: 'flaky', tally, odds: 0 };
  }
  return { kind: 'steady', tally, odds: oddsOf(tally.good + tally.bad) };
}

function assumptionOf(options: Partial<FlakeAssumption>): FlakeAssumption {
  const { wrong, flakeRate, noise } = { ...defaults, ...options };
  if (!(wrong > 0 && wrong < 1)) throw new RangeError(`odds of a wrong step: ${wrong}`);
  if (!(noise >= 0 && noise < flakeRate && flakeRate <= 1)) {
    throw new RangeError(`rates that cannot be told apart: ${noise} and ${flakeRate}`);
  }
  return { wrong, flakeRate, noise };
}
