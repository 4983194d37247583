/**
 * triangular-solve by substitution as plain HLO, for its budget. x[r] = (b[r] - Σ coefficient[r, k]·
 * x[k]) / coefficient[r, r], over the k already known; right-hand sides of `left_side` false are seen
 * transposed.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { isComplex } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { arrayOf, type Expansion, expansion, sliced } from './decomposition.ts';

/** x of a·x = b, or of x·a = b where `left_side` is false. */
export const triangularSolve: Expansion<'triangular-solve'> = (i, operands) =>
  expansion('triangular-solve', operands, (b, [matrix, right]) => {
    const { left_side, lower, unit_diagonal, transpose_a } = i.attrs;
    const flip = transpose_a !== 'NO_TRANSPOSE';
    const coefficients = prepared(b, matrix, i.attrs);
    const rows = left_side ? right : transposed(b, right);
    const forward = (lower !== flip) === left_side;
    const solved = substituted(b, coefficients, rows, forward, unit_diagonal);
    return left_side ? solved : transposed(b, solved);
  });

/** The matrix whose row r holds the coefficients of equation r. */
function prepared(
  b: ComputationBuilder,
  matrix: Instruction,
  { left_side, transpose_a }: InstructionOf<'triangular-solve'>['attrs'],
): Instruction {
  const flip = transpose_a !== 'NO_TRANSPOSE';
  const turned = flip === left_side ? transposed(b, matrix) : matrix;
  const conjugated = transpose_a === 'ADJOINT' && isComplex(arrayOf(matrix).type);
  return conjugated ? conjugate(b, turned) : turned;
}

/** Unknowns, one row after another. */
function substituted(
  b: ComputationBuilder,
  matrix: Instruction,
  right: Instruction,
  forward: boolean,
  unit: boolean,
): Instruction {
  const { dims } = arrayOf(right);
  const along = dims.length - 2;
  const n = dims[along];
  let known: Instruction | undefined;
  for (let step = 0; step < n; step++) {
    const r = forward ? step : n - 1 - step;
    const row = sliced(b, matrix, along, r, r + 1);
    const own = sliced(b, right, along, r, r + 1);
    const from = forward ? 0 : r + 1;
    const used = sliced(b, row, along + 1, from, from + step);
    const rest = known ? b.op('subtract', [own, product(b, used, known)]) : own;
    const pivot = sliced(b, row, along + 1, r, r + 1);
    const value = unit ? rest : b.op('divide', [rest, repeated(b, pivot, arrayOf(rest).dims)]);
    const both = forward ? [known, value] : [value, known];
    const rows = both.filter((x): x is Instruction => x !== undefined);
    known = known ? b.op('concatenate', rows, { dimensions: [along] }) : value;
  }
  return known ?? right;
}

/** Matrix product over the last two dimensions, the others being batch dimensions. */
export function product(b: ComputationBuilder, x: Instruction, y: Instruction): Instruction {
  const { type, dims } = arrayOf(x);
  const batch = dims.slice(0, -2).map((_, d) => d);
  const rank = dims.length;
  const attrs = {
    lhs_batch_dims: batch,
    rhs_batch_dims: batch,
    lhs_contracting_dims: [rank - 1],
    rhs_contracting_dims: [rank - 2],
  };
  const shape = arrayShape(type, [...dims.slice(0, -1), arrayOf(y).dims[rank - 1]]);
  return b.op('dot', [x, y], attrs, { shape });
}

/** The last two dimensions exchanged. */
export function transposed(b: ComputationBuilder, x: Instruction): Instruction {
  const { dims } = arrayOf(x);
  const order = dims.map((_, d) => d);
  const [last, before] = [order.pop() ?? 0, order.pop() ?? 0];
  return b.op('transpose', [x], { dimensions: [...order, last, before] });
}

/** x of a complex type with its imaginary part negated. */
export function conjugate(b: ComputationBuilder, x: Instruction): Instruction {
  const imaginary = b.op('negate', [b.op('imag', [x])]);
  return b.op('complex', [b.op('real', [x]), imaginary]);
}

/** x of size 1 in some dimensions, repeated there. */
export function repeated(
  b: ComputationBuilder,
  x: Instruction,
  dims: readonly number[],
): Instruction {
  const own = arrayOf(x);
  const kept = own.dims.map((_, d) => d).filter((d) => own.dims[d] === dims[d]);
  const shape = arrayShape(
    own.type,
    kept.map((d) => dims[d]),
  );
  return b.broadcast(b.op('reshape', [x], {}, { shape }), dims, kept);
}
