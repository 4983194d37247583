/** Simpler numbers: each step leads to what is easier to read, so that no reduction turns in a circle. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { allocate, type Tensor, type TensorData, tensor } from '../../graphs/ir/tensor.ts';
import {
  keeping,
  leadingBlock,
  nonZeroPlaces,
  simplerForms,
} from '../../validator/reduce/values.ts';

const types = ['f32', 's64', 'u8', 'pred', 'bf16'] as const;

const arrays: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...types), fc.array(fc.constantFrom(0, 1, 2, 0.5, 1.234, Number.NaN)))
  .map(([type, numbers]) => {
    const data = allocate(type, numbers.length);
    for (const [n, x] of numbers.entries()) {
      data[n] = (type === 's64' ? BigInt(Math.trunc(x || 0)) : x) as never;
    }
    return tensor(arrayShape(type, [numbers.length]), data);
  });

const numbersOf = (data: TensorData) => Array.from(data as ArrayLike<number>, Number);

const textOf = ({ shape, data }: Tensor) => `${shape.type} ${numbersOf(data).join()}`;

/** What a reduction may make of an array in one step. */
function steps(t: Tensor): readonly Tensor[] {
  const places = nonZeroPlaces(t);
  return [
    ...simplerForms(t),
    ...places.map((at) =>
      keeping(
        t,
        places.filter((n) => n !== at),
      ),
    ),
  ];
}

describe('simpler numbers', () => {
  it('never lead back, in up to three steps', () => {
    fc.assert(
      fc.property(arrays, (t) => {
        const own = textOf(t);
        let reached = [t];
        for (let n = 0; n < 3; n++) {
          reached = [...new Map(reached.flatMap(steps).map((s) => [textOf(s), s])).values()];
          expect(reached.map(textOf)).not.toContain(own);
        }
      }),
    );
  });

  it('keep the elements that are named, of 64-bit integers too', () => {
    const t = tensor(arrayShape('s64', [3]), BigInt64Array.of(5n, 6n, 7n));
    expect(numbersOf(keeping(t, [1]).data)).toEqual([0, 6, 0]);
  });

  it('are the first ones along each dimension where a size shrinks', () => {
    const t = tensor(arrayShape('s32', [2, 3]), Int32Array.of(1, 2, 3, 4, 5, 6));
    expect(numbersOf(leadingBlock(t, [2, 2]).data)).toEqual([1, 2, 4, 5]);
  });
});
