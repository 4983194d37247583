/**
 * Distributions held against each other row by row: how much probability moved at all, and how much
 * of it to what should be rare. Faults that spread over a vocabulary move each probability by less
 * than any tolerance of elements, and a tenth of the mass with them.
 */
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { boundAt, effectiveRadius } from '../exact/core/radius.ts';
import type { ExactTensor } from '../exact/core/value.ts';
import { logLowerTail } from './recall.ts';
import { moreSevere, type VerdictKind } from './verdict.ts';

/** A figure of a row, and how large rounding (or sampling) can make it. */
export interface Moved {
  readonly mass: number;
  readonly budget: number;
}

/** One row of a result against the exact one. */
export interface DistributionRow {
  readonly verdict: VerdictKind;
  /** Which row, counted over all dimensions but the last. */
  readonly row: number;
  /** ½ Σ |q - p|, 0 to 1. */
  readonly totalVariation: Moved;
  /** Σ (q - p) over tokens whose exact probability lies below the threshold. */
  readonly toRare: Moved;
  /** The exact mass of those tokens. */
  readonly rareMass: number;
}

/** A result as rows of distributions. */
export interface DistributionJudgement {
  readonly verdict: VerdictKind;
  readonly rows: number;
  /** Rows that say nothing: NaN, undecided elements, or radii without a bound. */
  readonly open: number;
  /** The row of the largest share of its budget; null where all are open, or equal to the bit. */
  readonly worst: DistributionRow | null;
}

/** What the exact value is not a distribution for; undefined where every row that is decided is one. */
export function notDistribution(exact: ExactTensor): string | undefined {
  for (const [row, places] of rowsOf(exact).entries()) {
    if (isOpen(exact, places)) continue;
    const below = places.find((p) => at(exact, p) < -effectiveRadius(exact, p));
    if (below !== undefined) return `row ${row} holds ${at(exact, below)}, which is negative`;
    const sum = total(places, (p) => at(exact, p));
    const slack = total(places, (p) => effectiveRadius(exact, p)) + places.length * Number.EPSILON;
    if (!(Math.abs(sum - 1) <= slack)) return `row ${row} sums to ${sum}, not to 1`;
  }
  return undefined;
}

/**
 * Judges the rows along the last axis of a result. The budgets are sums of radii: half of them for
 * the total variation, those of the rare tokens for the mass that moved there. What the likely radii
 * do not explain is suspect, what the bounds do not, beyond.
 *
 * @param before the result of the module before: rows that equal it to the bit need no budget
 * @param rare tokens of an exact probability below it are rare
 */
export function judgeDistribution(
  after: Tensor,
  before: Tensor,
  exact: ExactTensor,
  rare: number,
): DistributionJudgement {
  const rows = rowsOf(exact);
  let [verdict, open]: [VerdictKind, number] = ['identical', 0];
  let worst: DistributionRow | null = null;
  for (const [row, places] of rows.entries()) {
    if (places.every((p) => Object.is(after.data[p], before.data[p]))) continue;
    if (isOpen(exact, places)) {
      open++;
      continue;
    }
    const judged = judgeRow(row, places, after, exact, rare);
    verdict = moreSevere(verdict, judged.verdict);
    if (!worst || useOf(judged) > useOf(worst)) worst = judged;
  }
  if (open > 0) verdict = moreSevere(verdict, 'undecided');
  return { verdict, rows: rows.length, open, worst };
}

/** The larger share of its two budgets that a row uses; 1 is the limit. */
export function useOf({ totalVariation, toRare }: DistributionRow): number {
  return Math.max(share(totalVariation), share(toRare));
}

function share({ mass, budget }: Moved): number {
  return mass <= 0 ? 0 : budget === 0 ? Infinity : mass / budget;
}

function judgeRow(
  row: number,
  places: readonly number[],
  after: Tensor,
  exact: ExactTensor,
  rare: number,
): DistributionRow {
  const moved = (p: number) => {
    const by = Number(after.data[p]) - at(exact, p);
    return Number.isNaN(by) ? Infinity : by;
  };
  const few = places.filter((p) => at(exact, p) < rare);
  const variation = total(places, (p) => Math.abs(moved(p))) / 2;
  const gained = total(few, moved);
  const likely = total(places, (p) => effectiveRadius(exact, p)) / 2;
  const rareReach = total(few, (p) => effectiveRadius(exact, p));
  const bound = total(places, (p) => boundAt(exact, p)) / 2;
  const rareBound = total(few, (p) => boundAt(exact, p));
  const isLikely = variation <= likely && gained <= rareReach;
  const isPossible = variation <= bound && gained <= rareBound;
  const verdict = isLikely ? 'within' : 'suspect';
  return {
    verdict: verdict === 'suspect' && !isPossible ? 'beyond' : verdict,
    row,
    totalVariation: { mass: variation, budget: likely },
    toRare: { mass: gained, budget: rareReach },
    rareMass: total(few, (p) => at(exact, p)),
  };
}

/** Odds of a false alarm, as everywhere (DESIGN, section 5). */
const odds = 1e-9;

/** A row of exact probabilities, each with how far rounding may move it. */
export interface ExactRow {
  readonly probabilities: readonly number[];
  readonly radii: readonly number[];
}

/**
 * Judges draws of tokens against the distribution that they should come from. The total variation of
 * N draws is expected to be at most ½ Σ √(p (1 - p) / N), and exceeds that by √(ln(1/odds) / 2N) at
 * these odds (McDiarmid 1989: a draw changes it by 1/N at most); the number of rare tokens is
 * binomial. The radii of the probabilities are added to both.
 *
 * @param counts how often each token was drawn
 */
export function judgeDraws(
  counts: readonly number[],
  { probabilities, radii }: ExactRow,
  rare: number,
): DistributionRow {
  const tokens = [...counts.keys()];
  const few = tokens.filter((t) => probabilities[t]! < rare);
  const draws = total(tokens, (t) => counts[t]!);
  const rareMass = total(few, (t) => probabilities[t]!);
  if (draws === 0) {
    const none = { mass: 0, budget: 0 };
    return { verdict: 'identical', row: 0, totalVariation: none, toRare: none, rareMass };
  }
  const distance = (t: number) => Math.abs(counts[t]! / draws - probabilities[t]!);
  const spread = (t: number) => Math.sqrt((probabilities[t]! * (1 - probabilities[t]!)) / draws);
  const least = Math.sqrt(-Math.log(odds) / (2 * draws));
  const totalVariation = {
    mass: total(tokens, distance) / 2,
    budget: total(tokens, (t) => spread(t) + radii[t]!) / 2 + least,
  };
  const drawn = total(few, (t) => counts[t]!);
  const most = Math.min(1, rareMass + total(few, (t) => radii[t]!));
  const isRare = logLowerTail(draws - drawn, draws, 1 - most) < Math.log(odds);
  const toRare = { mass: drawn / draws - rareMass, budget: mostOf(draws, most) - rareMass };
  const within = totalVariation.mass <= totalVariation.budget && !isRare;
  return { verdict: within ? 'within' : 'suspect', row: 0, totalVariation, toRare, rareMass };
}

/** The largest share of N draws that a probability explains at the odds, by bisection. */
function mostOf(draws: number, probability: number): number {
  let [low, high] = [Math.floor(draws * probability), draws];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const explained = logLowerTail(draws - middle, draws, 1 - probability) >= Math.log(odds);
    if (explained) low = middle;
    else high = middle - 1;
  }
  return low / draws;
}

function rowsOf({ shape, data }: ExactTensor): readonly (readonly number[])[] {
  const n = shape.dims.at(-1) ?? 1;
  const rows = n === 0 ? 0 : data.length / n;
  return Array.from({ length: rows }, (_, r) => Array.from({ length: n }, (_v, k) => r * n + k));
}

function isOpen(exact: ExactTensor, places: readonly number[]): boolean {
  return places.some(
    (p) =>
      exact.undecided?.[p] === 1 ||
      !Number.isFinite(at(exact, p)) ||
      !(effectiveRadius(exact, p) < Infinity),
  );
}

function at(t: ExactTensor, p: number): number {
  return Number(t.data[p]);
}

function total(places: readonly number[], of: (p: number) => number): number {
  return places.reduce((sum, p) => sum + of(p), 0);
}
