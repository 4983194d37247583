/** Laws that collectives on simulated devices obey, over drawn grids, groups, types and shapes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { type ReplicaOptions, runReplicas } from '../../validator/devices/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { smallIntegers } from '../support/exact/naive.ts';

const types = ['f32', 'bf16', 's32', 'u8', 'c64', 's64'] as const;

/** Devices in groups of one size, the array that each holds, and the dimension to go along. */
interface Setup {
  readonly type: ElementType;
  readonly groups: readonly (readonly number[])[];
  readonly size: number;
  readonly dims: readonly number[];
  readonly along: number;
  readonly inputs: readonly Tensor[];
}

const setups: fc.Arbitrary<Setup> = fc
  .record({
    type: fc.constantFrom(...types),
    count: fc.integer({ min: 1, max: 3 }),
    size: fc.integer({ min: 1, max: 4 }),
    dims: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    seed: fc.nat({ max: 1000 }),
  })
  .chain(({ type, count, size, dims, seed }) => {
    const all = Array.from({ length: count * size }, (_, d) => d);
    return fc
      .record({
        order: fc.shuffledSubarray(all, { minLength: all.length }),
        along: fc.nat({ max: dims.length - 1 }),
      })
      .map(({ order, along }) => ({
        type,
        size,
        dims,
        along,
        groups: Array.from({ length: count }, (_, g) => order.slice(g * size, (g + 1) * size)),
        inputs: all.map((d) => drawn(type, dims, seed + d)),
      }));
  });

function drawn(type: ElementType, dims: readonly number[], seed: number): Tensor {
  if (type !== 'c64') return smallIntegers(type, dims, seed);
  const parts = smallIntegers('f32', [...dims, 2], seed).data;
  return { kind: 'tensor', shape: { kind: 'array', type, dims }, data: parts };
}

/** A dimension that the group divides, in the same array. */
const divisible = setups.map((s) => {
  const dims = s.dims.map((d, k) => (k === s.along ? d * s.size : d));
  return { ...s, dims, inputs: s.inputs.map((_, d) => drawn(s.type, dims, d)) };
});

const listed = (groups: Setup['groups']) => `{${groups.map((g) => `{${g}}`).join()}}`;

/** Each device's result of `lines`, which compute `r` from `x`; `T` stands for the element type. */
function run(s: Pick<Setup, 'type' | 'dims' | 'inputs'>, lines: string, options?: ReplicaOptions) {
  const text = `HloModule laws
    add { a = T[] parameter(0)
      b = T[] parameter(1)
      ROOT r = T[] add(a, b) }
    ENTRY main { x = T[${s.dims}] parameter(0)
      ${lines} }`;
  const module = parseModule(text.replaceAll('T[', `${s.type}[`));
  return runReplicas(
    module,
    s.inputs.map((x) => [x]),
    options,
  );
}

const data = (value: Value) => leafTensors(value).map((t) => Array.from(t.data as never));
const global = (s: Setup) =>
  `replica_groups=${listed(s.groups)}, channel_id=1, use_global_device_ids=true`;
const resized = ({ dims, along }: Setup, by: number) =>
  dims.map((d, k) => (k === along ? d * by : d));

describe('laws of collectives', () => {
  test('every device finds its operand at its own place of an all-gather', () => {
    fc.assert(
      fc.property(setups, (s) => {
        const to = resized(s, s.size);
        const lines = `ROOT r = T[${to}] all-gather(x), ${global(s)}, dimensions={${s.along}}`;
        const gathered = run(s, lines);
        for (const group of s.groups) {
          for (const [rank, device] of group.entries()) {
            const bounds = s.dims.map((d, k) =>
              k === s.along ? [rank * d, rank * d + d] : [0, d],
            );
            const slice = `{${bounds.map(([from, until]) => `[${from}:${until}]`)}}`;
            const text = `HloModule m
              ENTRY main { x = ${s.type}[${to}] parameter(0)
                ROOT r = ${s.type}[${s.dims}] slice(x), slice=${slice} }`;
            const own = runReference(parseModule(text), [gathered[device]]);
            expect(data(own)).toEqual(data(s.inputs[device]));
          }
        }
      }),
    );
  });

  test('all-gather of a reduce-scatter is the all-reduce', () => {
    fc.assert(
      fc.property(divisible, (s) => {
        const part = s.dims.map((d, k) => (k === s.along ? d / s.size : d));
        const along = `dimensions={${s.along}}`;
        const pair = run(
          s,
          `y = T[${part}] reduce-scatter(x), ${global(s)}, ${along}, to_apply=add
          ROOT r = T[${s.dims}] all-gather(y), ${global(s)}, ${along}`,
        );
        const whole = run(s, `ROOT r = T[${s.dims}] all-reduce(x), ${global(s)}, to_apply=add`);
        expect(pair).toEqual(whole);
      }),
    );
  });

  test('all-reduce is the reference sum of the group in order of devices', () => {
    fc.assert(
      fc.property(setups, (s) => {
        const sums = run(s, `ROOT r = T[${s.dims}] all-reduce(x), ${global(s)}, to_apply=add`);
        for (const group of s.groups) {
          const [first, ...rest] = [...group].sort((a, b) => a - b);
          const text = `HloModule m
            ENTRY main { a = ${s.type}[${s.dims}] parameter(0)
              b = ${s.type}[${s.dims}] parameter(1)
              ROOT r = ${s.type}[${s.dims}] add(a, b) }`;
          const add = parseModule(text);
          const sum = rest.reduce<Value>(
            (a, d) => runReference(add, [a, s.inputs[d]]),
            s.inputs[first],
          );
          for (const device of group) expect(data(sums[device])).toEqual(data(sum));
        }
      }),
    );
  });

  test('all-to-all is its own inverse', () => {
    fc.assert(
      fc.property(divisible, (s) => {
        const attrs = `replica_groups=${listed(s.groups)}, dimensions={${s.along}}`;
        const lines = `y = T[${s.dims}] all-to-all(x), ${attrs}
          ROOT r = T[${s.dims}] all-to-all(y), ${attrs}`;
        expect(run(s, lines).map(data)).toEqual(s.inputs.map(data));
      }),
    );
  });

  test('all-to-all of whole operands is the one along a leading dimension', () => {
    fc.assert(
      fc.property(divisible, (s) => {
        const [along, dims] = [0, [s.size, ...s.dims]];
        const inputs = s.inputs.map((_, d) => drawn(s.type, dims, d));
        const attrs = `replica_groups=${listed(s.groups)}`;
        const part = `T[1,${s.dims}]`;
        const cut = Array.from({ length: s.size }, (_, k) => {
          const bounds = [`[${k}:${k + 1}]`, ...s.dims.map((d) => `[0:${d}]`)];
          return `x${k} = ${part} slice(x), slice={${bounds}}`;
        });
        const names = cut.map((_, k) => `x${k}`).join(', ');
        const whole = `${cut.join('\n')}
          ROOT r = (${cut.map(() => part)}) all-to-all(${names}), ${attrs}`;
        const joined = `ROOT r = T[${dims}] all-to-all(x), ${attrs}, dimensions={${along}}`;
        const flat = (values: readonly Value[]) => values.map((v) => data(v).flat());
        expect(flat(run({ ...s, dims, inputs }, whole))).toEqual(
          flat(run({ ...s, dims, inputs }, joined)),
        );
      }),
    );
  });

  test('ragged-all-to-all of equal updates is all-to-all', () => {
    fc.assert(
      fc.property(setups, (s) => {
        const updates = 2;
        const dims = [s.size * updates, ...s.dims];
        const inputs = s.inputs.map((_, d) => drawn(s.type, dims, d));
        const attrs = `replica_groups=${listed(s.groups)}`;
        const table = (values: readonly number[]) =>
          `s32[${s.size},${updates}] constant({${Array.from(
            { length: s.size },
            (_, t) => `{${values.slice(t * updates, (t + 1) * updates)}}`,
          )}})`;
        const rows = Array.from({ length: s.size * updates }, (_, k) => k);
        const ragged = (own: string) => `from = ${table(rows)}
          one = ${table(rows.map(() => 1))}
          ${own}
          ROOT r = T[${dims}] ragged-all-to-all(x, x, from, one, to, one), ${attrs}`;
        const ranks = s.inputs.map((_, d) => s.groups.find((g) => g.includes(d))!.indexOf(d));
        const to = `lane = s32[${s.size},${updates}] iota(), iota_dimension=1
          ranks = s32[${ranks.length}] constant({${ranks}})
          id = u32[] replica-id()
          mine = s32[1] dynamic-slice(ranks, id), dynamic_slice_sizes={1}
          start = s32[] reshape(mine)
          two = s32[] constant(${updates})
          base = s32[] multiply(start, two)
          bases = s32[${s.size},${updates}] broadcast(base), dimensions={}
          to = s32[${s.size},${updates}] add(bases, lane)`;
        expect(run({ ...s, dims, inputs }, ragged(to))).toEqual(
          run(
            { ...s, dims, inputs },
            `ROOT r = T[${dims}] all-to-all(x), ${attrs}, dimensions={0}`,
          ),
        );
      }),
    );
  });

  test('a permutation is undone by its inverse', () => {
    fc.assert(
      fc.property(setups, (s) => {
        const order = s.groups.flat();
        const pairs = order.map((target, source) => [source, target]);
        const text = (all: number[][]) => `source_target_pairs=${listed(all)}`;
        const lines = `y = T[${s.dims}] collective-permute(x), ${text(pairs)}
          ROOT r = T[${s.dims}] collective-permute(y), ${text(pairs.map(([a, b]) => [b, a]))}`;
        expect(run(s, lines).map(data)).toEqual(s.inputs.map(data));
        const once = run(s, `ROOT r = T[${s.dims}] collective-permute(x), ${text(pairs)}`);
        for (const [a, b] of pairs) expect(data(once[b])).toEqual(data(s.inputs[a]));
      }),
    );
  });

  test('a broadcast gives the first of the group, and zeros to those in none', () => {
    fc.assert(
      fc.property(setups, (s) => {
        const [, ...kept] = s.groups;
        fc.pre(kept.length > 0);
        const attrs = `replica_groups=${listed(kept)}`;
        const values = run(s, `ROOT r = T[${s.dims}] collective-broadcast(x), ${attrs}`);
        s.inputs.forEach((x, d) => {
          const group = kept.find((g) => g.includes(d));
          const expected = group ? data(s.inputs[group[0]]) : data(x).map((e) => e.map(zero));
          expect(data(values[d])).toEqual(expected);
        });
      }),
    );
  });

  test('without communication every device is the reference', () => {
    fc.assert(
      fc.property(setups, (s) => {
        const text = `HloModule m
          ENTRY main { x = ${s.type}[${s.dims}] parameter(0)
            ROOT r = ${s.type}[${s.dims}] multiply(x, x) }`;
        const alone = s.inputs.map((x) => runReference(parseModule(text), [x]));
        expect(run(s, `ROOT r = T[${s.dims}] multiply(x, x)`)).toEqual(alone);
      }),
    );
  });
});

const zero = (e: unknown) => (typeof e === 'bigint' ? 0n : 0);

/** What all-gather collects on device d when device k brings k. */
function gatheredIds(replicas: number, partitions: number, size: number, attrs: string) {
  const inputs = Array.from({ length: replicas * partitions }, (_, d) => tensorOf('s32', [1], [d]));
  const lines = `ROOT r = T[${size}] all-gather(x), ${attrs}, dimensions={0}`;
  const values = run({ type: 's32', dims: [1], inputs }, lines, { replicas, partitions });
  return values.map((v) => data(v).flat());
}

const channel = 'channel_id=1';
const flattened = `${channel}, use_global_device_ids=true`;
test.each([
  ['all replicas of a partition', 2, 2, 2, 'replica_groups={}', [0, 2], [1, 3]],
  ['replicas in the order of the group', 3, 1, 3, 'replica_groups={{2,0,1}}', [2, 0, 1]],
  ['replicas in groups', 4, 1, 2, 'replica_groups={{0,3},{2,1}}', [0, 3], [2, 1]],
  ['with a channel, all partitions of the replicas', 2, 2, 4, channel, [0, 1, 2, 3]],
  ['with a channel and groups', 2, 2, 2, `replica_groups={{1},{0}}, ${channel}`, [0, 1], [2, 3]],
  ['global ids', 2, 2, 2, `replica_groups={{0,3},{1,2}}, ${flattened}`, [0, 3], [1, 2]],
  ['an iota', 2, 2, 2, `replica_groups=[2,2]<=[4], ${flattened}`, [0, 1], [2, 3]],
  [
    'an iota, transposed',
    2,
    4,
    4,
    `replica_groups=[2,4]<=[4,2]T(1,0), ${flattened}`,
    [0, 2, 4, 6],
    [1, 3, 5, 7],
  ],
  [
    'an iota in three dimensions',
    8,
    1,
    4,
    'replica_groups=[2,4]<=[2,2,2]T(2,0,1)',
    [0, 2, 4, 6],
    [1, 3, 5, 7],
  ],
] as const)('groups: %s', (_, replicas, partitions, size, attrs, ...groups) => {
  const values = gatheredIds(replicas, partitions, size, attrs);
  values.forEach((value, d) => {
    expect(value).toEqual(groups.find((g) => (g as readonly number[]).includes(d)));
  });
});

test.each([
  ['a device in no group', 'replica_groups={{0,1}}', 3, 'run/bad-groups'],
  ['a device twice', 'replica_groups=[1,4]<=[4]', 3, 'run/bad-groups'],
  ['more devices than the sizes were written for', 'replica_groups={}', 3, 'run/bad-groups'],
  ['no notation of groups', 'replica_groups=ids', 2, 'run/unsupported'],
])('refused: %s', (_, attrs, replicas, code) => {
  expect(() => gatheredIds(replicas, 1, 2, attrs)).toThrow(
    expect.objectContaining({ diagnostic: expect.objectContaining({ code }) }),
  );
});
