/** ai.onnx.ml: trees against a walk down them, linear models and norms against their formulas. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../../graphs/importers/onnx/import.ts';
import { leafTensors, tensorOf } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { float, int64, type Message, model, node, value } from '../../support/onnx-model.ts';

const ml = { domain: 'ai.onnx.ml' };
const floatsAttr = (list: readonly number[]) => ({ floats: list });
const tensorAttr = (dataType: number, data: readonly number[]) =>
  dataType === float
    ? { t: { dims: [data.length], dataType, floatData: data } }
    : { t: { dims: [data.length], dataType, int32Data: data } };

function run(
  op: Message,
  x: readonly number[],
  dims: readonly number[],
  outputs = ['y'],
): number[][] {
  const bytes = model(
    {
      node: [op],
      input: [value('x', dims)],
      output: outputs.map((name) => value(name, null, name === 'label' ? int64 : float)),
    },
    17,
    {
      opsetImport: [
        { domain: '', version: 17 },
        { domain: 'ai.onnx.ml', version: 5 },
      ],
    },
  );
  const module = importOnnx(bytes);
  const results = leafTensors(runReference(module, [tensorOf('f32', dims, x)]));
  return results.map((t) => Array.from(t.data as Float32Array, Number));
}

type Tree =
  | number
  | { feature: number; mode: number; split: number; missing: boolean; yes: Tree; no: Tree };

const small = fc.constantFrom(-2, -1, 0, 1, 2);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    small,
    fc.record({
      ...{ feature: fc.nat(2), mode: fc.nat(5), split: small, missing: fc.boolean() },
      ...{ yes: tie('tree'), no: tie('tree') },
    }),
  ) as fc.Arbitrary<Tree>,
}));
const rooted = fc.record({
  ...{ feature: fc.nat(2), mode: fc.nat(5), split: small, missing: fc.boolean() },
  ...{ yes: tree, no: tree },
});

function walk(t: Tree, x: readonly number[]): number {
  if (typeof t === 'number') return t;
  const v = x[t.feature]!;
  const by = [v <= t.split, v < t.split, v >= t.split, v > t.split, v === t.split, v !== t.split];
  return walk(by[t.mode] || (t.missing && Number.isNaN(v)) ? t.yes : t.no, x);
}

/** The lists of a TreeEnsemble; leaf k of a tree adds to target k mod 2. */
function ensemble(trees: readonly Tree[]) {
  const nodes: { tree: Exclude<Tree, number>; yes: number; no: number }[] = [];
  const leaves: number[] = [];
  const place = (t: Tree): number => {
    if (typeof t === 'number') return leaves.push(t) - 1;
    const at = nodes.push({ tree: t, yes: 0, no: 0 }) - 1;
    nodes[at]!.yes = place(t.yes);
    nodes[at]!.no = place(t.no);
    return at;
  };
  const roots = trees.map(place);
  const isLeaf = (t: Tree) => Number(typeof t === 'number');
  return {
    ...{ tree_roots: roots, nodes_featureids: nodes.map((n) => n.tree.feature) },
    nodes_splits: tensorAttr(
      float,
      nodes.map((n) => n.tree.split),
    ),
    nodes_modes: tensorAttr(
      2,
      nodes.map((n) => n.tree.mode),
    ),
    nodes_missing_value_tracks_true: nodes.map((n) => Number(n.tree.missing)),
    nodes_truenodeids: nodes.map((n) => n.yes),
    nodes_falsenodeids: nodes.map((n) => n.no),
    nodes_trueleafs: nodes.map((n) => isLeaf(n.tree.yes)),
    nodes_falseleafs: nodes.map((n) => isLeaf(n.tree.no)),
    leaf_targetids: leaves.map(() => 0),
    leaf_weights: tensorAttr(float, leaves),
    n_targets: 1,
  };
}

describe('TreeEnsemble', () => {
  const rows = fc.array(fc.tuple(...[0, 1, 2].map(() => fc.oneof(small, fc.constant(NaN)))), {
    minLength: 1,
    maxLength: 3,
  });
  const combine = [
    (w: readonly number[]) => w.reduce((a, b) => a + b, 0) / w.length,
    (w: readonly number[]) => w.reduce((a, b) => a + b, 0),
    (w: readonly number[]) => Math.min(...w),
    (w: readonly number[]) => Math.max(...w),
  ];

  it('comes to the leaves that a walk comes to', () => {
    fc.assert(
      fc.property(
        fc.array(rooted, { minLength: 1, maxLength: 3 }),
        rows,
        fc.nat(3),
        (trees, xs, how) => {
          const op = node(
            'TreeEnsemble',
            ['x'],
            ['y'],
            { ...ensemble(trees), aggregate_function: how },
            ml,
          );
          const [y] = run(op, xs.flat(), [xs.length, 3]);
          const want = xs.map((x) => Math.fround(combine[how]!(trees.map((t) => walk(t, x)))) + 0);
          expect(y!.map((v) => v + 0)).toEqual(want);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('asks whether a value is in a set', () => {
    const op = node(
      'TreeEnsemble',
      ['x'],
      ['y'],
      {
        ...ensemble([
          {
            feature: 0,
            mode: 6,
            split: 0,
            missing: false,
            yes: 1,
            no: { feature: 0, mode: 6, split: 0, missing: false, yes: 2, no: 3 },
          },
        ]),
        membership_values: tensorAttr(float, [1.5, 4, NaN, 7, NaN]),
      },
      ml,
    );
    expect(run(op, [1.5, 4, 7, 5, NaN], [5, 1])).toEqual([[1, 1, 2, 3, 3]]);
  });

  it('refuses trees that come back to themselves', () => {
    const lists = ensemble([{ feature: 0, mode: 0, split: 0, missing: false, yes: 1, no: 2 }]);
    const op = node(
      'TreeEnsemble',
      ['x'],
      ['y'],
      { ...lists, nodes_trueleafs: [0], nodes_truenodeids: [0] },
      ml,
    );
    expect(() => run(op, [1], [1, 1])).toThrow(/a node is its own descendant/);
  });
});

it('TreeEnsembleRegressor: nodes by tree and number, several targets a leaf', () => {
  const op = node(
    'TreeEnsembleRegressor',
    ['x'],
    ['y'],
    {
      ...{
        nodes_treeids: [0, 0, 0, 1],
        nodes_nodeids: [0, 1, 2, 0],
        nodes_featureids: [1, 0, 0, 0],
      },
      ...{ nodes_truenodeids: [1, 0, 0, 0], nodes_falsenodeids: [2, 0, 0, 0] },
      nodes_modes: {
        strings: ['BRANCH_LT', 'LEAF', 'LEAF', 'LEAF'].map((s) => new TextEncoder().encode(s)),
      },
      nodes_values: floatsAttr([0.5, 0, 0, 0]),
      ...{ target_treeids: [0, 0, 0, 1], target_nodeids: [1, 1, 2, 0], target_ids: [0, 1, 1, 0] },
      ...{
        target_weights: floatsAttr([10, 20, 30, 1]),
        base_values: floatsAttr([100, 200]),
        n_targets: 2,
      },
    },
    ml,
  );
  expect(run(op, [0, 0, 0, 1], [2, 2])).toEqual([[111, 220, 101, 230]]);
});

describe('linear models', () => {
  it('LinearRegressor: x · coefficientsᵀ + intercepts', () => {
    const lists = {
      coefficients: floatsAttr([1, 2, 3, 4]),
      intercepts: floatsAttr([10, 20]),
      targets: 2,
    };
    const op = (post: string) =>
      node('LinearRegressor', ['x'], ['y'], { ...lists, post_transform: post }, ml);
    expect(run(op('NONE'), [1, 1, 0, 2], [2, 2])).toEqual([[13, 27, 14, 28]]);
    const [soft] = run(op('SOFTMAX'), [1, 1], [1, 2]);
    expect(soft![0]! + soft![1]!).toBeCloseTo(1, 6);
    expect(() => run(op('PROBIT'), [1, 1], [1, 2])).toThrow(/PROBIT/);
  });

  it('LinearClassifier: the label of the first best score, and the scores', () => {
    const lists = {
      coefficients: floatsAttr([1, 0, 0, 1, 0, 1]),
      ...{ intercepts: floatsAttr([0, 0, 0]), classlabels_ints: [7, 8, 9] },
    };
    const op = node('LinearClassifier', ['x'], ['label', 'scores'], lists, ml);
    expect(run(op, [3, 1, 1, 3], [2, 2], ['label', 'scores'])).toEqual([
      [7, 8],
      [3, 1, 1, 1, 3, 3],
    ]);
  });

  it.each([
    ['MAX', [-1, 4, 0, 0], [-0.25, 1, 0, 0]],
    ['L1', [-1, 3, 0, 0], [-0.25, 0.75, 0, 0]],
    ['L2', [-3, 4, 0, 0], [Math.fround(-0.6), Math.fround(0.8), 0, 0]],
  ])('Normalizer by %s; rows of zeros stay', (norm, x, y) => {
    expect(run(node('Normalizer', ['x'], ['y'], { norm }, ml), x, [2, 2])).toEqual([y]);
  });

  it('Scaler: (x − offset) · scale', () => {
    const lists = { offset: floatsAttr([1, 2]), scale: floatsAttr([2, 3]) };
    expect(run(node('Scaler', ['x'], ['y'], lists, ml), [2, 4], [1, 2])).toEqual([[2, 6]]);
  });
});
