/** Recorded goldens come back as they were; a damaged or stale one is an error that names its file. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import {
  type GoldenRecord,
  listGoldens,
  readGolden,
  recordGolden,
  verifyGolden,
} from '../../golden/store/store.ts';
import { nameTensors, valuesFrom } from '../../golden/values.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { arrayShape, tupleShape } from '../../graphs/ir/shape.ts';
import { tensorOf, token, tupleValue } from '../../graphs/ir/tensor.ts';
import { zooModel } from '../../graphs/zoo/zoo.ts';
import { temporaryFolder } from '../support/temporary.ts';

const module = zooModel('transformer_bf16').build();
const now = { graphHash: 'abc', referenceVersion: '1' };

function recorded(): { folder: string; record: GoldenRecord } {
  const folder = temporaryFolder();
  const { inputs, kind, seed } = generateCase(module, 'specials', 4);
  const results = [tensorOf('f32', [2], [NaN, -0])];
  const record = { ...now, graph: module.name, kind, seed, inputs, results };
  recordGolden(folder, 'one', record);
  return { folder, record };
}

describe('goldens', () => {
  it('come back as they were recorded', () => {
    const { folder, record } = recorded();
    expect(listGoldens(folder)).toEqual(['one']);
    expect(verifyGolden(folder, 'one', now)).toEqual({ state: 'good', name: 'one' });
    const { manifest, tensors } = readGolden(folder, 'one');
    expect(manifest).toMatchObject({ graph: module.name, kind: 'specials', seed: 4 });
    const shapes = parametersOf(entryOf(module)).map((p) => p.shape);
    expect(valuesFrom(tensors, 'arg', shapes)).toEqual(record.inputs);
    expect(valuesFrom(tensors, 'out', [arrayShape('f32', [2])])).toEqual(record.results);
  });

  it.each(['graphHash', 'referenceVersion'])('are stale when %s changes', (key) => {
    const { folder } = recorded();
    const status = verifyGolden(folder, 'one', { ...now, [key]: 'new' });
    expect(status).toMatchObject({
      state: 'stale',
      diagnostic: { code: 'golden/stale', file: `${folder}/one.golden.json` },
    });
  });

  const damages: readonly [string, string, string, (path: string) => void][] = [
    ['a flipped bit', 'one.safetensors', 'golden/damaged', flip],
    ['a cut file', 'one.safetensors', 'golden/damaged', (p) => cut(p, 100)],
    ['no tensors', 'one.safetensors', 'file/enoent', (p) => rmSync(p)],
    ['no manifest', 'one.golden.json', 'file/enoent', (p) => rmSync(p)],
    ['half a manifest', 'one.golden.json', 'golden/manifest', (p) => cut(p, 40)],
    ['another format', 'one.golden.json', 'golden/manifest', (p) => writeFileSync(p, '{}')],
    [
      'a seed of text',
      'one.golden.json',
      'golden/manifest',
      (p) => edit(p, '"seed": 4', '"seed": "4"'),
    ],
  ];
  it.each(damages)('%s is damage that names the file', (_, file, code, damage) => {
    const { folder } = recorded();
    damage(`${folder}/${file}`);
    expect(verifyGolden(folder, 'one', now)).toMatchObject({
      state: 'damaged',
      diagnostic: { code, file: `${folder}/${file}` },
    });
  });
});

describe('named tensors', () => {
  const x = tensorOf('s32', [1], [7]);
  const nested = tupleValue([x, token, tupleValue([x])]);
  const scalar = arrayShape('s32', [1]);
  const shapes = [scalar, tupleShape([scalar, { kind: 'token' }, tupleShape([scalar])])];

  it('name leaves by path and rebuild tuples', () => {
    const named = nameTensors('arg', [x, nested]);
    expect([...named.keys()]).toEqual(['arg0', 'arg1.0', 'arg1.2.0']);
    expect(valuesFrom(named, 'arg', shapes)).toEqual([x, nested]);
  });

  it('a missing or misshapen tensor is named with its file', () => {
    const named = nameTensors('arg', [x]);
    expect(() => valuesFrom(named, 'arg', shapes, 'f')).toThrow(
      'there is no tensor arg1.0 (s32[1])',
    );
    expect(() => valuesFrom(named, 'arg', [arrayShape('s32', [2])])).toThrow('expected s32[2]');
  });
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
}

function cut(path: string, length: number): void {
  writeFileSync(path, readFileSync(path).subarray(0, length));
}

function edit(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}
