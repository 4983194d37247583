/** The ONNX importer on models written here: what each part of a model becomes. */
import { describe, expect, it } from 'vitest';
import { importOnnx, type OnnxOptions } from '../../../graphs/importers/onnx/import.ts';
import { entryOf, type Module, parametersOf } from '../../../graphs/ir/module.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { runReference } from '../../../validator/reference/run.ts';
import {
  bool,
  encode,
  float,
  floats,
  int64,
  integers,
  type Message,
  model,
  node,
  value,
} from '../../support/onnx-model.ts';

const f32 = (dims: readonly number[], values: readonly number[]) => tensorOf('f32', dims, values);
const counting = (dims: readonly number[]) =>
  f32(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
  );

function run(module: Module, ...inputs: readonly Tensor[]): (number | bigint)[][] {
  expect(verifyModule(module)).toEqual([]);
  expect(printModule(parseModule(printModule(module)))).toBe(printModule(module));
  const result = leafTensors(runReference(module, inputs));
  return result.map((t) => Array.from<number | bigint>(t.data as never));
}

/** A model of one node over f32 inputs x, y …, and what it gives. */
function runNode(
  made: Message,
  inputs: readonly Tensor[],
  opset: number,
  initializer: readonly Message[] = [],
): (number | bigint)[][] {
  const names = made.input as readonly string[];
  const own = names.filter((n) => n && !initializer.some((t) => t.name === n));
  const graph = {
    node: [made],
    input: own.map((n, k) => value(n, inputs[k]!.shape.dims)),
    output: (made.output as string[]).map((n) => value(n, null)),
    initializer,
  };
  return run(importOnnx(model(graph, opset)), ...inputs);
}

describe('a model', () => {
  it('has its inputs without initializers as parameters, under their names', () => {
    const graph = {
      node: [node('Add', ['x', 'w'], ['t']), node('Mul', ['t', 'y:0'], ['z'])],
      input: [value('x', [2]), value('w', [2]), value('y:0', [2])],
      output: [value('z', [2]), value('t', [2])],
      initializer: [floats('w', [2], [10, 20])],
    };
    const module = importOnnx(model(graph));
    expect(parametersOf(entryOf(module)).map((p) => p.name)).toEqual(['x', 'y_0']);
    const [z, t] = run(module, f32([2], [1, 2]), f32([2], [3, 4]));
    expect([z, t]).toEqual([
      [33, 88],
      [11, 22],
    ]);
  });

  it('resolves shape arithmetic: Shape, Gather, Concat, Reshape', () => {
    const graph = {
      node: [
        node('Shape', ['x'], ['s']),
        node('Gather', ['s', 'zero'], ['batch'], { axis: 0 }),
        node('Mul', ['batch', 'two'], ['rows']),
        node('Concat', ['rows', 'rest'], ['target'], { axis: 0 }),
        node('Reshape', ['x', 'target'], ['y']),
      ],
      input: [value('x', ['n', 4])],
      output: [value('y', null)],
      initializer: [integers('zero', [0]), integers('two', [2]), integers('rest', [-1])],
    };
    const module = importOnnx(model(graph), { dims: { n: 3 } });
    expect(printModule(module)).toContain('f32[6,2]');
    expect(run(module, counting([3, 4]))).toEqual([Array.from({ length: 12 }, (_, i) => i + 1)]);
  });

  it('names the instruction after its node', () => {
    const graph = {
      node: [node('Relu', ['x'], ['y'])],
      input: [value('x', [2])],
      output: [value('y', [2])],
    };
    expect(printModule(importOnnx(model(graph)))).toContain('op_type="Relu" op_name="Relu_y"');
  });

  it('is told apart only by sizes: a given shape stands for one left open', () => {
    const graph = {
      node: [node('Relu', ['x'], ['y'])],
      input: [value('x', null)],
      output: [value('y', null)],
    };
    const module = importOnnx(model(graph), { shapes: { x: [2, 1] } });
    expect(run(module, f32([2, 1], [-1, 1]))).toEqual([[0, 1]]);
  });
});

describe('tensors', () => {
  const raw = (
    name: string,
    dataType: number,
    dims: readonly number[],
    bytes: readonly number[],
  ) => ({
    name,
    dataType,
    dims,
    rawData: Uint8Array.from(bytes),
  });
  const constant = (t: Message, options: OnnxOptions = {}) =>
    run(
      importOnnx(
        model({
          node: [node('Identity', ['w'], ['y'])],
          output: [value('y', null)],
          initializer: [t],
        }),
        options,
      ),
    )[0];

  it.each([
    ['f16', 10, [0x00, 0x3c, 0x00, 0xc0], [1, -2]],
    ['bf16', 16, [0x80, 0x3f, 0x20, 0xc0], [1, -2.5]],
    ['f8e4m3fn', 17, [0x38, 0xb8], [1, -1]],
    ['s4, the first in the low bits', 22, [0xf1], [1, -1]],
    ['u2', 25, [0b0110], [2, 1]],
    ['bool of any value', 9, [0, 7], [0, 1]],
    ['s64', 7, [1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255], [1n, -1n]],
  ])('%s from raw bytes', (_, type, bytes, expected) => {
    expect(constant(raw('w', type, [2], bytes))).toEqual(expected);
  });

  it('f16 and s4 from int32_data', () => {
    expect(constant({ name: 'w', dataType: 10, dims: [2], int32Data: [0x3c00, 0xc000] })).toEqual([
      1, -2,
    ]);
    expect(constant({ name: 'w', dataType: 22, dims: [2], int32Data: [0xf1] })).toEqual([1, -1]);
  });

  it('from an external file, at an offset', () => {
    const externalData = Object.entries({ location: 'w.bin', offset: '4', length: '8' }).map(
      ([key, v]) => ({ key, value: v }),
    );
    const file = new Uint8Array(new Float32Array([9, 1, 2]).buffer);
    const t = { name: 'w', dataType: float, dims: [2], dataLocation: 1, externalData };
    const asked: string[] = [];
    const external = (name: string) => {
      asked.push(name);
      return file;
    };
    expect(constant(t, { external })).toEqual([1, 2]);
    expect(asked).toEqual(['w.bin']);
    expect(() => constant(t)).toThrow(/"w.bin" and no reader/);
    expect(() => constant(t, { external: () => file.subarray(0, 8) })).toThrow(/bytes 4 to 12/);
  });

  it('sparse, by flat indices', () => {
    const sparse = {
      values: floats('w', [2], [5, 6]),
      indices: integers('', [1, 3]),
      dims: [2, 2],
    };
    const graph = {
      node: [node('Identity', ['w'], ['y'])],
      output: [value('y', null)],
      sparseInitializer: [sparse],
    };
    expect(run(importOnnx(model(graph)))).toEqual([[0, 5, 0, 6]]);
  });
});

describe('semantics that depend on the opset', () => {
  const x = counting([2, 2, 1]);

  it('Softmax coerces to two dimensions before 13', () => {
    const softmax = node('Softmax', ['x'], ['y']);
    const zeros = f32([1, 2, 2], [0, 0, 0, 0]);
    expect(runNode(softmax, [zeros], 11)).toEqual([[0.25, 0.25, 0.25, 0.25]]);
    expect(runNode(softmax, [zeros], 13)).toEqual([[0.5, 0.5, 0.5, 0.5]]);
  });

  it('Squeeze takes its axes from an attribute, then from an input', () => {
    const attribute = node('Squeeze', ['x'], ['y'], { axes: [2] });
    const input = node('Squeeze', ['x', 'axes'], ['y']);
    expect(runNode(attribute, [x], 11)).toEqual(runNode(input, [x], 13, [integers('axes', [-1])]));
    expect(() => runNode(attribute, [counting([2, 2])], 11)).toThrow(/axis 2 is outside of rank 2/);
  });

  it('Clip takes its bounds from attributes, then from inputs', () => {
    const attributes = node('Clip', ['x'], ['y'], { min: { f: 2 }, max: { f: 3 } });
    const inputs = node('Clip', ['x', 'low', 'high'], ['y']);
    const bounds = [floats('low', [], [2]), floats('high', [], [3])];
    expect(runNode(attributes, [x], 6)).toEqual([[2, 2, 3, 3]]);
    expect(runNode(inputs, [x], 13, bounds)).toEqual([[2, 2, 3, 3]]);
  });

  it('Add aligns its second operand at an axis before 7', () => {
    const old = node('Add', ['x', 'y'], ['z'], { axis: 0, broadcast: 1 });
    expect(runNode(old, [counting([2, 2]), f32([2], [10, 20])], 6)).toEqual([[11, 12, 23, 24]]);
    const now = node('Add', ['x', 'y'], ['z']);
    expect(runNode(now, [counting([2, 2]), f32([2], [10, 20])], 7)).toEqual([[11, 22, 13, 24]]);
  });
});

describe('control flow', () => {
  const branch = (name: string, op: string) => ({
    g: { name, node: [node(op, ['x', 'x'], [`${name}_y`])], output: [value(`${name}_y`, [2])] },
  });
  const ifNode = node('If', ['c'], ['y'], {
    then_branch: branch('then', 'Add'),
    else_branch: branch('else', 'Mul'),
  });
  const ifGraph = { node: [ifNode], output: [value('y', [2])] };

  it('If on an input is a conditional over what its branches capture', () => {
    const input = [value('c', [], bool), value('x', [2])];
    const module = importOnnx(model({ ...ifGraph, input }));
    expect(printModule(module)).toContain('conditional(');
    expect(run(module, tensorOf('pred', [], [1]), f32([2], [3, 4]))).toEqual([[6, 8]]);
    expect(run(module, tensorOf('pred', [], [0]), f32([2], [3, 4]))).toEqual([[9, 16]]);
  });

  it('If on a constant is the branch taken', () => {
    const initializer = [{ name: 'c', dataType: bool, dims: [], int32Data: [0] }];
    const module = importOnnx(model({ ...ifGraph, input: [value('x', [2])], initializer }));
    expect(printModule(module)).not.toContain('conditional(');
    expect(run(module, f32([2], [3, 4]))).toEqual([[9, 16]]);
  });

  const body = (cond: string) => ({
    g: {
      name: 'body',
      node: [
        node('Add', ['v', 'step'], ['v2']),
        node(cond, ['v2', 'limit'], ['go']),
        node('Identity', ['v2'], ['row']),
      ],
      input: [value('i', [], int64), value('c', [], bool), value('v', [])],
      output: [value('go', [], bool), value('v2', []), value('row', [])],
    },
  });
  const loopGraph = (cond: string, outputs: readonly string[]) => ({
    node: [node('Loop', ['n', '', 'start'], outputs, { body: body(cond) })],
    input: [value('start', []), value('step', []), value('limit', [])],
    output: outputs.filter((o) => o).map((o) => value(o, null)),
    initializer: [integers('n', [10], [])],
  });

  it('Loop runs while its condition holds', () => {
    const graph = loopGraph('Less', ['last']);
    const wholeBody = graph.node[0]!.attribute as Message[];
    const only = {
      ...(wholeBody[0]!.g as Message),
      output: ((wholeBody[0]!.g as Message).output as Message[]).slice(0, 2),
    };
    const made = node('Loop', ['n', '', 'start'], ['last'], { body: { g: only } });
    const module = importOnnx(model({ ...graph, node: [made] }));
    expect(printModule(module)).toContain('while(');
    const s = (v: number) => f32([], [v]);
    expect(run(module, s(0), s(2), s(5))).toEqual([[6]]);
    expect(run(module, s(0), s(2), s(1000))).toEqual([[20]]);
  });

  it('Loop that collects an unknown number of values is refused', () => {
    const graph = loopGraph('Less', ['last', 'rows']);
    expect(() => importOnnx(model(graph))).toThrow(/node "Loop_last" \(Loop, opset 17\)/);
  });

  it('Scan goes over a sequence and carries its state', () => {
    const g = {
      name: 'step',
      node: [node('Add', ['sum', 'row'], ['sum2']), node('Identity', ['sum2'], ['out'])],
      input: [value('sum', [2]), value('row', [2])],
      output: [value('sum2', [2]), value('out', [2])],
    };
    const scan = node('Scan', ['zero', 'x'], ['total', 'rows'], {
      num_scan_inputs: 1,
      body: { g },
    });
    const initializer = [floats('zero', [2], [0, 0])];
    expect(runNode(scan, [counting([3, 2])], 17, initializer)).toEqual([
      [9, 12],
      [1, 2, 4, 6, 9, 12],
    ]);
  });
});

describe('functions of the model', () => {
  const scale = {
    name: 'Scale',
    domain: 'own',
    input: ['a'],
    output: ['b'],
    opsetImport: [{ domain: '', version: 17 }],
    node: [
      { ...node('Constant', [], ['k']), attribute: [{ name: 'value_float', refAttrName: 'by' }] },
      node('Mul', ['a', 'k'], ['b']),
    ],
  };
  const call = (attributes: Record<string, Message>) =>
    node('Scale', ['x'], ['y'], attributes, { domain: 'own' });
  const graph = (made: Message) => ({
    node: [made],
    input: [value('x', [2])],
    output: [value('y', [2])],
  });

  it('are expanded, with the attributes of the call', () => {
    const module = importOnnx(model(graph(call({ by: { f: 3 } })), 17, { functions: [scale] }));
    expect(run(module, f32([2], [1, 2]))).toEqual([[3, 6]]);
  });

  it('that are missing are named, with domain and opset', () => {
    expect(() => importOnnx(model(graph(call({}))))).toThrow(
      /node "Scale_y" \(own.Scale, opset 1\): this op is not supported/,
    );
  });
});

describe('what cannot be imported', () => {
  const relu = (input: Message): Message => ({
    node: [node('Relu', ['x'], ['y'])],
    input: [input],
    output: [value('y', null)],
  });
  const code = (bytes: Uint8Array, options: OnnxOptions = {}) => {
    try {
      importOnnx(bytes, { file: 'm.onnx', ...options });
    } catch (error) {
      const { diagnostic } = error as {
        diagnostic: { code: string; message: string; file: string };
      };
      expect(diagnostic.file).toBe('m.onnx');
      return [diagnostic.code, diagnostic.message];
    }
    return ['none', ''];
  };

  it.each<readonly [string, Message, string, RegExp]>([
    [
      'an open size',
      relu(value('x', ['batch', 2])),
      'onnx/dynamic',
      /"batch"; give it, e.g. --refine batch=1/,
    ],
    ['no shape', relu(value('x', null)), 'onnx/dynamic', /--refine x=/],
    ['strings', relu(value('x', [2], 8)), 'onnx/unsupported-type', /input "x" holds strings/],
    [
      'a sequence',
      relu({ name: 'x', type: { sequenceType: {} } }),
      'onnx/unsupported-type',
      /sequence type/,
    ],
    ['an unknown type', relu(value('x', [2], 99)), 'onnx/unsupported-type', /type 99/],
    ['a missing output', { output: [value('y', [2])] }, 'onnx/undefined', /"y" is never produced/],
    ['no outputs', { node: [], input: [] }, 'onnx/malformed', /no outputs/],
  ])('%s', (_, graph, expected, message) => {
    const [found, text] = code(model(graph));
    expect(found).toBe(expected);
    expect(text).toMatch(message);
  });

  it('a shape that depends on an input, unless its value is given', () => {
    const graph = {
      node: [node('Reshape', ['x', 's'], ['y'])],
      input: [value('x', [4]), value('s', [2], int64)],
      output: [value('y', null)],
    };
    expect(code(model(graph))[0]).toBe('onnx/needs-constant');
    expect(code(model(graph))[1]).toContain('depends on the input s');
    const module = importOnnx(model(graph), { values: { s: tensorOf('s64', [2], [2, 2]) } });
    expect(parametersOf(entryOf(module)).map((p) => p.name)).toEqual(['x']);
  });

  it('bytes that hold no model', () => {
    expect(code(new Uint8Array())[0]).toBe('onnx/malformed');
    expect(code(encode('Model', { irVersion: 8 }))[1]).toMatch(/holds no graph/);
    expect(code(new TextEncoder().encode('HloModule m'))[0]).toBe('onnx/malformed');
  });
});
