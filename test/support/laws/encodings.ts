/**
 * The narrow floating-point formats by their definitions (IEEE 754; OCP 8-bit and microscaling
 * formats; the "fnuz" formats of Graphcore and AMD), independent of graphs/ir: fields of an
 * encoding, and the rational number that it stands for.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';

/**
 * ieee: the top exponent holds infinity and NaN; fn: only all ones is NaN; fnuz: only what would be -0
 * is NaN; finite: every encoding is a number; scale: powers of two, all ones is NaN.
 */
type Flavour = 'ieee' | 'fn' | 'fnuz' | 'finite' | 'scale';

interface Layout {
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  readonly flavour: Flavour;
}

function layout(
  exponentBits: number,
  fractionBits: number,
  bias: number,
  flavour: Flavour,
): Layout {
  return { exponentBits, fractionBits, bias, flavour };
}

export const layouts: { readonly [T in ElementType]?: Layout } = {
  f16: layout(5, 10, 15, 'ieee'),
  bf16: layout(8, 7, 127, 'ieee'),
  f8e5m2: layout(5, 2, 15, 'ieee'),
  f8e4m3: layout(4, 3, 7, 'ieee'),
  f8e3m4: layout(3, 4, 3, 'ieee'),
  f8e4m3fn: layout(4, 3, 7, 'fn'),
  f8e4m3fnuz: layout(4, 3, 8, 'fnuz'),
  f8e4m3b11fnuz: layout(4, 3, 11, 'fnuz'),
  f8e5m2fnuz: layout(5, 2, 16, 'fnuz'),
  f6e2m3fn: layout(2, 3, 1, 'finite'),
  f6e3m2fn: layout(3, 2, 3, 'finite'),
  f4e2m1fn: layout(2, 1, 1, 'finite'),
  f8e8m0fnu: layout(8, 0, 127, 'scale'),
};

export const narrowFloats = Object.keys(layouts) as ElementType[];

/** Number of encodings. */
export function encodingsOf(type: ElementType): number {
  const { exponentBits, fractionBits, flavour } = layouts[type]!;
  return 2 ** (exponentBits + fractionBits + (flavour === 'scale' ? 0 : 1));
}

/** What an encoding stands for, exactly. */
export function decoded(type: ElementType, code: number): number {
  const { exponentBits, fractionBits, bias, flavour } = layouts[type]!;
  const top = 2 ** exponentBits - 1;
  if (flavour === 'scale') return code === top ? NaN : 2 ** (code - bias);
  const half = 2 ** (exponentBits + fractionBits);
  const sign = code >= half ? -1 : 1;
  const exponent = Math.floor((code % half) / 2 ** fractionBits);
  const fraction = code % 2 ** fractionBits;
  if (flavour === 'ieee' && exponent === top) return fraction === 0 ? sign * Infinity : NaN;
  if (flavour === 'fn' && exponent === top && fraction === 2 ** fractionBits - 1) return NaN;
  if (flavour === 'fnuz' && code === half) return NaN;
  const significand = exponent === 0 ? fraction : 2 ** fractionBits + fraction;
  return sign * significand * 2 ** (Math.max(exponent, 1) - bias - fractionBits);
}

export interface Encoded {
  readonly value: number;
  readonly code: number;
}

/** Finite values that are not negative, ascending, each once. */
export function magnitudes(type: ElementType): Encoded[] {
  const n = layouts[type]!.flavour === 'scale' ? encodingsOf(type) : encodingsOf(type) / 2;
  return Array.from({ length: n }, (_, code) => ({ value: decoded(type, code), code })).filter(
    (v) => Number.isFinite(v.value),
  );
}

/** What comes after the largest finite value: where the overflow of a magnitude leads. */
export function beyond(type: ElementType): number {
  const { flavour } = layouts[type]!;
  if (flavour === 'ieee') return Infinity;
  return flavour === 'finite' ? magnitudes(type).at(-1)!.value : NaN;
}

/** The nearest value of a type to a number that f64 holds; ties to the even encoding. */
export function nearest(type: ElementType, all: readonly Encoded[], x: number): number {
  const { flavour } = layouts[type]!;
  if (Number.isNaN(x)) return NaN;
  if (flavour === 'scale' && x <= 0) return NaN;
  const size = Math.abs(x);
  const result = nearestMagnitude(type, all, size);
  const negative = flavour !== 'scale' && (x < 0 || Object.is(x, -0));
  if (flavour === 'fnuz' && result === 0) return 0;
  return negative ? -result : result;
}

function nearestMagnitude(type: ElementType, all: readonly Encoded[], size: number): number {
  const last = all[all.length - 1];
  const step = last.value - (all[all.length - 2]?.value ?? 0);
  if (size === Infinity) return beyond(type);
  if (size > last.value) {
    const { flavour } = layouts[type]!;
    const middle = last.value + (flavour === 'scale' ? last.value / 2 : step / 2);
    const over = size > middle || (size === middle && (last.code % 2 === 1 || flavour === 'scale'));
    return over ? beyond(type) : last.value;
  }
  let [low, high] = [0, all.length - 1];
  while (high - low > 1) {
    const at = (low + high) >> 1;
    if (all[at].value <= size) low = at;
    else high = at;
  }
  const [a, b] = [all[low], all[high]];
  if (size <= a.value) return a.value;
  const middle = (a.value + b.value) / 2;
  if (size !== middle) return size < middle ? a.value : b.value;
  return a.code % 2 === 0 && layouts[type]!.flavour !== 'scale' ? a.value : b.value;
}
