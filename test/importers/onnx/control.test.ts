/** Bodies that run no step, that run on each element of a sequence, and branches that differ in shape. */
import { describe, expect, it } from 'vitest';
import {
  importOnnx,
  importOnnxModel,
  type OnnxOptions,
} from '../../../graphs/importers/onnx/import.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { bool, floats, type Message, model, node, value } from '../../support/onnx-model.ts';

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

describe('If', () => {
  const product = (name: string, weight: Message) => ({
    g: {
      node: [node('MatMul', ['x', `w_${name}`], [`y_${name}`])],
      initializer: [weight],
      output: [value(`y_${name}`, null)],
    },
  });
  /** A model whose branches take x of 2 and of 3 columns, by a rate that is given. */
  const rated = (columns: number) => {
    const two = product('two', floats('w_two', [2, 1], [1, 1]));
    const three = product('three', floats('w_three', [3, 1], [2, 2, 2]));
    const choose = node('If', ['is8k'], ['y'], { then_branch: two, else_branch: three });
    return model(
      {
        node: [node('Equal', ['rate', 'eight'], ['is8k']), choose],
        initializer: [floats('eight', [], [8])],
        input: [value('x', [1, columns]), value('rate', [])],
        output: [value('y', null)],
      },
      18,
    );
  };
  const run = (columns: number, rate: number, options: OnnxOptions = {}) => {
    const { module, inputs } = importOnnxModel(rated(columns), options);
    const given = [
      tensorOf('f32', [1, columns], Array(columns).fill(1)),
      tensorOf('f32', [], [rate]),
    ];
    return leafTensors(runReference(module, given.slice(0, inputs.length))).map(plain);
  };

  it('takes the branch that fits, and says so', () => {
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    expect(run(2, 8, { onNote })).toEqual([[[1, 1], [2]]]);
    expect(run(3, 16, { onNote })).toEqual([[[1, 1], [6]]]);
    expect(notes.map((n) => /(then|else)_branch does not fit/.exec(n)?.[1])).toEqual([
      'else',
      'then',
    ]);
  });

  it('runs by its condition where that is set, and refuses what does not fit then', () => {
    const { inputs } = importOnnxModel(rated(2), { pins: { rate: [8] } });
    expect(inputs).toEqual(['x']);
    expect(run(2, 8, { pins: { rate: [8] } })).toEqual([[[1, 1], [2]]]);
    expect(() => run(2, 8, { pins: { rate: [16] } })).toThrow('contracting dimensions');
    expect(() => run(2, 8, { pins: { pace: [16] } })).toThrow('there are: x, rate');
    expect(() => run(2, 8, { pins: { x: [1, 2, 3] } })).toThrow('has 2 elements, not 3');
  });

  it('is refused where neither branch fits', () => {
    expect(() => run(4, 8)).toThrow('contracting dimensions');
  });
});
