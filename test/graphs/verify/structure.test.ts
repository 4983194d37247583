/** Structure: what no shape rule sees is found, named and placed, and all of it at once. */
import { describe, expect, it } from 'vitest';
import {
  type Computation,
  entryOf,
  type Instruction,
  type InstructionId,
  type Module,
} from '../../../graphs/ir/module.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { findCycle } from '../../../graphs/verify/cycle.ts';
import { assertVerified, verifyModule } from '../../../graphs/verify/verify.ts';

const base = parseModule(`HloModule m

negate_it (x: f32[4]) -> f32[4] {
  x = f32[4] parameter(0)
  ROOT y = f32[4] negate(x)
}

ENTRY main {
  a = f32[4] parameter(0)
  b = f32[4] parameter(1)
  c = f32[4] add(a, b)
  d = f32[4] call(c), to_apply=negate_it
  ROOT e = f32[4] multiply(c, d)
}
`);

/** The module with instructions of the entry replaced by name. */
function withEntry(change: (i: Instruction) => Partial<Instruction>): Module {
  return withComputation(base.entry, (c) => ({
    instructions: c.instructions.map((i) => ({ ...i, ...change(i) }) as Instruction),
  }));
}

function withComputation(name: string, change: (c: Computation) => Partial<Computation>): Module {
  const computations = base.computations.map((c) => (c.name === name ? { ...c, ...change(c) } : c));
  return { ...base, computations };
}

/** Names no instruction. */
const nowhere = 9999 as InstructionId;
const id = (name: string) => entryOf(base).instructions.find((i) => i.name === name)!.id;
const only = (name: string, part: Partial<Instruction>) =>
  withEntry((i) => (i.name === name ? part : {}));

const broken: readonly [code: string, says: string, module: Module][] = [
  ['cycle', 'c <- e <- c', only('c', { operands: [id('a'), id('e')] })],
  ['operand', 'no instruction', only('c', { operands: [id('a'), nowhere] })],
  ['control-predecessor', 'no instruction', only('c', { controlPredecessors: [nowhere] })],
  ['cycle', 'c <- e', only('c', { controlPredecessors: [id('e')] })],
  ['arity', 'takes 2 operands, got 1', only('c', { operands: [id('a')] })],
  ['unique-name', 'occurs twice', only('c', { name: 'a' })],
  ['unique-id', 'two values', only('e', { id: id('b') })],
  ['parameter-number', 'without parameter(1)', only('b', { attrs: { index: 2 } })],
  ['parameter-number', 'occurs twice', only('b', { attrs: { index: 0 } })],
  ['callee', 'nowhere', only('d', { attrs: { to_apply: 'nowhere' } as never })],
  ['recursion', 'main -> main', only('d', { attrs: { to_apply: 'main' } as never })],
  ['root', '#9999', withComputation('main', () => ({ root: nowhere }))],
  ['entry', 'elsewhere', { ...base, entry: 'elsewhere' }],
  ['unique-computation', 'main', withComputation('negate_it', () => ({ name: 'main' }))],
  [
    'order',
    'before an operand',
    withComputation('main', (c) => ({ instructions: [...c.instructions].reverse() })),
  ],
  [
    'size-overflow',
    '63 bits',
    only('a', { shape: { kind: 'array', type: 'f32', dims: [2 ** 31, 2 ** 31, 16] } }),
  ],
  [
    'layout',
    'orders 2',
    only('a', {
      shape: {
        kind: 'array',
        type: 'f32',
        dims: [4],
        layout: { minorToMajor: [1, 0], properties: '' },
      },
    }),
  ],
  [
    'result-shape',
    'declared s32[4]',
    only('c', { shape: { kind: 'array', type: 's32', dims: [4] } }),
  ],
];

describe('a module with broken structure', () => {
  it.each(broken)('verify/%s: ...%s...', (code, says, module) => {
    const found = verifyModule(module).filter((d) => d.code === `verify/${code}`);
    expect(found.map((d) => d.message).join('\n')).toContain(says);
    expect(() => assertVerified(module)).toThrow();
  });
});

describe('asynchronous pairs', () => {
  const pair = (middle: string) =>
    verifyModule(
      parseModule(`ENTRY main {
  a = f32[4] parameter(0)
  s = (f32[4], f32[4], u32[]) copy-start(a)
${middle}
}`),
    ).map((d) => d.code);

  it('verify where the done consumes the start', () => {
    expect(pair('  ROOT d = f32[4] copy-done(s)')).toEqual([]);
  });

  it('need exactly one consumer', () => {
    const two = '  d = f32[4] copy-done(s)\n  e = f32[4] copy-done(s)\n  ROOT r = f32[4] add(d, e)';
    expect(pair(two)).toEqual(['verify/async-user']);
    expect(pair('  ROOT r = f32[4] negate(a)')).toEqual(['verify/async-user']);
  });

  it('need a start to be done with', () => {
    const tuple = '  u = u32[] constant(0)\n  t = (f32[4], f32[4], u32[]) tuple(a, a, u)';
    const done = '  d = f32[4] copy-done(s)\n  ROOT e = f32[4] copy-done(t)';
    expect(pair(`${tuple}\n${done}`)).toEqual(['verify/async-operand']);
  });
});

it('reports every finding, each at its line', () => {
  const module = parseModule(`ENTRY main {
  a = f32[4] parameter(0)
  b = s32[4] add(a, a)
  ROOT c = f32[5] negate(a)
}`);
  expect(verifyModule(module).map((d) => d.position?.line)).toEqual([3, 4]);
});

it('a sound module has no finding', () => {
  expect(verifyModule(base)).toEqual([]);
});

describe('findCycle', () => {
  const graph = (edges: Readonly<Record<string, string>>) =>
    findCycle(Object.keys(edges), (n) => [...(edges[n] ?? '')]);

  it('finds a cycle and only its nodes', () => {
    expect(graph({ a: 'b', b: 'cd', c: '', d: 'eb', e: '' })).toEqual(['b', 'd']);
  });

  it('finds none in a graph without', () => {
    expect(graph({ a: 'bc', b: 'c', c: '' })).toBeUndefined();
  });

  it('is not bounded by the depth of the graph', () => {
    const depth = 200_000;
    const nodes = Array.from({ length: depth }, (_, n) => n);
    expect(findCycle(nodes, (n) => [(n + 1) % depth])).toHaveLength(depth);
  });
});
