/**
 * The recall of approximate selections, judged over all rows and cases together. A recall is an
 * expectation: one row may miss more without any fault, so that only counts that an implementation
 * of the promised recall would give at odds below 1e-9 are held against it.
 */
import {
  type ElementVerdict,
  type Judgement,
  moreSevere,
  moreSevereElement,
  type RecallCount,
  type VerdictKind,
} from './verdict.ts';

/** Odds of a false alarm (DESIGN, section 5: what λ means for a run over all elements). */
const odds = 1e-9;

/**
 * `within` up to a use of 1; past it `suspect`, or `beyond` where the promise leaves no room at
 * all.
 */
export interface RecallVerdict {
  readonly verdict: VerdictKind;
  /** P(X ≤ hits) for a binomial X of `wanted` trials at the promised recall. */
  readonly odds: number;
  /** ln(odds) over ln(1e-9): 1 is the limit. */
  readonly use: number;
}

/**
 * Whether counts can be those of the recall they were promised. An element of the true top k is lost
 * where a better one shares its bin, so the number of hits is that of the bins occupied: its
 * indicators are negatively associated, and the binomial's lower tail bounds theirs (Dubhashi and
 * Ranjan 1998). A promise of 1 leaves no room, and a miss is beyond it.
 */
export function judgeRecall(count: RecallCount): RecallVerdict {
  const logOdds = logLowerTail(count.hits, count.wanted, count.target);
  const use = logOdds / Math.log(odds);
  const verdict = use <= 1 ? 'within' : logOdds === -Infinity ? 'beyond' : 'suspect';
  return { verdict, odds: Math.exp(logOdds), use };
}

/** Counts of one promise as one; of two promises the weaker counts. */
export function pooled(counts: readonly RecallCount[]): RecallCount | undefined {
  const [first, ...rest] = counts;
  return first && rest.reduce(addCounts, first);
}

function addCounts(a: RecallCount, b: RecallCount): RecallCount {
  const target = Math.min(a.target, b.target);
  return { hits: a.hits + b.hits, wanted: a.wanted + b.wanted, target };
}

/** ln P(X ≤ hits), X binomial of n trials at p; terms are summed from the largest down. */
export function logLowerTail(hits: number, n: number, p: number): number {
  if (hits >= n || p <= 0) return 0;
  if (p >= 1) return -Infinity;
  if (hits >= n * p) return Math.log(0.5);
  let [sum, term] = [0, 1];
  for (let j = hits; j >= 0 && term > sum * 2 ** -53; j--) {
    sum += term;
    term *= (j / (n - j + 1)) * ((1 - p) / p);
  }
  const choices = logFactorial(n) - logFactorial(hits) - logFactorial(n - hits);
  const first = choices + hits * Math.log(p) + (n - hits) * Math.log1p(-p);
  return Math.min(0, first + Math.log(sum));
}

/** ln n!, by Stirling's series from 16 on (error below 1e-13). */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let k = 2; k <= n; k++) product *= k;
    return Math.log(product);
  }
  const [x, y] = [n + 1, 1 / (n + 1)];
  const series = y / 12 - y ** 3 / 360 + y ** 5 / 1260 - y ** 7 / 1680;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

/** What one case says of the regions of a transition, the same regions in each. */
interface Cased {
  readonly judgement: Judgement;
  readonly regions: readonly { readonly judgement: Judgement }[];
}

/**
 * The results of all cases with the recall of each region judged over them together: where it is
 * refuted, the case that missed most tells of it, unless a case has a finding there already.
 */
export function withRecall<R extends Cased>(results: readonly R[]): readonly R[] {
  const told = new Map<number, Map<number, ElementVerdict>>();
  for (const region of (results[0]?.regions ?? []).keys()) {
    const judgements = results.map((r) => r.regions[region]?.judgement);
    const count = counted(judgements);
    const held = count && judgeRecall(count);
    if (!held || held.verdict === 'within' || judgements.some((j) => j && j.outside > 0)) continue;
    const shares = judgements.map((j) => shareOf(j?.recall));
    const worst = shares.indexOf(Math.min(...shares));
    const element = elementOf(judgements[worst]!, count, held);
    if (!element) continue;
    told.set(worst, (told.get(worst) ?? new Map()).set(region, element));
  }
  if (told.size === 0) return results;
  return results.map((r, n) => {
    const of = told.get(n);
    return of ? refuted(r, of) : r;
  });
}

/** The counts of all cases; of one that came out the same to the bit nothing was lost. */
function counted(judgements: readonly (Judgement | undefined)[]): RecallCount | undefined {
  const told = judgements.flatMap((j) => (j?.recall ? [j.recall] : []));
  const [first] = told;
  if (!first) return undefined;
  const same = judgements.filter((j) => j?.verdict === 'identical' && !j.recall).length;
  const each = Math.max(...told.map((c) => c.wanted));
  return pooled([...told, { ...first, hits: same * each, wanted: same * each }]);
}

function shareOf(count: RecallCount | undefined): number {
  return count && count.wanted > 0 ? count.hits / count.wanted : 1;
}

function elementOf(
  { worst }: Judgement,
  { hits, wanted, target }: RecallCount,
  { verdict, use }: RecallVerdict,
): ElementVerdict | undefined {
  if (!worst) return undefined;
  return {
    ...worst,
    verdict,
    before: `recall ${target}`,
    after: `recall ${Number((hits / wanted).toPrecision(4))} (${hits} of ${wanted})`,
    exact: `${wanted} elements`,
    budgetUse: use,
  };
}

function refuted<R extends Cased>(result: R, of: ReadonlyMap<number, ElementVerdict>): R {
  const mark = (j: Judgement, element: ElementVerdict): Judgement => ({
    ...j,
    verdict: moreSevere(j.verdict, element.verdict),
    outside: j.outside + 1,
    worst: moreSevereElement(element, j.worst),
  });
  const regions = result.regions.map((r, n) => {
    const element = of.get(n);
    return element ? { ...r, judgement: mark(r.judgement, element) } : r;
  });
  return { ...result, regions, judgement: [...of.values()].reduce(mark, result.judgement) };
}
