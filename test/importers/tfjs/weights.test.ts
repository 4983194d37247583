/**
 * Weights of GraphModels: quantised ones against the formula of the format, several shards and
 * groups, and shapes that the user gives.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importTfjs, weightPaths } from '../../../graphs/importers/tfjs/import.ts';
import { entryOf, type Module, parametersOf } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { leafTensors } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { assay } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { tfjsModel } from '../../support/tfjs.ts';

/** A model that gives back its only weight, of n elements stored as the manifest says. */
function holder(n: number, entry: object, weights: Uint8Array): Module {
  const { modelJson } = tfjsModel({
    inputs: {},
    constants: { w: { dims: [n], values: [] } },
    nodes: { out: { op: 'Identity', input: ['w'] } },
    outputs: ['out'],
  });
  const manifest = [{ paths: ['w.bin'], weights: [{ name: 'w', shape: [n], ...entry }] }];
  return importTfjs({ modelJson: { ...modelJson, weightsManifest: manifest }, weights });
}

function valuesOf(module: Module): number[] {
  const [t] = leafTensors(runReference(module, []));
  return Array.from(t!.data as ArrayLike<number>);
}

const bytesOf = (data: Uint8Array | Uint16Array) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** f32 values of f16 bit patterns, from the definition of the format. */
function halfToFloat(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('quantised weights', () => {
  const affine = fc.record({
    scale: fc.float({ min: 2 ** -10, max: 4, noNaN: true }),
    min: fc.float({ min: -8, max: 8, noNaN: true }),
  });

  it.each([
    ['uint8', Uint8Array, 255],
    ['uint16', Uint16Array, 65535],
  ] as const)('%s to floats and to integers', (dtype, Stored, most) => {
    const numbers = fc.array(fc.nat(most), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(numbers, affine, (stored, { scale, min }) => {
        const bytes = bytesOf(new Stored(stored));
        const quantization = { dtype, scale, min };
        const floats = holder(stored.length, { dtype: 'float32', quantization }, bytes);
        const round = rounder('f32');
        expect(valuesOf(floats)).toEqual(stored.map((q) => round(q * scale + min)));
        const ints = holder(stored.length, { dtype: 'int32', quantization }, bytes);
        expect(valuesOf(ints)).toEqual(stored.map((q) => Math.round(q * scale + min) | 0));
      }),
      { numRuns: 50 },
    );
  });

  it('float16, every bit pattern', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, k) => k);
    const quantization = { dtype: 'float16' };
    const module = holder(65536, { dtype: 'float32', quantization }, bytesOf(bits));
    expect(valuesOf(module)).toEqual(Array.from(bits, halfToFloat));
  });
});

describe('shards', () => {
  const { modelJson, weights } = tfjsModel({
    inputs: { x: [-1, 2] },
    constants: {
      w: { dims: [2, 3], values: [1, 2, 3, 4, 5, 6] },
      b: { dims: [3], values: [7, 8, 9] },
    },
    nodes: {
      product: { op: 'MatMul', input: ['x', 'w'] },
      sum: { op: 'BiasAdd', input: ['product', 'b'] },
    },
    outputs: ['sum'],
  });
  const [group] = modelJson.weightsManifest as [{ weights: object[] }];

  it.each([
    ['one group in three files', [['a', 'b', 'c']], [group.weights]],
    ['two groups', [['a', 'b'], ['c']], [[group.weights[0]!], [group.weights[1]!]]],
  ])('%s are joined in order', async (_, paths, weightsOf) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'shards'));
    const manifest = paths.map((names, k) => {
      return { paths: names.map((n) => `shards/${n}.bin`), weights: weightsOf[k] };
    });
    const json = JSON.stringify({ ...modelJson, weightsManifest: manifest });
    expect(weightPaths(json)).toEqual(['a', 'b', 'c'].map((n) => `shards/${n}.bin`));
    writeFileSync(join(folder, 'model.json'), json);
    const ends = [0, 10, 24, weights.length];
    for (const [k, name] of ['a', 'b', 'c'].entries()) {
      writeFileSync(join(folder, `shards/${name}.bin`), weights.subarray(ends[k], ends[k + 1]));
    }
    const { exitCode, stdout } = await assay(['run', join(folder, 'model.json'), '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).outputs).toMatchObject([{ dims: [1, 3] }]);
  });

  it('an open batch size is 1, with a note, or what is asked for', () => {
    const notes: string[] = [];
    const onNote = (note: string) => void notes.push(note);
    const shapes = [{}, { dims: { x: [5, 2] } }].map((more) => {
      const module = importTfjs({ modelJson, weights, onNote, ...more });
      return parametersOf(entryOf(module)).map((p) => p.shape);
    });
    expect(shapes).toMatchObject([[{ dims: [1, 2] }], [{ dims: [5, 2] }]]);
    expect(notes).toEqual([expect.stringContaining('"x"')]);
  });
});
