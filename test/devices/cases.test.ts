/** Collectives on simulated devices, case by case against numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { runReplicas } from '../../validator/devices/run.ts';
import { callees } from '../support/run-op.ts';

/** The results of one instruction on p0 of every device, as lists of numbers. */
function run(operand: string, instruction: string, inputs: Tensor[], header = '', more = '') {
  const entry = `ENTRY main { p0 = ${operand} parameter(0)\nROOT r = ${instruction} }`;
  const module = parseModule(`HloModule test${header}\n${callees}\n${more}\n${entry}`);
  return runReplicas(
    module,
    inputs.map((t) => [t]),
  ).map(allNumbers);
}

const allNumbers = (v: Value) => leafTensors(v).flatMap((t) => Array.from(t.data, Number));

/** f32 of n elements on each device: 100·d, 100·d + 1, … */
function devices(count: number, n: number): Tensor[] {
  return Array.from({ length: count }, (_, d) =>
    tensorOf(
      'f32',
      [n],
      Array.from({ length: n }, (_, e) => 100 * d + e),
    ),
  );
}

describe('collectives on four replicas', () => {
  const pairs = 'replica_groups={{0,1},{2,3}}';
  const rows: [string, string, string, number, number[][]][] = [
    [
      'all-reduce over all',
      'f32[2]',
      'f32[2] all-reduce(p0), to_apply=add_f32',
      2,
      [
        [600, 604],
        [600, 604],
        [600, 604],
        [600, 604],
      ],
    ],
    [
      'all-reduce by groups',
      'f32[1]',
      `f32[1] all-reduce(p0), ${pairs}, to_apply=add_f32`,
      1,
      [[100], [100], [500], [500]],
    ],
    [
      'all-gather in group order',
      'f32[1]',
      'f32[2] all-gather(p0), replica_groups={{2,0},{3,1}}, dimensions={0}',
      1,
      [
        [200, 0],
        [300, 100],
        [200, 0],
        [300, 100],
      ],
    ],
    [
      'reduce-scatter',
      'f32[2]',
      `f32[1] reduce-scatter(p0), ${pairs}, dimensions={0}, to_apply=add_f32`,
      2,
      [[100], [102], [500], [502]],
    ],
    [
      'all-to-all',
      'f32[4]',
      `f32[4] all-to-all(p0), ${pairs}, dimensions={0}`,
      4,
      [
        [0, 1, 100, 101],
        [2, 3, 102, 103],
        [200, 201, 300, 301],
        [202, 203, 302, 303],
      ],
    ],
    [
      'all-to-all of tuples',
      'f32[1]',
      `(f32[1], f32[1]) all-to-all(p0, p0), ${pairs}`,
      1,
      [
        [0, 100],
        [0, 100],
        [200, 300],
        [200, 300],
      ],
    ],
    [
      'collective-permute, zeros without a source',
      'f32[1]',
      'f32[1] collective-permute(p0), source_target_pairs={{0,1},{1,3},{3,0}}',
      1,
      [[300], [0], [0], [100]],
    ],
    [
      'collective-broadcast',
      'f32[1]',
      'f32[1] collective-broadcast(p0), replica_groups={{1,0},{3,2}}',
      1,
      [[100], [100], [300], [300]],
    ],
    ['replica-id', 'f32[1]', 'u32[] replica-id()', 1, [[0], [1], [2], [3]]],
    ['an op without exchange', 'f32[1]', 'f32[1] negate(p0)', 1, [[-0], [-100], [-200], [-300]]],
  ];
  it.each(rows)('%s', (_, operand, instruction, n, expected) => {
    expect(run(operand, instruction, devices(4, n))).toEqual(expected);
  });

  it('asynchronous halves are their synchronous whole', () => {
    const started = [
      ['all-reduce', 'f32[2]', 'f32[2]', 'to_apply=add_f32'],
      ['all-gather', 'f32[8]', '(f32[2], f32[8])', 'dimensions={0}'],
      ['collective-permute', 'f32[2]', '(f32[2], f32[2])', 'source_target_pairs={{0,2}}'],
    ];
    for (const [opcode, result, start, attrs] of started) {
      const whole = run('f32[2]', `${result} ${opcode}(p0), ${attrs}`, devices(4, 2));
      const halves = `${result} ${opcode}-done(s)`;
      const entry = `s = ${start} ${opcode}-start(p0), ${attrs}\nROOT r = ${halves}`;
      const text = `HloModule t\n${callees}\nENTRY main { p0 = f32[2] parameter(0)\n${entry} }`;
      const inputs = devices(4, 2).map((t) => [t]);
      expect(runReplicas(parseModule(text), inputs).map(allNumbers)).toEqual(whole);
    }
  });
});

describe('two replicas of two partitions', () => {
  const header = ', replica_count=2, num_partitions=2';
  const reduce = (attrs: string) =>
    run('f32[1]', `f32[1] all-reduce(p0), ${attrs}to_apply=add_f32`, devices(4, 1), header);

  it('replica groups hold replicas, of each partition apart', () => {
    expect(reduce('')).toEqual([[200], [400], [200], [400]]);
  });
  it('with a channel they hold all partitions of their replicas', () => {
    expect(reduce('channel_id=1, ')).toEqual([[600], [600], [600], [600]]);
    expect(reduce('channel_id=1, replica_groups={{0},{1}}, ')).toEqual([
      [100],
      [100],
      [500],
      [500],
    ]);
  });
  it('with global ids they hold devices', () => {
    const global = 'channel_id=1, use_global_device_ids=true, replica_groups={{0,3},{1,2}}, ';
    expect(reduce(global)).toEqual([[300], [300], [300], [300]]);
  });
  it('ids', () => {
    expect(run('f32[1]', 'u32[] partition-id()', devices(4, 1), header)).toEqual([
      [0],
      [1],
      [0],
      [1],
    ]);
    expect(run('f32[1]', 'u32[] replica-id()', devices(4, 1), header)).toEqual([
      [0],
      [0],
      [1],
      [1],
    ]);
  });
});

describe('calls', () => {
  const ring = `
    step { s = (s32[], f32[1]) parameter(0)
      n = s32[] get-tuple-element(s), index=0
      one = s32[] constant(1)
      m = s32[] add(n, one)
      x = f32[1] get-tuple-element(s), index=1
      y = f32[1] collective-permute(x), source_target_pairs={{0,1},{1,2},{2,0}}
      ROOT t = (s32[], f32[1]) tuple(m, y) }
    more { s = (s32[], f32[1]) parameter(0)
      n = s32[] get-tuple-element(s), index=0
      two = s32[] constant(2)
      ROOT p = pred[] compare(n, two), direction=LT }`;
  const loop = (start: string) => `HloModule t
    ${ring}
    ENTRY main { p0 = f32[1] parameter(0)
      ${start}
      s = (s32[], f32[1]) tuple(n, p0)
      w = (s32[], f32[1]) while(s), condition=more, body=step
      ROOT r = f32[1] get-tuple-element(w), index=1 }`;
  const inputs = devices(3, 1).map((t) => [t]);

  it('a loop around a permutation turns the ring', () => {
    const module = parseModule(loop('n = s32[] constant(0)'));
    expect(runReplicas(module, inputs).map(allNumbers)).toEqual([[100], [200], [0]]);
  });

  it('devices that leave the loop at different turns are refused', () => {
    const module = parseModule(loop('i = u32[] replica-id()\nn = s32[] convert(i)'));
    expect(() => runReplicas(module, inputs)).toThrow(
      expect.objectContaining({ diagnostic: expect.objectContaining({ code: 'run/deadlock' }) }),
    );
  });

  it('a wrapped asynchronous collective', () => {
    const text = `HloModule t\n${callees}
      inner { a = f32[3] parameter(0)
        ROOT s = f32[1] reduce-scatter(a), dimensions={0}, to_apply=add_f32 }
      ENTRY main { p0 = f32[3] parameter(0)
        s = ((f32[3]), f32[1]) async-start(p0), calls=inner
        ROOT d = f32[1] async-done(s), calls=inner }`;
    const own = devices(3, 3).map((t) => [t]);
    expect(runReplicas(parseModule(text), own).map(allNumbers)).toEqual([[300], [303], [306]]);
  });
});

describe('what cannot be', () => {
  const gather = 'f32[2] all-gather(p0), dimensions={0}';
  it.each([
    ['results of another size than the groups give', gather, '', 3, 'run/bad-groups'],
    ['inputs for too few devices', gather, ', replica_count=4', 2, 'run/bad-input'],
    [
      'a device in no group',
      'f32[1] all-reduce(p0), replica_groups={{0,1}}, to_apply=add_f32',
      '',
      3,
      'run/bad-groups',
    ],
    [
      'a group of unknown devices',
      'f32[1] all-reduce(p0), replica_groups={{0,1,2,3}}, to_apply=add_f32',
      '',
      2,
      'run/bad-groups',
    ],
  ] as const)('%s', (_, instruction, header, count, code) => {
    expect(() => run('f32[1]', instruction, devices(count, 1), header)).toThrow(
      expect.objectContaining({ diagnostic: expect.objectContaining({ code }) }),
    );
  });
});
