/** What newer op sets say that older ones do not, and element types that few models hold. */
import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../../graphs/importers/onnx/import.ts';
import { leafTensors, type Tensor } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { type Message, model, node, value } from '../../support/onnx-model.ts';

/** The first result of a node whose inputs are all initialisers. */
function resultOf(made: Message, initializer: readonly Message[], opset = 28): Tensor {
  const graph = { node: [made], output: [value('y', null)], initializer };
  return leafTensors(runReference(importOnnx(model(graph, opset)), []))[0]!;
}

const numbers = ({ data }: Tensor) => Array.from(data as ArrayLike<number | bigint>);

/** A tensor of f32, or of an integer type of at most 32 bits, by its ONNX number. */
function given(name: string, data: readonly number[], dataType = 1, dims = [data.length]): Message {
  const field = dataType === 1 ? 'floatData' : 'int32Data';
  return { name, dims, dataType, [field]: data };
}

const s8 = 3;

describe('BitShift of signed integers', () => {
  const shifted = (direction: string, x: readonly number[], by: readonly number[]) =>
    numbers(
      resultOf(node('BitShift', ['x', 'n'], ['y'], { direction }), [
        given('x', x, s8),
        given('n', by, s8),
      ]),
    );

  it('to the right keeps the sign, however far', () => {
    expect(shifted('RIGHT', [-128, -7, 7, -1, 100], [1, 1, 1, 7, 3])).toEqual([-64, -4, 3, -1, 12]);
    expect(shifted('RIGHT', [-5, 5, -5, 5], [8, 8, -1, -1])).toEqual([-1, 0, -1, 0]);
  });

  it('to the left drops what goes past the sign bit', () => {
    expect(shifted('LEFT', [64, -1, 3, 1, 1], [1, 1, 7, 8, -1])).toEqual([-128, -2, -128, 0, 0]);
  });

  it('needs a direction', () => {
    expect(() => shifted('', [1], [1])).toThrow('none of LEFT, RIGHT');
  });
});

it('the remainder of floats has the sign of the divisor, zero too', () => {
  const [x, y] = [
    [-4, 4, -0, 0, 5, -5, 1, -1],
    [2, -2, 3, -3, -3, 3, -Infinity, -Infinity],
  ];
  const made = node('Mod', ['a', 'b'], ['y']);
  const wanted = [0, -0, 0, -0, -1, 1, -Infinity, -1];
  expect(numbers(resultOf(made, [given('a', x), given('b', y)]))).toEqual(wanted);
});

it('SpaceToDepth may put the place in a block behind the depth', () => {
  const x = given(
    'x',
    Array.from({ length: 8 }, (_, i) => i),
    1,
    [1, 2, 2, 2],
  );
  const order = (mode: string) =>
    numbers(resultOf(node('SpaceToDepth', ['x'], ['y'], { blocksize: 2, mode }), [x]));
  expect(order('DCR')).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
  expect(order('CRD')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('ReduceL1 takes unsigned integers', () => {
  const x = { name: 'x', dims: [3], dataType: 13, uint64Data: [1, 2, 4] };
  const made = node('ReduceL1', ['x'], ['y'], { keepdims: 0 });
  expect(numbers(resultOf(made, [x], 13))).toEqual([7n]);
});

describe('floats of 6 bits', () => {
  const cast = node('Cast', ['x'], ['y'], { to: 1 });

  it('lie side by side in raw data, across the bounds of bytes', () => {
    const rawData = Uint8Array.of(0x08, 0x4c, 0x50, 0x1e);
    const x = { name: 'x', dims: [5], dataType: 27, rawData };
    expect(numbers(resultOf(cast, [x]))).toEqual([1, -2, 0.5, 3, 7]);
  });

  it('lie one to a number in the field of integers', () => {
    const x = { name: 'x', dims: [3], dataType: 28, int32Data: [0x0c, 0x30, 0x1f] };
    expect(numbers(resultOf(cast, [x]))).toEqual([1, -2, 28]);
  });

  it('must be as many as the tensor has elements', () => {
    const x = { name: 'x', dims: [5], dataType: 27, rawData: Uint8Array.of(1, 2, 3) };
    expect(() => resultOf(cast, [x])).toThrow('3 bytes, not 4');
  });

  it('take what is too large as their largest value', () => {
    const large = [7.6, 100, -Infinity, 0.3];
    const at = (to: number) => {
      const made = node('Cast', ['x'], ['y'], { to });
      return numbers(resultOf(made, [given('x', large)]));
    };
    expect(at(27)).toEqual([7.5, 7.5, -7.5, 0.25]);
    expect(at(28)).toEqual([8, 28, -28, 0.3125]);
  });
});

describe('powers of two of 8 bits', () => {
  const [least, largest] = [2 ** -127, 2 ** 127];
  const x = given('x', [0, 2 ** -149, 3, 1.1, 1.75 * largest, Infinity, NaN]);
  const cast = (round_mode: string, saturate: number) => {
    const made = node('Cast', ['x'], ['y'], { to: 24, round_mode, saturate });
    return numbers(resultOf(made, [x]));
  };

  it.each([
    ['up', [least, least, 4, 2, largest, largest, NaN]],
    ['down', [least, least, 2, 1, largest, largest, NaN]],
    ['nearest', [least, least, 4, 1, largest, largest, NaN]],
  ])('keep to their range: %s', (mode, wanted) => {
    expect(cast(mode, 1)).toEqual(wanted);
  });

  it.each(['up', 'nearest'])('have no number for what lies beyond: %s', (mode) => {
    expect(cast(mode, 0).slice(4)).toEqual([NaN, NaN, NaN]);
  });
});
