/**
 * Evaluation of fft: the discrete Fourier transform as its definition has it, one dimension after
 * another, in f64 and rounded once. X_k = Σ_j x_j·e^(∓2πi·jk/n), the inverse divided by n.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../../graphs/ir/tensor.ts';
import { sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import { type ComplexArray, complexArray, complexZeros, roundedTensor } from '../complex-array.ts';
import type { EvalContext } from '../context.ts';
import { arrayResult, tensorAt } from '../operands.ts';
import type { Complex } from '../scalars/scalar.ts';

/**
 * Along the last `fft_length.length` dimensions, the innermost first, but last for IRFFT. @throws
 * AssayError `run/unsupported` for other lengths than the dimensions'.
 */
export function fft(
  i: InstructionOf<'fft'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const { fft_type, fft_length } = i.attrs;
  const shape = arrayResult(i);
  const operand = tensorAt(operands, 0);
  checkLengths(i);
  const first = shape.dims.length - fft_length.length;
  const last = shape.dims.length - 1;
  const inverse = fft_type === 'IFFT' || fft_type === 'IRFFT';
  let dims = [...operand.shape.dims];
  let x = complexArray(operand);
  const along = (d: number, n: number, out: number) => {
    x = transformed(x, dims, d, { n, out, inverse });
    dims = dims.map((size, k) => (k === d ? out : size));
  };
  if (fft_type !== 'IRFFT') along(last, fft_length[last - first], shape.dims[last]);
  for (let d = last - 1; d >= first; d--) along(d, fft_length[d - first], shape.dims[d]);
  if (fft_type === 'IRFFT') along(last, fft_length[last - first], shape.dims[last]);
  return roundedTensor(shape, x, context.round);
}

/** A transform of another length than its dimension is well formed, and means nothing. */
export function checkLengths(i: InstructionOf<'fft'>): void {
  const { fft_type, fft_length } = i.attrs;
  if (fft_type !== 'FFT' && fft_type !== 'IFFT') return;
  const { dims } = arrayResult(i);
  if (fft_length.every((n, k) => n === dims[dims.length - fft_length.length + k])) return;
  fail('run/unsupported', `a transform of length {${fft_length}} over [${dims}] has no meaning`);
}

interface Transform {
  readonly n: number;
  /** Number of results kept (n/2 + 1 for a real transform). */
  readonly out: number;
  readonly inverse: boolean;
}

/** e^(2πi·k/n); exact where that is ±1 or ±i. */
export function rootOfUnity(k: number, n: number): Complex {
  const turn = ((k % n) + n) % n;
  const quarters = Math.round((4 * turn) / n);
  const angle = (Math.PI / 2) * ((4 * turn - quarters * n) / n);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turned: readonly Complex[] = [
    [c, s],
    [-s, c],
    [-c, -s],
    [s, -c],
  ];
  return turned[quarters % 4];
}

/**
 * One dimension transformed; a half spectrum is completed by its conjugates. A root of ±1 or ±i has
 * one part only: the other multiplies nothing, so that infinities stay in their own part.
 */
function transformed(
  x: ComplexArray,
  dims: readonly number[],
  along: number,
  { n, out, inverse }: Transform,
): ComplexArray {
  const outDims = dims.map((size, d) => (d === along ? out : size));
  const rows = dims.map((size, d) => (d === along ? 1 : size));
  const y = complexZeros(sizeOf(outDims));
  const from = rowMajorStrides(dims);
  const to = rowMajorStrides(outDims);
  const targets = stridedIndices(rows, to);
  const roots = Array.from({ length: n }, (_, k) => rootOfUnity(inverse ? k : -k, n));
  const cos = Float64Array.from(roots, ([re]) => re);
  const sin = Float64Array.from(roots, ([, im]) => im);
  const scale = inverse ? n : 1;
  stridedIndices(rows, from).forEach((start, row) => {
    for (let k = 0; k < out; k++) {
      let [re, im] = [0, 0];
      for (let j = 0; j < n; j++) {
        const mirrored = j >= dims[along];
        const e = start + (mirrored ? n - j : j) * from[along];
        const imaginary = mirrored ? -x.im[e] : x.im[e];
        const w = (j * k) % n;
        if (cos[w] !== 0) {
          re += x.re[e] * cos[w];
          im += imaginary * cos[w];
        }
        if (sin[w] !== 0) {
          re -= imaginary * sin[w];
          im += x.re[e] * sin[w];
        }
      }
      y.re[targets[row] + k * to[along]] = re / scale;
      y.im[targets[row] + k * to[along]] = im / scale;
    }
  });
  return y;
}
