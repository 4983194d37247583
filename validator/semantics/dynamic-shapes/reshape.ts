/**
 * The sizes of a reshaped array with dynamic dimensions. Both shapes fall into groups of dimensions
 * with equal products of bounds; in each group that holds fewer elements than its bounds say, one
 * result dimension gives way: the inferred one, else the dynamic one, else the only one above 1.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { sizeOf } from '../loops/strides.ts';
import type { Sized } from './rules.ts';

/** Sizes of the result; `run/unsupported` where it is not clear which dimension gives way. */
export function reshapedSizes(i: InstructionOf<'reshape'>, a: Sized): readonly number[] {
  const shape = i.shape as ArrayShape;
  const dims = [...shape.dims];
  if (sizeOf(dims) === 0) return dims;
  const inferred = i.attrs.inferred_dimension;
  const groups = commonGroups(a.declared.dims, dims);
  const isSplit = groups.some(({ from, to }) => from.length > 1 && to.length > 1);
  const all = { from: a.dims.map((_, d) => d), to: dims.map((_, d) => d) };
  const whole = inferred !== undefined && (isSplit || dims[inferred] === 1);
  for (const { from, to } of whole ? [all] : groups) {
    const count = sizeOf(from.map((d) => a.dims[d]));
    if (count === sizeOf(to.map((d) => dims[d]))) continue;
    if (to.length === 0) fail('run/bad-operand', 'a scalar must have one element');
    const along = givingWay(shape, to, inferred);
    const others = sizeOf(to.filter((d) => d !== along).map((d) => dims[d]));
    if (count % others !== 0)
      fail('run/bad-operand', `${count} elements do not divide by ${others}`);
    dims[along] = count / others;
  }
  return dims;
}

function givingWay(shape: ArrayShape, group: readonly number[], inferred?: number): number {
  if (inferred !== undefined && group.includes(inferred)) return inferred;
  const dynamic = group.filter((d) => shape.dynamic?.[d]);
  const large = group.filter((d) => shape.dims[d] !== 1);
  const found = [group, dynamic, large].find((of) => of.length === 1);
  return (
    found?.[0] ?? fail('run/unsupported', `which of dimensions ${group} gives way is not clear`)
  );
}

interface Group {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The finest groups of adjacent dimensions with equal products; ones at the end join the last. */
function commonGroups(from: readonly number[], to: readonly number[]): readonly Group[] {
  const groups: { from: number[]; to: number[] }[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    const group = { from: [i], to: [j] };
    let [p, q] = [from[i++], to[j++]];
    while (p !== q) {
      if (p < q) {
        group.from.push(i);
        p *= from[i++];
      } else {
        group.to.push(j);
        q *= to[j++];
      }
    }
    groups.push(group);
  }
  const last = groups.at(-1) ?? { from: [], to: [] };
  if (groups.length === 0) groups.push(last);
  while (i < from.length) last.from.push(i++);
  while (j < to.length) last.to.push(j++);
  return groups;
}
