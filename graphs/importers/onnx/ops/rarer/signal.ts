/** Fourier transforms: DFT along an axis and the short-time transform. */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../../lowering/hlo.ts';
import { takeRows } from '../../../lowering/take-rows.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';

/** The last dimension of one (real) or two (real, imaginary) numbers as complex numbers. */
function toComplex(h: Hlo, x: Instruction): Instruction {
  const dims = dimsOf(x);
  const last = dims.length - 1;
  const part = (k: number) => h.reshape(h.sliceDim(x, last, k, k + 1), dims.slice(0, last));
  const imag = dims[last] === 2 ? part(1) : h.full(typeOf(x), dims.slice(0, last), 0);
  return h.op('complex', [part(0), imag]);
}

function fromComplex(h: Hlo, x: Instruction): Instruction {
  const dims = [...dimsOf(x), 1];
  const parts = (['real', 'imag'] as const).map((op) => h.reshape(h.unary(op, x), dims));
  return h.concat(parts, dims.length - 1);
}

/** Cut or filled with zeros to a length along a dimension. */
function fitted(h: Hlo, x: Instruction, dim: number, length: number): Instruction {
  const zeros = dimsOf(x).map(() => 0);
  const high = zeros.map((_, k) => (k === dim ? length - dimsOf(x)[k]! : 0));
  return h.pad(x, 0, zeros, high);
}

const dft: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const rank = rankOf(x);
  const fallback = c.opset < 20 ? 1 : -2;
  const axis = c.axis(c.int('axis') ?? c.numbers(2)?.[0] ?? fallback, rank);
  const [inverse, oneSided] = [c.flag('inverse'), c.flag('onesided')];
  const given = c.numbers(1)?.[0];
  const halved = inverse && oneSided;
  const length = given ?? (halved ? 2 * (dimsOf(x)[axis]! - 1) : dimsOf(x)[axis]!);
  c.need(length > 0, `a transform of length ${length}`);
  const whole = fitted(h, x, axis, halved ? Math.floor(length / 2) + 1 : length);
  const moved = h.moveDim(whole, axis, rank - 2);
  const y = transform(h, moved, length, { inverse, oneSided });
  return h.moveDim(y, rank - 2, axis);
};

interface Kind {
  readonly inverse: boolean;
  readonly oneSided: boolean;
}

/** Transforms the last but one dimension of [..., n, 1 or 2]. */
function transform(
  h: Hlo,
  x: Instruction,
  length: number,
  { inverse, oneSided }: Kind,
): Instruction {
  const fft_length = [length];
  if (inverse && oneSided) {
    const y = h.op('fft', [toComplex(h, x)], { fft_type: 'IRFFT', fft_length });
    return h.reshape(y, [...dimsOf(y), 1]);
  }
  const y = h.op('fft', [toComplex(h, x)], { fft_type: inverse ? 'IFFT' : 'FFT', fft_length });
  const last = rankOf(y) - 1;
  return fromComplex(h, oneSided ? h.sliceDim(y, last, 0, Math.floor(length / 2) + 1) : y);
}

/** Overlapping frames of [batch, length, 1 or 2], each weighted by a window and transformed. */
const stft: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const step = c.list(1)[0]!;
  const [batch, length, parts] = dimsOf(x) as [number, number, number];
  const size = c.numbers(3)?.[0] ?? dimsOf(c.input(2))[0]!;
  c.need(step > 0 && size > 0 && size <= length, `frames of ${size} every ${step}`);
  const frames = Math.floor((length - size) / step) + 1;
  const picks = range(frames).flatMap((f) => range(size, f * step));
  const cut = h.reshape(takeRows(h, x, 1, picks), [batch, frames, size, parts]);
  const weighted = c.inputs[2] ? h.mul(cut, windowFor(c, size)) : cut;
  const oneSided = c.flag('onesided', true);
  return transform(h, weighted, size, { inverse: false, oneSided });
};

/** The window as [size, 1], to multiply frames. */
function windowFor(c: NodeContext, size: number): Instruction {
  const window = c.input(2);
  c.need(dimsOf(window)[0] === size, `a window of ${dimsOf(window)[0]} for frames of ${size}`);
  return c.h.reshape(window, [size, 1]);
}

/** Rows by operator of the standard domain. */
export const signal: LowerTable = { DFT: dft, STFT: stft };
