/** Layers that several models share, in the arithmetic of the type they are given. */
import type { ComputationBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import {
  alongLast,
  type Combiners,
  dimsOf,
  full,
  matmul,
  reduce,
  spread,
  typeOf,
  withScalar,
} from './basics.ts';

/** exp(x − max) / Σ exp(x − max) over the last dimension. */
export function softmax(b: ComputationBuilder, x: Instruction, { add, max }: Combiners) {
  const dims = dimsOf(x);
  const last = [dims.length - 1];
  const top = spread(b, reduce(b, x, last, max, -Infinity), dims, last);
  const e = b.op('exponential', [b.op('subtract', [x, top])]);
  return b.op('divide', [e, spread(b, reduce(b, e, last, add, 0), dims, last)]);
}

/** (x − mean) / sqrt(variance + 1e-5) · gain + bias over the last dimension. */
export function layerNorm(
  b: ComputationBuilder,
  x: Instruction,
  { gain, bias }: { readonly gain: Instruction; readonly bias: Instruction },
  { add }: Combiners,
): Instruction {
  const dims = dimsOf(x);
  const last = [dims.length - 1];
  const mean = (y: Instruction) =>
    withScalar(b, 'divide', reduce(b, y, last, add, 0), dims.at(-1)!);
  const centred = b.op('subtract', [x, spread(b, mean(x), dims, last)]);
  const variance = mean(b.op('multiply', [centred, centred]));
  const scale = b.op('rsqrt', [withScalar(b, 'add', variance, 1e-5)]);
  const normal = b.op('multiply', [centred, spread(b, scale, dims, last)]);
  const scaled = b.op('multiply', [normal, alongLast(b, gain, dims)]);
  return b.op('add', [scaled, alongLast(b, bias, dims)]);
}

/** x · w + bias for w[in, out]. */
export function linear(
  b: ComputationBuilder,
  x: Instruction,
  w: Instruction,
  bias: Instruction,
): Instruction {
  const y = matmul(b, x, w);
  return b.op('add', [y, alongLast(b, bias, dimsOf(y))]);
}

/** x/2 · (1 + erf(x/√2)) */
export function geluErf(b: ComputationBuilder, x: Instruction): Instruction {
  const erf = b.op('erf', [withScalar(b, 'multiply', x, Math.SQRT1_2)]);
  const half = withScalar(b, 'multiply', x, 0.5);
  return b.op('multiply', [half, withScalar(b, 'add', erf, 1)]);
}

/** x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) */
export function geluTanh(b: ComputationBuilder, x: Instruction): Instruction {
  const cube = b.op('multiply', [b.op('multiply', [x, x]), x]);
  const inner = b.op('add', [x, withScalar(b, 'multiply', cube, 0.044715)]);
  const tanh = b.op('tanh', [withScalar(b, 'multiply', inner, Math.sqrt(2 / Math.PI))]);
  const half = withScalar(b, 'multiply', x, 0.5);
  return b.op('multiply', [half, withScalar(b, 'add', tanh, 1)]);
}

/** max(x, 0); NaN stays NaN. */
export function relu(b: ComputationBuilder, x: Instruction): Instruction {
  return b.op('maximum', [x, full(b, typeOf(x), dimsOf(x), 0)]);
}
