/**
 * Wrong at some batch sizes only, as the fault of August 2025 was: a pass that works in tiles of 8
 * rows and reads the last, partial tile where the slice was clamped to. Any size that is a multiple
 * of 8, or below it, is right; a sweep finds the one that is not, and names it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../../golden/cases.ts';
import { edit } from '../../graphs/build/draft.ts';
import { exact } from '../../graphs/ir/contract.ts';
import { entryOf, type Instruction } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { zooModel } from '../../graphs/zoo/zoo.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { combinations } from '../../validator/validation/sweep.ts';
import { validate } from '../../validator/validation/validate-graphs.ts';
import { assay } from '../support/cli.ts';
import { model, node, value } from '../support/onnx-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const tile = 8;

const rowTiler: Pass = {
  name: 'row-tiler',
  contract: exact,
  summary: 'tanh in tiles of 8 rows, the last of them read at a clamped start',
  run: (module) =>
    edit(module, (draft) => {
      const entry = entryOf(module);
      const d = draft.computation(entry.name);
      for (const i of entry.instructions) {
        if (i.opcode !== 'tanh' || i.shape.kind !== 'array') continue;
        const { type, dims } = i.shape;
        const [rows, columns] = dims as [number, number];
        const rest = rows % tile;
        if (rows < tile || rest === 0) continue;
        const x = entry.instructions.find((o) => o.id === i.operands[0])!;
        const cut = (start: number, limit: number): Instruction =>
          d.add('slice', [x], {
            attrs: {
              slice: [
                { start, limit, stride: 1 },
                { start: 0, limit: columns, stride: 1 },
              ],
            },
            shape: arrayShape(type, [limit - start, columns]),
            like: i,
          });
        const parts = [cut(0, rows - rest), cut(rows - tile, rows - tile + rest)];
        const joined = d.add('concatenate', parts, {
          attrs: { dimensions: [0] },
          shape: i.shape,
          like: i,
        });
        d.replace(i, d.add('tanh', [joined], { attrs: {}, shape: i.shape, like: i }));
      }
    }),
};

const tiled: Backend = {
  name: 'tiled',
  summary: 'the tiler alone',
  pipeline: { name: 'tiled', passes: [rowTiler] },
};
const batches = [1, 2, 3, 7, 8, 16, 31, 64];

describe('a sweep through the library', () => {
  const graph = 'layer_norm_mlp';
  const jobs = combinations({ batch: batches }).map((sizes) => {
    const module = zooModel(graph).build(sizes);
    const cases = defaultCases(module, 1).slice(0, 2).map(sessionCase);
    return { graph, module, backend: tiled, cases, sizes };
  });

  it('finds the size at which the pass is wrong, and no other', () => {
    const { findings, graphs } = validate(jobs);
    expect(new Set(findings.map((f) => f.pass))).toEqual(new Set(['row-tiler']));
    expect(new Set(findings.map((f) => f.sizes?.batch))).toEqual(new Set([31]));
    expect(findings.every((f) => f.replay.endsWith(' --sweep batch=31'))).toBe(true);
    expect(graphs.map((g) => g.sizes?.batch)).toEqual(batches);
  });

  it('combines the sizes of several names', () => {
    expect(combinations({ a: [1, 2], b: [3, 4] })).toEqual([
      { a: 1, b: 3 },
      { a: 1, b: 4 },
      { a: 2, b: 3 },
      { a: 2, b: 4 },
    ]);
  });
});

const sweep = ['--sweep', `batch=${batches}`, '--cases', 'typical'];

describe('assay validate --sweep', () => {
  it('names the size in text and JSON, and in the line that replays it', async () => {
    const text = await assay(['validate', 'layer_norm_mlp', ...sweep], false, [tiled]);
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toContain('FAIL layer_norm_mlp[batch=31] × tiled');
    expect(text.stdout).toContain('ok   layer_norm_mlp[batch=64] × tiled');
    const json = await assay(['validate', 'layer_norm_mlp', ...sweep, '--json'], false, [tiled]);
    const [finding] = JSON.parse(json.stdout).findings;
    expect(finding).toMatchObject({ graph: 'layer_norm_mlp', sizes: { batch: 31 } });
    const replayed = await assay(finding.replay.split(' ').slice(1), false, [tiled]);
    expect(replayed.exitCode).toBe(1);
  });

  /** A graph of a file by its name, for options `more`. */
  const file = (name: string, content: string | Uint8Array, ...more: string[]) => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, content);
    return assay(['validate', path, ...more, ...sweep], false, [tiled]);
  };

  const tanh = model({
    input: [value('x', ['batch', 4])],
    output: [value('y', ['batch', 4])],
    node: [node('Tanh', ['x'], ['y'])],
  });
  const mlir = `func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %y = stablehlo.tanh %x : tensor<?x4xf32>
    return %y : tensor<?x4xf32>
  }`;
  const tfjs = JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: {
            dtype: { type: 'DT_FLOAT' },
            shape: { shape: { dim: [{ size: '-1' }, { size: '4' }] } },
          },
        },
        { name: 'y', op: 'Tanh', input: ['x'], attr: { T: { type: 'DT_FLOAT' } } },
      ],
    },
    weightsManifest: [],
  });

  it.each([
    ['symbolic sizes of ONNX', 'm.onnx', tanh, []],
    ['open sizes of StableHLO', 'm.mlir', mlir, ['--refine', 'x=batchx4']],
    ['open sizes of tfjs', 'm.json', tfjs, ['--refine', 'x=batchx4']],
  ] as const)('sweeps %s', async (_, name, content, more) => {
    const { exitCode, stdout, stderr } = await file(name, content, ...more);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout.match(/FAIL \S+/g)).toHaveLength(1);
    expect(stdout).toMatch(/FAIL \S+\[batch=31\]/);
  });

  it('draws the inputs of bounded HLO at the size', async () => {
    const text = `HloModule m
      ENTRY e { x = f32[<=64,4] parameter(0)  ROOT r = f32[<=64,4] tanh(x) }`;
    const { exitCode, stdout } = await file('m.hlo', text, '--refine', 'x=batchx4');
    expect(exitCode).toBe(0);
    expect(stdout.match(/^ok .*\[batch=\d+\]/gm)).toHaveLength(batches.length);
    const past = await file('m.hlo', text, '--refine', 'x=batchx5');
    expect(past.exitCode).toBe(2);
    expect(past.stderr).toContain('x is <=64x4; 1x5 does not fit');
  });

  it.each([
    [
      'a name that the model has not',
      ['layer_norm_mlp', '--sweep', 'rows=1,2'],
      'has batch, width, hidden',
    ],
    ['sizes that do not divide', ['transformer_bf16', '--sweep', 'heads=7'], 'heads=7, hidden=128'],
    ['a size of zero', ['layer_norm_mlp', '--sweep', 'batch=0'], 'from 1 on'],
    ['no size', ['layer_norm_mlp', '--sweep', 'batch='], 'a name and sizes'],
    ['a name that is not swept', ['m.hlo', '--refine', 'x=rowsx4'], 'size rows of x is no number'],
  ])('refuses %s', async (_, argv, message) => {
    const { exitCode, stderr } = await assay(['validate', ...argv]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});
