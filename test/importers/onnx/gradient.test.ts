/** Gradient against derivatives that are exact on the chosen points, and refused where unknown. */
import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../../graphs/importers/onnx/import.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { type Message, model, node, value } from '../../support/onnx-model.ts';

const domain = 'ai.onnx.preview.training';

/** ∂(Σ y)/∂x and ∂(Σ y)/∂w for nodes that compute y from x and w. */
function gradient(nodes: readonly Message[], x: Tensor, w: Tensor): number[][] {
  const strings = (list: readonly string[]) => ({
    strings: list.map((s) => new TextEncoder().encode(s)),
  });
  const wanted = node(
    'Gradient',
    ['x', 'w'],
    ['dx', 'dw'],
    { xs: strings(['x', 'w']), y: 'y' },
    { domain },
  );
  const graph = {
    node: [...nodes, wanted],
    input: [value('x', x.shape.dims), value('w', w.shape.dims)],
    output: [value('dx', null), value('dw', null)],
  };
  const module = importOnnx(model(graph));
  return leafTensors(runReference(module, [x, w])).map((t) => Array.from(t.data as Float32Array));
}

const f32 = (dims: readonly number[], values: readonly number[]) => tensorOf('f32', dims, values);
const x = f32([2, 2], [1, 2, 4, 8]);
const w = f32([2], [2, 4]);
const matrix = f32([2, 2], [1, 10, 100, 1000]);

type Row = readonly [string, readonly Message[], Tensor, Tensor, number[], number[]];

const rows: readonly Row[] = [
  ['Add, broadcast', [node('Add', ['x', 'w'], ['y'])], x, w, [1, 1, 1, 1], [2, 2]],
  ['Sub', [node('Sub', ['w', 'x'], ['y'])], x, w, [-1, -1, -1, -1], [2, 2]],
  ['Mul', [node('Mul', ['x', 'w'], ['y'])], x, w, [2, 4, 2, 4], [5, 10]],
  ['Div', [node('Div', ['x', 'w'], ['y'])], x, w, [0.5, 0.25, 0.5, 0.25], [-1.25, -0.625]],
  ['a value used twice', [node('Mul', ['x', 'x'], ['y'])], x, w, [2, 4, 8, 16], [0, 0]],
  ['MatMul', [node('MatMul', ['x', 'w'], ['y'])], x, matrix, [11, 1100, 11, 1100], [5, 5, 10, 10]],
  [
    'Transpose',
    [node('Transpose', ['x'], ['t']), node('Mul', ['t', 'w'], ['y'])],
    x,
    matrix,
    [1, 100, 10, 1000],
    [1, 4, 2, 8],
  ],
  [
    'ReduceSum',
    [node('ReduceSum', ['x'], ['s'], { keepdims: 0 }), node('Mul', ['s', 'w'], ['y'])],
    x,
    w,
    [6, 6, 6, 6],
    [15, 15],
  ],
  ['Max', [node('Max', ['x', 'w'], ['y'])], f32([2], [1, 8]), w, [0, 1], [1, 0]],
  [
    'Sqrt',
    [node('Sqrt', ['w'], ['r']), node('Mul', ['r', 'x'], ['y'])],
    f32([2], [8, 4]),
    f32([2], [4, 16]),
    [2, 4],
    [2, 0.5],
  ],
  ['Tanh at 0', [node('Tanh', ['x'], ['y'])], f32([1], [0]), w, [1], [0, 0]],
  ['Sigmoid at 0', [node('Sigmoid', ['x'], ['y'])], f32([1], [0]), w, [0.25], [0, 0]],
  ['Log', [node('Log', ['x'], ['y'])], f32([2], [2, 8]), w, [0.5, 0.125], [0, 0]],
  ['Relu', [node('Relu', ['x'], ['y'])], f32([2], [-3, 3]), w, [0, 1], [0, 0]],
];

describe('Gradient', () => {
  it.each(rows)('of %s', (_, nodes, a, b, dx, dw) => {
    expect(gradient(nodes, a, b)).toEqual([dx, dw]);
  });

  it('is refused for an op without a rule', () => {
    const nodes = [node('Atan', ['x'], ['y'])];
    expect(() => gradient(nodes, x, w)).toThrow(
      /\(ai.onnx.preview.training.Gradient, .*atan2 is not known/,
    );
  });
});
