/**
 * The one engine of sums: they wait until there are enough of them; then each loop goes over one after
 * another, and they are put into their elements (sums.ts).
 */
import { specialised } from '../../semantics/loops/specialise.ts';
import type { ExactTensor } from '../core/value.ts';
import { settleSums } from './settled-sums.ts';
import { SumMoments } from './sum-moments.ts';
import {
  addBrought,
  addPrefixBrought,
  addPrefixTerms,
  addTerms,
  type Brought,
  type Opening,
  openingOf,
  placeOf,
  type Rounding,
  type SumKind,
  type SumTerms,
} from './sum-terms.ts';
import { putSums, type SumUse } from './sums.ts';

/** Sums that are finished together, and terms of theirs that still are in the cache the next time. */
const sumsAtOnce = 512;
const termsAtOnce = 2 ** 15;

/** What is added up. */
export interface SumSource {
  readonly t: ExactTensor;
  /** What sums open with: one value for all, or an element for each target, which is a term of its own. */
  readonly first: ExactTensor;
  readonly opensWithTerm?: boolean;
  /** Term j is element rows[j] of a column, or j·stride. */
  readonly rows?: Int32Array | undefined;
  readonly stride?: number;
  /** Where sums are prefixes of rows: how many there are of each. */
  readonly prefixes?: number | undefined;
  /** True where partial sums are rounded to what a narrower type holds as well (contract `narrows`). */
  readonly stored?: boolean;
  /** About how many sums and terms there are in all. */
  readonly sums: number;
  readonly terms: number;
}

/** Sums over one operand, many at a time, with the radii of any order or of the order given. */
export class BatchedSums {
  private readonly moments: SumMoments;
  private readonly source: SumSource;
  private readonly use: SumUse;
  private readonly kind: SumKind;
  private readonly running: boolean;
  private readonly opening: Opening;
  private readonly rounding: Rounding;
  private readonly terms: SumTerms & { count: number };
  private readonly loops: { readonly add: typeof addTerms; readonly bring: typeof addBrought };
  private readonly capacity: number;
  private filled = 0;
  private waiting = 0;
  /** Whether a term was so small that arithmetic may take it for zero. */
  metDenormal = false;

  constructor(source: SumSource, use: SumUse) {
    const { t, first, rows, stride = 1, prefixes, opensWithTerm = false } = source;
    const { stored = false } = source;
    const capacity = prefixes ?? Math.min(sumsAtOnce, source.sums);
    const entries = () => new Int32Array(capacity);
    const running = prefixes !== undefined;
    const { numerics } = use;
    const round = stored ? numerics.store : numerics.round;
    this.capacity = capacity;
    this.source = source;
    this.use = use;
    this.kind = { even: !rows, opensWithTerm, f32: round === Math.fround };
    this.running = running;
    this.opening = openingOf(first, opensWithTerm);
    this.rounding = { round, flushBelow: numerics.flushBelow };
    this.moments = new SumMoments(capacity);
    const x = t.data as Float64Array;
    const [low, high, column] = [entries(), entries(), entries()];
    this.terms = { x, count: 0, rows, stride, low, high, column };
    const loops = running
      ? { add: addPrefixTerms, bring: addPrefixBrought }
      : { add: addTerms, bring: addBrought };
    this.loops = {
      add: specialised(loops.add, `${t.shape.type} ${stored}`, source.terms, this.kind),
      bring: specialised(loops.bring, 'radii', source.terms, this.kind),
    };
  }

  /** A sum over these terms, to an element of the results. */
  put(target: number, low: number, high: number, column: number): void {
    if (this.filled === this.capacity || this.waiting > termsAtOnce) this.finish();
    const b = this.filled++;
    this.moments.target[b] = target;
    this.terms.low[b] = low;
    this.terms.high[b] = high;
    this.terms.column[b] = column;
    this.waiting += high - low;
  }

  /** The sums of all prefixes of the row that begins at a column, to elements `step` apart. */
  putPrefixes(target: number, step: number, column: number): void {
    const { moments, terms } = this;
    for (let p = 0; p < moments.capacity; p++) {
      moments.target[p] = target + p * step;
      terms.low[p] = p;
      terms.high[p] = p + 1;
      terms.column[p] = column;
    }
    this.filled = moments.capacity;
    this.finish();
  }

  /** Adds up the sums that wait, and puts them into their elements. */
  finish(): void {
    const { moments, terms, opening, rounding, kind, use, source } = this;
    const { t, first } = source;
    terms.count = this.filled;
    if (this.loops.add(moments, terms, opening, rounding, kind)) this.metDenormal = true;
    moments.clear(terms.count);
    const { bound, variance, correlated, correlatedSquares } = moments;
    if (t.bound && t.deviation) {
      const { bound: radius, deviation } = t;
      this.bring({ radius, deviation, sums: bound, squares: variance });
    }
    if (first.correlated) this.openCorrelated(first.correlated.radius);
    if (t.correlated) {
      const { radius } = t.correlated;
      this.bring({ radius, deviation: radius, sums: correlated, squares: correlatedSquares });
    }
    this.mark();
    settleSums(moments, terms, this.running, use.numerics);
    putSums(moments, terms.count, use);
    this.filled = 0;
    this.waiting = 0;
  }

  private bring(brought: Brought): void {
    this.loops.bring(brought, this.terms, this.kind);
  }

  private openCorrelated(radius: Float64Array): void {
    const { target, correlated, correlatedSquares } = this.moments;
    for (let b = 0; b < this.terms.count; b++) {
      const r = radius[target[b] * this.opening.step];
      correlated[b] = r;
      correlatedSquares[b] = r * r;
    }
  }

  /** Sums of undecided terms. */
  private mark(): void {
    const { undecided } = this.source.t;
    const opens = this.source.first.undecided;
    if (!undecided && !opens) return;
    const { terms, moments, opening, use } = this;
    let mark = 0;
    for (let b = 0; b < terms.count; b++) {
      if (!this.running || b === 0) mark = 0;
      for (let j = terms.low[b]; undecided && j < terms.high[b]; j++) {
        mark |= undecided[placeOf(terms, b, j)];
      }
      if (opens) mark |= opens[moments.target[b] * opening.step];
      if (mark) use.results.mark(moments.target[b]);
    }
  }
}
