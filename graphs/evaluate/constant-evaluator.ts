/**
 * Values that are known while importing: an evaluator for the few opcodes that shape arithmetic is
 * made of, on small tensors. ONNX and StableHLO compute shapes with tensors; HLO wants them as numbers.
 */
import { byName } from '../ir/by-name.ts';
import { type ElementType, elementTypes, isComplex, isWide } from '../ir/element-type.ts';
import type { Attrs, Instruction, InstructionId, InstructionOf } from '../ir/module.ts';
import { rounder, wrapper } from '../ir/rounding.ts';
import { type ArrayShape, elementCount, rowMajorStrides } from '../ir/shape.ts';
import { allocate, type Tensor, tensor } from '../ir/tensor.ts';
import type { Opcode } from '../ops/table.ts';

/** Larger values are not computed while importing, nor is more than this in all. */
const maxElements = 1 << 16;
const maxSpent = 1 << 24;

/** Where values are looked up, which of them count as known, and what was spent on them so far. */
export interface KnownContext {
  /** The instruction of an id; undefined where nothing is known of it. */
  definition(id: InstructionId): Instruction | undefined;
  /** The value of an instruction that is known otherwise, though it may not follow from constants. */
  given?(i: Instruction): Tensor | undefined;
  /** Whether an instruction is to be followed; all are where this is left out. */
  follows?(i: Instruction): boolean;
  /** Whether a value that was computed counts as known; all do where this is left out. */
  accepts?(value: Tensor): boolean;
  /** Values already asked for; undefined where a value depends on a parameter. */
  readonly cache: Map<InstructionId, Tensor | undefined>;
  /** The opcode that a reduction's computation applies, where it applies just one. */
  reducer(computation: string): Opcode | undefined;
  /** Elements computed so far. */
  readonly spent: { elements: number };
}

/** The value of an instruction if it follows from constants, else undefined. */
export function knownValue(root: Instruction, context: KnownContext): Tensor | undefined {
  const { cache } = context;
  const pending = [root];
  while (pending.length > 0) {
    const i = pending.at(-1)!;
    if (cache.has(i.id)) {
      pending.pop();
      continue;
    }
    const given = context.given?.(i);
    const isOpen = !given && isFoldable(i) && (context.follows?.(i) ?? true);
    const open = isOpen ? openOperands(i, context) : [];
    if (open.length > 0) {
      pending.push(...open);
      continue;
    }
    const value = isOpen ? evaluate(i, context) : given;
    cache.set(i.id, value && (context.accepts?.(value) ?? true) ? value : undefined);
    pending.pop();
  }
  return cache.get(root.id);
}

/** Operands that were not asked for yet; what has no definition is unknown. */
function openOperands(i: Instruction, { cache, definition }: KnownContext): Instruction[] {
  if (i.opcode === 'get-dimension-size') return [];
  return i.operands.flatMap((o) => {
    if (cache.has(o)) return [];
    const found = definition(o);
    if (!found) cache.set(o, undefined);
    return found ?? [];
  });
}

function isFoldable(i: Instruction): boolean {
  if (i.shape.kind !== 'array' || !(i.opcode in rows)) return false;
  return (
    i.opcode === 'constant' || (elementCount(i.shape) <= maxElements && !isComplex(i.shape.type))
  );
}

function evaluate(i: Instruction, context: KnownContext): Tensor | undefined {
  if (i.opcode === 'get-dimension-size') return dimensionSize(i, context);
  const operands = i.operands.map((o) => context.cache.get(o));
  if (operands.some((o) => o === undefined)) return undefined;
  if (i.opcode !== 'constant' && context.spent.elements > maxSpent) return undefined;
  if (i.shape.kind === 'array') context.spent.elements += elementCount(i.shape);
  return rows[i.opcode]!(i as never, operands as Tensor[], context);
}

/** A size is told by the shape of what has it, whose value need not be known. */
function dimensionSize(i: InstructionOf<'get-dimension-size'>, context: KnownContext) {
  const of = context.definition(i.operands[0]!)?.shape;
  if (of?.kind !== 'array' || i.shape.kind !== 'array') return undefined;
  const size = of.dims[i.attrs.dimensions[0]!]!;
  return build(i.shape, () => size);
}

type Row = (i: never, operands: readonly Tensor[], context: KnownContext) => Tensor | undefined;
type RowOf<O extends Opcode> = (
  i: { readonly attrs: Attrs<O>; readonly shape: ArrayShape },
  operands: readonly Tensor[],
  context: KnownContext,
) => Tensor | undefined;

type Number_ = number | bigint;

const unary: Partial<Record<Opcode, (a: Number_) => Number_>> = {
  abs: (a) => (a < 0 ? -a : a),
  negate: (a) => -a,
  sign: (a) => (typeof a === 'bigint' ? (a > 0n ? 1n : a < 0n ? -1n : 0n) : Math.sign(a)),
  ceil: (a) => Math.ceil(Number(a)),
  floor: (a) => Math.floor(Number(a)),
  sqrt: (a) => Math.sqrt(Number(a)),
  log: (a) => Math.log(Number(a)),
  exponential: (a) => Math.exp(Number(a)),
  'is-finite': (a) => (Number.isFinite(a) ? 1 : 0),
  copy: (a) => a,
};

/** Integer arithmetic is exact on bigint; each result is rounded or wrapped to its type. */
const binary: Partial<Record<Opcode, (a: Number_, b: Number_) => Number_>> = {
  add: (a, b) => (a as number) + (b as number),
  subtract: (a, b) => (a as number) - (b as number),
  multiply: (a, b) => (a as number) * (b as number),
  divide: (a, b) => (typeof b === 'bigint' && b === 0n ? -1n : (a as number) / (b as number)),
  remainder: (a, b) => (typeof b === 'bigint' && b === 0n ? a : (a as number) % (b as number)),
  power: (a, b) => (a as number) ** (b as number),
  maximum: (a, b) => (a > b || a !== a ? a : b),
  minimum: (a, b) => (a < b || a !== a ? a : b),
  and: (a, b) => (typeof a === 'bigint' ? a & (b as bigint) : (a as number) & (b as number)),
  or: (a, b) => (typeof a === 'bigint' ? a | (b as bigint) : (a as number) | (b as number)),
  xor: (a, b) => (typeof a === 'bigint' ? a ^ (b as bigint) : (a as number) ^ (b as number)),
};

const directions: Readonly<Record<string, (a: Number_, b: Number_) => boolean>> = byName({
  EQ: (a, b) => a === b,
  NE: (a, b) => a !== b,
  GE: (a, b) => a >= b,
  GT: (a, b) => a > b,
  LE: (a, b) => a <= b,
  LT: (a, b) => a < b,
});

/** Stores a number as an element of a type: integers wrap, floats round. */
function storer(type: ElementType): (x: Number_) => Number_ {
  if (isWide(type)) {
    return (x) => (typeof x === 'bigint' ? x : BigInt(Math.trunc(Number.isFinite(x) ? x : 0)));
  }
  const { kind } = elementTypes[type];
  const round = rounder(type);
  if (kind === 'float' || kind === 'pred') return (x) => round(Number(x));
  const wrap = wrapper(type);
  return (x) => wrap(Math.trunc(Number(x)));
}

function build(shape: ArrayShape, element: (n: number) => Number_): Tensor {
  const count = elementCount(shape);
  const data = allocate(shape.type, count);
  const store = storer(shape.type);
  for (let n = 0; n < count; n++) data[n] = store(element(n)) as never;
  return tensor(shape, data);
}

/** Elements moved: `source` gives the flat index for a coordinate, or -1 for the fill value. */
function move(
  shape: ArrayShape,
  from: Tensor,
  source: (coordinate: readonly number[]) => number,
  fill: Number_ = 0,
): Tensor {
  const strides = rowMajorStrides(shape.dims);
  return build(shape, (n) => {
    const at = source(shape.dims.map((d, k) => Math.floor(n / strides[k]!) % d));
    return at < 0 ? fill : from.data[at]!;
  });
}

function flat(dims: readonly number[], coordinate: readonly number[]): number {
  return dims.reduce((at, d, k) => at * d + coordinate[k]!, 0);
}

const elementwise: Partial<Record<Opcode, Row>> = {
  ...Object.fromEntries(
    Object.entries(unary).map(([op, f]) => [
      op,
      (i: { shape: ArrayShape }, [a]: Tensor[]) => build(i.shape, (n) => f(a!.data[n]!)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(binary).map(([op, f]) => [
      op,
      (i: { shape: ArrayShape }, [a, b]: Tensor[]) =>
        build(i.shape, (n) => f(a!.data[n]!, b!.data[n]!)),
    ]),
  ),
};

const compare: RowOf<'compare'> = (i, [a, b]) => {
  const holds = directions[i.attrs.direction]!;
  return build(i.shape, (n) => (holds(a!.data[n]!, b!.data[n]!) ? 1 : 0));
};

const not: RowOf<'not'> = (i, [a]) =>
  i.shape.type === 'pred'
    ? build(i.shape, (n) => (a!.data[n] ? 0 : 1))
    : build(i.shape, (n) => ~(a!.data[n] as number));

const select: RowOf<'select'> = (i, [p, a, b]) => {
  const scalar = p!.data.length === 1;
  return build(i.shape, (n) => (p!.data[scalar ? 0 : n] ? a : b)!.data[n]!);
};

const clamp: RowOf<'clamp'> = (i, [low, x, high]) => {
  const at = ({ data }: Tensor, n: number) => data[data.length === 1 ? 0 : n]!;
  const { minimum, maximum } = binary;
  return build(i.shape, (n) => minimum!(maximum!(at(x!, n), at(low!, n)), at(high!, n)));
};

const convert: RowOf<'convert'> = (i, [a]) => {
  const fromFloat = elementTypes[a!.shape.type].kind === 'float';
  const clamp = fromFloat && !isWide(i.shape.type) ? rounder(i.shape.type) : undefined;
  return build(i.shape, (n) => (clamp ? clamp(Number(a!.data[n])) : a!.data[n]!));
};

const broadcast: RowOf<'broadcast'> = (i, [a]) => {
  const { dimensions } = i.attrs;
  return move(i.shape, a!, (c) =>
    flat(
      a!.shape.dims,
      dimensions.map((d) => c[d]!),
    ),
  );
};

const transpose: RowOf<'transpose'> = (i, [a]) => {
  const { dimensions } = i.attrs;
  return move(i.shape, a!, (c) => {
    const source = new Array<number>(c.length);
    for (const [k, d] of dimensions.entries()) source[d] = c[k]!;
    return flat(a!.shape.dims, source);
  });
};

const slice: RowOf<'slice'> = (i, [a]) =>
  move(i.shape, a!, (c) =>
    flat(
      a!.shape.dims,
      i.attrs.slice.map((r, k) => r.start + c[k]! * r.stride),
    ),
  );

const reverse: RowOf<'reverse'> = (i, [a]) => {
  const { dims } = i.shape;
  return move(i.shape, a!, (c) =>
    flat(
      dims,
      c.map((x, k) => (i.attrs.dimensions.includes(k) ? dims[k]! - 1 - x : x)),
    ),
  );
};

const concatenate: RowOf<'concatenate'> = (i, operands) => {
  const [axis] = i.attrs.dimensions as [number];
  const strides = rowMajorStrides(i.shape.dims);
  return build(i.shape, (n) => {
    const c = i.shape.dims.map((d, k) => Math.floor(n / strides[k]!) % d);
    let part = 0;
    while (c[axis]! >= operands[part]!.shape.dims[axis]!)
      c[axis]! -= operands[part++]!.shape.dims[axis]!;
    return operands[part]!.data[flat(operands[part]!.shape.dims, c)]!;
  });
};

const pad: RowOf<'pad'> = (i, [a, value]) =>
  move(
    i.shape,
    a!,
    (c) => {
      const source = c.map((x, k) => {
        const { low, interior } = i.attrs.padding[k]!;
        const at = (x - low) / (interior + 1);
        return Number.isInteger(at) && at >= 0 && at < a!.shape.dims[k]! ? at : -1;
      });
      return source.includes(-1) ? -1 : flat(a!.shape.dims, source);
    },
    value!.data[0]!,
  );

const iota: RowOf<'iota'> = (i) => {
  const strides = rowMajorStrides(i.shape.dims);
  const d = i.attrs.iota_dimension;
  return build(i.shape, (n) => Math.floor(n / strides[d]!) % i.shape.dims[d]!);
};

const reduce: RowOf<'reduce'> = (i, operands, context) => {
  const opcode = context.reducer(i.attrs.to_apply);
  const combine = opcode && binary[opcode];
  if (operands.length !== 2 || !combine) return undefined;
  const [a, init] = operands as [Tensor, Tensor];
  if (a.data.length > maxElements) return undefined;
  const kept = a.shape.dims.map((_, k) => k).filter((k) => !i.attrs.dimensions.includes(k));
  const strides = rowMajorStrides(a.shape.dims);
  const result = build(i.shape, () => init.data[0]!);
  const store = storer(i.shape.type);
  for (let n = 0; n < a.data.length; n++) {
    const c = kept.map((k) => Math.floor(n / strides[k]!) % a.shape.dims[k]!);
    const at = flat(i.shape.dims, c);
    result.data[at] = store(combine(result.data[at]!, a.data[n]!)) as never;
  }
  return result;
};

/** Gather along the leading index components; starts are clamped as HLO does. */
const gather: RowOf<'gather'> = (i, [a, indices]) => {
  const d = i.attrs;
  if (d.operand_batching_dims.length > 0) return undefined;
  const idims = [...indices!.shape.dims];
  if (d.index_vector_dim === idims.length) idims.push(1);
  const rank = a!.shape.dims.length;
  const offsets = a!.shape.dims.map((_, k) => k).filter((k) => !d.collapsed_slice_dims.includes(k));
  return move(i.shape, a!, (c) => {
    const batch = c.filter((_, k) => !d.offset_dims.includes(k));
    const source = new Array<number>(rank).fill(0);
    for (const [k, dim] of d.start_index_map.entries()) {
      const at = [...batch.slice(0, d.index_vector_dim), k, ...batch.slice(d.index_vector_dim)];
      const start = Number(indices!.data[flat(idims, at)]);
      source[dim] = Math.max(0, Math.min(start, a!.shape.dims[dim]! - d.slice_sizes[dim]!));
    }
    for (const [k, dim] of offsets.entries()) source[dim]! += c[d.offset_dims[k]!]!;
    return flat(a!.shape.dims, source);
  });
};

const rows: Partial<Record<Opcode, Row>> = {
  ...elementwise,
  constant: ((i) =>
    i.attrs.literal.kind === 'tensor' ? i.attrs.literal : undefined) as RowOf<'constant'>,
  reshape: ((i, [a]) => tensor(i.shape, a!.data)) as RowOf<'reshape'>,
  compare,
  not,
  select,
  clamp,
  'get-dimension-size': () => undefined,
  convert,
  broadcast,
  transpose,
  slice,
  reverse,
  concatenate,
  pad,
  iota,
  reduce,
  gather,
};
