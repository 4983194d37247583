/** The elements under a convolution's window at one place, laid out as a row; zeros in the padding. */
import type { WindowDim } from '../../graphs/ops/attr.ts';
import { sizeOf } from '../indexing/strided.ts';
import { type WindowView, windowReader } from '../indexing/window.ts';
import type { LeftRows } from './matmul.ts';

export interface PatchSizes {
  readonly window: readonly WindowDim[];
  /** Space of an image, and the places of the window. */
  readonly spatial: readonly number[];
  readonly places: readonly number[];
  /** Features of an image, and those that one output feature sees. */
  readonly channels: number;
  readonly perGroup: number;
}

/** One row, filled anew for each image and group of features at each place. */
export class Patch {
  /** Numbers in the row: window positions times features of a group. */
  readonly size: number;
  /** The row at hand. */
  readonly row: LeftRows;
  private readonly images: LeftRows;
  private readonly sizes: PatchSizes;
  private readonly area: number;
  private readonly read: (place: readonly number[]) => WindowView;
  private view: WindowView | undefined;
  /** Arrays of the images, and those of the row that they go to. */
  private readonly numbers: (readonly [Float64Array, Float64Array])[] = [];

  /** For images in the order image, space, feature. */
  constructor(images: LeftRows, sizes: PatchSizes) {
    const { window, spatial, places, channels, perGroup } = sizes;
    this.size = window.reduce((n, w) => n * w.size, 1) * perGroup;
    this.images = images;
    this.sizes = sizes;
    this.area = sizeOf(spatial) * channels;
    this.read = windowReader(window, spatial, places);
    const { x, uncertain, shared, undecided } = images;
    this.row = {
      x: this.copied(x),
      ...(uncertain && {
        uncertain: {
          reachable: this.copied(uncertain.reachable),
          factors: this.copied(uncertain.factors),
          variances: this.copied(uncertain.variances),
        },
      }),
      ...(shared && { shared: this.copied(shared) }),
      ...(undecided && { undecided: new Uint8Array(this.size) }),
    };
  }

  moveTo(place: readonly number[]): void {
    this.view = this.read(place);
  }

  /** The row of an image and a group of its features at the place moved to. */
  fill(image: number, group: number): LeftRows {
    const { images, row, sizes, numbers } = this;
    const from = image * this.area + group * sizes.perGroup;
    for (let n = 0; n < numbers.length; n++) this.copy(numbers[n][0], numbers[n][1], from);
    if (images.undecided) this.copyMarks(images.undecided, row.undecided!, from);
    return row;
  }

  private copied(from: Float64Array): Float64Array {
    const to = new Float64Array(this.size);
    this.numbers.push([from, to]);
    return to;
  }

  private copy(from: Float64Array, to: Float64Array, start: number): void {
    const { channels, perGroup } = this.sizes;
    const { base, position, count } = this.view!;
    if (count * perGroup < this.size) to.fill(0);
    for (let j = 0; j < count; j++) {
      const source = start + base[j] * channels;
      const target = position[j] * perGroup;
      for (let c = 0; c < perGroup; c++) to[target + c] = from[source + c];
    }
  }

  private copyMarks(from: Uint8Array, to: Uint8Array, start: number): void {
    const { channels, perGroup } = this.sizes;
    const { base, position, count } = this.view!;
    to.fill(0);
    for (let j = 0; j < count; j++) {
      const source = start + base[j] * channels;
      const target = position[j] * perGroup;
      for (let c = 0; c < perGroup; c++) to[target + c] = from[source + c];
    }
  }
}
