/** What is folded into what: per result the elements of an array that go into it. */
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import { stridedIndices } from '../../semantics/loops/strides.ts';
import type { ReducedRows } from '../sums/placed-sums.ts';

/** Which elements of an array are folded, in row-major order: start + steps[j], or start + j·stride; j < count. */
export interface Terms {
  readonly start: number;
  readonly count: number;
  readonly stride: number;
  readonly steps?: Int32Array | undefined;
}

/** Per result the elements that it is folded from. */
export interface Groups {
  readonly count: number;
  /** Where the elements lie under windows. */
  readonly windows?: WindowPlaces;
  /** Where they lie in rows. */
  readonly rows?: ReducedRows;
  forEach(visit: (r: number, terms: Terms) => void): void;
}

/** What is folded into what, and where shared errors of the operand meet in one result. */
export interface Folding {
  readonly to_apply: string;
  readonly groups: Groups;
  readonly dims: readonly number[];
  readonly linear: boolean;
  readonly along: readonly boolean[];
}

/** One group per coordinate of the kept dimensions, over all coordinates of the others. */
export function groupsOf(
  dims: readonly number[],
  kept: readonly number[],
  dimensions: readonly number[],
): Groups {
  const strides = rowMajorStrides(dims);
  const walk = (of: readonly number[]) =>
    stridedIndices(
      of.map((d) => dims[d]),
      of.map((d) => strides[d]),
    );
  const starts = walk(kept);
  const reduced = [...dimensions].sort((a, b) => a - b).filter((d) => dims[d] !== 1);
  const count = reduced.reduce((n, d) => n * dims[d], 1);
  const even = reduced.every((d, k) => {
    const next = reduced[k + 1];
    return next === undefined || strides[d] === strides[next] * dims[next];
  });
  const spacing = even
    ? { stride: strides[reduced.at(-1) ?? 0] ?? 1 }
    : { stride: 0, steps: walk(reduced) };
  return {
    count: starts.length,
    rows: { starts, count, ...spacing },
    forEach(visit) {
      for (let r = 0; r < starts.length; r++) visit(r, { start: starts[r], count, ...spacing });
    },
  };
}
