/** Branches taken otherwise or wrong where they are rarely taken; loops of a turn more or less. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';
import { array, type DrawFault, faultsOf, parameters, texts } from './fault.ts';

const types: readonly ElementType[] = ['f32', 'bf16', 's32'];

/** A computation of one array. */
const unary = (name: string, shape: string, root: string) =>
  `${name} {\n${parameters(shape, ['p'])}\nROOT r = ${shape} ${root}\n}`;

const wrongRoots = ['copy(p)', 'negate(p)', 'add(p, p)', 'subtract(p, p)'] as const;

/** A conditional on a comparison; the branch for `rare` is wrong after. */
const rareBranch =
  (condition: (d: Draws) => { readonly type: string; readonly lines: string }): DrawFault =>
  (d) => {
    const shape = array(d.pick(types), d.int(1, 6));
    const { type, lines } = condition(d);
    const head = `${parameters(shape, ['x'])}\n${parameters(`${type}[]`, ['s'], 1)}\n${lines}`;
    const root = `ROOT r = ${shape} conditional(c, x, x), true_computation=rare, false_computation=usual`;
    const usual = unary('usual', shape, 'copy(p)');
    const side = (rare: string) =>
      texts(head, root, root, [unary('rare', shape, rare), usual]).before;
    return { before: side('multiply(p, p)'), after: side(d.pick(wrongRoots)) };
  };

const compare = (direction: string, values: readonly (number | string)[], type: string) =>
  rareBranch((d) => ({
    type,
    lines: `k = ${type}[] constant(${d.pick(values)})\nc = pred[] compare(s, k), direction=${direction}`,
  }));

/** A switch of which branches are exchanged, or whose index is clamped otherwise. */
const switched =
  (how: 'last-wrong' | 'exchanged' | 'outside-first' | 'one-later'): DrawFault =>
  (d) => {
    const shape = array(d.pick(types), d.int(1, 6));
    const n = d.int(2, 5);
    const names = Array.from({ length: n }, (_, k) => `b${k}`);
    const roots = ['copy(p)', 'negate(p)', 'add(p, p)', 'multiply(p, p)', 'subtract(p, p)'];
    const head = `${parameters(shape, ['x'])}\n${parameters('s32[]', ['s'], 1)}`;
    const xs = names.map(() => 'x').join(', ');
    const branch = (index: string) =>
      `ROOT r = ${shape} conditional(${index}, ${xs}), branch_computations={${names.join(', ')}}`;
    const bodies = (list: readonly string[]) => names.map((b, k) => unary(b, shape, list[k]!));
    const at = d.int(0, n - 2);
    const order = roots.slice(0, n);
    const swapped = order.map((r, k) => (k === at ? order[k + 1]! : k === at + 1 ? order[at]! : r));
    const wrongLast = order.map((r, k) => (k === n - 1 ? 'abs(p)' : r));
    const outside = `n = s32[] constant(${n})\nz = s32[] constant(0)
hi = pred[] compare(s, n), direction=GE\nj = s32[] select(hi, z, s)`;
    const later = 'o = s32[] constant(1)\nj = s32[] add(s, o)';
    const after = {
      'last-wrong': texts(head, branch('s'), branch('s'), bodies(wrongLast)).after,
      exchanged: texts(head, branch('s'), branch('s'), bodies(swapped)).after,
      'outside-first': texts(head, '', `${outside}\n${branch('j')}`, bodies(order)).after,
      'one-later': texts(head, '', `${later}\n${branch('j')}`, bodies(order)).after,
    };
    return { before: texts(head, branch('s'), '', bodies(order)).before, after: after[how] };
  };

interface Loop {
  readonly direction: string;
  /** The line that makes `n`, the bound that the condition compares with. */
  readonly bound: string;
  readonly step: number;
  readonly from: number;
}

/** A loop over a counter that doubles, sums or shifts what it carries. */
function loop(shape: string, { direction, bound, step, from }: Loop, body: string, given: boolean) {
  const state = `(s32[], s32[], ${shape})`;
  const get = (k: number, name: string) =>
    `${name} = ${k < 2 ? 's32[]' : shape} get-tuple-element(t), index=${k}`;
  const condition = `cond {\nt = ${state} parameter(0)\n${get(0, 'i')}\n${get(1, 'm')}\n${bound}
ROOT c = pred[] compare(i, n), direction=${direction}\n}`;
  const turn = `body {\nt = ${state} parameter(0)\n${get(0, 'i')}\n${get(1, 'm')}\n${get(2, 'x')}
step = s32[] constant(${step})\nj = s32[] add(i, step)\n${body}
ROOT r = ${state} tuple(j, m, y)\n}`;
  const head = `${parameters(shape, ['x'])}\n${given ? parameters('s32[]', ['m'], 1) : 'm = s32[] constant(0)'}`;
  const root = `i = s32[] constant(${from})
s = ${state} tuple(i, m, x)
w = ${state} while(s), condition=cond, body=body
ROOT r = ${shape} get-tuple-element(w), index=2`;
  return texts(head, root, root, [condition, turn]).before;
}

/** The bound a parameter or a constant; one of the loops is wrong. */
const looped =
  (
    wrong: (l: Loop, d: Draws, body: string) => readonly [Loop, string],
    given: boolean,
  ): DrawFault =>
  (d) => {
    const type = d.pick(types);
    const shape = array(type, d.int(1, 6));
    const bound = given ? 'n = s32[] copy(m)' : `n = s32[] constant(${d.int(1, 9)})`;
    const l: Loop = { direction: 'LT', bound, step: 1, from: 0 };
    const body = `one = ${type}[] constant(1)
k = ${shape} broadcast(one), dimensions={}
u = ${shape} add(x, x)\ny = ${shape} add(u, k)`;
    const [other, otherBody] = wrong(l, d, body);
    return { before: loop(shape, l, body, given), after: loop(shape, other, otherBody, given) };
  };

const plus = (l: Loop, by: number): Loop => ({
  ...l,
  bound: `${l.bound.replace('n =', 'b =')}\nd = s32[] constant(${by})\nn = s32[] add(b, d)`,
});

/** At least one turn, as a loop that tests at its end would make. */
const atLeastOne = (l: Loop): Loop => ({
  ...l,
  bound: `${l.bound.replace('n =', 'b =')}\nd = s32[] constant(1)\nn = s32[] maximum(b, d)`,
});

const last = (d: Draws) => d.int(0, 3);

export const controlFaults = faultsOf('branches and loops', exact, {
  'branch-at-constant-wrong': compare('EQ', [3, 17, -5, 1000], 's32'),
  'branch-above-wrong': compare('GT', ['1e30', 100, '-3.5', 7], 'f32'),
  'branch-below-wrong': compare('LT', ['-1e30', -50, 'inf', 0], 'f32'),
  'branch-of-bytes-wrong': compare('EQ', [200, 7, 255], 'u8'),
  'branch-of-flag-wrong': rareBranch(() => ({ type: 'pred', lines: 'c = pred[] not(s)' })),
  'switch-last-wrong': switched('last-wrong'),
  'switch-exchanged': switched('exchanged'),
  'switch-outside-first': switched('outside-first'),
  'switch-one-later': switched('one-later'),
  'loop-turn-more': looped((l, _, b) => [{ ...l, direction: 'LE' }, b], true),
  'loop-turn-less': looped((l, _, b) => [plus(l, -1), b], true),
  'loop-at-least-one-turn': looped((l, _, b) => [atLeastOne(l), b], true),
  'loop-until-equal-wrong-bound': looped((l, _, b) => [plus(l, 1), b], true),
  'loop-turn-more-of-constant': looped((l, _, b) => [plus(l, 1), b], false),
  'loop-turn-less-of-constant': looped((l, _, b) => [plus(l, -1), b], false),
  'loop-from-one': looped((l, _, b) => [{ ...l, from: 1 }, b], true),
  'loop-in-steps-of-two': looped((l, _, b) => [{ ...l, step: 2 }, b], true),
  'loop-body-wrong': looped((l, _, b) => [l, b.replace('add(u, k)', 'subtract(u, k)')], true),
  'loop-late-turn-wrong': looped((l, d, b) => {
    const shape = /k = (\S+) /.exec(b)![1]!;
    const lines = `${b.replace(/\ny = /, '\nv = ')}
at = s32[] constant(${last(d)})
q = pred[] compare(i, at), direction=EQ
y = ${shape} select(q, x, v)`;
    return [l, lines];
  }, true),
});
