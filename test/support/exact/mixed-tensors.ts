/** Tensors of the exact mode as they may come: of every kind of value, with radii, marks, or neither. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { drawn, normal } from './exact.ts';

const kinds = ['typical', 'dyadic', 'denormal', 'special', 'large', 'cancelling'] as const;
type Kind = (typeof kinds)[number];

const draws: Readonly<Record<Kind, (next: () => number) => number>> = {
  typical: normal,
  dyadic: (next) => Math.round(normal(next) * 4) / 4,
  denormal: (next) => (next() < 0.5 ? normal(next) * 1e-39 : Math.round(next() * 2)),
  special: (next) => (next() < 0.2 ? [Infinity, -Infinity, Number.NaN][Math.floor(next() * 3)] : 1),
  large: (next) => normal(next) * 2e38,
  cancelling: (next) => (next() < 0.5 ? 1 : -1) * (1e4 + Math.round(next() * 2)),
};

/** A tensor of one kind of values, with some radii, marks and shared errors, or none. */
export function mixed(type: ElementType, dims: readonly number[], next: () => number): ExactTensor {
  const kind = kinds[Math.floor(next() * kinds.length)];
  const { data, shape } = drawn(type, dims, () => draws[kind](next));
  const x = new Float64Array(data as Float32Array);
  const marks = next() < 0.3 ? { undecided: Uint8Array.from(x, () => (next() < 0.1 ? 1 : 0)) } : {};
  const plain: ExactTensor = { kind: 'tensor', shape, data: x, ...marks };
  if (next() < 0.4) return plain;
  const certain = next() < 0.5 ? 0.9 : 0.1;
  const bound = x.map((v) => {
    const r = next() < certain ? 0 : Math.abs(v) * next() * 1e-3;
    return r < Infinity ? r : 0;
  });
  const deviation = bound.map((w) => w * next());
  if (next() < 0.5) return { ...plain, bound, deviation };
  const radius = bound.map((w) => w * (next() - 0.5));
  return {
    ...plain,
    bound,
    deviation,
    correlated: { radius, along: dims.map(() => next() < 0.7) },
  };
}

/** Value, radii and mark of every element; zeros without a sign. */
export function numbersOf({
  data,
  bound,
  deviation,
  correlated,
  undecided,
}: ExactTensor): number[][] {
  return Array.from(data as Float64Array, (v, i) => [
    v + 0,
    ...[bound, deviation, correlated?.radius, undecided].map((a) => (a ? a[i] + 0 : 0)),
  ]);
}

/** Sums that open with 0, with another number, or with one that has radii. */
export function opening(type: ElementType, next: () => number): ExactTensor {
  return next() < 0.5
    ? { kind: 'tensor', shape: arrayShape(type, []), data: new Float64Array(1) }
    : mixed(type, [], next);
}
