/**
 * The index map of every op that only moves data: one row an op, shared by all ways of running a
 * module. https://openxla.org/xla/operation_semantics
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { elementTypes } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { Value } from '../../../graphs/ir/tensor.ts';
import type { PaddingDim } from '../../../graphs/ops/attr.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { Lattice } from './block.ts';
import { gatherMove } from './gather.ts';
import { clampStarts, indexTensor, startIndices } from './index-values.ts';
import type { Move } from './move.ts';
import { isRowMajor, logicalAtPhysical, physicalAtLogical } from './physical.ts';

/**
 * The map of one op. `operandShapes` are the operands' declared shapes (bitcast reads their
 * layouts), `operandValues` their values, of which only index operands are read.
 */
export type MoveRule<O extends Opcode> = (
  instruction: InstructionOf<O>,
  operandShapes: readonly ArrayShape[],
  operandValues: readonly Value[],
) => Move;

type MoveTable<O extends Opcode> = { readonly [K in O]: MoveRule<K> };

/** Ops whose result elements are copies of operand elements, by index alone. */
export type MoveOpcode =
  | 'bitcast'
  | 'broadcast'
  | 'concatenate'
  | 'copy'
  | 'dynamic-slice'
  | 'dynamic-update-slice'
  | 'gather'
  | 'pad'
  | 'reshape'
  | 'reverse'
  | 'slice'
  | 'transpose';

const dimsOf = (i: { readonly shape: unknown }) => (i.shape as ArrayShape).dims;

/** Maps by opcode. */
export const moves: MoveTable<MoveOpcode> = {
  bitcast: (i, [a]) => bitcastMove(i.shape as ArrayShape, a),
  broadcast(i, [a]) {
    const strides = rowMajorStrides(a.dims);
    return affine(i, (d) =>
      a.dims[i.attrs.dimensions.indexOf(d)] > 1 ? strides[i.attrs.dimensions.indexOf(d)] : 0,
    );
  },
  concatenate: (i, operands) => concatenateMove(dimsOf(i), operands, i.attrs.dimensions[0]),
  copy: (i, [a]) => sameOrder(dimsOf(i), a),
  'dynamic-slice'(i, [a], values) {
    const sizes = i.attrs.dynamic_slice_sizes;
    const starts = clampStarts(startIndices(values.slice(1), a.dims.length), a.dims, sizes);
    const strides = rowMajorStrides(a.dims);
    return affine(i, (d) => strides[d], dotProduct(starts, strides));
  },
  'dynamic-update-slice': (_, [a, update], values) =>
    updateMove(a.dims, update.dims, startIndices(values.slice(2), a.dims.length)),
  gather: (i, [a], values) => gatherMove(i, a, indexTensor(values[1])),
  pad: (i, [a]) => padMove(dimsOf(i), i.attrs.padding, a.dims),
  reshape: (i, [a]) => sameOrder(dimsOf(i), a),
  reverse(i, [a]) {
    const strides = rowMajorStrides(a.dims);
    const flipped = i.attrs.dimensions;
    const base = flipped.reduce((sum, d) => sum + (a.dims[d] - 1) * strides[d], 0);
    return affine(i, (d) => (flipped.includes(d) ? -strides[d] : strides[d]), base);
  },
  slice(i, [a]) {
    const strides = rowMajorStrides(a.dims);
    const ranges = i.attrs.slice;
    const base = dotProduct(
      ranges.map((r) => r.start),
      strides,
    );
    return affine(i, (d) => ranges[d].stride * strides[d], base);
  },
  transpose(i, [a]) {
    const strides = rowMajorStrides(a.dims);
    return affine(i, (d) => strides[i.attrs.dimensions[d]]);
  },
};

/** Whether an opcode only moves elements. */
export function isMove(opcode: Opcode): opcode is MoveOpcode {
  return Object.hasOwn(moves, opcode);
}

/** The map of an instruction of any moving op. */
export function moveOf(
  instruction: InstructionOf<MoveOpcode>,
  operandShapes: readonly ArrayShape[],
  operandValues: readonly Value[],
): Move {
  const rule = moves[instruction.opcode] as MoveRule<MoveOpcode>;
  return rule(instruction, operandShapes, operandValues);
}

/** source = base + Σ coordinate · stride(dimension of the result). */
function affine(i: { readonly shape: unknown }, stride: (d: number) => number, base = 0): Move {
  const dims = dimsOf(i);
  const from = { base, strides: dims.map((_, d) => stride(d)) };
  return { dims, blocks: [{ operand: 0, dims, from, to: rowMajor(dims) }] };
}

/** All elements in row-major order, from a place on. */
function rowMajor(dims: readonly number[], base = 0): Lattice {
  return { base, strides: rowMajorStrides(dims) };
}

function sameOrder(dims: readonly number[], operand: ArrayShape): Move {
  return { dims, blocks: [wholeOf(operand.dims)] };
}

/** Operand 0 in its own order. */
function wholeOf(dims: readonly number[]) {
  return { operand: 0, dims, from: rowMajor(dims), to: rowMajor(dims) };
}

function dotProduct(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

/** The element at the same physical position; only between types of one width. */
function bitcastMove(result: ArrayShape, operand: ArrayShape): Move {
  if (elementTypes[result.type].bits !== elementTypes[operand.type].bits) {
    fail(
      'run/unsupported',
      `bitcast from ${operand.type} to ${result.type} does not move elements`,
    );
  }
  if (isRowMajor(result) && isRowMajor(operand)) return sameOrder(result.dims, operand);
  const from = logicalAtPhysical(operand);
  return { dims: result.dims, source: physicalAtLogical(result).map((p) => from[p]) };
}

function concatenateMove(
  dims: readonly number[],
  operands: readonly ArrayShape[],
  along: number,
): Move {
  const { strides } = rowMajor(dims);
  let start = 0;
  const blocks = operands.map((o, operand) => {
    const to = { base: start * strides[along], strides };
    start += o.dims[along];
    return { operand, dims: o.dims, from: rowMajor(o.dims), to };
  });
  return { dims, blocks };
}

/** Everything from operand 0, then the (clamped) window from operand 1. */
function updateMove(
  dims: readonly number[],
  sizes: readonly number[],
  given: readonly number[],
): Move {
  const { strides } = rowMajor(dims);
  const to = { base: dotProduct(clampStarts(given, dims, sizes), strides), strides };
  return { dims, blocks: [wholeOf(dims), { operand: 1, dims: sizes, from: rowMajor(sizes), to }] };
}

/** From sizes to others: the elements that both have; every other one is that of operand 1. */
export function resizeMove(from: readonly number[], to: readonly number[]): Move {
  return padMove(
    to,
    to.map((n, d) => ({ low: 0, high: n - from[d], interior: 0 })),
    from,
  );
}

/** result[low + x·(interior + 1)] = operand[x]; every other element is the padding value. */
function padMove(
  dims: readonly number[],
  padding: readonly PaddingDim[],
  from: readonly number[],
): Move {
  const [source, target] = [rowMajor(from), rowMajor(dims)];
  const none = { base: 0, strides: dims.map(() => 0) };
  const kept = padding.map(({ low, interior }, d) => {
    const first = Math.min(from[d], Math.max(0, Math.ceil(-low / (interior + 1))));
    const end = Math.min(from[d], Math.floor((dims[d] - 1 - low) / (interior + 1)) + 1);
    return { first, n: Math.max(0, end - first), to: low + first * (interior + 1) };
  });
  const block = {
    operand: 0,
    dims: kept.map((k) => k.n),
    from: {
      base: dotProduct(
        kept.map((k) => k.first),
        source.strides,
      ),
      strides: source.strides,
    },
    to: {
      base: dotProduct(
        kept.map((k) => k.to),
        target.strides,
      ),
      strides: target.strides.map((s, d) => s * (padding[d].interior + 1)),
    },
  };
  return { dims, blocks: [{ operand: 1, dims, from: none, to: target }, block] };
}
