/**
 * Reducing a module that shows a fault: fewer instructions, bodies instead of what calls them, smaller
 * dimensions, simpler numbers, round after round until a round changes nothing. Whether a smaller one
 * still shows the fault is asked each time, and the smallest so far is always one that does.
 */
import { createHash } from 'node:crypto';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { ddmin } from '../search/ddmin.ts';
import { Inquiry, type Journal } from '../search/journal.ts';
import type { Outcome } from '../search/subset-oracle.ts';
import { calleesAsEntries, partsOf } from './instructions.ts';
import { resized, sizesIn, smallerSizes } from './sizes.ts';
import { type FaultTest, type Size, type Specimen, sizeOf } from './specimen.ts';
import { keeping, nonZeroPlaces, simplerForms, slotsOf } from './values.ts';

/** How far a reduction goes, and who hears of it. */
export interface ReduceOptions {
  /** Keeps the answers; with those of a killed reduction it resumes. */
  readonly journal?: Journal<Outcome>;
  /** Ends the reduction with the smallest found so far. */
  readonly signal?: AbortSignal;
  /** Questions after which it ends; default 5,000. */
  readonly most?: number;
  /** Hears of each smaller specimen that shows the fault. */
  readonly onSmaller?: (smaller: Specimen, size: Size, questions: number) => void;
}

/** The smallest specimen found. */
export interface Reduced {
  /**
   * `minimal`: no single instruction can go, and no other step makes it smaller. `limit`: as many
   * questions were asked as may be.
   */
  readonly outcome: 'minimal' | 'limit' | 'aborted' | 'not failing';
  readonly specimen: Specimen;
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
export async function reduceSpecimen(
  specimen: Specimen,
  test: FaultTest,
  options: ReduceOptions = {},
): Promise<Reduced> {
  const inquiry = await Inquiry.over(options.journal);
  return new ModuleReduction(specimen, test, options, inquiry).run();
}

/** One reduction: the smallest specimen so far, and what was asked. */
class ModuleReduction {
  private best: Specimen;
  private readonly test: FaultTest;
  private readonly options: ReduceOptions;
  private readonly inquiry: Inquiry<Outcome>;

  constructor(best: Specimen, test: FaultTest, options: ReduceOptions, inquiry: Inquiry<Outcome>) {
    this.best = best;
    this.test = test;
    this.options = options;
    this.inquiry = inquiry;
  }

  async run(): Promise<Reduced> {
    if ((await this.ask(this.best)) !== 'fails') return this.end('not failing');
    try {
      while (await this.round());
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return this.end(error.outcome);
    }
    return this.end('minimal');
  }

  private end(outcome: Reduced['outcome']): Reduced {
    const { best: specimen } = this;
    return { outcome, specimen, size: sizeOf(specimen), questions: this.inquiry.questions };
  }

  /** Whether anything became smaller. */
  private async round(): Promise<boolean> {
    const before = keyOf(this.best);
    do await this.fewerInstructions();
    while (await this.first(calleesAsEntries(this.best)));
    await this.smallerDimensions();
    await this.simplerNumbers();
    return keyOf(this.best) !== before;
  }

  private async fewerInstructions(): Promise<void> {
    const parts = partsOf(this.best);
    const all = parts.items.length;
    await ddmin(parts.items, async (kept) => {
      if (kept.length === all) return 'fails';
      const part = parts.of(kept);
      return part === undefined ? 'unresolved' : this.outcome(part);
    });
  }

  /** Each size to the least that shows the fault, the largest size first. */
  private async smallerDimensions(): Promise<void> {
    for (const from of sizesIn(this.best)) {
      const ways = smallerSizes(from).flatMap((to) =>
        [false, true].map((multiples) => ({ from, to, multiples })),
      );
      for (const way of ways) {
        const smaller = resized(this.best, way);
        if (smaller && (await this.take(smaller))) break;
      }
    }
  }

  private async simplerNumbers(): Promise<void> {
    for (const k of slotsOf(this.best).keys()) {
      const slot = slotsOf(this.best)[k]!;
      if (await this.first(simplerForms(slot.tensor).map((form) => slot.with(form)))) continue;
      await this.sparser(k);
    }
  }

  /** Zeros for all elements that need not be anything else. */
  private async sparser(k: number): Promise<void> {
    const slot = slotsOf(this.best)[k]!;
    const places = nonZeroPlaces(slot.tensor);
    if (places.length > fewElements) return;
    await ddmin(places, async (kept) => {
      if (kept.length === places.length) return 'fails';
      return this.outcome(slot.with(keeping(slot.tensor, kept)));
    });
  }

  /** The first of several that shows the fault is the best then. */
  private async first(candidates: readonly Specimen[]): Promise<boolean> {
    for (const candidate of candidates) if (await this.take(candidate)) return true;
    return false;
  }

  private async take(candidate: Specimen): Promise<boolean> {
    return (await this.outcome(candidate)) === 'fails';
  }

  /** Asks; one that shows the fault is the best from then on. */
  private async outcome(candidate: Specimen): Promise<Outcome> {
    const outcome = await this.ask(candidate);
    if (outcome === 'fails') {
      this.best = candidate;
      this.options.onSmaller?.(candidate, sizeOf(candidate), this.inquiry.questions);
    }
    return outcome;
  }

  private ask(specimen: Specimen): Promise<Outcome> {
    const { signal, most = 5000 } = this.options;
    if (signal?.aborted) throw new Stopped('aborted');
    if (this.inquiry.questions >= most) throw new Stopped('limit');
    return this.inquiry.put(keyOf(specimen), () => this.test(specimen));
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

/** A specimen by its content, so that the same one is asked once, by a later run too. */
function keyOf({ module, inputs }: Specimen): string {
  const hash = createHash('sha256').update(printModule(module));
  for (const { shape, data } of inputs.flatMap(leafTensors)) {
    hash.update(`${shape.type}[${shape.dims}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
