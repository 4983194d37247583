/**
 * Inputs of random instances: the kinds of golden inputs, and `patterns`, where any encoding may
 * occur and every special value does. All parameters of an instance are of one kind.
 */
import { generateCase } from '../../golden/cases.ts';
import { type CaseKind, caseKinds } from '../../golden/kinds/kinds.ts';
import { type Random, randomOf } from '../../golden/kinds/random.ts';
import {
  type ElementType,
  elementTypes,
  floatFormat,
  isComplex,
  isFloat,
} from '../../graphs/ir/element-type.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { emptyTensor, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import type { Instance } from './gen.ts';

/** Values for every parameter: those given, the others drawn. */
export function inputsOf(
  { module, given }: Instance,
  seed: number,
  ...labels: readonly (string | number)[]
): Value[] {
  const random = randomOf(seed, 'inputs', ...labels);
  const kinds: readonly (CaseKind | 'patterns')[] = [
    ...(Object.keys(caseKinds) as CaseKind[]),
    ...Array.from({ length: 6 }, () => 'patterns' as const),
  ];
  const kind = kinds[random.integer(0, kinds.length)];
  if (kind !== 'patterns') {
    const { inputs } = generateCase(module, kind, random.integer(0, 2 ** 31));
    return inputs.map((value, k) => given[k] ?? value);
  }
  return parametersOf(entryOf(module)).map(
    ({ shape }, k) => given[k] ?? patterns(shape as ArrayShape, random),
  );
}

/** Any encoding, magnitudes of every order, and the values at which functions turn. */
function patterns({ type, dims }: ArrayShape, random: Random): Tensor {
  const { data, shape } = emptyTensor(type, dims);
  const next = isFloat(type) || isComplex(type) ? floatPattern(type, random) : undefined;
  for (let i = 0; i < data.length; i++) {
    data[i] = (next ? next() : integerPattern(type, random)) as never;
  }
  return { kind: 'tensor', shape, data };
}

function floatPattern(type: ElementType, random: Random): () => number {
  const { precision, minExponent, maxFinite } = floatFormat(type);
  const round = rounder(elementTypes[type].part ?? type);
  const least = 2 ** (minExponent - precision + 1);
  const turns = [0, 1, 0.5, 2, Math.PI / 2, Math.PI, Math.E, 10, 88.7, 709.7, 65520, 3];
  const ends = [Infinity, NaN, maxFinite, 2 ** minExponent, least, 3 * least];
  const lowest = minExponent - precision + 1;
  const highest = Math.floor(Math.log2(maxFinite));
  return () => {
    const sign = random.u32() & 1 ? -1 : 1;
    const choice = random.uniform();
    if (choice < 0.15) return round(sign * turns[random.integer(0, turns.length)]);
    if (choice < 0.3) return round(sign * ends[random.integer(0, ends.length)]);
    if (choice < 0.6) return round(random.normal() * 4);
    const fraction = 1 + random.uniform();
    return round(sign * fraction * 2 ** (random.integer(lowest, highest + 1) - 1));
  };
}

function integerPattern(type: ElementType, random: Random): number | bigint {
  const { bits, kind } = elementTypes[type];
  if (kind === 'pred') return random.integer(0, 2);
  const word = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  const size = BigInt(random.uniform() < 0.5 ? bits : random.integer(1, bits + 1));
  const ends = [0n, 1n, -1n, 1n << BigInt(bits - 1), (1n << BigInt(bits - 1)) - 1n];
  const drawn =
    random.uniform() < 0.3
      ? ends[random.integer(0, ends.length)]
      : BigInt.asIntN(Number(size), word);
  const value = kind === 'signed' ? BigInt.asIntN(bits, drawn) : BigInt.asUintN(bits, drawn);
  return bits === 64 ? value : Number(value);
}
