/**
 * How far the outputs of faithful executions lie from a value, element by element. Sampling is exact
 * about correlation, where the deviation of the exact mode takes errors for independent.
 */
import { leafTensors, type TensorData, type Value } from '../../graphs/ir/tensor.ts';

/** Sums of the distances of samples from a first one, of one leaf. */
interface Sums {
  readonly first: TensorData;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  /** 1 where a sample was of another size, or finite where others were not. */
  readonly breaks: Uint8Array;
}

/** Collects samples of one value. */
export class Spread {
  private count = 0;
  private readonly leaves: readonly Sums[];

  /** `first`: the value from which distances are kept; it counts as no sample. */
  constructor(first: Value) {
    this.leaves = leafTensors(first).map(({ data }) => ({
      first: data,
      sum: new Float64Array(data.length),
      squares: new Float64Array(data.length),
      breaks: new Uint8Array(data.length),
    }));
  }

  add(sample: Value): void {
    this.count++;
    for (const [n, { data }] of leafTensors(sample).entries()) {
      const leaf = this.leaves[n];
      if (!leaf || typeof leaf.first[0] === 'bigint') continue;
      addLeaf(leaf, data as Float64Array);
    }
  }

  /**
   * Root mean square distance of the samples from a value, at entry i of leaf n; NaN where they are
   * not all finite, or of several kinds.
   */
  from(n: number, i: number, centre: number): number {
    const leaf = this.leaves[n];
    if (!leaf || this.count === 0 || leaf.breaks[i]) return Number.NaN;
    if (typeof leaf.first[0] === 'bigint') return Number.NaN;
    const off = centre - Number(leaf.first[i]);
    if (off !== off || off - off !== 0) return Number.NaN;
    const { count } = this;
    const square = leaf.squares[i]! / count - (2 * off * leaf.sum[i]!) / count + off * off;
    return Math.sqrt(Math.max(0, square));
  }
}

function addLeaf({ first, sum, squares, breaks }: Sums, data: Float64Array): void {
  if (data.length !== first.length) {
    breaks.fill(1);
    return;
  }
  const x = first as Float64Array;
  for (let i = 0; i < data.length; i++) {
    const d = data[i]! - x[i]!;
    if (d - d === 0) {
      sum[i]! += d;
      squares[i]! += d * d;
    } else if (!Object.is(data[i], x[i])) breaks[i] = 1;
  }
}
