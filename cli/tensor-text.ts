/** Results for people and for JSON: leaves by name, numbers as short as they can be. */
import { elementTypes } from '../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type Value } from '../graphs/ir/tensor.ts';

/** An array of a result. */
export interface NamedTensor {
  /** `out0`, `out1` …: the arrays of the result, depth first. */
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * The leaves of a result in order, called out0, out1, … where the format has no names of its own.
 */
export function namedOutputs(value: Value): readonly NamedTensor[] {
  return leafTensors(value).map((tensor, n) => ({ name: `out${n}`, tensor }));
}

/** A number as JSON holds it: text for NaN, infinities and 64-bit integers. */
export type JsonNumber = number | string;

/** Elements in row-major order; a complex element as [re, im]. */
export function jsonValues({ shape, data }: Tensor): readonly (JsonNumber | JsonNumber[])[] {
  const numbers = Array.from<number | bigint, JsonNumber>(
    data as ArrayLike<number | bigint>,
    (x) => (typeof x === 'number' && Number.isFinite(x) ? x : String(x)),
  );
  if (elementTypes[shape.type].kind !== 'complex') return numbers;
  return Array.from({ length: numbers.length / 2 }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
}

/** `out0  f32[2,3]  0.5 1 -2.25 …`, with the radius behind each value where radii are given. */
export function tensorLine({ name, tensor }: NamedTensor, radii?: Radii): string {
  const { type, dims } = tensor.shape;
  const values = firstValues(tensor, radii).join('  ');
  return `${name.padEnd(6)}  ${`${type}[${dims}]`.padEnd(16)}  ${values}`;
}

/** Bounds on the distance of each number from the exact value, as long as the data. */
export interface Radii {
  readonly bound?: ArrayLike<number>;
  readonly deviation?: ArrayLike<number>;
  /** 1 for an element that nothing is known of. */
  readonly undecided?: ArrayLike<number>;
}

const shownElements = 6;

function firstValues({ shape, data }: Tensor, radii?: Radii): readonly string[] {
  const width = elementTypes[shape.type].kind === 'complex' ? 2 : 1;
  const count = Math.min(shownElements, data.length / width);
  const shown = Array.from({ length: count }, (_, i) => {
    if (radii?.undecided?.[i]) return 'undecided';
    const at = (p: number) => width * i + p;
    const parts = Array.from({ length: width }, (_, p) => part(data[at(p)]!, radii, at(p)));
    return width === 1 ? parts[0]! : `(${parts.join(', ')})`;
  });
  return data.length / width > shownElements ? [...shown, '…'] : shown;
}

function part(x: number | bigint, radii: Radii | undefined, i: number): string {
  const text = typeof x === 'bigint' ? String(x) : shortNumber(x);
  if (!radii) return text;
  const { bound, deviation } = radii;
  return `${text} ±${shortNumber(deviation?.[i] ?? 0)}/${shortNumber(bound?.[i] ?? 0)}`;
}

function shortNumber(x: number): string {
  if (Object.is(x, -0)) return '-0';
  return String(Number.isFinite(x) ? Number(x.toPrecision(6)) : x);
}
