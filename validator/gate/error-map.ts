/** Where in a tensor a result differs, and by how much: |result − exact| / budget, element by element. */
import { elementTypes, isComplex, isFloat, unitRoundoff } from '../../graphs/ir/element-type.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { effectiveRadius, isUndecided } from '../exact/core/radius.ts';
import type { ExactTensor } from '../exact/core/value.ts';
import { distanceBetween } from '../verdict/judge.ts';
import type { ErrorMap } from './record.ts';

const maxRows = 32;
const maxColumns = 48;

/** Budget use of each element; 0 where it is undecided, Infinity outside of a budget of zero. */
export function budgetUses(result: Tensor, exact: ExactTensor): Float64Array {
  const width = elementTypes[result.shape.type].kind === 'complex' ? 2 : 1;
  const uses = new Float64Array(result.data.length / width);
  if (exact.data.length !== result.data.length) return uses;
  for (let i = 0; i < result.data.length; i++) {
    const at = Math.floor(i / width);
    if (isUndecided(exact, at)) continue;
    const distance = distanceBetween(result.data[i]!, exact.data[i]!);
    if (distance === 0) continue;
    const radius = effectiveRadius(exact, i);
    const use = Number.isNaN(distance) || radius === 0 ? Infinity : distance / radius;
    uses[at] = Math.max(uses[at]!, use);
  }
  return uses;
}

/** The error map of a tensor; cells are binned by their maximum. */
export function errorMap({ shape: { dims } }: Tensor, uses: Float64Array): ErrorMap {
  const across = dims.at(-1) ?? 1;
  const down = across === 0 ? 0 : uses.length / across;
  const [rows, columns] = [Math.min(down, maxRows), Math.min(across, maxColumns)];
  const cells = new Array<number>(rows * columns).fill(0);
  for (let i = 0; i < uses.length; i++) {
    const row = Math.floor((Math.floor(i / across) * rows) / down);
    const column = Math.floor(((i % across) * columns) / across);
    const cell = row * columns + column;
    cells[cell] = Math.max(cells[cell]!, uses[i]!);
  }
  return { dims, rows, columns, cells };
}

/** Sums of squares, to compare errors by: of the result, and of what rounding once alone may give. */
export interface SquaredErrors {
  readonly sum: number;
  /** Of half a unit in the last place of each element, in units of its budget. */
  readonly floor: number;
  readonly count: number;
}

/** Over the elements whose budget is a finite number above zero. */
export function squaredErrors(result: Tensor, exact: ExactTensor): SquaredErrors {
  let [sum, floor, count] = [0, 0, 0];
  const { type } = result.shape;
  const isRounded = isFloat(type) && !isComplex(type);
  if (!isRounded || exact.data.length !== result.data.length) return { sum, floor, count };
  const u = unitRoundoff(type);
  for (let i = 0; i < result.data.length; i++) {
    const radius = effectiveRadius(exact, i);
    const x = Number(exact.data[i]);
    if (isUndecided(exact, i) || !(radius > 0 && radius < Infinity) || !Number.isFinite(x))
      continue;
    const distance = distanceBetween(result.data[i]!, x);
    if (!Number.isFinite(distance)) continue;
    sum += (distance / radius) ** 2;
    floor += ((u * Math.abs(x)) / radius) ** 2;
    count++;
  }
  return { sum, floor, count };
}
