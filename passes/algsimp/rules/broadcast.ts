/** Broadcasts: merged, dropped where they add nothing, and moved past what they commute with. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { isIn } from '../../../graphs/ops/table.ts';
import { addSplat } from '../pattern.ts';
import { dimsOf, isAscending, isIdentity, type Rule, rule, type Site } from '../rule.ts';

/** transpose(broadcast(x)): each dimension of x goes where the transpose moves it. */
const transposeOfBroadcast: Rule = rule(
  'transpose',
  'transpose-of-broadcast',
  exact,
  (i, site) => {
    const inner = site.operand(i);
    if (inner.opcode !== 'broadcast') return undefined;
    const dimensions = inner.attrs.dimensions.map((d) => i.attrs.dimensions.indexOf(d));
    return addBroadcast(i, site.operand(inner), dimensions, site);
  },
  `ENTRY e { x = f32[3,3] parameter(0) y = f32[3,2,3] broadcast(x), dimensions={0,2}
    ROOT r = f32[3,3,2] transpose(y), dimensions={2,0,1} }`,
);

/** Of several rules on one opcode, the first that fires counts. */
export const broadcastRules: readonly Rule[] = [
  transposeOfBroadcast,
  rule(
    'broadcast',
    'broadcast-same-shape',
    exact,
    (i, site) => (isIdentity(i.attrs.dimensions) ? site.operand(i) : undefined),
    'r = f32[2,3] broadcast(f32[2,3] x), dimensions={0,1}',
  ),
  rule(
    'broadcast',
    'broadcast-of-broadcast',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'broadcast') return undefined;
      const dimensions = inner.attrs.dimensions.map((d) => i.attrs.dimensions[d]!);
      return addBroadcast(i, site.operand(inner), dimensions, site);
    },
    `ENTRY e { x = f32[3] parameter(0) y = f32[2,3] broadcast(x), dimensions={1}
      ROOT r = f32[2,4,3] broadcast(y), dimensions={0,2} }`,
  ),
  rule(
    'broadcast',
    'broadcast-of-transpose',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'transpose') return undefined;
      const from = inner.attrs.dimensions;
      const dimensions = from.map((_, d) => i.attrs.dimensions[from.indexOf(d)]!);
      return addBroadcast(i, site.operand(inner), dimensions, site);
    },
    `ENTRY e { x = f32[3,3] parameter(0) y = f32[3,3] transpose(x), dimensions={1,0}
      ROOT r = f32[3,2,3] broadcast(y), dimensions={0,2} }`,
  ),
  rule(
    'broadcast',
    'broadcast-to-unit-dimensions',
    exact,
    (i, site) => {
      const added = dimsOf(i).filter((_, d) => !i.attrs.dimensions.includes(d));
      const isReshape = added.every((d) => d === 1) && isAscending(i.attrs.dimensions);
      if (!isReshape || added.length === 0) return undefined;
      return site.add('reshape', [site.operand(i)], { shape: i.shape, like: i });
    },
    'r = f32[2,1,3] broadcast(f32[2,3] x), dimensions={0,2}',
  ),
  movedPast('reshape', 'reshape-of-splat', 'r = f32[6] reshape(y)'),
  movedPast('reverse', 'reverse-of-splat', 'r = f32[2,3] reverse(y), dimensions={1}'),
  movedPast('slice', 'slice-of-splat', 'r = f32[1,3] slice(y), slice={[0:1],[0:3]}'),
  rule(
    'concatenate',
    'concatenate-of-splats',
    exact,
    (i, site) => {
      const values = i.operands.map((_, n) => site.splat(site.operand(i, n)));
      const [first] = values;
      if (first === undefined || !values.every((v) => Object.is(v, first))) return undefined;
      return addSplat(first, i.shape as ArrayShape, site);
    },
    `ENTRY e { c = f32[] constant(2) x = f32[2] broadcast(c), dimensions={}
      y = f32[3] broadcast(c), dimensions={} ROOT r = f32[5] concatenate(x, y), dimensions={0} }`,
  ),
  ...elementwiseOfScalars(),
];

function addBroadcast(
  i: Instruction,
  x: Instruction,
  dimensions: readonly number[],
  site: Site,
): Instruction {
  return site.add('broadcast', [x], { attrs: { dimensions }, shape: i.shape, like: i });
}

/** Data movement of a broadcast scalar: a broadcast of it to the result's shape. */
function movedPast(opcode: 'reshape' | 'reverse' | 'slice', name: string, last: string): Rule {
  return {
    name,
    contract: exact,
    opcode,
    examples: [
      `ENTRY e { x = f32[] parameter(0) y = f32[2,3] broadcast(x), dimensions={} ROOT ${last} }`,
    ],
    apply(i, site) {
      const inner = site.operand(i);
      if (inner.opcode !== 'broadcast' || inner.attrs.dimensions.length > 0) return undefined;
      return addBroadcast(i, site.operand(inner), [], site);
    },
  };
}

/** f(broadcast(x), broadcast(y)) of scalars x, y: broadcast(f(x, y)). */
function elementwiseOfScalars(): readonly Rule[] {
  const opcodes = [
    'add',
    'subtract',
    'multiply',
    'divide',
    'maximum',
    'minimum',
    'negate',
  ] as const;
  const more = ['exponential', 'log', 'sqrt', 'rsqrt', 'tanh', 'convert', 'abs'] as const;
  return [...opcodes, ...more].map((opcode) => {
    const operands = isIn(opcode, 'commutative') || opcode === 'subtract' || opcode === 'divide';
    return rule(
      opcode,
      `${opcode}-of-broadcast-scalars`,
      exact,
      (i, site) => {
        const inner = i.operands.map((_, n) => site.operand(i, n));
        if (!inner.every((b) => isScalarBroadcast(b, site))) return undefined;
        const shape = arrayShape((i.shape as ArrayShape).type, []);
        const scalar = site.add(
          opcode,
          inner.map((b) => site.operand(b)),
          { shape, like: i },
        );
        return addBroadcast(i, scalar, [], site);
      },
      `ENTRY e { x = f32[] parameter(0) y = f32[] parameter(1)
        a = f32[2] broadcast(x), dimensions={} b = f32[2] broadcast(y), dimensions={}
        ROOT r = ${opcode === 'convert' ? 'bf16' : 'f32'}[2] ${opcode}(a${operands ? ', b' : ''}) }`,
    );
  });
}

function isScalarBroadcast(i: Instruction, site: Site): boolean {
  return i.opcode === 'broadcast' && dimsOf(site.operand(i)).length === 0 && dimsOf(i).length > 0;
}
