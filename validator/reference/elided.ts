/**
 * Values for constants that a text elides as `{...}`: drawn from a seed and the constant's name, so
 * that both sides of a comparison see the same ones.
 */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import { token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { result, storage } from './operands.ts';
import { randomUniform } from './scalars/rounding-policy.ts';
import { classOf } from './scalars/scalar.ts';

/** Floats in [-1, 1), integers 0 … 3, pred 0 or 1. */
export function elidedValue(
  constant: { readonly name: string; readonly shape: Shape },
  seed: number,
): Value {
  return drawn(constant.shape, randomUniform(seedOf(constant.name, seed)));
}

function drawn(shape: Shape, uniform: () => number): Value {
  if (shape.kind === 'tuple') return tupleValue(shape.elements.map((s) => drawn(s, uniform)));
  if (shape.kind !== 'array') return token;
  const data = storage(shape);
  const next = drawer(shape.type, uniform);
  for (let e = 0; e < data.length; e++) data[e] = next() as never;
  return result(shape, data);
}

function drawer(type: ElementType, uniform: () => number): () => number | bigint {
  const round = rounder(type);
  switch (classOf(type)) {
    case 'wide':
      return () => BigInt(Math.floor(4 * uniform()));
    case 'narrow':
      return () => round(Math.floor(4 * uniform()));
    case 'pred':
      return () => Math.floor(2 * uniform());
    case 'float':
    case 'complex':
      return () => round(2 * uniform() - 1);
  }
}

/** A seed of its own for each name: FNV-1a over it. */
export function seedOf(name: string, seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
