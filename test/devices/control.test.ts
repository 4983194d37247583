/** Simulated devices in loops, branches and asynchronous pairs; messages; modules that would hang. */
import { describe, expect, test } from 'vitest';
import { leafTensors, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { type ReplicaOptions, runReplicas } from '../../validator/devices/run.ts';

/** Computations that the modules under test call. */
const callees = `
add { a = s32[] parameter(0)
  b = s32[] parameter(1)
  ROOT r = s32[] add(a, b) }
mixed { a = s32[] parameter(0)
  b = s32[] parameter(1)
  two = s32[] constant(2)
  double = s32[] multiply(a, two)
  ROOT r = s32[] add(double, b) }
sum { x = s32[] parameter(0)
  ROOT r = s32[] all-reduce(x), to_apply=add }
sum_of_pair { x = s32[] parameter(0)
  ROOT r = s32[] all-reduce(x), replica_groups={{0,1},{2,3}}, to_apply=add }
sum_of_other_pair { x = s32[] parameter(0)
  ROOT r = s32[] all-reduce(x), replica_groups={{0,1},{2,3}}, to_apply=mixed }
same { ROOT x = s32[] parameter(0) }
step { s = (s32[], s32[]) parameter(0)
  n = s32[] get-tuple-element(s), index=0
  x = s32[] get-tuple-element(s), index=1
  one = s32[] constant(1)
  m = s32[] subtract(n, one)
  y = s32[] all-reduce(x), replica_groups={{0,1},{2,3}}, to_apply=add
  ROOT t = (s32[], s32[]) tuple(m, y) }
positive { s = (s32[], s32[]) parameter(0)
  n = s32[] get-tuple-element(s), index=0
  zero = s32[] constant(0)
  ROOT p = pred[] compare(n, zero), direction=GT }
`;

/** Results of `lines`, in which device k finds k as `id` and 10 to the power of k as `x`. */
function run(lines: string, devices = 4, options: ReplicaOptions = {}): readonly number[][] {
  const module = parseModule(`HloModule control
    ${callees}
    ENTRY main {
      x = s32[] parameter(0)
      own = u32[] replica-id()
      id = s32[] convert(own)
      one = s32[] constant(1)
      two = s32[] constant(2)
      three = s32[] constant(3)
      ${lines} }`);
  const inputs = Array.from({ length: devices }, (_, k) => [tensorOf('s32', [], [10 ** k])]);
  return runReplicas(module, inputs, options).map(integers);
}

const integers = (value: Value) => leafTensors(value).flatMap((t) => Array.from(t.data, Number));

const loop = (turns: string) => `${turns}
  s = (s32[], s32[]) tuple(turns, x)
  w = (s32[], s32[]) while(s), condition=positive, body=step
  ROOT r = s32[] get-tuple-element(w), index=1`;

const ofHalf = `
  half = s32[] divide(id, two)
  ROOT r = s32[] conditional(half, x, x), branch_computations`;

test.each([
  ['a call', 'ROOT r = s32[] call(x), to_apply=sum', [1111, 1111, 1111, 1111]],
  ['a fusion', 'ROOT r = s32[] fusion(x), kind=kLoop, calls=sum', [1111, 1111, 1111, 1111]],
  ['a loop', loop('turns = s32[] constant(3)'), [44, 44, 4400, 4400]],
  [
    'a loop that groups leave at different turns',
    loop('half = s32[] divide(id, two)\nturns = s32[] add(half, one)'),
    [11, 11, 2200, 2200],
  ],
  ['a branch that one group takes', `${ofHalf}={sum_of_pair, same}`, [11, 11, 100, 1000]],
  [
    'branches of other collectives',
    `${ofHalf}={sum_of_pair, sum_of_other_pair}`,
    [11, 11, 1200, 1200],
  ],
])('a collective in %s', (_, lines, expected) => {
  expect(run(lines).flat()).toEqual(expected);
});

const ring = 'source_target_pairs={{0,1},{1,2},{2,3},{3,0}}';
test.each([
  ['s32[]', 's32[]', 'all-reduce', 'to_apply=add', 'all-reduce-done'],
  ['(s32[], s32[])', 's32[]', 'collective-permute', ring, 'collective-permute-done'],
])('%s of %s %s-start and -done are the whole op', (state, type, opcode, attrs, done) => {
  const halves = `s = ${state} ${opcode}-start(x), ${attrs}
    ROOT r = ${type} ${done}(s)`;
  expect(run(halves)).toEqual(run(`ROOT r = ${type} ${opcode}(x), ${attrs}`));
});

test('all-gather-start of two operands and -done are the whole op', () => {
  const attrs = 'dimensions={0}';
  const both = `v = s32[1] reshape(x)
    n = s32[1] negate(v)`;
  const halves = `${both}
    s = ((s32[1], s32[1]), (s32[4], s32[4])) all-gather-start(v, n), ${attrs}
    ROOT r = (s32[4], s32[4]) all-gather-done(s)`;
  const whole = `${both}\nROOT r = (s32[4], s32[4]) all-gather(v, n), ${attrs}`;
  expect(run(halves)).toEqual(run(whole));
  expect(run(whole)[0]).toEqual([1, 10, 100, 1000, -1, -10, -100, -1000]);
});

test('a wrapped collective runs at its async-start', () => {
  const lines = `s = ((s32[]), s32[], u32[]) async-start(x), calls=sum
    u = ((s32[]), s32[], u32[]) async-update(s), calls=sum
    ROOT r = s32[] async-done(u), calls=sum`;
  expect(run(lines).flat()).toEqual([1111, 1111, 1111, 1111]);
});

test('replica and partition numbers', () => {
  const lines = `p = u32[] partition-id()
    ROOT r = (u32[], u32[]) tuple(own, p)`;
  expect(run(lines, 6, { replicas: 2, partitions: 3 })).toEqual([
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
});

test('reductions combine in order of devices, whatever the group says', () => {
  const lines = 'ROOT r = s32[] all-reduce(x), replica_groups={{2,0,1}}, to_apply=mixed';
  const expected = (1 * 2 + 10) * 2 + 100;
  expect(run(lines, 3).flat()).toEqual([expected, expected, expected]);
});

describe('messages', () => {
  const pairs = 'frontend_attributes={_xla_send_recv_source_target_pairs="{{0,1},{1,2}}"}';
  const transfer = (n: string, what: string) => `
    in${n} = (s32[], u32[], token[]) recv(start), channel_id=0, ${pairs}
    out${n} = (s32[], u32[], token[]) send(${what}, start), channel_id=0, ${pairs}`;
  const received = (n: string) => `
    got${n} = (s32[], token[]) recv-done(in${n}), channel_id=0
    sent${n} = token[] send-done(out${n}), channel_id=0
    v${n} = s32[] get-tuple-element(got${n}), index=0`;

  test('go to the targets; who has no source gets zero', () => {
    const lines = `start = token[] after-all()
      ${transfer('', 'x')} ${received('')}
      ROOT r = s32[] add(v, id)`;
    expect(run(lines, 3).flat()).toEqual([0, 2, 12]);
  });

  test('on a channel above 0 go to partitions', () => {
    const across = transfer('', 'x').replaceAll('channel_id=0', 'channel_id=1');
    const lines = `start = token[] after-all()
      ${across} ${received('')}
      ROOT r = s32[] add(v, id)`;
    expect(run(lines, 6, { replicas: 2, partitions: 3 }).flat()).toEqual([
      0, 1, 10, 1, 1001, 10001,
    ]);
    expect(() => run(lines, 3)).toThrow('%in (recv): {0,1} names no device');
  });

  test('on one channel arrive in the order in which they were asked for', () => {
    const lines = `start = token[] after-all()
      minus = s32[] negate(x)
      ${transfer('0', 'x')} ${transfer('1', 'minus')} ${received('1')} ${received('0')}
      ROOT r = (s32[], s32[]) tuple(v0, v1)`;
    expect(run(lines, 3)).toEqual([
      [0, 0],
      [1, -1],
      [10, -10],
    ]);
  });

  test('whose sides have channels of their own meet in order', () => {
    const own = transfer('', 'x').replace('channel_id=0', 'channel_id=-1');
    const lines = `start = token[] after-all()
      ${own} ${received('')}
      ROOT r = s32[] add(v, id)`;
    expect(run(lines, 3).flat()).toEqual([0, 2, 12]);
  });

  test('that nobody sends are waited for in vain', () => {
    const lines = `start = token[] after-all()
      in = (s32[], u32[], token[]) recv(start), channel_id=0, ${pairs}
      got = (s32[], token[]) recv-done(in), channel_id=0
      ROOT v = s32[] get-tuple-element(got), index=0`;
    const message = '%got (recv-done): device 1 waits for ever: nobody sends the message';
    expect(() => run(lines, 3)).toThrow(message);
  });

  test('to the host are refused', () => {
    const lines = `start = token[] after-all()
      out = (s32[], u32[], token[]) send(x, start), channel_id=1, is_host_transfer=true
      ROOT sent = token[] send-done(out), channel_id=1, is_host_transfer=true`;
    expect(() => run(lines, 2)).toThrow('%out (send): the other side is not in the module');
  });
});

describe('modules that would hang', () => {
  const code = 'run/deadlock';
  test.each([
    [
      'a branch that only some of a group take',
      `zero = s32[] constant(0)
      first = pred[] compare(id, zero), direction=EQ
      ROOT r = s32[] conditional(first, x, x), true_computation=sum, false_computation=same`,
      '%r (all-reduce): device 0 waits for ever: device 1 has ended, device 2 has ended',
    ],
    [
      'a loop that some of a group leave earlier',
      loop('turns = s32[] add(id, one)'),
      '%y (all-reduce): device 1 waits for ever: device 0 has ended',
    ],
    [
      'different collectives',
      `odd = s32[] remainder(id, two)
      ROOT r = s32[] conditional(odd, x, x), branch_computations={sum_of_pair, sum_of_other_pair}`,
      '%r (all-reduce): device 0 waits for ever: device 1 waits at %r',
    ],
  ])('%s', (_, lines, message) => {
    const diagnostic = expect.objectContaining({
      code,
      message: expect.stringContaining(message),
      position: expect.anything(),
    });
    expect(() => run(lines)).toThrow(expect.objectContaining({ diagnostic }));
  });

  test('different collectives of one channel are one', () => {
    const branches = ['a', 'b'].map(
      (name) => `${name} { x = s32[] parameter(0)
        ROOT r = s32[] all-reduce(x), channel_id=7, to_apply=add }`,
    );
    const module = parseModule(`HloModule m
      ${callees} ${branches.join('\n')}
      ENTRY main { x = s32[] parameter(0)
        id = u32[] replica-id()
        k = s32[] convert(id)
        ROOT r = s32[] conditional(k, x, x), branch_computations={a, b} }`);
    const inputs = [3, 4].map((n) => [tensorOf('s32', [], [n])]);
    expect(runReplicas(module, inputs).map(integers)).toEqual([[7], [7]]);
  });
});

test.each([
  ['too few inputs', 3, { replicas: 4 }, 'run/bad-input'],
  ['no devices', 0, {}, 'run/bad-devices'],
  ['half a replica', 3, { replicas: 1.5, partitions: 2 }, 'run/bad-devices'],
])('refused: %s', (_, devices, options, code) => {
  expect(() => run('ROOT r = s32[] add(x, id)', devices, options)).toThrow(
    expect.objectContaining({ diagnostic: expect.objectContaining({ code }) }),
  );
});

test('an endless loop around a collective is stopped', () => {
  const limits = { maxIterations: 5, maxElements: 100 };
  expect(() => run(loop('turns = s32[] constant(9)'), 4, { limits })).toThrow('%w (while)');
});

test('a gathered value beyond the limit is refused', () => {
  const limits = { maxIterations: 5, maxElements: 3 };
  const lines = `v = s32[1] reshape(x)
    ROOT r = s32[4] all-gather(v), dimensions={0}`;
  expect(() => run(lines, 4, { limits })).toThrow('s32[4] has more than 3 elements');
});
