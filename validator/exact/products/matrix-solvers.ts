/**
 * cholesky and triangular-solve by their expansions. Where a matrix has no factor, or a result leaves
 * the range, what comes out is up to the target. What depends on an infinity, or is divided by a zero
 * on the diagonal, is no number whatever the target: which of the infinities, or NaN, depends on its
 * formula (a substitution, or a product with an inverse, whose zeros meet the infinities of others).
 */
import { cholesky as factor } from '../../semantics/decompositions/cholesky.ts';
import { triangularSolve as solve } from '../../semantics/decompositions/triangular-solve.ts';
import { byDecomposition } from '../by-decomposition.ts';
import { hasMarks, markUndecided, partsOf, sizeOf, tensorOperand } from '../core/broadcasting.ts';
import type { ExactRows } from '../core/context.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { outcomeOf, undecidedMark } from '../core/outcomes.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';

const factorised = byDecomposition(factor);
const solved = byDecomposition(solve);

/** Rows of the ops that factor and solve; matrices whose radii are too wide are open. */
export const matrixSolvers: ExactRows<'cholesky' | 'triangular-solve'> = {
  cholesky: (i, operands, context) => withOpenMatrices(factorised(i, operands, context)),
  'triangular-solve': (i, operands, context) => {
    const read = operands.map((t) => arithmeticOperand(tensorOperand(t), context));
    const special = specialSystems(read[0], read[1], i.attrs.unit_diagonal);
    return withOpenMatrices(solved(i, read, context), special);
  },
};

/** Tells of each system whether not all is finite in it, or a number on its diagonal 0 for certain. */
function specialSystems(
  a: ExactTensor,
  b: ExactTensor,
  isUnit: boolean,
): (system: number) => boolean {
  const [parts, n] = [partsOf(a.shape.type), a.shape.dims.at(-1) ?? 1];
  const columns = b.shape.dims.slice(-2).reduce((p, q) => p * q, parts);
  const allFinite = (x: ExactTensor, from: number, count: number) =>
    (x.data as Float64Array).subarray(from, from + count).every(Number.isFinite);
  const isZero = (e: number) => a.data[e] === 0 && !a.bound?.[e];
  return (system) => {
    const from = system * n * n * parts;
    const diagonal = Array.from({ length: n }, (_, r) => from + r * (n + 1) * parts);
    return (
      (!isUnit && diagonal.some((e) => isZero(e) && isZero(e + parts - 1))) ||
      !allFinite(a, from, n * n * parts) ||
      !allFinite(b, system * columns, columns)
    );
  };
}

const noNumber = [Infinity, -Infinity, Number.NaN].reduce((marks, x) => marks | outcomeOf(x), 0);

/** Marks every matrix with an element that is not finite. */
function withOpenMatrices(
  value: ExactValue,
  isSpecial: (matrix: number) => boolean = () => false,
): ExactTensor {
  const t = tensorOperand(value);
  const parts = partsOf(t.shape.type);
  const size = t.shape.dims.slice(-2).reduce((a, n) => a * n, 1);
  const marks = new Uint8Array(sizeOf(t));
  for (let e = 0; e < t.data.length; e++) {
    if (Number.isFinite(t.data[e])) continue;
    const matrix = Math.floor(e / parts / size);
    const mark = isSpecial(matrix) ? outcomeOf(Number.NaN) : undecidedMark;
    for (let i = matrix * size; i < (matrix + 1) * size; i++) marks[i] |= mark;
    if (isSpecial(matrix)) marks[Math.floor(e / parts)] |= noNumber;
  }
  return hasMarks(marks) ? markUndecided(t, marks) : t;
}
