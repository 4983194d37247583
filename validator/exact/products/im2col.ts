/**
 * The elements under a convolution's window at one place: laid out as a row, with zeros in the
 * padding, or as steps from one place to the next.
 */
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import { type WindowView, windowReader, windowTaps } from '../../semantics/indexing/window.ts';
import { sizeOf } from '../../semantics/loops/strides.ts';
import type { Offsets } from './pair-moments.ts';
import type { Rows } from './rows.ts';

/** A window over images of `spatial` elements, each of `channels` numbers. */
export interface Im2ColSizes {
  readonly window: readonly WindowDim[];
  /** Space of an image, and the places of the window. */
  readonly spatial: readonly number[];
  readonly places: readonly number[];
  /** Features of an image, and those that one output feature sees. */
  readonly channels: number;
  readonly perGroup: number;
}

/** One row, filled anew for each image and group of features at each place. */
export class Im2Col {
  /** Numbers in the row: window positions times features of a group. */
  readonly size: number;
  /** What holds the row at hand. */
  rows: Rows;
  private readonly images: Rows;
  private readonly row: Rows;
  private readonly sizes: Im2ColSizes;
  private readonly area: number;
  private readonly isPoint: boolean;
  private readonly view: MovingWindow;
  /** Arrays of the images, and those of the row that they go to. */
  private readonly numbers: (readonly [Float64Array, Float64Array])[] = [];

  /** For images in the order image, space, feature. */
  constructor(images: Rows, sizes: Im2ColSizes) {
    const { window, spatial, channels, perGroup } = sizes;
    const offsets = window.reduce((n, w) => n * w.size, 1);
    this.size = offsets * perGroup;
    this.isPoint = offsets === 1;
    this.images = images;
    this.sizes = sizes;
    this.area = sizeOf(spatial) * channels;
    this.view = new MovingWindow(sizes);
    const { x, bound, deviation, correlated, undecided } = images;
    this.row = {
      x: this.copied(x),
      ...(bound && { bound: this.copied(bound) }),
      ...(deviation && { deviation: this.copied(deviation) }),
      ...(correlated && { correlated: this.copied(correlated) }),
      ...(undecided && { undecided: new Uint8Array(this.size) }),
    };
    this.rows = this.row;
  }

  moveTo(place: readonly number[]): void {
    this.view.moveTo(place);
  }

  /** Where in `rows` the row of an image and a group of its features begins, at the place moved to. */
  fill(image: number, group: number): number {
    const { images, row, sizes, numbers } = this;
    const { base, count, offset } = this.view;
    const from = image * this.area + offset * sizes.channels + group * sizes.perGroup;
    if (this.isPoint && count === 1) {
      this.rows = images;
      return from + base[0] * sizes.channels;
    }
    this.rows = row;
    for (let n = 0; n < numbers.length; n++) this.copy(numbers[n][0], numbers[n][1], from);
    if (images.undecided) this.copy(images.undecided, row.undecided!, from);
    return 0;
  }

  private copied(from: Float64Array): Float64Array {
    const to = new Float64Array(this.size);
    this.numbers.push([from, to]);
    return to;
  }

  private copy<A extends Float64Array | Uint8Array>(from: A, to: A, start: number): void {
    const { channels, perGroup } = this.sizes;
    const { base, position, count } = this.view;
    if (count * perGroup < this.size) to.fill(0);
    for (let j = 0; j < count; j++) {
      const source = start + base[j] * channels;
      const target = position[j] * perGroup;
      for (let c = 0; c < perGroup; c++) to[target + c] = from[source + c];
    }
  }
}

/** The window's positions inside an image of some features, as steps; those in the padding count not. */
export class LaneOffsets implements Offsets {
  readonly rowSteps: Int32Array;
  readonly columnSteps: Int32Array;
  private readonly channels: number;
  private readonly view: MovingWindow;

  constructor(sizes: Omit<Im2ColSizes, 'perGroup'>) {
    const size = sizes.window.reduce((n, w) => n * w.size, 1);
    this.rowSteps = new Int32Array(size);
    this.columnSteps = new Int32Array(size);
    this.channels = sizes.channels;
    this.view = new MovingWindow(sizes);
  }

  get count(): number {
    return this.view.count;
  }

  /** Where the steps start from. */
  get offset(): number {
    return this.view.offset * this.channels;
  }

  moveTo(place: readonly number[]): void {
    const { view, channels, rowSteps, columnSteps } = this;
    if (!view.moveTo(place)) return;
    const { base, position, count } = view;
    for (let j = 0; j < count; j++) {
      rowSteps[j] = base[j] * channels;
      columnSteps[j] = position[j] * channels;
    }
  }
}

/** The window at one place after another, in row-major order: between two inside it only shifts. */
class MovingWindow implements WindowView {
  base: Int32Array = new Int32Array();
  position: Int32Array = new Int32Array();
  count = 0;
  /** To be added to what `base` holds. */
  offset = 0;
  private readonly read: (place: readonly number[]) => WindowView;
  /** By how much the window shifts along the last dimension. */
  private readonly shift: number;
  /** Per place of the last dimension, whether the window lies inside there. */
  private readonly inside: readonly boolean[];

  constructor({ window, spatial, places }: Pick<Im2ColSizes, 'window' | 'spatial' | 'places'>) {
    this.read = windowReader(window, spatial, places);
    const last = window.length - 1;
    this.shift = window[last]?.stride ?? 0;
    this.inside = last < 0 ? [] : insideOf(window[last], spatial[last], places[last]);
  }

  /** False where only the offset has changed. */
  moveTo(place: readonly number[]): boolean {
    const { inside, shift } = this;
    const at = place[place.length - 1];
    if (at > 0 && inside[at] && inside[at - 1]) {
      this.offset += shift;
      return false;
    }
    const { base, position, count } = this.read(place);
    this.base = base;
    this.position = position;
    this.count = count;
    this.offset = 0;
    return true;
  }
}

function insideOf(w: WindowDim, size: number, places: number): boolean[] {
  const offsets = windowTaps(w, size, places);
  return Array.from(
    { length: places },
    (_, at) =>
      w.baseDilation === 1 && offsets.subarray(at * w.size, (at + 1) * w.size).every((x) => x >= 0),
  );
}
