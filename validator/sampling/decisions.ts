/**
 * Which ops decide, and by which margin: comparisons, steps (floor and its kin), conversions to
 * integers, the order of a sort or top-k, and reductions that tell where an extremum stands.
 */
import { isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { sortKey } from '../exact/movement/sort-key.ts';
import { totalOrder } from '../reference/scalars/compare.ts';
import { otherDims, stridedIndices } from '../semantics/loops/strides.ts';

/** What a decision came to: one margin and one outcome an element. */
export interface Taken {
  readonly margin: ArrayLike<number>;
  readonly outcome: ArrayLike<number>;
}

/** The decision that an instruction took on these operands; undefined where it takes none. */
export function decisionOf(
  instruction: Instruction,
  operands: readonly Value[],
  result: Value,
  module: Module,
): Taken | undefined {
  const [a, b] = operands;
  if (a?.kind !== 'tensor') return undefined;
  switch (instruction.opcode) {
    case 'compare':
      return b?.kind === 'tensor' && isFloat(a.shape.type) ? compared(a, b, result) : undefined;
    case 'floor':
    case 'ceil':
    case 'round-nearest-afz':
    case 'round-nearest-even':
    case 'sign':
      return isFloat(a.shape.type) ? stepped(a, result) : undefined;
    case 'convert':
      return isFloat(a.shape.type) && isDiscrete(result) ? stepped(a, result) : undefined;
    case 'sort':
      return sorted(instruction, operands, module);
    case 'topk':
      return isFloat(a.shape.type)
        ? ranked(a, a.shape.dims.length - 1, instruction.attrs.largest ? -1 : 1)
        : undefined;
    case 'reduce':
      return operands.length === 4 ? located(instruction, a, result) : undefined;
    default:
      return undefined;
  }
}

function isDiscrete(value: Value): boolean {
  return value.kind === 'tensor' && !isFloat(value.shape.type) && !isComplexData(value);
}

function isComplexData({ shape }: Tensor): boolean {
  return shape.type === 'c64' || shape.type === 'c128';
}

/** left - right, and what the comparison gave. */
function compared(a: Tensor, b: Tensor, result: Value): Taken | undefined {
  const [outcome] = leafTensors(result);
  if (!outcome) return undefined;
  const n = outcome.data.length;
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const [stepX, stepY] = [x.length === n ? 1 : 0, y.length === n ? 1 : 0];
  const margin = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [p, q] = [x[i * stepX]!, y[i * stepY]!];
    margin[i] = p === q ? 0 : p - q;
  }
  return { margin, outcome: outcome.data as Uint8Array };
}

/** The argument itself: the step is a monotone function of it. */
function stepped(a: Tensor, result: Value): Taken | undefined {
  const [outcome] = leafTensors(result);
  if (!outcome) return undefined;
  return {
    margin: a.data as Float64Array,
    outcome: Float64Array.from(outcome.data as Int32Array, Number),
  };
}

function sorted(
  { attrs }: InstructionOf<'sort'>,
  operands: readonly Value[],
  module: Module,
): Taken | undefined {
  const key = sortKey(module, attrs.to_apply);
  const t = key && operands[key.operand];
  if (!key || t?.kind !== 'tensor' || !isFloat(t.shape.type)) return undefined;
  return ranked(t, attrs.dimensions[0] ?? 0, key.sign);
}

/**
 * By position along the dimension: which element stands there (its place along it), and how far
 * above it the next one is.
 */
function ranked({ data, shape }: Tensor, dimension: number, sign: 1 | -1): Taken {
  const strides = rowMajorStrides(shape.dims);
  const length = shape.dims[dimension] ?? 1;
  const stride = strides[dimension] ?? 1;
  const others = shape.dims.map((n, d) => (d === dimension ? Math.min(n, 1) : n));
  const x = data as Float64Array;
  const margin = new Float64Array(x.length);
  const outcome = new Int32Array(x.length);
  for (const start of stridedIndices(others, strides)) {
    const order = Array.from({ length }, (_, k) => k).sort(
      (p, q) => sign * totalOrder(x[start + p * stride]!, x[start + q * stride]!) || p - q,
    );
    for (const [p, k] of order.entries()) {
      outcome[start + p * stride] = k;
      const next = order[p + 1];
      const here = x[start + k * stride]!;
      const gap = next === undefined ? Infinity : sign * (x[start + next * stride]! - here);
      margin[start + p * stride] = gap === gap ? gap : 0;
    }
  }
  return { margin, outcome };
}

/** Where the extremum of each group stands: its lead over all others, and the index that was given. */
function located({ attrs }: InstructionOf<'reduce'>, a: Tensor, result: Value): Taken | undefined {
  const [best, place] = leafTensors(result);
  if (!best || !place || !isFloat(a.shape.type) || isFloat(place.shape.type)) return undefined;
  const { dims } = a.shape;
  const strides = rowMajorStrides(dims);
  const pick = (of: readonly number[]) =>
    stridedIndices(
      of.map((d) => dims[d]!),
      of.map((d) => strides[d]!),
    );
  const kept = otherDims(dims.length, attrs.dimensions);
  const inside = pick([...attrs.dimensions].sort((p, q) => p - q));
  const x = a.data as Float64Array;
  const margin = Float64Array.from(pick(kept), (start, r) => {
    let lead = Infinity;
    let met = false;
    for (const o of inside) {
      const apart = Math.abs(x[start + o]! - (best.data[r] as number));
      if (apart === 0 && !met) met = true;
      else lead = Math.min(lead, apart);
    }
    return lead;
  });
  return { margin, outcome: Float64Array.from(place.data as Int32Array, Number) };
}
