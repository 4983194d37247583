/**
 * Shape rules of collectives. How many devices take part is not always in the text, so the count
 * is read off the declared sizes and held against the replica groups where they are written out.
 */
import { type ArrayShape, type Shape, tupleShape } from '../../ir/shape.ts';
import { parseDeviceGroups } from '../device-groups.ts';
import {
  arrayOf,
  arrays,
  compatible,
  dynamicOf,
  type Given,
  need,
  needInRange,
  text,
} from './checks.ts';
import { oneOrTuple } from './reduction.ts';
import { tupleAt } from './structure.ts';

interface Grouped {
  readonly replica_groups?: string;
  readonly channel_id?: number;
  readonly use_global_device_ids: boolean;
}

/** The groups of `{{0,1},{2,3}}`; undefined for the other notations and for none. */
export function listedGroups(raw: string | undefined): readonly (readonly number[])[] | undefined {
  if (!raw?.trim().startsWith('{{')) return undefined;
  return parseDeviceGroups(raw)?.list(Infinity);
}

/** Devices in a group, the first one; undefined where the text leaves it open. */
function groupSize({ replica_groups: raw, ...attrs }: Grouped): number | undefined {
  if (attrs.channel_id !== undefined && !attrs.use_global_device_ids) return undefined;
  return parseDeviceGroups(raw ?? '')?.size || undefined;
}

interface GroupLabels {
  readonly unique: string;
  readonly range: string;
  readonly global?: string;
}

function checkGroups(c: Given<Grouped>, labels: GroupLabels): void {
  const { replica_groups: raw, use_global_device_ids: global, channel_id } = c.attrs;
  need(
    c,
    !labels.global || !global || channel_id !== undefined,
    labels.global ?? '',
    () => 'use_global_device_ids=true needs a channel_id',
  );
  const groups = listedGroups(raw);
  if (!groups) return;
  const ids = groups.flat();
  need(
    c,
    new Set(ids).size === ids.length,
    labels.unique,
    () => `replica_groups=${raw} must not name a device twice`,
  );
  need(
    c,
    groups.every((g) => g.length > 0) && ids.every((id) => id < ids.length),
    labels.range,
    () => `replica_groups=${raw} must name the devices 0 to ${ids.length - 1}, no group empty`,
  );
}

/** Operands with dimension `along` scaled; unbounded sizes stay so. */
function scaled(
  operands: readonly ArrayShape[],
  along: number,
  scale: (size: number) => number,
): Shape {
  return oneOrTuple(
    operands.map((s) =>
      arrayOf(
        s.type,
        s.dims.map((d, i) => (i === along && d !== -1 ? scale(d) : d)),
        dynamicOf(s),
      ),
    ),
  );
}

/** Size of dimension `along` of the first array in a shape; 0 where there is none. */
function firstSize(shape: Shape | undefined, along: number): number {
  if (shape?.kind === 'tuple') return firstSize(shape.elements[0], along);
  return shape?.kind === 'array' ? (shape.dims[along] ?? 0) : 0;
}

/** The one dimension that the attribute names, which every operand must have. */
function alongOf(
  c: Given<{ readonly dimensions: readonly number[] }>,
  operands: readonly ArrayShape[],
  label: string,
): number {
  const { dimensions } = c.attrs;
  need(c, dimensions.length === 1, label, () => `dimensions={${dimensions}} must name one`);
  for (const s of operands) needInRange(c, dimensions, s.dims.length, label, 'dimensions');
  return dimensions[0]!;
}

/** Demands that the sizes differ by the number of devices in a group. */
function needCount(c: Given<Grouped>, count: number, label: string): void {
  const size = groupSize(c.attrs);
  need(
    c,
    size === undefined || size <= 1 || count === size,
    label,
    () => `operand and result differ by a factor ${count}, the groups have ${size} devices`,
  );
}

type AllGather = Given<Grouped & { readonly dimensions: readonly number[] }>;

/** The operands, larger along the dimension by the number of devices in a group. */
export function allGatherShape(c: AllGather): Shape {
  return gatheredAs(c, c.declared);
}

/** (operands, results) */
export function allGatherStartShape(c: AllGather): Shape {
  const declared = c.declared.kind === 'tuple' ? c.declared.elements[1] : undefined;
  return tupleShape([oneOrTuple(c.operands), gatheredAs(c, declared)]);
}

function gatheredAs(c: AllGather, declared: Shape | undefined): Shape {
  const op = 'all_gather';
  const operands = arrays(c, op);
  const along = alongOf(c, operands, `${op}_c1`);
  checkGroups(c, { unique: `${op}_c2`, range: `${op}_c4`, global: `${op}_c5` });
  const [from, to] = [operands[0]!.dims[along]!, firstSize(declared, along)];
  const count = from > 0 ? Math.ceil(to / from) : (groupSize(c.attrs) ?? 1);
  if (to !== -1 && from > 0) needCount(c, count, `${op}_c6`);
  return scaled(operands, along, (d) => d * count);
}

/** The operands' own shapes. */
export function allReduceShape(c: Given<Grouped>): Shape {
  const op = 'all_reduce';
  checkGroups(c, { unique: `${op}_c1`, range: `${op}_c3`, global: `${op}_c4` });
  return oneOrTuple(arrays(c, op));
}

/** The operands, smaller along the dimension by the number of devices in a group. */
export function reduceScatterShape(
  c: Given<Grouped & { readonly dimensions: readonly number[] }>,
): Shape {
  const op = 'reduce_scatter';
  const operands = arrays(c, op);
  const along = alongOf(c, operands, `${op}_c2`);
  checkGroups(c, { unique: `${op}_c3`, range: `${op}_c5`, global: `${op}_c6` });
  const [from, to] = [operands[0]!.dims[along]!, firstSize(c.declared, along)];
  if (to <= 0 || from <= 0) return c.declared;
  const count = Math.ceil(from / to);
  needCount(c, count, `${op}_c8`);
  need(
    c,
    operands.every((s) => s.dims[along] === -1 || s.dims[along]! % count === 0),
    `${op}_c1`,
    () => `dimension ${along} of ${operands.map(text)} must divide among ${count} devices`,
  );
  return scaled(operands, along, (d) => d / count);
}

/** With a dimension one array is cut and joined along it; without, operands are exchanged whole. */
export function allToAllShape(
  c: Given<Grouped & { readonly dimensions?: readonly number[] }>,
): Shape {
  const op = 'all_to_all';
  const operands = arrays(c, op);
  const { dimensions } = c.attrs;
  checkGroups(c, { unique: `${op}_c5`, range: `${op}_c7` });
  if (!dimensions) {
    need(
      c,
      operands.every((s) => compatible(s, operands[0]!)),
      `${op}_x1`,
      () => `the operands must have one shape, got ${operands.map(text).join(' and ')}`,
    );
    return tupleShape(operands);
  }
  need(c, operands.length === 1, `${op}_x2`, () => `with dimensions, one operand only`);
  const [a] = operands as [ArrayShape];
  needInRange(c, dimensions, a.dims.length, `${op}_c1`, 'dimensions');
  const size = groupSize({ ...c.attrs, use_global_device_ids: true });
  need(
    c,
    dimensions.every((d) => a.dims[d] === -1 || size === undefined || a.dims[d]! % size === 0),
    `${op}_c2`,
    () => `dimension {${dimensions}} of ${text(a)} must divide among ${size} devices`,
  );
  return a;
}

/** (input, output, input offsets, send sizes, output offsets, receive sizes) */
export function raggedAllToAllShape(c: Given<Grouped>): Shape {
  const op = 'ragged_all_to_all';
  const operands = arrays(c, op);
  const tables = operands.slice(2);
  checkGroups(c, { unique: `${op}_c1`, range: `${op}_c2` });
  need(
    c,
    tables.every((s) => s.dims.length === 1 || s.dims.length === 2),
    `${op}_c3`,
    () => `offsets and sizes must have one or two dimensions, got ${tables.map(text).join(', ')}`,
  );
  need(
    c,
    tables.every((s) => compatible(s, tables[0]!)),
    `${op}_c4`,
    () => `offsets and sizes must have one shape, got ${tables.map(text).join(', ')}`,
  );
  return operands[1]!;
}

/** The operand's own shape. */
export function collectiveBroadcastShape(c: Given): Shape {
  return arrays(c, 'collective_broadcast')[0]!;
}

interface Permutation {
  readonly source_target_pairs: readonly (readonly number[])[];
  readonly slice_sizes?: readonly (readonly number[])[];
}

/** The operands' own shapes; with `slice_sizes`, the shape of operand 1, into which slices go. */
export function collectivePermuteShape(c: Given<Permutation>): Shape {
  checkPairs(c);
  if (!c.attrs.slice_sizes) return oneOrTuple(arrays(c, 'collective_permute'));
  needFour(c);
  return c.operands[1]!;
}

/** (operands, results, context …) */
export function collectivePermuteStartShape(c: Given<Permutation>): Shape {
  checkPairs(c);
  const context = c.declared.kind === 'tuple' ? c.declared.elements.slice(2) : [];
  if (c.attrs.slice_sizes) {
    needFour(c);
    return tupleShape([c.operands[0]!, c.operands[1]!, ...context]);
  }
  const all = oneOrTuple(c.operands);
  return tupleShape([all, all, ...context]);
}

/** In place: buffers and offsets of source and target. */
function needFour(c: Given): void {
  need(
    c,
    c.operands.length === 4,
    'collective_permute_x1',
    () => `with slice_sizes 4 operands are needed, got ${c.operands.length}`,
  );
}

function checkPairs(c: Given<Permutation>): void {
  const op = 'collective_permute';
  const { source_target_pairs: pairs, slice_sizes } = c.attrs;
  const words = () => `source_target_pairs={${pairs.map((p) => `{${p}}`)}}`;
  need(
    c,
    pairs.every((p) => p.length === 2),
    `${op}_c1`,
    () => `each pair must have a source and a target: ${words()}`,
  );
  need(
    c,
    pairs.flat().every((id) => id >= 0),
    `${op}_c4`,
    () => `device numbers must not be negative: ${words()}`,
  );
  if (slice_sizes) return;
  for (const [k, what, label] of [
    [0, 'source', `${op}_c2`],
    [1, 'target', `${op}_c3`],
  ] as const) {
    need(
      c,
      new Set(pairs.map((p) => p[k])).size === pairs.length,
      label,
      () => `a device can be ${what} once only: ${words()}`,
    );
  }
}

/** The result half of what a start op gives: (operands, results, …). */
export function resultOfStart(op: string) {
  return (c: Given): Shape => {
    const { elements } = tupleAt(c, 0, op);
    need(
      c,
      elements.length >= 2,
      `${op}_c1`,
      () => `operand 0 must be (operands, results, …), got ${text(c.operands[0])}`,
    );
    return elements[1]!;
  };
}
