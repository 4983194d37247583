/**
 * tfjs models that are damaged or hostile: each ends in an AssayError that names what is wrong,
 * without a hang, without a read outside of the model's folder, and without allocating what it asks.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importTfjs } from '../../../graphs/importers/tfjs/import.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { assay } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { type TfjsModel, tfjsModel } from '../../support/tfjs.ts';

/** x · w + b, with a reshape whose sizes are a constant. */
const sound = tfjsModel({
  inputs: { x: [2, 3] },
  constants: {
    w: { dims: [3, 4], values: Array.from({ length: 12 }, (_, k) => k) },
    b: { dims: [4], values: [1, 2, 3, 4] },
    sizes: { dims: [2], values: [4, -1], type: 'int32' },
  },
  nodes: {
    product: { op: 'MatMul', input: ['x', 'w'] },
    sum: { op: 'BiasAdd', input: ['product', 'b'] },
    shaped: { op: 'Reshape', input: ['sum', 'sizes'] },
  },
  outputs: ['shaped'],
});

interface Editable {
  signature: Record<string, Record<string, { name: string }>>;
  modelTopology: { node: { name: string; op: string; input?: unknown; attr?: unknown }[] };
  weightsManifest: { paths: string[]; weights: Record<string, unknown>[] }[];
}

/** The sound model with its document edited. */
function edited(edit: (json: Editable) => void, weights = sound.weights): TfjsModel {
  const modelJson = structuredClone(sound.modelJson) as unknown as Editable;
  edit(modelJson);
  return { modelJson: modelJson as never, weights };
}

function codeOf(model: TfjsModel | { modelJson: unknown; weights: Uint8Array }): string {
  try {
    importTfjs(model);
    return 'imported';
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    expect(error.message).not.toBe('');
    return error.diagnostic.code;
  }
}

const node = (json: Editable, name: string) =>
  json.modelTopology.node.find((n) => n.name === name)!;
const weight = (json: Editable, name: string) =>
  json.weightsManifest[0]!.weights.find((w) => w.name === name)!;

describe('a damaged model', () => {
  it('imports while it is sound', () => {
    expect(codeOf(sound)).toBe('imported');
  });

  it.each<[string, string, (json: Editable) => void]>([
    ['a cycle', 'tfjs/cycle', (j) => (node(j, 'product').input = ['shaped', 'w'])],
    ['a node that reads itself', 'tfjs/cycle', (j) => (node(j, 'sum').input = ['sum', 'b'])],
    [
      'an input that nothing computes',
      'tfjs/malformed',
      (j) => (node(j, 'sum').input = ['y', 'b']),
    ],
    ['too few inputs', 'tfjs/bad-node', (j) => (node(j, 'product').input = ['x'])],
    ['inputs that are no list', 'tfjs/malformed', (j) => (node(j, 'sum').input = 'x')],
    ['attributes that are no objects', 'tfjs/malformed', (j) => (node(j, 'sum').attr = { T: 3 })],
    ['an unknown op', 'tfjs/unsupported', (j) => (node(j, 'sum').op = 'Frobnicate')],
    ['an op named like a property', 'tfjs/unsupported', (j) => (node(j, 'sum').op = 'constructor')],
    ['control flow', 'tfjs/unsupported', (j) => (node(j, 'sum').op = 'StatelessWhile')],
    [
      'channels first, where tfjs has them last only',
      'tfjs/unsupported',
      (j) => {
        const attr = { data_format: { s: btoa('NCHW') }, ksize: { list: { i: ['1', '1'] } } };
        Object.assign(node(j, 'sum'), { op: 'MaxPool', input: ['product'], attr });
      },
    ],
    [
      'a layout that is no base64',
      'tfjs/malformed',
      (j) => (node(j, 'sum').attr = { data_format: { s: '%' } }),
    ],
    ['a rank without end', 'tfjs/too-large', (j) => (weight(j, 'w').shape = Array(1e6).fill(1))],
    [
      'inputs without end',
      'tfjs/too-large',
      (j) => (node(j, 'sum').input = Array(1e6).fill('product')),
    ],
    ['two nodes of one name', 'tfjs/malformed', (j) => (node(j, 'sum').name = 'product')],
    ['no weights', 'tfjs/weights', (j) => (j.weightsManifest = [])],
    ['a weight too many for the shards', 'tfjs/weights', (j) => (weight(j, 'w').shape = [300, 4])],
    ['a wrong weight shape', 'tfjs/bad-node', (j) => (weight(j, 'w').shape = [4, 3])],
    ['an absurd weight', 'tfjs/too-large', (j) => (weight(j, 'w').shape = [2 ** 30, 2 ** 30])],
    ['a negative size', 'tfjs/malformed', (j) => (weight(j, 'w').shape = [-3, 4])],
    ['a weight of strings', 'tfjs/unsupported', (j) => (weight(j, 'b').dtype = 'string')],
    ['an unknown weight type', 'tfjs/weights', (j) => (weight(j, 'b').dtype = 'float128')],
    [
      'an unknown quantisation',
      'tfjs/weights',
      (j) => (weight(j, 'b').quantization = { dtype: 'int3' }),
    ],
    [
      'a quantisation without a scale',
      'tfjs/malformed',
      (j) => (weight(j, 'b').quantization = { dtype: 'uint8' }),
    ],
    [
      'an output that nothing computes',
      'tfjs/malformed',
      (j) => (j.signature.outputs = { y: { name: 'y:0' } }),
    ],
    [
      'an output that the op has not',
      'tfjs/unsupported',
      (j) => (j.signature.outputs = { y: { name: 'sum:7' } }),
    ],
    [
      'an absurd input',
      'tfjs/too-large',
      (j) => {
        const size = { size: String(2 ** 40) };
        node(j, 'x').attr = { shape: { shape: { dim: [size, size] } } };
      },
    ],
    [
      'an input of open size',
      'tfjs/dynamic',
      (j) => {
        node(j, 'x').attr = { shape: { shape: { dim: [{ size: '2' }, { size: '-1' }] } } };
      },
    ],
  ])('%s is refused', (_, code, edit) => {
    expect(codeOf(edited(edit))).toBe(code);
  });

  it.each([
    ['text', '{"modelTopology": {"node": [{"na'],
    ['a list', []],
    ['nothing', null],
    ['a layers model', { format: 'layers-model', modelTopology: {} }],
    ['a document of something else', { name: 'package', version: '1.0.0' }],
  ])('%s is refused', (_, modelJson) => {
    expect(codeOf({ modelJson, weights: sound.weights })).toMatch(/^tfjs\//);
  });

  it('weights cut short are named', () => {
    expect(codeOf(edited(() => {}, sound.weights.subarray(0, -1)))).toBe('tfjs/weights');
  });

  it('made of nodes that double at each step is refused before it overflows', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 60 }, (_, k) => {
        const before = k ? `n${k - 1}` : 'x';
        return [`n${k}`, { op: 'ConcatV2', input: [before, before, 'axis'] }];
      }),
    );
    const axis = { dims: [], values: [0], type: 'int32' as const };
    const model = tfjsModel({ inputs: { x: [4] }, constants: { axis }, nodes, outputs: ['n59'] });
    expect(codeOf(model)).toBe('tfjs/too-large');
  });

  it.each([
    ['a chain', (k: number) => (k ? [`n${k - 1}`] : ['x'])],
    [
      'a comb',
      (k: number) => (k < 16_001 ? ['x'] : Array.from({ length: 16_001 }, (_, m) => `n${m}`)),
    ],
  ])('%s of many nodes is lowered in time', { timeout: 60_000 }, (_, inputs) => {
    const count = 16_002;
    const nodes = Object.fromEntries(
      Array.from({ length: count }, (_, k) => [
        `n${k}`,
        { op: k % 2 ? 'AddN' : 'Neg', input: inputs(k) },
      ]),
    );
    const model = tfjsModel({ inputs: { x: [1] }, nodes, outputs: [`n${count - 1}`] });
    expect(codeOf(model)).toBe('imported');
  });

  it('cut off anywhere is an AssayError', () => {
    const text = JSON.stringify(sound.modelJson);
    fc.assert(
      fc.property(fc.nat(text.length - 1), (length) => {
        const modelJson = text.slice(0, length);
        expect(codeOf({ modelJson, weights: sound.weights })).toBe('tfjs/malformed');
      }),
      { numRuns: 50 },
    );
  });

  it('with any value replaced by junk is an AssayError, or still a model', () => {
    const paths = placesOf(sound.modelJson);
    const junk = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(-1, 1e300, '', '__proto__'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), junk, (path, value) => {
        const modelJson = structuredClone(sound.modelJson);
        replace(modelJson, path, value);
        expect(codeOf({ modelJson, weights: sound.weights })).toMatch(/^(imported|tfjs\/.*)$/);
      }),
      { numRuns: 400 },
    );
  });
});

type Path = readonly string[];

function placesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return path.length ? [path] : [];
  const inner = Object.entries(value).flatMap(([key, v]) => placesOf(v, [...path, key]));
  return path.length ? [path, ...inner] : inner;
}

function replace(document: object, path: Path, value: unknown): void {
  let at = document as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

describe('weight files', () => {
  /** A folder with a secret beside the model's own folder. */
  function folder(path: string): string {
    const root = temporaryFolder();
    const own = join(root, 'model');
    mkdirSync(own);
    writeFileSync(join(root, 'secret.bin'), sound.weights);
    symlinkSync(join(root, 'secret.bin'), join(own, 'link.bin'));
    const json = structuredClone(sound.modelJson) as unknown as Editable;
    json.weightsManifest[0]!.paths = [path];
    writeFileSync(join(own, 'model.json'), JSON.stringify(json));
    writeFileSync(join(own, 'weights.bin'), sound.weights);
    return join(own, 'model.json');
  }

  it('in the folder are read', async () => {
    const { exitCode } = await assay(['run', folder('weights.bin')]);
    expect(exitCode).toBe(0);
  });

  it.each([
    '../secret.bin',
    'x/../../secret.bin',
    '..\\secret.bin',
    'link.bin',
    '/etc/hostname',
    'file:///etc/hostname',
    'https://example.com/weights.bin',
    '',
    '.',
    'weights.bin\0',
  ])('outside of it are not: %j', async (path) => {
    const { exitCode, stdout } = await assay(['run', folder(path), '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).error.code).toMatch(/^file\//);
  });

  it('that are missing are named', async () => {
    const { exitCode, stderr } = await assay(['run', folder('shard2.bin')]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('shard2.bin');
  });
});
