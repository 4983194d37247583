/** Running modules: control flow, limits, inputs that do not fit, and ops that are refused. */
import { describe, expect, test } from 'vitest';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import { arrayShape, type Shape, tupleShape } from '../../graphs/ir/shape.ts';
import { tensorOf, token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { type Opcode, opTable } from '../../graphs/ops/table.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { evaluateInstruction, makeContext, runReference } from '../../validator/reference/run.ts';
import { evalTable } from '../../validator/reference/table.ts';
import { numbers, opModule, runOp } from '../support/run-op.ts';

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof AssayError) return error.diagnostic.code;
    throw error;
  }
  return undefined;
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

const scalar = (type: 's32' | 'pred' | 'f32', x: number) => tensorOf(type, [], [x]);

const countdown = parseModule(`HloModule loop
  body { s = s32[] parameter(0)
    one = s32[] constant(1)
    ROOT r = s32[] subtract(s, one) }
  condition { s = s32[] parameter(0)
    zero = s32[] constant(0)
    ROOT r = pred[] compare(s, zero), direction=NE }
  ENTRY main { n = s32[] parameter(0)
    ROOT w = s32[] while(n), condition=condition, body=body }`);

describe('while', () => {
  test('runs until its condition fails', () => {
    expect(numbers(runReference(countdown, [scalar('s32', 9)]))).toEqual([0]);
  });

  test('that runs too long is an error that names the loop', () => {
    const limits = { maxIterations: 100, maxElements: 100 };
    const run = (n: number) => runReference(countdown, [scalar('s32', n)], { limits });
    expect(numbers(run(100))).toEqual([0]);
    expect(codeOf(() => run(101))).toBe('run/no-termination');
    expect(messageOf(() => run(-1))).toContain('%w');
  });
});

describe('conditional', () => {
  const branches = `b0 { x = s32[] parameter(0)
    ROOT r = s32[] negate(x) }
  b1 { x = s32[] parameter(0)
    ROOT r = s32[] copy(x) }
  b2 { x = s32[] parameter(0)
    ROOT r = s32[] add(x, x) }`;
  const five = scalar('s32', 5);
  const rows = [
    [0, -5],
    [1, 5],
    [2, 10],
    [3, 10],
    [-1, 10],
  ] as const;
  test.each(rows)('branch %i; an index out of range is the last branch', (index, result) => {
    const op = 's32[] conditional(p0, p1, p1, p1), branch_computations={b0, b1, b2}';
    expect(numbers(runOp([scalar('s32', index), five], op, {}, branches))).toEqual([result]);
  });

  test('of a predicate: true first', () => {
    const op = 's32[] conditional(p0, p1, p1), true_computation=b0, false_computation=b2';
    expect(numbers(runOp([scalar('pred', 1), five], op, {}, branches))).toEqual([-5]);
    expect(numbers(runOp([scalar('pred', 0), five], op, {}, branches))).toEqual([10]);
  });
});

test('tuples, calls, fusions and barriers hand values on', () => {
  const m = parseModule(`HloModule m
    inner { a = f32[2] parameter(0)
      ROOT t = (f32[2], f32[2]) tuple(a, a) }
    fused { a = f32[2] parameter(0)
      ROOT r = f32[2] negate(a) }
    ENTRY main { x = f32[2] parameter(0)
      c = (f32[2], f32[2]) call(x), to_apply=inner
      b = (f32[2], f32[2]) opt-barrier(c)
      g = f32[2] get-tuple-element(b), index=1
      f = f32[2] fusion(g), kind=kLoop, calls=fused
      k = token[] after-all()
      d = f32[2] add-dependency(f, k)
      ROOT r = (f32[2], token[]) tuple(d, k) }`);
  const r = runReference(m, [tensorOf('f32', [2], [1, 2])]);
  expect(numbers(r)).toEqual([-1, -2]);
  expect(r.kind === 'tuple' && r.elements[1]).toBe(token);
});

describe('inputs that do not fit', () => {
  const m = opModule([arrayShape('f32', [2, 3])], 'f32[2,3] negate(p0)');
  const rows: readonly (readonly [string, readonly Value[], string])[] = [
    ['too few', [], 'needs 1 inputs, got 0'],
    [
      'another type',
      [tensorOf('s32', [2, 3], [])],
      'parameter 0 (p0) needs f32[2,3], got s32[2,3]',
    ],
    ['another size', [tensorOf('f32', [3, 2], [])], 'needs f32[2,3], got f32[3,2]'],
    ['a tuple', [tupleValue([scalar('f32', 1)])], 'got (f32[])'],
    ['a token', [token], 'got token[]'],
  ];
  test.each(rows)('%s', (_, inputs, message) => {
    expect(codeOf(() => runReference(m, inputs))).toBe('run/bad-input');
    expect(messageOf(() => runReference(m, inputs))).toContain(message);
  });
});

describe('what is refused is an error with a code, the instruction and the reason', () => {
  const refused = (Object.keys(opTable) as Opcode[]).filter(
    (o) => typeof evalTable[o] === 'object',
  );
  const context = makeContext(opModule([], 'f32[] constant(0)'));

  test.each(refused)('%s', (opcode) => {
    const shape: Shape = tupleShape([]);
    const base = {
      id: 1,
      name: 'it',
      operands: [],
      attrs: {},
      extras: {},
      controlPredecessors: [],
    };
    const instruction = { ...base, opcode, shape } as unknown as Instruction;
    const run = () => evaluateInstruction(instruction, [], context);
    expect(codeOf(run)).toBe('run/unsupported');
    expect(messageOf(run)).toContain(
      `%it (${opcode}): ${(evalTable[opcode] as { refused: string }).refused}`,
    );
  });

  const rows = [
    ['an unknown custom call', 'f32[2] custom-call(p0), custom_call_target="mystery"', 'mystery'],
    ['several devices', 'f32[4] all-gather(p0), dimensions={0}, replica_groups={{0,1}}', 'several'],
    ['sizes without a bound', 'f32[?] negate(p0)', 'without a bound'],
  ] as const;
  test.each(rows)('%s', (_, op, reason) => {
    const run = () => runOp([tensorOf('f32', [2], [1, 2])], op);
    expect(codeOf(run)).toBe('run/unsupported');
    expect(messageOf(run)).toContain(reason);
  });

  test('a value larger than the limit, before anything is allocated', () => {
    const op = 'f32[1000000,1000000] broadcast(p0), dimensions={}';
    expect(codeOf(() => runOp([scalar('f32', 0)], op))).toBe('run/too-large');
  });
});

describe('on one device', () => {
  const x = tensorOf('f32', [2], [1, 2]);
  const rows = [
    ['f32[2] all-reduce(p0), replica_groups={}, to_apply=add_f32'],
    ['f32[2] all-gather(p0), replica_groups={{0}}, dimensions={0}'],
    ['f32[2] collective-permute(p0), source_target_pairs={{0,0}}'],
    ['f32[2] custom-call(p0), custom_call_target="Sharding"'],
  ];
  test.each(rows)('%s is its operand', (op) => {
    expect(numbers(runOp([x], op))).toEqual([1, 2]);
  });

  test('partition-id is 0, and halves of asynchronous pairs compose to the op', () => {
    expect(numbers(runOp([], 'u32[] partition-id()'))).toEqual([0]);
    const m = parseModule(`HloModule m
      inner { a = f32[2] parameter(0)
        ROOT r = f32[2] negate(a) }
      ENTRY main { x = f32[2] parameter(0)
        s = ((f32[2]), f32[2], u32[]) async-start(x), calls=inner
        u = ((f32[2]), f32[2], u32[]) async-update(s)
        d = f32[2] async-done(u)
        c = (f32[2], f32[2], u32[]) copy-start(d)
        ROOT r = f32[2] copy-done(c) }`);
    expect(numbers(runReference(m, [x]))).toEqual([-1, -2]);
  });
});

test('threefry2x32 gives the known answers of Random123', () => {
  const words = [
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3],
    [0, 0, 0, 0],
  ];
  const inputs = [0, 1, 2, 3].map((k) =>
    tensorOf(
      'u32',
      [2],
      words.map((w) => w[k]),
    ),
  );
  const op = '(u32[2], u32[2]) custom-call(p0, p1, p2, p3), custom_call_target="cuda_threefry2x32"';
  const r = runOp(inputs, op);
  expect([numbers(r, 0), numbers(r, 1)]).toEqual([
    [0xc4923a9c, 0x6b200159],
    [0x483df7a0, 0x99ba4efe],
  ]);
});

describe('elided constants', () => {
  const m = parseModule(`HloModule m
    ENTRY main { a = f32[8] constant({...})
      ROOT r = f32[8] copy(a) }`);
  const run = (literalSeed: number) => numbers(runReference(m, [], { literalSeed }));
  test('have values drawn from the seed: the same for one seed, others for another', () => {
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(new Set(run(1)).size).toBe(8);
  });
});
