/**
 * Names that every JavaScript object answers to, wherever an input has a name: as ops, functions,
 * attributes, modes, types and values. Each is a name like any other: known or refused, never obeyed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownOf } from '../../graphs/ir/by-name.ts';
import { assay } from '../support/cli.ts';
import { encode, float, model, node, value } from '../support/onnx-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const names = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'],
  ...['toLocaleString', 'propertyIsEnumerable', '__defineGetter__', 'prototype', 'length', 'then'],
];

const hlo = (body: string, head = '') => `HloModule m${head}\nENTRY e {\n${body}\n}\n`;
const x = '  x = f32[4] parameter(0)\n';
const mlir = (body: string) =>
  `module {\n  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n${body}\n    return %x : tensor<4xf32>\n  }\n}\n`;
const onnx = (op: string, attrs = {}, domain = '') =>
  model(
    {
      node: [node(op, ['x', 'x'], ['y'], attrs, { domain })],
      input: [value('x', [1, 1, 2, 2])],
      output: [value('y', null)],
    },
    20,
    domain
      ? {
          opsetImport: [
            { domain, version: 1 },
            { domain: '', version: 20 },
          ],
        }
      : {},
  );
const tfjs = (op: string, name = 'y') =>
  JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '4' }] } } },
        },
        { name, op, input: ['x'], attr: {} },
      ],
    },
    weightsManifest: [],
  });

/** File name and content with a name put in, by where it stands. */
const places: Readonly<Record<string, (n: string) => readonly [string, string | Uint8Array]>> = {
  'an opcode': (n) => ['m.hlo', hlo(`${x}  ROOT r = f32[4] ${n}(x)`)],
  'an attribute': (n) => ['m.hlo', hlo(`${x}  ROOT r = f32[4] negate(x), ${n}=1`)],
  'a header attribute': (n) => ['m.hlo', hlo(`  ROOT${x}`, `, ${n}={1}`)],
  'an element type': (n) => ['m.hlo', hlo(`  ROOT x = ${n}[4] parameter(0)`)],
  'a direction': (n) => ['m.hlo', hlo(`${x}  ROOT r = pred[4] compare(x, x), direction=${n}`)],
  'an instruction': (n) => ['m.hlo', hlo(`  ROOT ${n} = f32[4] parameter(0)`)],
  'a custom call': (n) => [
    'm.hlo',
    hlo(`${x}  ROOT r = f32[4] custom-call(x), custom_call_target="${n}"`),
  ],
  'an annotation': (n) => [
    'm.hlo',
    hlo(`  ROOT x = f32[4] parameter(0), frontend_attributes={assay.input="${n}:1"}`),
  ],
  'an op of StableHLO': (n) => ['m.mlir', mlir(`    %0 = stablehlo.${n} %x : tensor<4xf32>`)],
  'a bare op': (n) => ['m.mlir', mlir(`    %0 = ${n} %x : tensor<4xf32>`)],
  'a generic op': (n) => ['m.mlir', mlir(`    %0 = "${n}"(%x) : (tensor<4xf32>) -> tensor<4xf32>`)],
  'a function': (n) => [
    'm.mlir',
    mlir(`    %0 = func.call @${n}(%x) : (tensor<4xf32>) -> tensor<4xf32>`),
  ],
  'a window attribute': (n) => [
    'm.mlir',
    mlir(
      `    %0 = stablehlo.convolution(%x, %x) dim_numbers = [b, f]x[i, o]->[b, f], window = {${n} = [1]} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>`,
    ),
  ],
  'a value': (n) => ['m.mlir', mlir('').replaceAll('%x', `%${n}`)],
  'an open value': (n) => [
    'm.mlir',
    mlir('').replaceAll('%x', `%${n}`).replaceAll('4xf32', '?xf32'),
  ],
  'an op of ONNX': (n) => ['m.onnx', onnx(n)],
  'a domain': (n) => ['m.onnx', onnx('Add', {}, n)],
  'an op of that domain': (n) => ['m.onnx', onnx('constructor', {}, n)],
  'a mode': (n) => ['m.onnx', onnx('GridSample', { mode: n })],
  'a reduction': (n) => ['m.onnx', onnx('ScatterND', { reduction: n })],
  'a coordinate mode': (n) => ['m.onnx', onnx('Resize', { coordinate_transformation_mode: n })],
  'a symbolic size': (n) => [
    'm.onnx',
    encode('Model', {
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }],
      graph: {
        ...{ name: 'g', node: [node('Relu', [n], ['y'])], output: [value('y', null)] },
        input: [value(n, [n], float)],
      },
    }),
  ],
  'an op of tfjs': (n) => ['model.json', tfjs(n)],
  'a node of tfjs': (n) => ['model.json', tfjs('Relu', n)],
};

describe.each(Object.entries(places))('as %s', (_, place) => {
  it.each(names)('%s is a name like any other', async (name) => {
    const folder = temporaryFolder();
    const [file, content] = place(name);
    writeFileSync(join(folder, file), content);
    const results = await Promise.all([
      assay(['parse', '--roundtrip', join(folder, file)]),
      assay(['run', join(folder, file)]),
    ]);
    for (const { exitCode, stderr } of results)
      expect([exitCode <= 2, stderr]).toEqual([true, stderr]);
  });
});

it('options take them as names, too', async () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'm.hlo');
  writeFileSync(file, hlo(`  ROOT${x}`));
  for (const name of names) {
    const lines = [
      ['compare', file, file, '--contract', name],
      ['compare', file, file, '--cases', name],
      ['conformance', name, folder],
      ['validate', file, '--backend', name],
      ['validate', name],
      ['convert', file, join(folder, `out.${name}`)],
      ['run', file, '--refine', `${name}=4`],
      ['run', file, '--max-memory', name],
    ];
    for (const line of lines) {
      const { exitCode } = await assay(line);
      expect([line, exitCode <= 2]).toEqual([line, true]);
    }
  }
});

it('a record has what is its own', () => {
  expect(ownOf({ a: 1 } as Record<string, number>, 'a')).toBe(1);
  for (const name of names) expect(ownOf({} as Record<string, number>, name)).toBeUndefined();
});
