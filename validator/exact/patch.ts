/** The elements under a convolution's window at one place, laid out as a row; zeros in the padding. */
import type { WindowDim } from '../../graphs/ops/attr.ts';
import { sizeOf } from '../indexing/strided.ts';
import { type WindowView, windowReader } from '../indexing/window.ts';
import type { Rows } from './matmul.ts';

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
  private readonly images: Rows;
  private readonly sizes: PatchSizes;
  private readonly row: Rows;
  private readonly area: number;
  private readonly read: (place: readonly number[]) => WindowView;
  private view: WindowView | undefined;

  /** For images in the order image, space, feature. */
  constructor(images: Rows, sizes: PatchSizes) {
    const { window, spatial, places, channels, perGroup } = sizes;
    this.size = window.reduce((n, w) => n * w.size, 1) * perGroup;
    this.images = images;
    this.sizes = sizes;
    this.area = sizeOf(spatial) * channels;
    this.read = windowReader(window, spatial, places);
    const numbers = () => new Float64Array(this.size);
    this.row = {
      x: numbers(),
      ...(images.worst && { worst: numbers() }),
      ...(images.likely && { likely: numbers() }),
      ...(images.shared && { shared: numbers() }),
      ...(images.undecided && { undecided: new Uint8Array(this.size) }),
    };
  }

  moveTo(place: readonly number[]): void {
    this.view = this.read(place);
  }

  /** The row of an image and a group of its features at the place moved to. */
  fill(image: number, group: number): Rows {
    const { images, row, sizes } = this;
    const from = image * this.area + group * sizes.perGroup;
    this.copy(images.x, row.x, from);
    if (images.worst) this.copy(images.worst, row.worst!, from);
    if (images.likely) this.copy(images.likely, row.likely!, from);
    if (images.shared) this.copy(images.shared, row.shared!, from);
    if (images.undecided) this.copyMarks(images.undecided, row.undecided!, from);
    return row;
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
