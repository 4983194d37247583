/**
 * Hostile ONNX files: whatever the bytes are, the importer ends with a module or an AssayError, and
 * what is small stays cheap. Each case is a model whose size says nothing of what it asks for.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importOnnx, type OnnxOptions } from '../../../graphs/importers/onnx/import.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
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

/** Code and message of the error that an import ends with. */
function errorOf(bytes: Uint8Array, options: OnnxOptions = {}): readonly [string, string] {
  try {
    importOnnx(bytes, options);
  } catch (error) {
    if (error instanceof AssayError) return [error.diagnostic.code, error.message];
    throw error;
  }
  return ['none', ''];
}

const graphOf = (nodes: readonly Message[], more: Message = {}): Message => ({
  node: nodes,
  input: [value('x', [2])],
  output: [value('y', null)],
  ...more,
});

const small = model(
  graphOf([node('Add', ['x', 'w'], ['t']), node('Softmax', ['t'], ['y'], { axis: -1 })], {
    initializer: [floats('w', [2], [1, 2]), integers('unused', [1, 2, 3])],
  }),
);

describe('damaged files', () => {
  it('cut anywhere, end in an error that names the byte, or in a shorter model', () => {
    for (let length = 0; length < small.length; length++) {
      const [code, message] = errorOf(small.subarray(0, length));
      if (code === 'onnx/malformed') expect(message).toMatch(/byte \d+|holds no graph|no outputs/);
      else expect(code).toMatch(/^(none|onnx\/|verify\/)/);
    }
  });

  it('with bytes changed at random, end in an AssayError or in a module', () => {
    const change = fc.tuple(fc.nat(small.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = small.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        errorOf(bytes);
      }),
      { numRuns: 2000, seed: 5 },
    );
  });

  it('with a length that runs over the end', () => {
    expect(errorOf(Uint8Array.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1]))).toEqual([
      'onnx/malformed',
      expect.stringContaining('runs over the end'),
    ]);
  });
});

describe('graphs', () => {
  it('that are cyclic or unsorted name the value', () => {
    const cyclic = [
      node('Add', ['x', 'b'], ['a']),
      node('Relu', ['a'], ['b']),
      node('Relu', ['b'], ['y']),
    ];
    const [code, message] = errorOf(model(graphOf(cyclic)));
    expect(code).toBe('onnx/undefined');
    expect(message).toMatch(/node "Add_a".*"b" is used before it is produced/);
  });

  it('that produce a value twice are refused', () => {
    const twice = [node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])];
    expect(errorOf(model(graphOf(twice)))).toEqual([
      'onnx/malformed',
      expect.stringContaining('"y" is produced twice'),
    ]);
  });

  it('nested without end are refused by depth', () => {
    let g: Message = { node: [node('Relu', ['x'], ['z'])], output: [value('z', [2])] };
    for (let k = 0; k < 40; k++) {
      const both = { then_branch: { g }, else_branch: { g: { output: [value('x', [2])] } } };
      g = { node: [node('If', ['c'], ['z'], both)], output: [value('z', [2])] };
    }
    const input = [value('x', [2]), value('c', [], bool)];
    const [code, message] = errorOf(model({ ...g, input, output: [value('z', [2])] }));
    expect(code).toBe('onnx/malformed');
    expect(message).toContain('nest deeper');
  });
});

describe('functions', () => {
  const own = (name: string, nodes: readonly Message[]): Message => ({
    name,
    domain: 'own',
    input: ['a'],
    output: ['b'],
    node: nodes,
  });
  const call = (name: string, from: string, to: string) =>
    node(name, [from], [to], {}, { domain: 'own' });

  it('that call each other twice a level end by the number of nodes', { timeout: 120_000 }, () => {
    const levels = Array.from({ length: 40 }, (_, k) =>
      own(`f${k}`, [call(`f${k + 1}`, 'a', 't'), call(`f${k + 1}`, 't', 'b')]),
    );
    const functions = [...levels, own('f40', [node('Relu', ['a'], ['b'])])];
    const [code] = errorOf(model(graphOf([call('f0', 'x', 'y')]), 17, { functions }));
    expect(code).toMatch(/^onnx\/too-(large|deep)$/);
  });

  it('that call themselves end by depth', () => {
    const functions = [own('f', [call('f', 'a', 'b')])];
    expect(errorOf(model(graphOf([call('f', 'x', 'y')]), 17, { functions }))[0]).toBe(
      'onnx/too-deep',
    );
  });
});

describe('absurd sizes', () => {
  const huge = 2 ** 39;
  const shapeOf = (sizes: readonly number[]) => [integers('s', sizes)];
  const constant = { ...graphOf([]), initializer: [] };

  it.each<readonly [string, Message, RegExp]>([
    [
      'an initializer that its data do not fill',
      { initializer: [{ name: 'w', dataType: float, dims: [huge], rawData: new Uint8Array(4) }] },
      /bad-tensor/,
    ],
    [
      'an initializer of more elements than an index holds',
      { initializer: [{ name: 'w', dataType: float, dims: [huge, huge] }] },
      /bad-shape/,
    ],
    ['a negative size', { initializer: [{ name: 'w', dataType: float, dims: [-5] }] }, /bad-shape/],
    [
      'a sparse tensor written out',
      {
        sparseInitializer: [
          { values: floats('w', [1], [1]), indices: integers('', [0]), dims: [huge] },
        ],
      },
      /bad-shape/,
    ],
    [
      'a constant of any shape',
      { node: [node('ConstantOfShape', ['s'], ['y'])], initializer: shapeOf([huge, 4]) },
      /bad-node/,
    ],
    [
      'a range',
      {
        node: [node('Range', ['a', 'b', 'd'], ['y'])],
        initializer: [integers('a', [0], []), integers('b', [huge], []), integers('d', [1], [])],
      },
      /bad-node/,
    ],
    [
      'a padding from within',
      { node: [node('Pad', ['x', 's'], ['y'], { mode: 'edge' })], initializer: shapeOf([0, huge]) },
      /too-large/,
    ],
    [
      'a resize',
      {
        node: [node('Resize', ['x', '', '', 's'], ['y'], { mode: 'linear' })],
        initializer: shapeOf([huge]),
      },
      /too-large/,
    ],
    [
      'a split into many',
      { node: [node('Split', ['x'], ['y'], { num_outputs: huge })] },
      /too-large|bad-node/,
    ],
    [
      'a window',
      { node: [node('HannWindow', ['s'], ['y'])], initializer: [integers('s', [huge], [])] },
      /bad-node/,
    ],
  ])('%s', (_, more, expected) => {
    const [code] = errorOf(model({ ...constant, ...more }));
    expect(code).toMatch(expected);
  });

  it('an image resized to millions of pixels in a row', () => {
    const scales = floats('s', [4], [1, 1, 1, 2097216]);
    const resize = node('Resize', ['x', '', 's'], ['y'], { mode: 'linear' });
    const graph = graphOf([resize], { input: [value('x', [1, 1, 2, 2])], initializer: [scales] });
    expect(errorOf(model(graph))[0]).toBe('onnx/too-large');
  });

  it('a loop of very many steps that must be written out', () => {
    const g = {
      node: [node('Concat', ['v', 'v'], ['v2'], { axis: 0 }), node('Identity', ['c'], ['go'])],
      input: [value('i', [], int64), value('c', [], bool), value('v', [1])],
      output: [value('go', [], bool), value('v2', [2])],
    };
    const loop = node('Loop', ['n', '', 'x'], ['y'], { body: { g } });
    const [code, message] = errorOf(
      model(graphOf([loop], { initializer: [integers('n', [huge], [])] })),
    );
    expect(code).toMatch(/^(onnx|verify)\//);
    expect(message).toMatch(/node "(Loop|Concat)/);
  });
});

describe('external data', () => {
  const t = (location: string, more: Message = {}): Message => ({
    name: 'w',
    dataType: float,
    dims: [1],
    dataLocation: 1,
    externalData: Object.entries({ location, ...more }).map(([key, v]) => ({ key, value: v })),
  });
  const bytes = (made: Message) =>
    encode('Model', {
      opsetImport: [{ version: 17 }],
      graph: graphOf([node('Add', ['x', 'w'], ['y'])], { initializer: [made] }),
    });

  it('goes through the reader that the caller gives, and nowhere else', () => {
    const refuse = (name: string): never => {
      throw new AssayError({ code: 'file/outside', message: `refused ${name}` });
    };
    expect(errorOf(bytes(t('../secret')), { external: refuse })).toEqual([
      'file/outside',
      expect.stringContaining('refused ../secret'),
    ]);
    expect(errorOf(bytes(t('../secret')))[0]).toBe('onnx/external-data');
  });

  it.each([
    ['a negative offset', { offset: '-4' }],
    ['no number', { length: '1e3' }],
    ['a length over the end', { offset: '0', length: '99999999999' }],
  ])('with %s is refused', (_, more) => {
    const [code] = errorOf(bytes(t('w.bin', more)), { external: () => new Uint8Array(4) });
    expect(code).toMatch(/^onnx\/(malformed|external-data)$/);
  });
});
