/** Evaluation of cholesky and triangular-solve, in f64 throughout and rounded once. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { elementCount } from '../../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../../graphs/ir/tensor.ts';
import {
  type ComplexArray,
  complexArray,
  complexZeros,
  getAt,
  roundedTensor,
  setAt,
} from '../complex-array.ts';
import type { EvalContext } from '../context.ts';
import { arrayResult, tensorAt } from '../operands.ts';
import { complexFunctions } from '../scalars/complex-functions.ts';
import type { Complex } from '../scalars/scalar.ts';

const { divide, multiply, subtract } = complexFunctions;
const conjugate = ([re, im]: Complex): Complex => [re, -im];

/** a = l·lᴴ with l lower triangular, or uᴴ·u; the other triangle is zero. */
export function cholesky(
  i: InstructionOf<'cholesky'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const operand = tensorAt(operands, 0);
  const n = operand.shape.dims.at(-1) ?? 0;
  const a = complexArray(operand);
  const out = complexZeros(a.re.length);
  const { lower } = i.attrs;
  const at = (row: number, column: number) => (lower ? row * n + column : column * n + row);
  for (let base = 0; base < a.re.length; base += n * n) {
    for (let column = 0; column < n; column++) {
      for (let row = column; row < n; row++) {
        let rest = getAt(a, base + at(row, column));
        for (let k = 0; k < column; k++) {
          const [x, y] = [getAt(out, base + at(row, k)), getAt(out, base + at(column, k))];
          rest = subtract(rest, multiply(x, conjugate(y)));
        }
        const pivot = getAt(out, base + at(column, column));
        const value: Complex = row === column ? [Math.sqrt(rest[0]), 0] : divide(rest, pivot);
        setAt(out, base + at(row, column), value);
      }
    }
  }
  return roundedTensor(arrayResult(i), out, context.round);
}

/** x of op(a)·x = b (left_side) or x·op(a) = b, a triangular, by substitution. */
export function triangularSolve(
  i: InstructionOf<'triangular-solve'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const { left_side, lower, unit_diagonal, transpose_a } = i.attrs;
  const [a, b] = [tensorAt(operands, 0), tensorAt(operands, 1)];
  const n = a.shape.dims.at(-1) ?? 0;
  const [rows, columns] = b.shape.dims.slice(-2);
  const [matrix, x] = [complexArray(a), complexArray(b)];
  const flip = transpose_a !== 'NO_TRANSPOSE';
  const conjugated = transpose_a === 'ADJOINT';
  const many = left_side ? columns : rows;
  /** Coefficient of unknown k in equation r. */
  const coefficient = (batch: number, r: number, k: number): Complex => {
    const [row, column] = flip === left_side ? [k, r] : [r, k];
    const value = getAt(matrix, batch * n * n + row * n + column);
    return conjugated ? conjugate(value) : value;
  };
  const forward = (lower !== flip) === left_side;
  for (let batch = 0; batch < elementCount(a.shape) / (n * n); batch++) {
    for (let m = 0; m < many; m++) {
      const unknown = (k: number) =>
        batch * rows * columns + (left_side ? k * columns + m : m * columns + k);
      solve(x, n, forward, unit_diagonal, unknown, (r, k) => coefficient(batch, r, k));
    }
  }
  return roundedTensor(arrayResult(i), x, context.round);
}

function solve(
  x: ComplexArray,
  n: number,
  forward: boolean,
  unit: boolean,
  unknown: (k: number) => number,
  coefficient: (r: number, k: number) => Complex,
): void {
  const order = (k: number) => (forward ? k : n - 1 - k);
  for (let step = 0; step < n; step++) {
    const r = order(step);
    let rest = getAt(x, unknown(r));
    for (let known = 0; known < step; known++) {
      const k = order(known);
      rest = subtract(rest, multiply(coefficient(r, k), getAt(x, unknown(k))));
    }
    setAt(x, unknown(r), unit ? rest : divide(rest, coefficient(r, r)));
  }
}
