/**
 * cholesky column by column as plain HLO, for its budget: l[j, j] = √(a[j, j] - Σ |l[j, k]|²),
 * l[i, j] = (a[i, j] - Σ l[i, k]·conj(l[j, k])) / l[j, j]; the other triangle is zero.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { elementTypes } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { arrayOf, type Expansion, expansion, sliced } from './decomposition.ts';
import { conjugate, product, repeated, transposed } from './triangular-solve.ts';

/** The triangle that `lower` names is read, and is the one that is not zero in the result. */
export const cholesky: Expansion<'cholesky'> = (i, operands) =>
  expansion('cholesky', operands, (b, [a]) => {
    const isComplex = elementTypes[operands[0].type].kind === 'complex';
    const adjoint = (x: Instruction) =>
      isComplex ? conjugate(b, transposed(b, x)) : transposed(b, x);
    const factor = lowerFactor(b, i.attrs.lower ? a : adjoint(a), adjoint);
    return i.attrs.lower ? factor : adjoint(factor);
  });

type Turn = (x: Instruction) => Instruction;

/** The lower factor of a matrix of which the lower triangle is read. */
function lowerFactor(b: ComputationBuilder, a: Instruction, adjoint: Turn): Instruction {
  const along = arrayOf(a).dims.length - 2;
  const n = arrayOf(a).dims[along];
  let done: Instruction | undefined;
  for (let j = 0; j < n; j++) {
    const below = sliced(b, sliced(b, a, along + 1, j, j + 1), along, j, n);
    let rest = below;
    if (done) {
      const rows = sliced(b, done, along, j, n);
      rest = b.op('subtract', [below, product(b, rows, adjoint(sliced(b, rows, along, 0, 1)))]);
    }
    const onDiagonal = sliced(b, rest, along, 0, 1);
    const pivot = root(b, onDiagonal, sliced(b, below, along, 0, 1));
    const diagonal = dividedByRoot(b, onDiagonal, pivot);
    const parts = [zeros(b, rest, along, j), diagonal, divided(b, rest, pivot, along, n - j)];
    const column = joined(b, parts, along);
    done = done ? joined(b, [done, column], along + 1) : column;
  }
  return done ?? a;
}

function divided(
  b: ComputationBuilder,
  rest: Instruction,
  pivot: Instruction,
  along: number,
  count: number,
): Instruction | undefined {
  if (count <= 1) return undefined;
  const tail = sliced(b, rest, along, 1, count);
  return b.op('divide', [tail, repeated(b, pivot, arrayOf(tail).dims)]);
}

/** The pivot as x/√x: implementations divide the whole column, the diagonal too. */
function dividedByRoot(b: ComputationBuilder, x: Instruction, pivot: Instruction): Instruction {
  if (elementTypes[arrayOf(x).type].kind !== 'complex') return b.op('divide', [x, pivot]);
  const re = b.op('divide', [b.op('real', [x]), b.op('real', [pivot])]);
  return b.op('complex', [re, b.op('imag', [pivot])]);
}

/**
 * √x. On the diagonal of a complex matrix only real parts are read, and what is taken from them is
 * real; but that is a sum of products whose imaginary parts cancel up to their rounding, which an
 * implementation may carry along: √(re + i·im) ≈ √re + i·im/(2√re).
 */
function root(b: ComputationBuilder, x: Instruction, given: Instruction): Instruction {
  if (elementTypes[arrayOf(x).type].kind !== 'complex') return b.op('sqrt', [x]);
  const re = b.op('sqrt', [b.op('real', [x])]);
  const taken = b.op('subtract', [b.op('imag', [x]), b.op('imag', [given])]);
  return b.op('complex', [re, b.op('divide', [taken, b.op('add', [re, re])])]);
}

function zeros(
  b: ComputationBuilder,
  like: Instruction,
  along: number,
  count: number,
): Instruction | undefined {
  const { type, dims } = arrayOf(like);
  if (count === 0) return undefined;
  const parts = elementTypes[type].kind === 'complex' ? [0, 0] : [0];
  const sizes = dims.map((n, d) => (d === along ? count : n));
  return b.broadcast(b.constant(tensorOf(type, [], parts)), arrayShape(type, sizes).dims);
}

function joined(
  b: ComputationBuilder,
  parts: readonly (Instruction | undefined)[],
  dimension: number,
): Instruction {
  const all = parts.filter((x): x is Instruction => x !== undefined);
  return all.length === 1 ? all[0] : b.op('concatenate', all, { dimensions: [dimension] });
}
