/**
 * Ensembles of decision trees (ai.onnx.ml TreeEnsemble and TreeEnsembleRegressor): all trees walk down
 * together, one step of gathers and comparisons a level, whatever their number of nodes.
 */
import type { ElementType } from '../../../../ir/element-type.ts';
import type { Instruction } from '../../../../ir/module.ts';
import { type Tensor, tensorOf } from '../../../../ir/tensor.ts';
import { type Direction, dimsOf, type Hlo, product, range, typeOf } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { tensorOfProto } from '../../tensor-data.ts';
import { postTransformed, transforms } from './classic-ml.ts';

/** Nodes that branch, then leaves, which lead to themselves. Lists have one entry a place. */
interface Forest {
  readonly roots: readonly number[];
  readonly features: readonly number[];
  readonly splits: readonly number[];
  readonly modes: readonly Mode[];
  /** The values that a node of mode MEMBER asks for. */
  readonly members: readonly (readonly number[])[];
  readonly whenTrue: readonly number[];
  readonly whenFalse: readonly number[];
  /** Whether a missing value (NaN) goes where true goes. */
  readonly missing: readonly boolean[];
  /** By place: (target, weight); none for nodes. */
  readonly weights: readonly (readonly (readonly [number, number])[])[];
  readonly targets: number;
}

const modes = ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ', 'MEMBER', 'LEAF'] as const;
type Mode = (typeof modes)[number];

const directions: Readonly<Partial<Record<Mode, Direction>>> = {
  LEQ: 'LE',
  LT: 'LT',
  GTE: 'GE',
  GT: 'GT',
  EQ: 'EQ',
  NEQ: 'NE',
};

const aggregates = ['AVERAGE', 'SUM', 'MIN', 'MAX'] as const;
type Aggregate = (typeof aggregates)[number];

const treeEnsemble: Lower = (c) => {
  const x = c.input(0);
  const how = aggregates[c.int('aggregate_function', 1)] ?? c.refuse('no such aggregate_function');
  const transform = transforms[c.int('post_transform', 0)];
  const scores = scoresOf(c, x, forestOf(c), how);
  return postTransformed(c, scores, transform ?? c.refuse('no such post_transform'));
};

const regressor: Lower = (c) => {
  const given = c.input(0);
  const x = typeOf(given) === 'f64' ? given : c.h.convert(given, 'f32');
  const how = c.word('aggregate_function', 'SUM', aggregates);
  const scores = c.h.convert(scoresOf(c, x, olderForest(c), how), 'f32');
  const base = c.floats('base_values');
  const based = base ? c.h.add(scores, c.h.constant(tensorOf('f32', [base.length], base))) : scores;
  return postTransformed(c, based, c.word('post_transform', 'NONE', transforms));
};

/** Rows by operator of `ai.onnx.ml`. */
export const trees: LowerTable = { TreeEnsemble: treeEnsemble, TreeEnsembleRegressor: regressor };

/** [N, targets]: the weights of the leaves that N rows of features come to. */
function scoresOf(c: NodeContext, given: Instruction, forest: Forest, how: Aggregate): Instruction {
  const { h } = c;
  const [features] = dimsOf(given).slice(-1);
  const x = h.reshape(given, [product(dimsOf(given).slice(0, -1)), features ?? 1]);
  const [n] = dimsOf(x) as [number, number];
  const trees = forest.roots.length;
  let at = h.broadcast(h.integers(forest.roots, 's32'), [n, trees]);
  for (let level = depthOf(c, forest); level > 0; level--) at = step(h, x, forest, at);
  const weights = matrixOf(forest, typeOf(x), neutral[how]);
  const reached = h.op('gather', [h.constant(weights), at], {
    ...{ offset_dims: [2], collapsed_slice_dims: [0], start_index_map: [0] },
    ...{ index_vector_dim: 2, slice_sizes: [1, forest.targets] },
  });
  if (how === 'MIN' || how === 'MAX') {
    const best = h.reduce(how === 'MIN' ? 'minimum' : 'maximum', reached, [1]);
    return h.select(h.compare('EQ', best, neutral[how]), h.fullLike(best, 0), best);
  }
  const sum = h.reduce('add', reached, [1]);
  return how === 'AVERAGE' ? h.div(sum, trees) : sum;
}

const neutral = { SUM: 0, AVERAGE: 0, MIN: Infinity, MAX: -Infinity } as const;

/** From nodes to their children; leaves stay. */
function step(h: Hlo, x: Instruction, forest: Forest, at: Instruction): Instruction {
  const [n, features] = dimsOf(x) as [number, number];
  const type = typeOf(x);
  const look = (t: Tensor) => lookedUp(h, h.constant(t), at);
  const integers = (values: readonly number[]) => tensorOf('s32', [values.length], values);
  const rows = h.mul(h.iota('s32', dimsOf(at), 0), features);
  const value = lookedUp(
    h,
    h.reshape(x, [n * features]),
    h.add(rows, look(integers(forest.features))),
  );
  const split = look(tensorOf(type, [forest.splits.length], forest.splits));
  const mode = look(integers(forest.modes.map((m) => modes.indexOf(m))));
  let holds = h.compare('NE', h.fullLike(mode, 0), 0);
  for (const [k, name] of modes.entries()) {
    if (name === 'LEAF' || !forest.modes.includes(name)) continue;
    const direction = directions[name];
    const own = direction ? h.compare(direction, value, split) : isMember(h, value, forest, at);
    holds = h.select(h.compare('EQ', mode, k), own, holds);
  }
  if (forest.missing.some((m) => m)) {
    const tracks = h.compare('NE', look(integers(forest.missing.map(Number))), 0);
    holds = h.op('or', [holds, h.and(h.compare('NE', value, value), tracks)]);
  }
  return h.select(holds, look(integers(forest.whenTrue)), look(integers(forest.whenFalse)));
}

/** table[at], element by element. */
function lookedUp(h: Hlo, table: Instruction, at: Instruction): Instruction {
  return h.op('gather', [table, at], {
    ...{ offset_dims: [], collapsed_slice_dims: [0], start_index_map: [0] },
    ...{ index_vector_dim: dimsOf(at).length, slice_sizes: [1] },
  });
}

/** Whether a value is one of its node's set; NaN, which fills the sets up, is in none. */
function isMember(h: Hlo, value: Instruction, forest: Forest, at: Instruction): Instruction {
  const type = typeOf(value);
  const width = Math.max(1, ...forest.members.map((m) => m.length));
  const table = forest.members.flatMap((m) => range(width).map((k) => m[k] ?? Number.NaN));
  const sets = h.op(
    'gather',
    [h.constant(tensorOf(type, [forest.members.length, width], table)), at],
    {
      ...{ offset_dims: [2], collapsed_slice_dims: [0], start_index_map: [0] },
      ...{ index_vector_dim: 2, slice_sizes: [1, width] },
    },
  );
  const each = h.broadcastInDim(value, dimsOf(sets), [0, 1]);
  return h.reduce('or', h.compare('EQ', each, sets), [2]);
}

function matrixOf({ weights, targets }: Forest, type: ElementType, empty: number): Tensor {
  const values = weights.flatMap((own) => {
    const row = new Array<number>(targets).fill(empty);
    for (const [target, weight] of own) row[target] = weight;
    return row;
  });
  return tensorOf(type, [weights.length, targets], values);
}

/** Levels below the roots, a loop among the nodes refused. */
function depthOf(c: NodeContext, { roots, modes: kinds, whenTrue, whenFalse }: Forest): number {
  let level: readonly number[] = [...new Set(roots)];
  for (let depth = 0; depth <= kinds.length; depth++) {
    const nodes = level.filter((place) => kinds[place] !== 'LEAF');
    if (nodes.length === 0) return depth;
    level = [...new Set(nodes.flatMap((place) => [whenTrue[place]!, whenFalse[place]!]))];
  }
  return c.refuse('a node is its own descendant', 'onnx/bad-node');
}

/** The trees of a TreeEnsemble: children are numbers of nodes, or of leaves where flags say so. */
function forestOf(c: NodeContext): Forest {
  const tensor = (name: string) => {
    const proto = c.attr(name)?.t;
    return proto ? Array.from(tensorOfProto(proto).data as ArrayLike<number>, Number) : undefined;
  };
  const ints = (name: string) => c.ints(name) ?? c.refuse(`${name} is missing`, 'onnx/bad-node');
  const splits = tensor('nodes_splits') ?? c.refuse('nodes_splits is missing', 'onnx/bad-node');
  const targetIds = ints('leaf_targetids');
  const weights = tensor('leaf_weights') ?? [];
  const n = splits.length;
  const child = (ids: readonly number[], leafs: readonly number[]) =>
    ids.map((id, k) => (leafs[k] ? n + id : id));
  const kinds = (tensor('nodes_modes') ?? []).map((m) => modes[m] ?? 'LEAF');
  const sets = membersOf(tensor('membership_values') ?? []);
  const forest: Forest = {
    roots: ints('tree_roots'),
    features: ints('nodes_featureids'),
    splits,
    modes: kinds,
    members: kinds.map((m) => (m === 'MEMBER' ? (sets.shift() ?? []) : [])),
    whenTrue: child(ints('nodes_truenodeids'), ints('nodes_trueleafs')),
    whenFalse: child(ints('nodes_falsenodeids'), ints('nodes_falseleafs')),
    missing: (c.ints('nodes_missing_value_tracks_true') ?? []).map(Boolean),
    weights: targetIds.map((target, k) => [[target, weights[k] ?? 0] as const]),
    targets: c.int('n_targets', 1),
  };
  return checked(c, forest, targetIds.length);
}

/** Sets, one after another, a NaN behind each. */
function membersOf(values: readonly number[]): number[][] {
  const sets: number[][] = [[]];
  for (const v of values) {
    if (v === v) sets.at(-1)!.push(v);
    else sets.push([]);
  }
  return sets;
}

/** The trees of a TreeEnsembleRegressor: nodes are numbered within trees, leaves among them. */
function olderForest(c: NodeContext): Forest {
  const ints = (name: string) => c.ints(name) ?? c.refuse(`${name} is missing`, 'onnx/bad-node');
  const key = (tree: number | undefined, node: number | undefined) => `${tree}:${node}`;
  const treeOf = ints('nodes_treeids');
  const places = new Map(ints('nodes_nodeids').map((node, k) => [key(treeOf[k], node), k]));
  const child = (name: string) =>
    ints(name).map((node, k) =>
      kinds[k] === 'LEAF' ? k : (places.get(key(treeOf[k], node)) ?? -1),
    );
  const kinds = (c.strings('nodes_modes') ?? []).map((m) => {
    const name = m.replace('BRANCH_', '') as Mode;
    return modes.includes(name) ? name : c.refuse(`${m} is no mode of a node`, 'onnx/bad-node');
  });
  const weights: (readonly [number, number])[][] = kinds.map(() => []);
  const [nodes, targets] = [ints('target_nodeids'), ints('target_ids')];
  for (const [k, tree] of ints('target_treeids').entries()) {
    const leaf = weights[places.get(key(tree, nodes[k])) ?? -1];
    leaf?.push([targets[k] ?? 0, c.floats('target_weights')?.[k] ?? 0]);
  }
  const roots = [...new Set(treeOf)].map((tree) => treeOf.indexOf(tree));
  const forest = {
    ...{ roots, features: ints('nodes_featureids'), splits: c.floats('nodes_values') ?? [] },
    ...{ modes: kinds, members: kinds.map(() => []), weights, targets: c.int('n_targets', 1) },
    ...{ whenTrue: child('nodes_truenodeids'), whenFalse: child('nodes_falsenodeids') },
    missing: (c.ints('nodes_missing_value_tracks_true') ?? []).map(Boolean),
  };
  return checked(c, forest, 0);
}

/** The forest with the leaves that it has apart behind its nodes, and every number in bounds. */
function checked(c: NodeContext, forest: Forest, leaves: number): Forest {
  const n = forest.modes.length;
  const leaf = range(leaves, n);
  const pad = <T>(list: readonly T[], rest: readonly T[]) => [...list, ...rest];
  const zeros = leaf.map(() => 0);
  const made: Forest = {
    ...forest,
    features: pad(forest.features, zeros),
    splits: pad(forest.splits, zeros),
    modes: pad(
      forest.modes,
      leaf.map(() => 'LEAF' as const),
    ),
    members: pad(
      forest.members,
      leaf.map(() => []),
    ),
    whenTrue: pad(forest.whenTrue, leaf),
    whenFalse: pad(forest.whenFalse, leaf),
    missing: range(n + leaves).map((k) => forest.missing[k] ?? false),
    weights: leaves
      ? pad(
          forest.modes.map(() => []),
          forest.weights,
        )
      : forest.weights,
  };
  const size = n + leaves;
  const features = dimsOf(c.input(0)).at(-1) ?? 1;
  const inside = (list: readonly number[], most: number) =>
    list.length === size && list.every((k) => Number.isInteger(k) && k >= 0 && k < most);
  const sound =
    inside(made.whenTrue, size) &&
    inside(made.whenFalse, size) &&
    inside(made.features, Math.max(features, 1)) &&
    made.splits.length === size &&
    made.roots.length > 0 &&
    made.roots.every((r) => r >= 0 && r < size) &&
    made.weights.flat().every(([target]) => target >= 0 && target < made.targets);
  c.need(sound, 'the lists of its nodes and leaves do not fit each other, or the features');
  return made;
}
