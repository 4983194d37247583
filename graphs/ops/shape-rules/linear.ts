/** Shape rules of fft, the triangular solvers and batch normalisation. */
import { isComplex, isFloat } from '../../ir/element-type.ts';
import { type ArrayShape, type Shape, tupleShape } from '../../ir/shape.ts';
import {
  arrayAt,
  arrayOf,
  dynamicOf,
  fitDims,
  fits,
  type Given,
  likeType,
  need,
  needInRange,
  text,
} from './checks.ts';
import { complexParts, complexType, floatsOrComplex, partType } from './elementwise.ts';

/** The operand's size, but for RFFT's last dimension, n/2 + 1, and IRFFT's, n. */
export function fftShape(
  c: Given<{ readonly fft_type: string; readonly fft_length: readonly number[] }>,
): Shape {
  const a = arrayAt(c, 0, 'fft');
  const { fft_type: kind, fft_length: lengths } = c.attrs;
  const n = lengths.length;
  const words = () => `${kind} of length {${lengths}} over ${text(a)}`;
  need(c, n >= 1 && n <= 3, 'fft_c3', () => `fft_length must give 1 to 3 sizes: ${words()}`);
  need(
    c,
    n <= a.dims.length,
    'fft_c1',
    () => `fft_length must not give more sizes than there are dimensions: ${words()}`,
  );
  need(
    c,
    kind === 'RFFT' ? complexParts.has(a.type) : isComplex(a.type),
    'fft_c2',
    () => `the operand must be ${kind === 'RFFT' ? 'f32 or f64' : 'complex'}: ${words()}`,
  );
  if (kind === 'FFT' || kind === 'IFFT') return a;
  return kind === 'RFFT' ? realFft(c, a, lengths, words) : inverseRealFft(c, a, lengths, words);
}

/** Real to complex: the last of the lengths is halved, as the rest follows by symmetry. */
function realFft(c: Given, a: ArrayShape, lengths: readonly number[], words: () => string): Shape {
  need(
    c,
    fitDims(a.dims.slice(-lengths.length), lengths),
    'fft_c4',
    () => `the last dimensions must be fft_length: ${words()}`,
  );
  const last = lengths.at(-1)!;
  return withLast(a, complexType(a.type), last === 0 ? 0 : Math.floor(last / 2) + 1);
}

function inverseRealFft(
  c: Given,
  a: ArrayShape,
  lengths: readonly number[],
  words: () => string,
): Shape {
  const last = lengths.at(-1)!;
  const outer = lengths.length - 1;
  need(
    c,
    fitDims(a.dims.slice(a.dims.length - lengths.length, -1), lengths.slice(0, outer)),
    'fft_c4',
    () => `the dimensions before the last must be fft_length: ${words()}`,
  );
  const half = Math.floor(last / 2) + 1;
  need(
    c,
    fits(a.dims.at(-1)!, half) || (last === 0 && a.dims.at(-1) === 0),
    'fft_c5',
    () => `the last dimension must be ${half}, half the length and one: ${words()}`,
  );
  return withLast(a, partType(a.type), last);
}

function withLast(a: ArrayShape, type: ArrayShape['type'], size: number): ArrayShape {
  const dynamic = [...dynamicOf(a).slice(0, -1), !!a.dynamic?.at(-1) && a.dims.at(-1) !== -1];
  return arrayOf(type, [...a.dims.slice(0, -1), size], dynamic);
}

/** A batch of square matrices of real or complex numbers. */
function squareAt(c: Given, op: string, rankLabel: string, sizeLabel: string): ArrayShape {
  const a = arrayAt(c, 0, op);
  need(
    c,
    floatsOrComplex.has(a.type),
    `${op}_i1`,
    () => `the element type must be ${floatsOrComplex.words}, got ${text(a)}`,
  );
  need(c, a.dims.length >= 2, rankLabel, () => `a matrix needs two dimensions, got ${text(a)}`);
  need(
    c,
    fits(a.dims.at(-2)!, a.dims.at(-1)!),
    sizeLabel,
    () => `the last two dimensions must be equal, got ${text(a)}`,
  );
  return a;
}

/** The operand's own shape, whose last two sizes are equal. */
export function choleskyShape(c: Given): Shape {
  return squareAt(c, 'cholesky', 'cholesky_c2', 'cholesky_c3');
}

/** The shape of b; a is square, of the size of b's rows or, on the right side, columns. */
export function triangularSolveShape(c: Given<{ readonly left_side: boolean }>): Shape {
  const op = 'triangular_solve';
  const a = squareAt(c, op, `${op}_c2`, `${op}_c3`);
  const b = arrayAt(c, 1, op);
  const pair = () => `got a=${text(a)} and b=${text(b)}`;
  need(c, a.type === b.type, `${op}_c1`, () => `a and b must have one element type, ${pair()}`);
  need(
    c,
    a.dims.length === b.dims.length,
    `${op}_c2`,
    () => `a and b must have one rank, ${pair()}`,
  );
  need(
    c,
    fitDims(a.dims.slice(0, -2), b.dims.slice(0, -2)),
    `${op}_c3`,
    () => `a and b must have the same batch dimensions, ${pair()}`,
  );
  const side = c.attrs.left_side ? -2 : -1;
  need(
    c,
    fits(a.dims.at(-1)!, b.dims.at(side)!),
    `${op}_c3`,
    () => `dimension ${side} of b must be as large as a, ${pair()}`,
  );
  return b;
}

interface Feature {
  readonly feature_index: number;
}

/** The operand and its feature dimension as a vector; checks the vectors among the operands. */
function normalised(
  c: Given<Feature>,
  op: string,
  vectors: readonly (readonly [number, string])[],
): [ArrayShape, ArrayShape] {
  const a = arrayAt(c, 0, op);
  const { feature_index: along } = c.attrs;
  need(c, isFloat(a.type), `${op}_i1`, () => `operand 0 must be floating-point, got ${text(a)}`);
  needInRange(c, [along], a.dims.length, `${op}_c1`, 'feature_index');
  const feature = arrayOf(a.type, [a.dims[along]!], [!!a.dynamic?.[along]]);
  for (const [k, sizeLabel] of vectors) {
    const v = arrayAt(c, k, op);
    const got = () => `operand ${k} is ${text(v)}, operand 0 ${text(a)}`;
    need(
      c,
      likeType(v.type, a.type),
      `${op}_c2`,
      () => `the operands must have one element type: ${got()}`,
    );
    need(
      c,
      fitDims(v.dims, feature.dims),
      sizeLabel,
      () => `one number for each of ${feature.dims[0]} features is needed: ${got()}`,
    );
  }
  return [a, feature];
}

/** (operand, mean, variance); the latter two have one element a feature. */
export function batchNormTrainingShape(c: Given<Feature>): Shape {
  const op = 'batch_norm_training';
  const [a, feature] = normalised(c, op, [
    [1, `${op}_c3`],
    [2, `${op}_c4`],
  ]);
  return tupleShape([a, feature, feature]);
}

/** The operand's own shape. */
export function batchNormInferenceShape(c: Given<Feature>): Shape {
  const op = 'batch_norm_inference';
  const [a] = normalised(c, op, [
    [1, `${op}_c3`],
    [2, `${op}_c4`],
    [3, `${op}_c5`],
    [4, `${op}_c6`],
  ]);
  return a;
}

/** (operand, scale, offset): the gradient by each. */
export function batchNormGradShape(c: Given<Feature>): Shape {
  const op = 'batch_norm_grad';
  const [a, feature] = normalised(c, op, [
    [1, `${op}_c5`],
    [2, `${op}_c4`],
    [3, `${op}_c4`],
  ]);
  const gradient = arrayAt(c, 4, op);
  need(
    c,
    likeType(gradient.type, a.type) && fitDims(gradient.dims, a.dims),
    `${op}_c3`,
    () => `the gradient must be ${text(a)}, got ${text(gradient)}`,
  );
  return tupleShape([a, feature, feature]);
}
