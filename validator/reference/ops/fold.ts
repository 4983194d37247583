/**
 * The loops of reduce and reduce-window: results are folded with a computation, element after
 * element, each step rounded to the element type.
 */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Tensor, TensorData } from '../../../graphs/ir/tensor.ts';
import { type Loop, specialised } from '../../semantics/loops/specialise.ts';
import type { EvalContext } from '../context.ts';
import { sumF32 } from '../fast/sum-f32.ts';
import { elementReader, elementWriter, type Scalar, widthOf } from '../scalars/scalar.ts';
import { foldSteps, plainOperation, scalarFunction } from '../scalars/scalar-function.ts';
import { type OperationSteps, roundsToNearest } from '../scalars/scalar-operation.ts';

type Reducing = InstructionOf<'reduce' | 'reduce-window'>;

/** The folding of one array with one function on its elements. */
export interface PlainFold {
  readonly steps: OperationSteps;
  readonly x: TensorData;
  readonly first: number;
  /** Sums of f32: a start and x[from] … x[to - 1] added to it, each sum rounded. */
  readonly sum?: typeof sumF32;
  /** The loop's copy for this function and these arrays. */
  loop<L extends Loop>(loop: L): L;
}

/** Where the operands are one array of elements that one number or bigint holds, and its init. */
export function plainFold(
  i: Reducing,
  all: readonly Tensor[],
  context: EvalContext,
): PlainFold | undefined {
  const [input, init] = all;
  const { type } = input.shape;
  if (all.length !== 2 || widthOf(type) !== 1) return undefined;
  const steps = foldSteps(context, i.attrs.to_apply);
  return {
    steps,
    x: input.data,
    first: init.data[0] as number,
    ...(addsF32(i, input, context) && { sum: sumF32 }),
    loop: (loop) => specialised(loop, `${steps.label} ${type}`, input.data.length),
  };
}

function addsF32(i: Reducing, { shape }: Tensor, context: EvalContext): boolean {
  if (shape.type !== 'f32' || !roundsToNearest(context)) return false;
  return plainOperation(context, i.attrs.to_apply)?.opcode === 'add';
}

/** The functions of `OperationSteps`, of numbers (or bigints, which loops treat alike). */
interface Steps {
  readonly exact: (a: number, b: number) => number;
  readonly round: (x: number) => number;
}

/**
 * out[targets[r]] folds the r-th run of m elements. Four results at a time: each is folded in its own
 * order, and none waits for the roundings of another.
 */
export function foldRows(
  { steps, x, sum }: PlainFold,
  m: number,
  targets: Int32Array,
  out: TensorData,
): void {
  const { exact, round } = steps as unknown as Steps;
  let [r, e] = [0, 0];
  for (; r + 3 < targets.length; r += 4, e += 3 * m) {
    const [a, b, c, d] = [targets[r], targets[r + 1], targets[r + 2], targets[r + 3]];
    if (!(a < b && b < c && c < d)) break;
    let p = out[a] as number;
    let q = out[b] as number;
    let s = out[c] as number;
    let t = out[d] as number;
    for (const end = e + m; e < end; e++) {
      p = round(exact(p, x[e] as number));
      q = round(exact(q, x[e + m] as number));
      s = round(exact(s, x[e + 2 * m] as number));
      t = round(exact(t, x[e + 3 * m] as number));
    }
    out[a] = p;
    out[b] = q;
    out[c] = s;
    out[d] = t;
  }
  for (; r < targets.length; r++) {
    let value = out[targets[r]] as number;
    const end = e + m;
    if (sum && m >= 64) value = sum(value, x as Float32Array, e, end);
    else for (let k = e; k < end; k++) value = round(exact(value, x[k] as number));
    e = end;
    out[targets[r]] = value;
  }
}

/** out[targets[r] + j] takes element j of the r-th run of m elements. */
export function foldColumns(
  { steps, x }: PlainFold,
  m: number,
  targets: Int32Array,
  out: TensorData,
): void {
  const { exact, round } = steps as unknown as Steps;
  for (let r = 0, e = 0; r < targets.length; r++) {
    const end = targets[r] + m;
    for (let to = targets[r]; to < end; to++, e++) {
      out[to] = round(exact(out[to] as number, x[e] as number));
    }
  }
}

/** out[to + j] folds x[from + taps[k]·m + j] for k < count. */
export function foldWindow(
  { steps, x, first }: PlainFold,
  from: number,
  taps: Int32Array,
  count: number,
  m: number,
  out: TensorData,
  to: number,
): void {
  const { exact, round } = steps as unknown as Steps;
  for (let j = 0; j < m; j++) {
    let value = first;
    for (let k = 0; k < count; k++) {
      value = round(exact(value, x[from + taps[k] * m + j] as number));
    }
    out[to + j] = value;
  }
}

/** out[to + p·step] = f(out[to + (p-1)·step], x[from + p·stride]) for p < n. */
export function foldRunning(
  { steps, x, first }: PlainFold,
  from: number,
  stride: number,
  n: number,
  out: TensorData,
  to: number,
  step: number,
): void {
  const { exact, round } = steps as unknown as Steps;
  let value = first;
  for (let p = 0; p < n; p++) {
    value = round(exact(value, x[from + p * stride] as number));
    out[to + p * step] = value;
  }
}

/** results[r] = fold of the elements start + taps[0 … count-1], of n inputs at once. */
export type TupleFold = (r: number, start: number, taps: Int32Array, count: number) => void;

/** Operands are n inputs, then n init values; the computation gives n elements. */
export function tupleFold(
  i: Reducing,
  all: readonly Tensor[],
  shapes: readonly ArrayShape[],
  out: readonly TensorData[],
  context: EvalContext,
): TupleFold {
  const n = shapes.length;
  const f = scalarFunction(context, i.attrs.to_apply);
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const write = shapes.map((s, k) => elementWriter(s.type, out[k]));
  return (r, start, taps, count) => {
    const values: Scalar[] = Array.from({ length: n }, (_, k) => read[n + k](0));
    const args = [...values];
    for (let j = 0; j < count; j++) {
      for (let k = 0; k < n; k++) {
        args[k] = values[k];
        args[n + k] = read[k](start + taps[j]);
      }
      f(args, values);
    }
    for (let k = 0; k < n; k++) write[k](r, values[k]);
  };
}
