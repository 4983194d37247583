/**
 * Arithmetic for contracts that hold over the real numbers only: no result leaves a range but that of
 * the oracle, f64. Either with the roundings of the declared types, or in f64 throughout, where
 * nothing is rounded but by the oracle: then two forms of one function agree to the oracle's radii.
 */
import { type ElementType, elementTypes, floatFormat } from '../../../graphs/ir/element-type.ts';
import { exponentOf } from '../../../graphs/ir/float-bits.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { formatRounder, rounder } from '../../../graphs/ir/rounding.ts';
import type { Shape } from '../../../graphs/ir/shape.ts';
import type { Value } from '../../../graphs/ir/tensor.ts';
import type { ExactOptions } from './context.ts';
import { type Numerics, numericsOf } from './numerics.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** `rounded`: as the types declare, in an unlimited range; `unrounded`: in f64 throughout. */
export type RealArithmetic = 'rounded' | 'unrounded';

const f64 = floatFormat('f64');

/** The record of a type whose range is that of f64. */
export function numericsOverReals(type: ElementType, options: ExactOptions): Numerics {
  const declared = numericsOf(type, options);
  const { precision, signed } = floatFormat(type);
  const { minExponent, maxFinite } = f64;
  const flags = { overflow: 'inf', signedZero: true, signed, hasNaN: true } as const;
  return {
    ...declared,
    round: formatRounder({ precision, minExponent, maxFinite, ...flags }),
    smallestNormal: 2 ** minExponent,
    flushBelow: options.flush === false ? 0 : 2 ** minExponent,
    overflowFrom: Number.MAX_VALUE,
    mayWiden: true,
  };
}

const known = new WeakMap<Instruction, Instruction>();

/** The instruction with f64 for every float type, and c128 for every complex one. */
export function inDoubles(instruction: Instruction): Instruction {
  let doubled = known.get(instruction);
  if (!doubled) {
    const { attrs, shape } = instruction as { attrs: Record<string, unknown>; shape: Shape };
    const { algorithm: _, ...kept } = attrs ?? {};
    doubled = { ...instruction, attrs: kept, shape: wideShape(shape) } as Instruction;
    known.set(instruction, doubled);
  }
  return doubled;
}

function wideShape(shape: Shape): Shape {
  if (shape.kind === 'tuple') return { ...shape, elements: shape.elements.map(wideShape) };
  return shape.kind === 'array' ? { ...shape, type: wideType(shape.type) } : shape;
}

function wideType(type: ElementType): ElementType {
  const { kind } = elementTypes[type];
  if (kind === 'float') return 'f64';
  return kind === 'complex' ? 'c128' : type;
}

/** A value as one of f64: the same numbers. */
export function asDoubles(value: ExactValue): ExactValue {
  if (value.kind === 'tuple') return { kind: 'tuple', elements: value.elements.map(asDoubles) };
  if (value.kind !== 'tensor') return value;
  const type = wideType(value.shape.type);
  return type === value.shape.type ? value : { ...value, shape: { ...value.shape, type } };
}

/**
 * A float constant that another form of a function brings with it may be one rounded to its type,
 * log2(e) or 1/3: half an ulp off. One of no more than half of the type's digits is taken as meant.
 */
export function roundedConstant(value: ExactValue): ExactValue {
  if (value.kind !== 'tensor' || elementTypes[value.shape.type].kind !== 'float') return value;
  const { precision } = floatFormat(value.shape.type);
  const data = value.data as Float64Array;
  const radius = data.map((v) =>
    isShort(v, Math.ceil(precision / 2)) ? 0 : halfUlp(v, precision),
  );
  if (radius.every((r) => r === 0)) return value;
  return { ...(value as ExactTensor), bound: radius, deviation: radius.slice() };
}

function isShort(v: number, digits: number): boolean {
  if (v === 0 || !Number.isFinite(v)) return true;
  return Number.isInteger(v / 2 ** (exponentOf(Math.abs(v)) - digits + 1));
}

function halfUlp(v: number, precision: number): number {
  return 2 ** (exponentOf(Math.abs(v)) - precision);
}

/**
 * A leaf drawn in to a size at which no square or exponential leaves the range of f64: order, sign and
 * zero stay, and what is infinite or no number is a large one. Integers stay what they are.
 */
export function drawnIn(value: Value): Value {
  if (value.kind === 'tuple') return { kind: 'tuple', elements: value.elements.map(drawnIn) };
  if (value.kind !== 'tensor' || elementTypes[value.shape.type].kind !== 'float') return value;
  const round = rounder(value.shape.type);
  const finite = (x: number) => Math.min(Math.abs(x), Number.MAX_VALUE);
  const size = (x: number) => Math.asinh(Math.asinh(Math.sqrt(Math.sqrt(finite(x)))));
  const drawn = (x: number) => round(Math.sign(x) * size(x));
  const data = (value.data as Float64Array).map((x) => drawn(Number.isNaN(x) ? Infinity : x));
  return { ...value, data };
}
