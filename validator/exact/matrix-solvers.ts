/**
 * cholesky and triangular-solve by their expansions. Where a matrix has no factor, or infinities meet
 * zeros on the way, what comes out is up to the target. What is divided by a zero on the diagonal is
 * no number whatever the target: which of the infinities, or NaN, depends on its formula (a
 * substitution, or a product with an inverse).
 */
import { cholesky as factor } from '../expansion/cholesky.ts';
import { triangularSolve as solve } from '../expansion/triangular-solve.ts';
import { hasMarks, partsOf, sizeOf, tensorOperand, withMarks } from './broadcasting.ts';
import { byExpansion } from './by-expansion.ts';
import type { ExactRows } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import { outcomeOf, undecidedMark } from './outcomes.ts';
import type { ExactTensor, ExactValue } from './value.ts';

const factorised = byExpansion(factor);
const solved = byExpansion(solve);

export const matrixSolvers: ExactRows<'cholesky' | 'triangular-solve'> = {
  cholesky: (i, operands, context) => withOpenMatrices(factorised(i, operands, context)),
  'triangular-solve': (i, operands, context) => {
    const read = operands.map((t) => arithmeticOperand(tensorOperand(t), context));
    const isSingular = i.attrs.unit_diagonal ? () => false : singularities(read[0], read[1]);
    return withOpenMatrices(solved(i, read, context), isSingular);
  },
};

/** Tells of each system whether all its numbers are finite, and one on the diagonal is 0 for certain. */
function singularities(a: ExactTensor, b: ExactTensor): (system: number) => boolean {
  const [parts, n] = [partsOf(a.shape.type), a.shape.dims.at(-1) ?? 1];
  const columns = b.shape.dims.slice(-2).reduce((p, q) => p * q, parts);
  const isFinite = (x: ExactTensor, from: number, count: number) =>
    (x.data as Float64Array).subarray(from, from + count).every(Number.isFinite);
  const isZero = (e: number) => a.data[e] === 0 && !a.worst?.[e];
  return (system) => {
    const from = system * n * n * parts;
    const diagonal = Array.from({ length: n }, (_, r) => from + r * (n + 1) * parts);
    return (
      diagonal.some((e) => isZero(e) && isZero(e + parts - 1)) &&
      isFinite(a, from, n * n * parts) &&
      isFinite(b, system * columns, columns)
    );
  };
}

const noNumber = [Infinity, -Infinity, Number.NaN].reduce((marks, x) => marks | outcomeOf(x), 0);

/** Marks every matrix with an element that is not finite; in one of a singular system only that. */
function withOpenMatrices(
  value: ExactValue,
  isSingular: (matrix: number) => boolean = () => false,
): ExactTensor {
  const t = tensorOperand(value);
  const parts = partsOf(t.shape.type);
  const size = t.shape.dims.slice(-2).reduce((a, n) => a * n, 1);
  const marks = new Uint8Array(sizeOf(t));
  for (let e = 0; e < t.data.length; e++) {
    if (Number.isFinite(t.data[e])) continue;
    const matrix = Math.floor(e / parts / size);
    if (isSingular(matrix)) marks[Math.floor(e / parts)] |= noNumber;
    else marks.fill(undecidedMark, matrix * size, (matrix + 1) * size);
  }
  return hasMarks(marks) ? withMarks(t, marks) : t;
}
