/** Shape rules of dot products: dot, ragged-dot, scaled-dot. */
import { isComplex, isWide } from '../../ir/element-type.ts';
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import {
  arrayAt,
  arrayOf,
  declaredType,
  fits,
  type Given,
  higherPrecision,
  isScalar,
  need,
  needInRange,
  needUnique,
  text,
} from './checks.ts';

/** Dimension numbers of a dot, as XLA names them. */
export interface DotDims {
  readonly lhs_batch_dims: readonly number[];
  readonly lhs_contracting_dims: readonly number[];
  readonly rhs_batch_dims: readonly number[];
  readonly rhs_contracting_dims: readonly number[];
}

/** Batch dimensions, then the free ones of lhs, then those of rhs; constraints as dot_general's. */
export function dotShape(c: Given<DotDims>): Shape {
  const [a, b] = dotOperands(c, 'dot');
  return dotResult(c, a, b, []);
}

function dotOperands(c: Given<DotDims>, op: string): [ArrayShape, ArrayShape] {
  const [a, b] = [arrayAt(c, 0, op), arrayAt(c, 1, op)];
  const d = c.attrs;
  const pairs = [
    ['lhs', a, d.lhs_batch_dims, d.lhs_contracting_dims, 'c5', 'c6', 'c3'],
    ['rhs', b, d.rhs_batch_dims, d.rhs_contracting_dims, 'c7', 'c8', 'c4'],
  ] as const;
  for (const [side, shape, batch, contracting, inBatch, inContracting, unique] of pairs) {
    const rank = shape.dims.length;
    needInRange(c, batch, rank, `${op}_${inBatch}`, `${side}_batch_dims`);
    needInRange(c, contracting, rank, `${op}_${inContracting}`, `${side}_contracting_dims`);
    const both = `${side}_batch_dims and ${side}_contracting_dims`;
    needUnique(c, [...batch, ...contracting], `${op}_${unique}`, both);
  }
  need(
    c,
    isWide(a.type) === isWide(b.type) && isComplex(a.type) === isComplex(b.type),
    `${op}_x4`,
    () =>
      `both or neither operand must be complex, and both or neither of 64-bit integers, got ${text(a)} and ${text(b)}`,
  );
  needPaired(c, a, b, ['batch', d.lhs_batch_dims, d.rhs_batch_dims], [`${op}_c1`, `${op}_c9`]);
  needPaired(
    c,
    a,
    b,
    ['contracting', d.lhs_contracting_dims, d.rhs_contracting_dims],
    [`${op}_c2`, `${op}_c10`],
  );
  return [a, b];
}

function needPaired(
  c: Given,
  a: ArrayShape,
  b: ArrayShape,
  [what, ours, theirs]: readonly [string, readonly number[], readonly number[]],
  [count, size]: readonly [string, string],
): void {
  const words = () => `lhs {${ours}} of ${text(a)} and rhs {${theirs}} of ${text(b)}`;
  need(
    c,
    ours.length === theirs.length,
    count,
    () => `${what} dimensions must pair up: ${words()}`,
  );
  need(
    c,
    ours.every((d, i) => fits(a.dims[d]!, b.dims[theirs[i]!]!)),
    size,
    () => `${what} dimensions must have equal sizes: ${words()}`,
  );
}

/** Dimensions of a shape that are in none of the lists. */
function rest(shape: ArrayShape, ...named: readonly (readonly number[])[]): readonly number[] {
  const taken = new Set(named.flat());
  return shape.dims.map((_, d) => d).filter((d) => !taken.has(d));
}

/** Batch dimensions, then what remains of lhs, then what remains of rhs. */
function dotResult(
  c: Given<DotDims>,
  a: ArrayShape,
  b: ArrayShape,
  groupDims: readonly number[],
  leading: readonly number[] = [],
): ArrayShape {
  const d = c.attrs;
  const left = [...d.lhs_batch_dims, ...rest(a, d.lhs_batch_dims, d.lhs_contracting_dims)];
  const right = rest(b, d.rhs_batch_dims, d.rhs_contracting_dims, groupDims);
  const dims = [...leading, ...left.map((i) => a.dims[i]!), ...right.map((i) => b.dims[i]!)];
  const type = declaredType(c, higherPrecision(a.type, b.type));
  if (!a.dynamic && !b.dynamic) return arrayOf(type, dims);
  const dynamic = [
    ...leading.map(() => false),
    ...left.map((i) => !!a.dynamic?.[i]),
    ...right.map((i) => !!b.dynamic?.[i]),
  ];
  return arrayOf(type, dims, dynamic);
}

interface RaggedDims extends DotDims {
  readonly lhs_ragged_dims: readonly number[];
  readonly rhs_group_dims: readonly number[];
}

/**
 * lhs is cut along its ragged dimension into groups of the sizes in operand 2. If the dimension is
 * contracted, the result has one slice a group; if it is free, rhs has one.
 */
export function raggedDotShape(c: Given<RaggedDims>): Shape {
  const op = 'ragged_dot';
  const [a, b] = dotOperands(c, op);
  const sizes = arrayAt(c, 2, op);
  const { lhs_ragged_dims: ragged, rhs_group_dims: groups, ...d } = c.attrs;
  need(
    c,
    ragged.length === 1,
    `${op}_c11`,
    () => `lhs_ragged_dims={${ragged}} must name one dimension`,
  );
  needInRange(c, ragged, a.dims.length, `${op}_c12`, 'lhs_ragged_dims');
  const [along] = ragged as [number];
  const count = groupCount(c, a, sizes, along);
  needInRange(c, groups, b.dims.length, `${op}_c14`, 'rhs_group_dims');
  const taken = [...d.rhs_batch_dims, ...d.rhs_contracting_dims];
  needUnique(c, [...taken, ...groups], `${op}_c15`, 'batch, contracting and rhs_group_dims');
  const contracted = d.lhs_contracting_dims.includes(along);
  const free = !contracted && !d.lhs_batch_dims.includes(along);
  need(
    c,
    groups.length === (free ? 1 : 0),
    `${op}_c16`,
    () => `rhs_group_dims={${groups}} must name ${free ? 'one dimension' : 'no dimension'}`,
  );
  need(
    c,
    groups.every((g) => fits(b.dims[g]!, count)),
    `${op}_c17`,
    () => `dimension {${groups}} of ${text(b)} must have one slice a group, there are ${count}`,
  );
  return dotResult(c, a, b, groups, contracted ? [count] : []);
}

/** The number of groups: the last dimension of the sizes, behind what stands before the ragged. */
function groupCount(c: Given<RaggedDims>, a: ArrayShape, sizes: ArrayShape, along: number): number {
  const { lhs_batch_dims: batch, lhs_contracting_dims: contracting } = c.attrs;
  const before = (dims: readonly number[]) => dims.slice(0, dims.indexOf(along));
  const prefix = batch.includes(along)
    ? before(batch)
    : contracting.includes(along)
      ? [...batch, ...before(contracting)]
      : [...batch, ...before(rest(a, batch, contracting))];
  const expected = prefix.map((d) => a.dims[d]!);
  const leading = sizes.dims.slice(0, -1);
  need(
    c,
    sizes.dims.length === 1 ||
      (leading.length === expected.length && leading.every((s, i) => s === expected[i])),
    'ragged_dot_c13',
    () => `the group sizes must be [${[...expected, 'groups']}] or [groups], got ${text(sizes)}`,
  );
  return sizes.dims.at(-1)!;
}

/** dot whose operands are each multiplied by a block-wise scale (operands 2 and 3). */
export function scaledDotShape(c: Given<DotDims>): Shape {
  const op = 'scaled_dot';
  const [a, b] = dotOperands(c, op);
  const scales = [arrayAt(c, 2, op), arrayAt(c, 3, op)] as const;
  checkScale(c, a, scales[0], c.attrs.lhs_contracting_dims);
  checkScale(c, b, scales[1], c.attrs.rhs_contracting_dims);
  need(
    c,
    !scales.every(isScalar),
    `${op}_x3`,
    () => 'one of the scales at least must not be a scalar; use dot',
  );
  return dotResult(c, a, b, []);
}

function checkScale(
  c: Given,
  a: ArrayShape,
  scale: ArrayShape,
  contracting: readonly number[],
): void {
  const one = scale.dims.every((d) => d === 1);
  if (one && a.type === 'bf16' && scale.type === 'bf16' && a.dims.some((d) => d !== 1)) return;
  need(
    c,
    contracting.length === 1,
    'scaled_dot_x1',
    () => `one contracting dimension is needed where there is a scale, got {${contracting}}`,
  );
  need(
    c,
    scale.dims.length === a.dims.length && a.dims.every((d, i) => d % scale.dims[i]! === 0),
    'scaled_dot_x2',
    () => `the sizes of scale ${text(scale)} must divide those of ${text(a)}`,
  );
}
