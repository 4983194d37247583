/**
 * How sizes that are only known when a module runs go through each op: one row an op, after XLA's
 * dynamic_dimension_inference.cc. A row says to which sizes operands are cut and with which
 * attributes the op then runs on what is left, as if it had always been that large. What has no row
 * does not take dynamic sizes.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { isIn, type Opcode, opTable } from '../../../graphs/ops/table.ts';
import { customCallSizes, isAnnotation } from './custom-call.ts';
import { reshapedSizes } from './reshape.ts';

/** An array among the operands. */
export interface Sized {
  /** Its bounds, and which of them are. */
  readonly declared: ArrayShape;
  /** The sizes that it has. */
  readonly dims: readonly number[];
  /** The number that it holds, where it is a scalar integer; NaN if that is undecided. */
  integer(): number;
}

/** How an op runs on the sizes at hand. */
export interface Fit {
  /** Sizes to which operands are cut, by operand; where one is absent it stays. */
  readonly operands?: readonly (readonly number[] | undefined)[];
  /** Attributes that name sizes, with the actual ones. */
  readonly attrs?: object;
  /** Sizes of the result, where the op's shape rule does not infer them from its operands. */
  readonly dims?: readonly number[];
}

/** How sizes go through an op; `passes` where values are handed on as they are. */
export type SizeRule<O extends Opcode> = (
  instruction: InstructionOf<O>,
  operands: readonly Sized[],
) => Fit | 'passes';

/** The row of an opcode; undefined where dynamic sizes do not go through it. */
export function sizeRuleOf(opcode: Opcode): SizeRule<Opcode> | undefined {
  return rules[opcode] as SizeRule<Opcode> | undefined;
}

/** True where an op hands values on as they are, whatever their sizes. */
export function handsOn({ opcode, attrs }: Instruction): boolean {
  if (opcode === 'custom-call') return isAnnotation(attrs.custom_call_target);
  return rules[opcode] === passes;
}

type Rules = { readonly [O in Opcode]?: SizeRule<O> };

/** Values go by as they are, whatever their sizes. */
const passes = () => 'passes' as const;
/** The op's shape rule says all. */
const inferred = (): Fit => ({});

const elementwise = (Object.keys(opTable) as Opcode[]).filter((o) => isIn(o, 'elementwise'));

const rules: Rules = {
  ...Object.fromEntries(elementwise.map((opcode) => [opcode, agreeing])),
  'bitcast-convert': inferred,
  copy: agreeing,
  map: agreeing,
  reduce: agreeing,
  sort: agreeing,
  scatter: inferred,
  reverse: inferred,
  transpose: inferred,
  pad: inferred,
  'get-dimension-size': inferred,
  'reduce-window': agreeing,
  'select-and-scatter': inferred,
  concatenate: (i, operands) => agreeing(i, operands, i.attrs.dimensions),
  broadcast,
  dot,
  convolution,
  reshape: (i, [a]) => ({ dims: reshapedSizes(i, a) }),
  slice,
  'dynamic-slice': (i, [a]) => ({
    attrs: { dynamic_slice_sizes: wholeOrOne(a, i.attrs.dynamic_slice_sizes) },
  }),
  'dynamic-update-slice': dynamicUpdateSlice,
  gather: (i, [a]) => ({ attrs: { slice_sizes: wholeOrOne(a, i.attrs.slice_sizes) } }),
  'dynamic-reshape': dynamicReshape,
  'set-dimension-size': setDimensionSize,
  'custom-call': customCallSizes,
  parameter: passes,
  constant: passes,
  tuple: passes,
  'get-tuple-element': passes,
  call: passes,
  fusion: passes,
  while: passes,
  conditional: passes,
  domain: passes,
  'opt-barrier': passes,
  'after-all': passes,
  'add-dependency': passes,
  'copy-start': passes,
  'copy-done': passes,
  'async-start': passes,
  'async-update': passes,
  'async-done': passes,
};

/** True where dimension d of an array is dynamic; texts may leave the mark out, values tell. */
export function isDynamic({ declared, dims }: Sized, d: number): boolean {
  return declared.dynamic?.[d] || dims[d] !== declared.dims[d];
}

/**
 * Arrays of one size: along each dimension that of the dynamic ones, to which the others are cut.
 * Where two differ, a size of one is spread and of others the smaller counts, as XLA has it.
 * Scalars and the dimensions of `apart` are left as they are.
 */
function agreeing(_: unknown, operands: readonly Sized[], apart: readonly number[] = []): Fit {
  const arrays = operands.filter((o) => o.dims.length > 0);
  const common = (d: number, own: number) => {
    if (apart.includes(d)) return own;
    const sizes = arrays.filter((o) => isDynamic(o, d)).map((o) => o.dims[d]);
    return sizes.length === 0 ? own : sizes.reduce(commonSize);
  };
  return {
    operands: operands.map((o) => o.dims.map((n, d) => common(d, n))),
  };
}

function commonSize(a: number, b: number): number {
  const isSpread = (a === 1 && b > 1) || (b === 1 && a > 1);
  return isSpread ? Math.max(a, b) : Math.min(a, b);
}

/** A mapped dimension is as large as the operand's; no other can be dynamic. */
function broadcast(i: InstructionOf<'broadcast'>, [a]: readonly Sized[]): Fit {
  const { dims, dynamic } = i.shape as ArrayShape;
  return {
    dims: dims.map((bound, d) => {
      const from = i.attrs.dimensions.indexOf(d);
      if (from >= 0) return a.dims[from];
      return dynamic?.[d] ? fail('run/unsupported', `nothing tells how large ${d} is`) : bound;
    }),
  };
}

/** Contracted and batch dimensions come in pairs; past the end of the shorter there is nothing. */
function dot({ attrs }: InstructionOf<'dot'>, [a, b]: readonly Sized[]): Fit {
  const left = [...attrs.lhs_batch_dims, ...attrs.lhs_contracting_dims];
  const right = [...attrs.rhs_batch_dims, ...attrs.rhs_contracting_dims];
  return { operands: pairwise(a, b, left, right) };
}

/** Both cut to the smaller size along each pair of dimensions. */
function pairwise(
  a: Sized,
  b: Sized,
  left: readonly number[],
  right: readonly number[],
): readonly (readonly number[])[] {
  const dims = [[...a.dims], [...b.dims]];
  left.forEach((d, k) => {
    const size = Math.min(a.dims[d], b.dims[right[k]]);
    [dims[0][d], dims[1][right[k]]] = [size, size];
  });
  return dims;
}

/** Batches and contracted features may be dynamic. */
function convolution(i: InstructionOf<'convolution'>, [a, kernel]: readonly Sized[]): Fit {
  const { dim_labels: labels, feature_group_count: groups, batch_group_count: parts } = i.attrs;
  const { inputBatch, inputFeature, kernelInputFeature } = labels;
  const may = [new Set([inputBatch, inputFeature]), new Set([kernelInputFeature])];
  [a, kernel].forEach((o, k) => {
    const bad = o.dims.findIndex((_, d) => isDynamic(o, d) && !may[k].has(d));
    if (bad >= 0) fail('run/unsupported', `dimension ${bad} of operand ${k} must not be dynamic`);
  });
  if (groups !== 1 || parts !== 1) fail('run/unsupported', 'dynamic sizes in groups');
  return { operands: pairwise(a, kernel, [inputFeature], [kernelInputFeature]) };
}

/** What is valid of the range; one element must be. */
function slice(i: InstructionOf<'slice'>, [a]: readonly Sized[]): Fit {
  const ranges = i.attrs.slice.map(({ start, limit, stride }, d) => {
    if (!isDynamic(a, d)) return { start, limit, stride };
    const size = a.dims[d];
    if (Math.ceil((limit - start) / stride) === 1 && start >= size) {
      fail('run/bad-operand', `there is no element ${start} along ${d}, whose size is ${size}`);
    }
    return { start: Math.min(start, size), limit: Math.min(limit, size), stride };
  });
  return { attrs: { slice: ranges } };
}

/** Sizes of a window that takes all of a dynamic dimension, or one element of it. */
function wholeOrOne(a: Sized, sizes: readonly number[]): readonly number[] {
  return sizes.map((size, d) => {
    if (!isDynamic(a, d) || size <= 1) return size;
    if (size === a.declared.dims[d]) return a.dims[d];
    return fail('run/unsupported', `a part of dimension ${d}, which is dynamic, is taken`);
  });
}

/** The window must lie within what is valid: elsewhere memory would be written that has no meaning. */
function dynamicUpdateSlice(
  _: InstructionOf<'dynamic-update-slice'>,
  [a, update, ...starts]: readonly Sized[],
): Fit {
  a.dims.forEach((size, d) => {
    if (!isDynamic(a, d)) return;
    const start = starts.length === a.dims.length ? Math.max(0, starts[d].integer()) : 0;
    const end = start + update.dims[d];
    const isInMemory = start + update.declared.dims[d] <= a.declared.dims[d];
    if (!(end > size && isInMemory)) return;
    fail('run/bad-operand', `it writes up to ${end} along ${d}, whose size is ${size}`);
  });
  return {};
}

function dynamicReshape(i: InstructionOf<'dynamic-reshape'>, [a, ...sizes]: readonly Sized[]): Fit {
  const { dims: bounds, dynamic } = i.shape as ArrayShape;
  const dims = bounds.map((bound, d) => (dynamic?.[d] ? sizes[d].integer() : bound));
  const [from, to] = [a.dims, dims].map((of) => of.reduce((n, d) => n * d, 1));
  if (from !== to) fail('run/bad-operand', `[${a.dims}] has ${from} elements, [${dims}] has ${to}`);
  return { dims };
}

function setDimensionSize(
  i: InstructionOf<'set-dimension-size'>,
  [a, size]: readonly Sized[],
): Fit {
  const [along] = i.attrs.dimensions;
  const bound = a.declared.dims[along];
  const n = size.integer();
  if (n < 0 || n > bound) fail('run/bad-operand', `the size ${n} does not lie in 0 … ${bound}`);
  return { dims: a.dims.map((d, k) => (k === along ? n : d)) };
}
