/**
 * A box of elements that goes from one array to another, at regular distances in both: what every
 * regular movement of data comes down to, without an index per element.
 */
import type { TensorData } from '../../../graphs/ir/tensor.ts';
import { specialised } from '../loops/specialise.ts';
import { sizeOf } from '../loops/strides.ts';

/** Element c of the box is at base + Σ c_d · strides_d. Strides may be 0 or negative. */
export interface Lattice {
  readonly base: number;
  readonly strides: readonly number[];
}

/** A box of sizes `dims`, and where it lies on both sides. */
export interface Block {
  readonly dims: readonly number[];
  readonly from: Lattice;
  readonly to: Lattice;
}

/** Arrays that a block can act on: tensor storage, radii, marks. */
export type Movable = TensorData | Uint8ClampedArray;

/** One dimension of a block: its size and the distances between neighbours. */
interface Axis {
  readonly n: number;
  readonly from: number;
  readonly to: number;
}

/** Copies a block; `width` is the number of entries per element (2 for complex numbers). */
export function copyBlock(block: Block, source: Movable, target: Movable, width = 1): void {
  const count = sizeOf(block.dims);
  if (count === 0) return;
  const axes = axesOf(block, width);
  const [rows, columns] = axes.slice(-2);
  const copy = specialised(copyPlane, source.constructor.name, count);
  const walk = (d: number, from: number, to: number): void => {
    if (d === axes.length - 2) copy(source, from, target, to, rows, columns);
    else
      for (let k = 0; k < axes[d].n; k++) walk(d + 1, from + k * axes[d].from, to + k * axes[d].to);
  };
  walk(0, block.from.base * width, block.to.base * width);
}

/** The dimensions that need a loop, outermost first, at least two: neighbours joined where possible. */
function axesOf({ dims, from, to }: Block, width: number): Axis[] {
  const axes: Axis[] = [];
  const add = (inner: Axis) => {
    const outer = axes.at(-1);
    const joins = outer?.from === inner.n * inner.from && outer.to === inner.n * inner.to;
    if (joins) axes.pop();
    axes.push(joins ? { ...inner, n: outer.n * inner.n } : inner);
  };
  dims.forEach((n, d) => {
    if (n > 1) add({ n, from: from.strides[d] * width, to: to.strides[d] * width });
  });
  if (width > 1) add({ n: width, from: 1, to: 1 });
  while (axes.length < 2) axes.unshift({ n: 1, from: 0, to: 0 });
  return axes;
}

/** Long rows go as a whole: neighbours in both arrays, or one element over and over. */
function copyPlane(
  source: Movable,
  from: number,
  target: Movable,
  to: number,
  rows: Axis,
  columns: Axis,
): void {
  const [n, step, stride] = [columns.n, columns.from, columns.to];
  const isLong = n >= 64 && stride === 1;
  for (let r = 0; r < rows.n; r++) {
    const f = from + r * rows.from;
    const t = to + r * rows.to;
    if (isLong && step === 1) target.set(source.subarray(f, f + n) as never, t);
    else if (isLong && step === 0) target.fill(source[f] as never, t, t + n);
    else for (let c = 0; c < n; c++) target[t + c * stride] = source[f + c * step];
  }
}
