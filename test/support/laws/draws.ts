/**
 * Inputs of random instances with radii, undecided elements and shared errors; the same inputs with
 * wider radii; and values that an implementation may have had in their place.
 */
import { type Random, randomOf } from '../../../golden/kinds/random.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
  isInteger,
  unitRoundoff,
} from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { allocate, type Tensor, type Value } from '../../../graphs/ir/tensor.ts';
import type {
  CorrelatedError,
  ExactTensor,
  ExactValue,
} from '../../../validator/exact/core/value.ts';
import { fromPlainValue } from '../../../validator/exact/run.ts';

/** Radii as shares of the value; the least is a few units in the last place. */
const shares = (u: number) => [0, 4 * u, 1e-6, 1e-3, 0.05, 0.5, 3];

export interface WideningOptions {
  /** No element is marked as undecided. */
  readonly decided?: boolean;
}

/** The inputs as exact values: some with radii, some of them shared, now and then an undecided element. */
export function uncertain(
  inputs: readonly Value[],
  seed: number,
  { decided = false }: WideningOptions = {},
): ExactValue[] {
  const random = randomOf(seed, 'radii');
  const marking = !decided && random.uniform() < 0.25;
  return inputs.map((value) =>
    mapTensors(fromPlainValue(value), (t) => widened(t, random, marking)),
  );
}

/**
 * The inputs with f64 numbers of more than 2^±100 brought nearer to 1: the oracle computes in f64, so
 * the squares of its own radii must not leave that range.
 */
export function withinReach(inputs: readonly Value[]): Value[] {
  return inputs.map((value) => {
    if (value.kind !== 'tensor') return value;
    if (elementTypes[value.shape.type].format?.signed === false) return positive(value);
    if (!(value.data instanceof Float64Array)) return value;
    const data = value.data.map((x) => {
      const exponent = x === 0 || !Number.isFinite(x) ? 0 : Math.floor(Math.log2(Math.abs(x)));
      return Math.abs(exponent) <= 100 ? x : Math.sign(x) * 2 ** (exponent % 100);
    });
    return { ...value, data };
  });
}

/** A type without sign or zero holds nothing else. */
function positive(t: Tensor): Tensor {
  const round = rounder(t.shape.type);
  const data = (t.data as Float32Array).map((x) => round(Math.abs(x)));
  return { ...t, data };
}

/** Wider in every radius, with further undecided elements: what the laws of monotony compare with. */
export function widerThan(inputs: readonly ExactValue[], seed: number): ExactValue[] {
  const random = randomOf(seed, 'wider');
  const marking = random.uniform() < 0.2;
  return inputs.map((value) => mapTensors(value, (t) => wider(t, random, marking)));
}

/** How the inputs are moved: each error on its own, or as far as the bounds allow. */
export type Moving = 'independent' | 'corners';

/** Values of the inputs' types inside the radii; anything at all where an element is undecided. */
export function moved(
  inputs: readonly ExactValue[],
  plain: readonly Value[],
  how: Moving,
  seed: number,
): Value[] {
  const random = randomOf(seed, 'moved', how);
  return inputs.map((value, k) => movedValue(value, plain[k], how, random));
}

function movedValue(exact: ExactValue, plain: Value, how: Moving, random: Random): Value {
  if (exact.kind === 'tuple' && plain.kind === 'tuple') {
    const elements = exact.elements.map((e, k) => movedValue(e, plain.elements[k], how, random));
    return { kind: 'tuple', elements };
  }
  return exact.kind === 'tensor' ? movedTensor(exact, plain as Tensor, how, random) : plain;
}

function mapTensors(value: ExactValue, f: (t: ExactTensor) => ExactTensor): ExactValue {
  if (value.kind === 'tuple') {
    return { kind: 'tuple', elements: value.elements.map((e) => mapTensors(e, f)) };
  }
  return value.kind === 'tensor' ? f(value) : value;
}

function widened(t: ExactTensor, random: Random, marking: boolean): ExactTensor {
  const marked = marking ? markUndecided(t, random, 0.1) : t;
  const { type, dims } = t.shape;
  if (!(isFloat(type) || isComplex(type)) || random.uniform() < 0.2) return marked;
  const choices = shares(unitRoundoff(type));
  const share = choices[random.integer(0, choices.length)];
  const absolute = random.uniform() < 0.2;
  const own = [1, 1, 0, 0.5][random.integer(0, 4)];
  const data = t.data as Float64Array;
  const bound = data.map((v) => {
    if (!Number.isFinite(v) || random.uniform() < 0.1) return 0;
    return share * (absolute ? 1 : Math.abs(v));
  });
  const along = dims.map(() => random.uniform() < 0.6);
  const sign = random.uniform() < 0.5;
  const radius = bound.map((w) => (sign && random.uniform() < 0.5 ? -1 : 1) * w * (1 - own));
  const correlated: CorrelatedError = { radius, along };
  const common = own < 1 && along.includes(true);
  return {
    ...marked,
    bound,
    deviation: common ? bound.map((w) => w * own) : bound,
    ...(common && { correlated }),
  };
}

function markUndecided(t: ExactTensor, random: Random, share: number): ExactTensor {
  const n = t.data.length / (isComplex(t.shape.type) ? 2 : 1);
  const old = t.undecided;
  const undecided = Uint8Array.from({ length: n }, (_, i) =>
    old?.[i] || random.uniform() < share ? 1 : 0,
  );
  return undecided.includes(1) ? { ...t, undecided } : t;
}

function wider(t: ExactTensor, random: Random, marking: boolean): ExactTensor {
  const marked = marking ? markUndecided(t, random, 0.1) : t;
  if (!t.bound || !t.deviation) return marked;
  const factors = [1, 1, 1.001, 1.5, 8, 100];
  const most = random.integer(2, factors.length + 1);
  const grow = t.bound.map(() => factors[random.integer(0, most)]);
  const scaled = (radii: Float64Array) => radii.map((r, i) => r * grow[i]);
  return {
    ...marked,
    bound: scaled(t.bound),
    deviation: scaled(t.deviation),
    ...(t.correlated && { correlated: { ...t.correlated, radius: scaled(t.correlated.radius) } }),
  };
}

function movedTensor(t: ExactTensor, plain: Tensor, how: Moving, random: Random): Tensor {
  const { type } = t.shape;
  const data = allocate(type, plain.data.length / (isComplex(type) ? 2 : 1));
  const parts = isComplex(type) ? 2 : 1;
  const common = commonDraws(t, random, how);
  const anything = anyValue(type, random);
  const pull = random.uniform() < 0.5 ? 1 : random.uniform() < 0.5 ? -1 : 0;
  for (let i = 0; i < data.length; i++) {
    const element = Math.floor(i / parts);
    if (t.undecided?.[element]) data[i] = anything(plain.data[i]) as never;
    else if (!t.bound || t.bound[i] === 0) data[i] = plain.data[i] as never;
    else data[i] = inward(type, Number(plain.data[i]), errorOf(i, element)) as never;
  }
  return { kind: 'tensor', shape: plain.shape, data };

  function errorOf(i: number, element: number): number {
    if (how === 'corners') return (pull || (random.uniform() < 0.5 ? 1 : -1)) * t.bound![i];
    const own = (2 * random.uniform() - 1) * t.deviation![i];
    return own + (t.correlated ? common[element] * t.correlated.radius[i] : 0);
  }
}

/** Per element the number that its shared error is multiplied by: one for all of a shared dimension. */
function commonDraws(
  { shape, correlated }: ExactTensor,
  random: Random,
  how: Moving,
): Float64Array {
  if (!correlated) return new Float64Array(0);
  const { dims } = shape;
  const own = dims.map((n, d) => (correlated.along[d] ? 1 : n));
  const strides = rowMajorStrides(own);
  const full = rowMajorStrides(dims);
  const draw = () =>
    how === 'corners' ? (random.uniform() < 0.5 ? 1 : -1) : 2 * random.uniform() - 1;
  const drawn = Float64Array.from({ length: own.reduce((a, b) => a * b, 1) }, draw);
  const n = dims.reduce((a, b) => a * b, 1);
  return Float64Array.from({ length: n }, (_, i) => {
    let at = 0;
    for (const [d, size] of dims.entries()) {
      if (!correlated.along[d]) at += (Math.floor(i / full[d]) % size) * strides[d];
    }
    return drawn[at];
  });
}

/** v moved by at most d and rounded to the type, towards v. */
function inward(type: ElementType, v: number, d: number): number {
  const round = rounder(type);
  for (const share of [1, 0.5, 0.25]) {
    const there = round(v + d * share);
    if (Math.abs(there - v) <= Math.abs(d) && Number.isFinite(there)) return there;
  }
  return v;
}

/** A source of values of a type: small integers, neighbours of what stood there, zero. */
function anyValue(type: ElementType, random: Random): (old: number | bigint) => number | bigint {
  const { kind, bits } = elementTypes[type];
  if (kind === 'pred') return (old) => (random.uniform() < 0.8 ? 1 - Number(old) : old);
  if (!isInteger(type)) {
    const round = rounder(type);
    return (old) => round(random.uniform() < 0.5 ? random.normal() * 4 : -Number(old));
  }
  const wrap = kind === 'signed' ? BigInt.asIntN : BigInt.asUintN;
  return (old) => {
    const near = BigInt(Math.trunc(Number(old))) + BigInt(random.integer(-3, 4));
    const value = wrap(bits, random.uniform() < 0.5 ? near : BigInt(random.integer(-4, 12)));
    return bits === 64 ? value : Number(value);
  };
}
