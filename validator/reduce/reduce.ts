/**
 * Reducing a graph that shows a fault: fewer instructions, simpler wholes (a body instead of what calls
 * it), smaller dimensions, simpler numbers, round after round until a round changes nothing. Whether a
 * smaller one still shows the fault is asked each time, and the smallest so far is always one that does.
 */
import { ddmin } from '../search/ddmin.ts';
import { Inquiry, type Journal } from '../search/journal.ts';
import type { Outcome } from '../search/subset-oracle.ts';
import type { FaultTest, Reducible, Size } from './reducible.ts';
import { keeping, nonZeroPlaces, simplerForms, smallerSizes } from './values.ts';

/** How far a reduction goes, and who hears of it. */
export interface ReduceOptions<S> {
  /** Keeps the answers; with those of a killed reduction it resumes. */
  readonly journal?: Journal<Outcome>;
  /** Ends the reduction with the smallest found so far. */
  readonly signal?: AbortSignal;
  /** Questions after which it ends; default 5,000. */
  readonly most?: number;
  /** Hears of each smaller specimen that shows the fault. */
  readonly onSmaller?: (smaller: S, size: Size, questions: number) => void;
}

/** The smallest specimen found. */
export interface Reduced<S> {
  /**
   * `minimal`: no single instruction can go, and no other step makes it smaller. `limit`: as many
   * questions were asked as may be.
   */
  readonly outcome: 'minimal' | 'limit' | 'aborted' | 'not failing';
  readonly specimen: S;
  readonly size: Size;
  /** Different questions put, answered by the journal or not. */
  readonly questions: number;
}

/** Arrays with more elements that are not zero are not thinned out, one by one. */
const fewElements = 512;

/**
 * Reduces a specimen on which the test says `fails`.
 *
 * @throws AssayError where it does not run on its inputs
 */
export async function reduceSpecimen<S>(
  specimen: S,
  kind: Reducible<S>,
  test: FaultTest<S>,
  options: ReduceOptions<S> = {},
): Promise<Reduced<S>> {
  const inquiry = await Inquiry.over(options.journal);
  return new Reduction({ kind, test, options, inquiry }, specimen).run();
}

/** What stays the same throughout a reduction. */
interface Setting<S> {
  readonly kind: Reducible<S>;
  readonly test: FaultTest<S>;
  readonly options: ReduceOptions<S>;
  readonly inquiry: Inquiry<Outcome>;
}

/** One reduction: the smallest specimen so far, and what was asked. */
class Reduction<S> {
  private readonly setting: Setting<S>;
  private best: S;

  constructor(setting: Setting<S>, best: S) {
    this.setting = setting;
    this.best = best;
  }

  async run(): Promise<Reduced<S>> {
    if ((await this.ask(this.best)) !== 'fails') return this.end('not failing');
    try {
      while (await this.round());
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return this.end(error.outcome);
    }
    return this.end('minimal');
  }

  private end(outcome: Reduced<S>['outcome']): Reduced<S> {
    const { best: specimen } = this;
    const { kind, inquiry } = this.setting;
    return { outcome, specimen, size: kind.sizeOf(specimen), questions: inquiry.questions };
  }

  /** Whether anything became smaller. */
  private async round(): Promise<boolean> {
    const { kind } = this.setting;
    const before = kind.keyOf(this.best);
    do await this.fewerInstructions();
    while (await this.first(kind.simplerWholes(this.best)));
    await this.smallerDimensions();
    await this.simplerNumbers();
    return kind.keyOf(this.best) !== before;
  }

  private async fewerInstructions(): Promise<void> {
    const parts = this.setting.kind.partsOf(this.best);
    const all = parts.items.length;
    await ddmin(parts.items, async (kept) => {
      if (kept.length === all) return 'fails';
      const part = parts.of(kept);
      return part === undefined ? 'unresolved' : this.outcome(part);
    });
  }

  /** Each size to the least that shows the fault, the largest size first. */
  private async smallerDimensions(): Promise<void> {
    const { kind } = this.setting;
    for (const from of kind.sizesIn(this.best)) {
      const ways = smallerSizes(from).flatMap((to) =>
        [false, true].map((multiples) => ({ from, to, multiples })),
      );
      for (const way of ways) {
        const smaller = kind.resized(this.best, way);
        if (smaller !== undefined && (await this.take(smaller))) break;
      }
    }
  }

  private async simplerNumbers(): Promise<void> {
    const { kind } = this.setting;
    for (const k of kind.slotsOf(this.best).keys()) {
      const slot = kind.slotsOf(this.best)[k]!;
      if (await this.first(simplerForms(slot.tensor).map((form) => slot.with(form)))) continue;
      await this.sparser(k);
    }
  }

  /** Zeros for all elements that need not be anything else. */
  private async sparser(k: number): Promise<void> {
    const slot = this.setting.kind.slotsOf(this.best)[k]!;
    const places = nonZeroPlaces(slot.tensor);
    if (places.length > fewElements) return;
    await ddmin(places, async (kept) => {
      if (kept.length === places.length) return 'fails';
      return this.outcome(slot.with(keeping(slot.tensor, kept)));
    });
  }

  /** The first of several that shows the fault is the best then. */
  private async first(candidates: readonly S[]): Promise<boolean> {
    for (const candidate of candidates) if (await this.take(candidate)) return true;
    return false;
  }

  private async take(candidate: S): Promise<boolean> {
    return (await this.outcome(candidate)) === 'fails';
  }

  /** Asks; one that shows the fault is the best from then on. */
  private async outcome(candidate: S): Promise<Outcome> {
    const outcome = await this.ask(candidate);
    if (outcome === 'fails') {
      this.best = candidate;
      const { kind, options, inquiry } = this.setting;
      options.onSmaller?.(candidate, kind.sizeOf(candidate), inquiry.questions);
    }
    return outcome;
  }

  private ask(specimen: S): Promise<Outcome> {
    const { kind, test, options, inquiry } = this.setting;
    const { signal, most = 5000 } = options;
    if (signal?.aborted) throw new Stopped('aborted');
    if (inquiry.questions >= most) throw new Stopped('limit');
    return inquiry.put(kind.keyOf(specimen), () => test(specimen));
  }
}

/** Thrown to leave the search where it stands. */
class Stopped extends Error {
  readonly outcome: 'aborted' | 'limit';

  constructor(outcome: 'aborted' | 'limit') {
    super(outcome);
    this.outcome = outcome;
  }
}
