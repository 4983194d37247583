/**
 * ragged-dot as dots over its groups. Group g is the range of the ragged dimension behind the groups
 * before it. A free ragged dimension: each row is multiplied with its group's slice of rhs, rows past
 * the last group are zero. A contracted one: one product a group, stacked in front. A batch one: the
 * sizes say nothing, as in xla/hlo/transforms/expanders/ragged_dot_rewriter.cc. What lies outside a
 * group is selected away, not multiplied by zero, so its NaNs do not spread.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { otherDims } from '../loops/strides.ts';
import { arrayOf, type Expansion, expansion, filled, reshaped, sliced } from './decomposition.ts';

type Attrs = InstructionOf<'ragged-dot'>['attrs'];

/** By where the ragged dimension stands: batch (a plain dot), contracted or free. */
export const raggedDot: Expansion<'ragged-dot'> = (i, operands) =>
  expansion('ragged-dot', operands, (b, [lhs, rhs, sizes]) => {
    const along = i.attrs.lhs_ragged_dims[0];
    const call: Call = { b, attrs: i.attrs, lhs, rhs, sizes, along, type: arrayOf(i).type };
    if (i.attrs.lhs_batch_dims.includes(along)) return product(call, lhs, rhs);
    return i.attrs.lhs_contracting_dims.includes(along) ? byContraction(call) : byRows(call);
  });

interface Call {
  readonly b: ComputationBuilder;
  readonly attrs: Attrs;
  readonly lhs: Instruction;
  readonly rhs: Instruction;
  readonly sizes: Instruction;
  /** The ragged dimension of lhs. */
  readonly along: number;
  readonly type: ElementType;
}

/** Each row of the result from the group that it is in. */
function byRows(call: Call): Instruction {
  const { b, attrs, lhs, rhs, along, type } = call;
  const [group] = attrs.rhs_group_dims;
  const free = otherDims(rank(lhs), attrs.lhs_batch_dims, attrs.lhs_contracting_dims);
  const order = [...attrs.lhs_batch_dims, ...free];
  const ahead = [...attrs.lhs_batch_dims, ...free.slice(0, free.indexOf(along))];
  let rows: Instruction | undefined;
  for (const { start, end, index } of groups(call)) {
    const slice = withoutDim(b, sliced(b, rhs, group, index, index + 1), group);
    const dots = product(call, lhs, slice, behind(attrs, group));
    const { dims } = arrayOf(dots);
    const at = (d: number) => order.indexOf(d);
    const mask = within(b, dims, at(along), ahead.map(at), [start, end]);
    rows = b.op('select', [mask, dots, rows ?? filled(b, type, dims, 0)]);
  }
  return rows ?? filled(b, type, arrayOf(product(call, lhs, rhs)).dims, 0);
}

/** One product a group over its range of the contracted dimension. */
function byContraction(call: Call): Instruction {
  const { b, attrs, lhs, rhs, along, type } = call;
  const position = attrs.lhs_contracting_dims.indexOf(along);
  const contracted = attrs.lhs_contracting_dims.slice(0, position);
  const rhsContracted = attrs.rhs_contracting_dims.slice(0, position);
  const rhsAlong = attrs.rhs_contracting_dims[position];
  const products = groups(call).map(({ start, end }) => {
    const range = [start, end] as const;
    const left = kept(b, lhs, along, [...attrs.lhs_batch_dims, ...contracted], range);
    const right = kept(b, rhs, rhsAlong, [...attrs.rhs_batch_dims, ...rhsContracted], range);
    const one = product(call, left, right);
    return reshaped(b, one, [1, ...arrayOf(one).dims]);
  });
  if (products.length > 0) return b.op('concatenate', products, { dimensions: [0] });
  return filled(b, type, [0, ...arrayOf(product(call, lhs, rhs)).dims], 0);
}

/** Start and end of every group, of the sizes' leading dimensions. */
function groups({ b, sizes }: Call) {
  const { type, dims } = arrayOf(sizes);
  const last = dims.length - 1;
  const leading = dims.slice(0, -1);
  let start = filled(b, type, leading, 0);
  return Array.from({ length: dims[last] }, (_, index) => {
    const size = reshaped(b, sliced(b, sizes, last, index, index + 1), leading);
    const group = { index, start, end: b.op('add', [start, size]) };
    start = group.end;
    return group;
  });
}

type Range = readonly [start: Instruction, end: Instruction];

/** Where the place along a dimension is in the range; `ahead`: what the range's dimensions are. */
function within(
  b: ComputationBuilder,
  dims: readonly number[],
  along: number,
  ahead: readonly number[],
  [start, end]: Range,
): Instruction {
  const bounds = arrayOf(start);
  const shape = arrayShape(bounds.type, dims);
  const place = b.op('iota', [], { iota_dimension: along }, { shape });
  const spread = (x: Instruction) => b.broadcast(x, dims, ahead.slice(0, bounds.dims.length));
  const from = b.op('compare', [place, spread(start)], { direction: 'GE' });
  const before = b.op('compare', [place, spread(end)], { direction: 'LT' });
  return b.op('and', [from, before]);
}

/** x where the place along a dimension is in the range, 0 elsewhere. */
function kept(
  b: ComputationBuilder,
  x: Instruction,
  along: number,
  ahead: readonly number[],
  range: Range,
): Instruction {
  const { type, dims } = arrayOf(x);
  const mask = within(b, dims, along, ahead, range);
  return b.op('select', [mask, x, filled(b, type, dims, 0)]);
}

type DotDims = Pick<
  Attrs,
  'lhs_batch_dims' | 'lhs_contracting_dims' | 'rhs_batch_dims' | 'rhs_contracting_dims'
>;

function product(
  { b, attrs, type }: Call,
  lhs: Instruction,
  rhs: Instruction,
  dims: DotDims = attrs,
): Instruction {
  const { lhs_batch_dims, lhs_contracting_dims, rhs_batch_dims, rhs_contracting_dims } = dims;
  const given = { lhs_batch_dims, lhs_contracting_dims, rhs_batch_dims, rhs_contracting_dims };
  const result = (of: Instruction, ...not: readonly (readonly number[])[]) =>
    otherDims(rank(of), ...not).map((d) => arrayOf(of).dims[d]);
  const sizes = [
    ...lhs_batch_dims.map((d) => arrayOf(lhs).dims[d]),
    ...result(lhs, lhs_batch_dims, lhs_contracting_dims),
    ...result(rhs, rhs_batch_dims, rhs_contracting_dims),
  ];
  return b.op('dot', [lhs, rhs], given, { shape: arrayShape(type, sizes) });
}

/** Dimension numbers once the group dimension of rhs is gone. */
function behind(attrs: Attrs, group: number): DotDims {
  const shifted = (dims: readonly number[]) => dims.map((d) => (d > group ? d - 1 : d));
  return {
    ...attrs,
    rhs_batch_dims: shifted(attrs.rhs_batch_dims),
    rhs_contracting_dims: shifted(attrs.rhs_contracting_dims),
  };
}

function withoutDim(b: ComputationBuilder, x: Instruction, dim: number): Instruction {
  return reshaped(
    b,
    x,
    arrayOf(x).dims.filter((_, d) => d !== dim),
  );
}

function rank(x: Instruction): number {
  return arrayOf(x).dims.length;
}
