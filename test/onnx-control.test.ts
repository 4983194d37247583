/** Bodies that run no step, that run on each element of a sequence, and branches that differ in shape. */
import { describe, expect, it } from 'vitest';
import { importOnnx, importOnnxModel } from '../graphs/formats/onnx/import.ts';
import { leafTensors, type Tensor, tensorOf } from '../graphs/ir/tensor.ts';
import { runReference } from '../validator/reference/run.ts';
import { bool, floats, type Message, model, node, value } from './support/onnx-model.ts';

const plain = (t: Tensor) => [t.shape.dims, Array.from(t.data as ArrayLike<number>)];

/** Shapes and elements of the outputs of nodes over initialisers. */
function outputsOf(nodes: readonly Message[], names: readonly string[], given: readonly Message[]) {
  const output = names.map((name) => value(name, null));
  const graph = { node: nodes, output, initializer: given };
  return leafTensors(runReference(importOnnx(model(graph, 18)), [])).map(plain);
}

const body = (
  nodes: readonly Message[],
  inputs: readonly Message[],
  outputs: readonly Message[],
): Message => ({ g: { node: nodes, input: inputs, output: outputs } });

const [a, b] = [floats('a', [2], [1, 2]), floats('b', [2], [10, 20])];

describe('SequenceMap', () => {
  const sum = body(
    [node('Add', ['u', 'v'], ['w'])],
    [value('u', [2]), value('v', [2])],
    [value('w', [2])],
  );
  const joined = node('ConcatFromSequence', ['t'], ['y'], { axis: 0 });
  const list = node('SequenceConstruct', ['a', 'b'], ['s']);

  it('gives a tensor to each step as it is', () => {
    const map = node('SequenceMap', ['s', 'a'], ['t'], { body: sum });
    expect(outputsOf([list, map, joined], ['y'], [a, b])).toEqual([[[4], [2, 4, 11, 22]]]);
  });

  it('goes through several sequences side by side', () => {
    const map = node('SequenceMap', ['s', 's'], ['t'], { body: sum });
    expect(outputsOf([list, map, joined], ['y'], [a, b])).toEqual([[[4], [2, 4, 20, 40]]]);
  });

  it('refuses a sequence that ends early', () => {
    const short = node('SequenceConstruct', ['a'], ['r']);
    const map = node('SequenceMap', ['s', 'r'], ['t'], { body: sum });
    expect(() => outputsOf([list, short, map, joined], ['y'], [a, b])).toThrow('fewer than 2');
  });
});

describe('Optional', () => {
  it('of a tensor is the tensor', () => {
    const nodes = [
      node('Optional', ['a'], ['o']),
      node('OptionalHasElement', ['o'], ['h']),
      node('OptionalGetElement', ['o'], ['y']),
    ];
    const wanted = [
      [[2], [1, 2]],
      [[], [1]],
    ];
    expect(outputsOf(nodes, ['y', 'h'], [a])).toEqual(wanted);
  });

  it('of nothing is refused by name', () => {
    expect(() => outputsOf([node('Optional', [], ['y'])], ['y'], [])).toThrow(/Optional.*is empty/);
  });
});

it('a scan over nothing gives its state and no rows', () => {
  const step = body(
    [node('Add', ['s', 'e'], ['n']), node('Concat', ['n', 'b'], ['o'], { axis: 0 })],
    [value('s', [2]), value('e', [2])],
    [value('n', [2]), value('o', [4])],
  );
  const scan = node('Scan', ['a', 'rows'], ['y', 'ys'], { body: step, num_scan_inputs: 1 });
  const found = outputsOf([scan], ['y', 'ys'], [a, b, floats('rows', [0, 2], [])]);
  expect(found).toEqual([
    [[2], [1, 2]],
    [[0, 4], []],
  ]);
});

describe('branches of different shapes', () => {
  const once = body([node('Neg', ['x'], ['p'])], [], [value('p', [2])]);
  const twice = body([node('Concat', ['x', 'x'], ['q'], { axis: 0 })], [], [value('q', [4])]);
  const bytes = model({
    node: [node('If', ['c'], ['y'], { then_branch: once, else_branch: twice })],
    input: [value('x', [2]), value('c', [], bool)],
    output: [value('y', null)],
  });

  it('need the condition, and say which input decides it', () => {
    expect(() => importOnnx(bytes)).toThrow(/branches of different shapes must be known.*input c/);
  });

  it.each([
    [1, [[2], [-3, -4]]],
    [0, [[4], [3, 4, 3, 4]]],
  ])('are one of them where it is %d', (flag, wanted) => {
    const values = { c: tensorOf('pred', [], [flag]) };
    const { module, inputs } = importOnnxModel(bytes, { values });
    expect(inputs).toEqual(['x']);
    const [y] = leafTensors(runReference(module, [tensorOf('f32', [2], [3, 4])]));
    expect(plain(y!)).toEqual(wanted);
  });
});
