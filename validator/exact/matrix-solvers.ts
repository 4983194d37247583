/**
 * cholesky and triangular-solve by their expansions. Where a matrix has no factor, or infinities meet
 * zeros on the way, what comes out is up to the target.
 */
import { cholesky as factor } from '../expansion/cholesky.ts';
import { triangularSolve as solve } from '../expansion/triangular-solve.ts';
import { partsOf, sizeOf, tensorOperand, withMarks } from './broadcasting.ts';
import { byExpansion } from './by-expansion.ts';
import type { ExactRows } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import type { ExactTensor, ExactValue } from './value.ts';

const factorised = byExpansion(factor);
const solved = byExpansion(solve);

export const matrixSolvers: ExactRows<'cholesky' | 'triangular-solve'> = {
  cholesky: (i, operands, context) => withOpenMatrices(factorised(i, operands, context)),
  'triangular-solve': (i, operands, context) => {
    const read = operands.map((t) => arithmeticOperand(tensorOperand(t), context));
    return withOpenMatrices(solved(i, read, context));
  },
};

/** Marks every matrix with an element that is not finite. */
function withOpenMatrices(value: ExactValue): ExactTensor {
  const t = tensorOperand(value);
  const parts = partsOf(t.shape.type);
  const size = t.shape.dims.slice(-2).reduce((a, n) => a * n, 1);
  const marks = new Uint8Array(sizeOf(t));
  for (let e = 0; e < t.data.length; e++) {
    if (Number.isFinite(t.data[e])) continue;
    const matrix = Math.floor(e / parts / size);
    marks.fill(1, matrix * size, (matrix + 1) * size);
  }
  return marks.includes(1) ? withMarks(t, marks) : t;
}
