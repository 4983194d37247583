/**
 * What a reduction must know of a kind of graph to make it smaller: a specimen is a graph with the inputs
 * on which it shows a fault, and each way of making it smaller gives specimens to be asked about.
 */
import type { Tensor } from '../../graphs/ir/tensor.ts';
import type { Outcome } from '../search/subset-oracle.ts';

/**
 * Whether a specimen shows the fault that is looked for. `unresolved` where it shows nothing: it is
 * no valid graph, or cannot be run.
 */
export type FaultTest<S> = (specimen: S) => Promise<Outcome>;

/** A kind of graphs. */
export interface Reducible<S> {
  /** The specimen by its content, so that the same one is asked once, by a later run too. */
  keyOf(specimen: S): string;
  sizeOf(specimen: S): Size;
  /**
   * Takes it apart.
   *
   * @throws AssayError where it does not run on its inputs
   */
  partsOf(specimen: S): Parts<S>;
  /** What may stand in place of the whole or is easier to read, the smallest first. */
  simplerWholes(specimen: S): readonly S[];
  /** Sizes of dimensions above 1, the largest first. */
  sizesIn(specimen: S): readonly number[];
  /** With one size exchanged; undefined where that makes no valid graph. */
  resized(specimen: S, resize: Resize): S | undefined;
  /** Its arrays of numbers, each by its number. */
  slotsOf(specimen: S): readonly Slot<S>[];
  /** With numbered names, and without what is only told about it. */
  withoutNames(specimen: S): S;
}

/** The instructions of a specimen, any subset of which can be made a specimen. */
export interface Parts<S, Item = unknown> {
  readonly items: readonly Item[];
  /** The specimen of these items alone; undefined where there is none. */
  of(kept: readonly Item[]): S | undefined;
}

/** How a size becomes another. */
export interface Resize {
  readonly from: number;
  readonly to: number;
  /** Whether multiples of `from` become the same multiples of `to`. */
  readonly multiples: boolean;
}

/** An array of a specimen, and the specimen with another in its place. */
export interface Slot<S> {
  /** `input 0`, `constant 2`. */
  readonly what: string;
  readonly tensor: Tensor;
  with(tensor: Tensor): S;
}

/** How large a specimen is, by what a reader has to look at. */
export interface Size {
  readonly instructions: number;
  /** Elements of inputs and constants. */
  readonly elements: number;
  /** Those of them that are not zero. */
  readonly nonZero: number;
}

/** What a size has become. */
export function sizeAfter(size: number, { from, to, multiples }: Resize): number {
  if (size === from) return to;
  return multiples && size > 0 && size % from === 0 ? (size / from) * to : size;
}

/** Elements of tensors, and those that are not zero. */
export function countsOf(tensors: readonly Tensor[]): Pick<Size, 'elements' | 'nonZero'> {
  return {
    elements: tensors.reduce((n, { data }) => n + data.length, 0),
    nonZero: tensors.reduce((n, { data }) => n + nonZeroOf(data), 0),
  };
}

function nonZeroOf(data: ArrayLike<number | bigint>): number {
  let n = 0;
  for (let i = 0; i < data.length; i++) if (Number(data[i]) !== 0) n++;
  return n;
}
