/**
 * fft as a product with the matrix of its roots of unity, one dimension after another. The matrix
 * carries the error of a fast transform's roots and stages: up to 2·(1 + log₂ n) roundings a path,
 * none for n = 1, 2, 4, where every root is ±1 or ±i and whatever is exact in one order is so in all.
 */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { checkLengths, rootOfUnity } from '../../reference/ops/fft.ts';
import { expansion } from '../../semantics/decompositions/decomposition.ts';
import { markUndecided, partsOf, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { commonQuantum, sumIsExact } from '../core/exactness.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { imaginaryZero, realPart } from '../elementwise/complex-parts.ts';

/** fft over the last dimensions, one after another; the roundings of a path as counted above. */
export function fft(
  instruction: InstructionOf<'fft'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const { fft_type, fft_length } = instruction.attrs;
  checkLengths(instruction);
  const shape = instruction.shape as ArrayShape;
  const rank = shape.dims.length;
  const first = rank - fft_length.length;
  const real = fft_type === 'IRFFT';
  const given = tensorOperand(operands[0]);
  const exactly = exactInAnyOrder(instruction, given, context);
  let x = fft_type === 'RFFT' ? imaginaryZero(given) : given;
  const along = (d: number) => {
    const n = fft_length[d - first];
    const half = real && d === rank - 1;
    const inverse = real || fft_type === 'IFFT';
    x = transformed(
      x,
      d,
      matrix(x, d, { n, out: shape.dims[d], inverse, half, exactly }, context),
      context,
    );
  };
  if (!real) along(rank - 1);
  for (let d = rank - 2; d >= first; d--) along(d);
  if (real) along(rank - 1);
  const result = real ? realPart(x) : x;
  return (given.data as Float64Array).every(Number.isFinite) ? result : leftOpen(result);
}

/** NaN out of infinities is up to the algorithm, which need not multiply them by zero. */
function leftOpen(t: ExactTensor): ExactTensor {
  const width = partsOf(t.shape.type);
  const data = t.data as Float64Array;
  const marks = Uint8Array.from(t.undecided ?? new Uint8Array(data.length / width));
  for (let e = 0; e < data.length; e++) if (Number.isNaN(data[e])) marks[Math.floor(e / width)] = 1;
  return markUndecided(t, marks);
}

interface Transform {
  readonly n: number;
  readonly out: number;
  readonly inverse: boolean;
  /** The operand is a half spectrum: what stands for its conjugate too counts twice. */
  readonly half: boolean;
  /** Roots of ±1 and ±i bring no roundings. */
  readonly exactly: boolean;
}

/**
 * Whether what is exact dimension by dimension, as computed here, is so in any order. Within one
 * dimension the dot sees to that; where another may come first the whole operand tells.
 */
function exactInAnyOrder(
  { attrs: { fft_length } }: InstructionOf<'fft'>,
  given: ExactTensor,
  context: ExactContext,
): boolean {
  if (fft_length.filter((n) => n > 1).length <= 1) return true;
  const data = given.data as Float64Array;
  const { precision } = context.numerics(given.shape.type);
  const largest = data.reduce((size, v) => Math.max(size, Math.abs(v)), 0);
  const terms = 2 * fft_length.reduce((n, length) => n * length, 1);
  return sumIsExact(terms * largest, commonQuantum(data, 0, data.length, precision), precision);
}

/** [result place, operand place], with the roundings of an implementation as radii. */
function matrix(
  x: ExactTensor,
  along: number,
  { n, out, inverse, half, exactly }: Transform,
  context: ExactContext,
): ExactTensor {
  const columns = x.shape.dims[along];
  const shape = arrayShape(x.shape.type, [out, columns]);
  const roots = Array.from({ length: n }, (_, k) => rootOfUnity(inverse ? k : -k, n));
  const [cos, sin] = [0, 1].map((part) => Float64Array.from(roots, (root) => root[part]));
  const scale = inverse ? 1 / n : 1;
  const weights = Float64Array.from({ length: columns }, (_, j) =>
    half && j > 0 && 2 * j < n ? 2 * scale : scale,
  );
  const data = new Float64Array(2 * out * columns);
  for (let k = 0, e = 0; k < out; k++) {
    for (let j = 0, turn = 0; j < columns; j++) {
      data[e++] = cos[turn] * weights[j];
      data[e++] = sin[turn] * weights[j];
      turn += k % n;
      if (turn >= n) turn -= n;
    }
  }
  if (n === 1 || (exactly && (n === 2 || n === 4))) return { kind: 'tensor', shape, data };
  const { u } = context.numerics(shape.type === 'c128' ? 'f64' : 'f32');
  const stages = 1 + Math.log2(n);
  const bound = rowsOf(weights, out, 2 * stages * u);
  return {
    kind: 'tensor',
    shape,
    data,
    bound,
    deviation: rowsOf(weights, out, u * Math.sqrt(stages)),
  };
}

/** The weights times r for both parts of every entry, row after row. */
function rowsOf(weights: Float64Array, count: number, r: number): Float64Array {
  const width = 2 * weights.length;
  const out = new Float64Array(count * width);
  for (let e = 0; e < width; e++) out[e] = r * weights[e >> 1];
  for (let k = 1; k < count; k++) out.copyWithin(k * width, 0, width);
  return out;
}

function transformed(
  x: ExactTensor,
  along: number,
  by: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const { type, dims } = x.shape;
  const others = dims.filter((_, d) => d !== along);
  const module = expansion('fft', [x.shape, by.shape], (b, [value, roots]) => {
    const attrs = { lhs_contracting_dims: [along], rhs_contracting_dims: [1] };
    const shape = arrayShape(type, [...others, by.shape.dims[0]]);
    const product = b.op('dot', [value, roots], attrs, { shape });
    const last = dims.length - 1;
    const dimensions = dims.map((_, d) => (d === along ? last : d < along ? d : d - 1));
    return b.op('transpose', [product], { dimensions });
  });
  return tensorOperand(context.within(module).call(module.entry, [x, by]));
}
