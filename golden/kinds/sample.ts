/** Typical data for a value that nothing else determines: boundaries that cannot be run. */
import type { Shape } from '../../graphs/ir/shape.ts';
import { token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { generateTensor } from '../cases.ts';
import { randomOf } from './random.ts';
import { drawnSizes } from './sizes.ts';

/** A value of a shape, drawn from a seed; tokens and opaque values are tokens. */
export function sampleValue(shape: Shape, seed: number): Value {
  return sample(shape, seed, []);
}

function sample(shape: Shape, seed: number, path: readonly number[]): Value {
  if (shape.kind === 'tuple') {
    return tupleValue(shape.elements.map((s, n) => sample(s, seed, [...path, n])));
  }
  const array = shape.kind === 'buffer' ? shape.array : shape;
  if (array.kind !== 'array') return token;
  const random = randomOf(seed, 'typical', 0, ...path);
  return generateTensor(drawnSizes(array, 'typical', seed), {
    kind: 'typical',
    random,
    annotation: { kind: 'any' },
  });
}
