/** Window functions by their cosine sums, and the mel filter bank as a constant. */
import { elementTypes } from '../../../ir/element-type.ts';
import { rounder } from '../../../ir/rounding.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { range } from '../../lowering/hlo.ts';
import type { Lower, LowerTable } from '../node-context.ts';
import { elementTypeOf } from '../tensor-data.ts';

/** Σ (−1)^k aₖ cos(2πk n / N) over n of `size`; N is one less where the window is symmetric. */
const cosineWindow =
  (coefficients: readonly number[]): Lower =>
  (c) => {
    const { h } = c;
    const size = c.list(0)[0]!;
    const type = elementTypeOf(c.int('output_datatype', 1), 'output_datatype');
    c.need(size >= 0 && size < 2 ** 28, `a window of ${size} elements`);
    const period = c.flag('periodic', true) ? size : size - 1;
    const wide = elementTypes[type].bits < 32 ? 'f32' : type;
    const place = h.iota(wide, [size], 0);
    const step = h.div(h.scalar(wide, 2 * Math.PI), h.scalar(wide, period));
    const angle = h.mul(place, step);
    const terms = coefficients.map((a, k) => {
      if (k === 0) return h.full(wide, [size], a);
      return h.mul(h.unary('cosine', k === 1 ? angle : h.mul(angle, k)), k % 2 ? -a : a);
    });
    return h.convert(
      terms.reduce((x, y) => h.add(x, y)),
      type,
    );
  };

const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
const hertz = (m: number) => 700 * (10 ** (m / 2595) - 1);

/** Triangles between frequencies evenly spaced on the mel scale, over the bins of a spectrum. */
const melWeightMatrix: Lower = (c) => {
  const [bands, length, rate, low, high] = [0, 1, 2, 3, 4].map((k) => c.list(k)[0]!) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const type = elementTypeOf(c.int('output_datatype', 1), 'output_datatype');
  const bins = Math.floor(length / 2) + 1;
  c.need(bands > 0 && bins > 0 && bands * bins < 2 ** 28, `${bins} × ${bands} weights`);
  const step = (mel(high) - mel(low)) / (bands + 2);
  const edges = range(bands + 2).map((k) =>
    Math.floor(((length + 1) * hertz(mel(low) + k * step)) / rate),
  );
  const weight = (bin: number, band: number) => {
    const [from, centre, to] = edges.slice(band, band + 3) as [number, number, number];
    if (bin === centre) return 1;
    if (bin >= from && bin < centre) return (bin - from) / (centre - from);
    return bin > centre && bin < to ? (to - bin) / (to - centre) : 0;
  };
  const rows = range(bins).flatMap((bin) => range(bands).map((band) => weight(bin, band)));
  return c.h.constant(tensorOf(type, [bins, bands], rows.map(rounder(type))));
};

/** Rows by operator of the standard domain. */
export const windows: LowerTable = {
  BlackmanWindow: cosineWindow([0.42, 0.5, 0.08]),
  HammingWindow: cosineWindow([25 / 46, 21 / 46]),
  HannWindow: cosineWindow([0.5, 0.5]),
  MelWeightMatrix: melWeightMatrix,
};
