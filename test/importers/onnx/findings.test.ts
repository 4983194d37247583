/** What `npm run cross:onnx` found in the importer: single nodes against what the specification says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../../graphs/importers/onnx/import.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { floats, integers, type Message, model, node, value } from '../../support/onnx-model.ts';

/** ONNX's numbers of element types. */
const codes = { f32: 1, u8: 2, s32: 6, s64: 7, f64: 11, u64: 13 } as const;

/** The result of a node over one input, its other inputs being initialisers. */
function resultOf(
  made: Message,
  type: keyof typeof codes,
  x: Tensor,
  initializer: readonly Message[] = [],
  opset = 17,
): Tensor {
  const [first] = made.input as readonly string[];
  const graph = {
    node: [made],
    input: first === 'x' ? [value('x', x.shape.dims, codes[type])] : [],
    output: [value('y', null, codes[type])],
    initializer,
  };
  return leafTensors(runReference(importOnnx(model(graph, opset)), first === 'x' ? [x] : []))[0]!;
}

describe('Slice', () => {
  /** The specification's words: wrap, clamp, then step from start while before end. */
  const sliced = (n: number, start: number, end: number, step: number): number[] => {
    const clamp = (at: number, low: number, high: number) => Math.min(Math.max(at, low), high);
    const from = clamp(start < 0 ? start + n : start, 0, step > 0 ? n : n - 1);
    const wrapped = end < 0 ? end + n : end;
    const to = step > 0 ? clamp(wrapped, 0, n) : clamp(wrapped, -1, n - 1);
    const out: number[] = [];
    for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(i);
    return out;
  };
  const place = fc.integer({ min: -12, max: 12 });

  it('goes from an element to an end, forward and backward, whatever lies outside', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        place,
        place,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        (n, start, end, size, backward) => {
          const step = backward ? -size : size;
          const x = tensorOf(
            'f32',
            [n],
            Array.from({ length: n }, (_, i) => i),
          );
          const made = node('Slice', ['x', 's', 'e', 'a', 't'], ['y']);
          const given = [
            integers('s', [start]),
            integers('e', [end]),
            integers('a', [0]),
            integers('t', [step]),
          ];
          const { data } = resultOf(made, 'f32', x, given);
          expect(Array.from(data as Float32Array)).toEqual(sliced(n, start, end, step));
        },
      ),
    );
  });
});

describe('ops of floats on integers give integers', () => {
  const x = (type: ElementType) => tensorOf(type, [4], [1, 2, 5, 6]);

  it.each([
    ['ReduceLogSum', { keepdims: 0 }, [2]],
    ['ReduceLogSumExp', { keepdims: 0 }, [6]],
    ['Erf', {}, [0, 0, 0, 1]],
    ['Shrink', { bias: { f: 0.75 }, lambd: { f: 1.5 } }, [0, 1, 4, 5]],
  ] as const)('%s', (op, attrs, wanted) => {
    const y = resultOf(node(op, ['x'], ['y'], attrs), 's32', x('s32'));
    expect(y.shape.type).toBe('s32');
    expect(Array.from(y.data as Int32Array)).toEqual(wanted);
  });
});

it('a bound that is left out of Clip is the largest f32 where bounds are attributes', () => {
  const x = tensorOf('f32', [2], [-Infinity, Infinity]);
  const at = (opset: number) =>
    Array.from(resultOf(node('Clip', ['x'], ['y']), 'f32', x, [], opset).data as Float32Array);
  const most = Math.fround(3.4028234663852886e38);
  expect(at(6)).toEqual([-most, most]);
  expect(at(13)).toEqual([-Infinity, Infinity]);
});

it('defaults of attributes are f32, as attributes are', () => {
  const x = tensorOf('f64', [1], [-1]);
  const { data } = resultOf(node('LeakyRelu', ['x'], ['y']), 'f64', x);
  expect(data[0]).toBe(-Math.fround(0.01));
});

it('integers are resized by rounding to the nearest, not by cutting off', () => {
  const x = tensorOf('s32', [2], [0, 5]);
  const attrs = { mode: 'linear', coordinate_transformation_mode: 'align_corners' };
  const made = node('Resize', ['x', '', '', 'n'], ['y'], attrs);
  const { data } = resultOf(made, 's32', x, [integers('n', [6])]);
  expect(Array.from(data as Int32Array)).toEqual([0, 1, 2, 3, 4, 5]);
  const wide = resultOf(made, 's32', tensorOf('s32', [2], [0, 4]), [integers('n', [6])]);
  expect(Array.from(wide.data as Int32Array)).toEqual([0, 1, 2, 2, 3, 4]);
});

it('RMSNormalization gives the type of its scale', () => {
  const made = node('RMSNormalization', ['x', 's'], ['y']);
  const x = tensorOf('f64', [2], [3, 4]);
  expect(resultOf(made, 'f64', x, [floats('s', [2], [1, 1])]).shape.type).toBe('f32');
});

it('a mel band whose centre is its end has weight one there', () => {
  const made = node('MelWeightMatrix', ['a', 'b', 'c', 'd', 'e'], ['y']);
  const given = [
    integers('a', [6], []),
    integers('b', [19], []),
    integers('c', [8000], []),
    floats('d', [], [100]),
    floats('e', [], [3500]),
  ];
  const { data, shape } = resultOf(made, 'f32', tensorOf('f32', [], [0]), given);
  expect(shape.dims).toEqual([10, 6]);
  for (let band = 0; band < 6; band++) {
    const column = Array.from({ length: 10 }, (_, bin) => Number(data[6 * bin + band]));
    expect(Math.max(...column)).toBe(1);
  }
});

/** By ONNX's function of the op: GatherElements of the labels, those that are ignored being 0. */
it.each([
  ['from the end, or the last', {}, [1, -1, 7], [-2, -3, -3]],
  ['none where it is ignored', { ignore_index: -1 }, [1, -1, 7], [-2, 0, -3]],
])('a label outside of the classes picks %s', (_, attributes, labels, expected) => {
  const made = node('NegativeLogLikelihoodLoss', ['x', 't'], ['y'], {
    reduction: 'none',
    ...attributes,
  });
  const x = tensorOf('f32', [3, 3], [1, 2, 3, 1, 2, 3, 1, 2, 3]);
  const { data } = resultOf(made, 'f32', x, [integers('t', labels)]);
  expect(Array.from(data as Float32Array, (v) => v + 0)).toEqual(expected);
});
