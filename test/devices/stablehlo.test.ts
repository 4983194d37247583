/** StableHLO's collectives, imported and run on simulated devices, against the specification. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importStablehlo } from '../../graphs/importers/stablehlo/import.ts';
import { leafTensors, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { checkRows } from '../../validator/conformance/stablehlo/check-rows.ts';
import { type ReplicaOptions, runReplicas } from '../../validator/devices/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { at, coordinates, smallIntegers } from '../support/exact/naive.ts';

const numbers = (value: Value) => leafTensors(value).flatMap((t) => Array.from(t.data, Number));

function imported(type: string, result: string, op: string) {
  return importStablehlo(`func.func @main(%x: tensor<${type}>) -> tensor<${result}> {
    %r = ${op} : (tensor<${type}>) -> tensor<${result}>
    return %r : tensor<${result}>
  }`);
}

test('all_to_all takes part k of the split dimension from everyone, in order, to device k', () => {
  const setups = fc
    .record({
      dims: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      count: fc.integer({ min: 1, max: 3 }),
      dimensions: fc.tuple(fc.nat(), fc.nat()),
    })
    .map(({ dims, count, dimensions: [a, b] }) => {
      const [split, concat] = [a % dims.length, b % dims.length];
      const from = dims.map((d, k) => (k === split ? d * count : d));
      const to = dims.map((d, k) => (k === concat ? d * count : d));
      return { dims, count, split, concat, from, to };
    });
  fc.assert(
    fc.property(setups, ({ dims, count, split, concat, from, to }) => {
      const group = Array.from({ length: count }, (_, d) => d);
      const text = (all: readonly number[]) => `${all.map((d) => `${d}x`).join('')}i32`;
      const op = `"stablehlo.all_to_all"(%x) {split_dimension = ${split} : i64,
        concat_dimension = ${concat} : i64, split_count = ${count} : i64,
        replica_groups = dense<[[${group}]]> : tensor<1x${count}xi64>}`;
      const inputs = group.map((d) => smallIntegers('s32', from, d));
      const results = runReplicas(
        imported(text(from), text(to), op),
        inputs.map((x) => [x]),
      );
      const want = group.map((k) =>
        coordinates(to).map((c) => {
          const sender = Math.floor(c[concat] / dims[concat]);
          const own = c.map((n, d) => (d === concat ? n % dims[concat] : n));
          own[split] += k * dims[split];
          return at(inputs[sender], own);
        }),
      );
      expect(results.map(numbers)).toEqual(want.map((row) => row.map(Number)));
    }),
  );
});

const permute = 'source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>';
const broadcast = 'replica_groups = dense<[[1, 0]]> : tensor<1x2xi64>';
const channel = 'channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>';
const grid: ReplicaOptions = { replicas: 2, partitions: 2 };
test.each([
  ['collective_permute', permute, [0, 0, 10, 11]],
  ['collective_permute', `${permute}, ${channel}`, [0, 10, 0, 12]],
  ['collective_broadcast', broadcast, [12, 13, 12, 13]],
  ['collective_broadcast', `${broadcast}, ${channel}`, [11, 11, 13, 13]],
])('%s with {%s} among replicas, or among partitions where it has a channel', (...row) => {
  const [name, attributes, expected] = row;
  const module = imported('1xi32', '1xi32', `"stablehlo.${name}"(%x) {${attributes}}`);
  const inputs = [10, 11, 12, 13].map((n) => [tensorOf('s32', [1], [n])]);
  expect(runReplicas(module, inputs, grid).flatMap(numbers)).toEqual(expected);
});

/** Groups of ids below n: cut into as many of one size as fit. */
const groupings = (n: number) =>
  fc
    .tuple(fc.shuffledSubarray([...Array(n).keys()], { minLength: n }), fc.boolean())
    .map(([ids, isWhole]) => (isWhole || n === 1 ? [ids] : ids.map((_, k) => [ids[k]!])));

const region = `({ ^bb0(%a: tensor<i64>, %b: tensor<i64>):
  %c = stablehlo.add %a, %b : tensor<i64>
  stablehlo.return %c : tensor<i64> })`;
const oneChannel = (type: number) =>
  `channel_handle = #stablehlo.channel_handle<handle = 1, type = ${type}>`;
const flat = 'use_global_device_ids';

const square = { replicas: 2, partitions: 2 };
/**
 * By what an op's groups count: its attributes, how many numbers there are, and the grid. Groups of
 * replicas with all their partitions are tried with one partition: with more, StableHLO's
 * specification numbers them partition by partition, XLA replica by replica
 * (GetParticipatingDevicesGroups), and either simulation follows its own.
 */
const strategies = {
  gathering: [
    ['', 2, square],
    [oneChannel(0), 4, { replicas: 4, partitions: 1 }],
    [`${oneChannel(0)}, ${flat}`, 4, square],
  ],
  exchange: [
    ['', 2, square],
    [oneChannel(1), 2, square],
  ],
} as const;

const collectives = [
  ['all_gather', 'gathering', 'all_gather_dim = 0 : i64', '', (g: number) => 4 * g],
  ['all_reduce', 'gathering', '', region, () => 4],
  ['reduce_scatter', 'gathering', 'scatter_dimension = 0 : i64', region, (g: number) => 4 / g],
  ['collective_broadcast', 'exchange', '', '', () => 4],
] as const;
const settings = collectives.flatMap(([name, kind, ...rest]) =>
  strategies[kind].map((strategy) => [name, ...strategy, ...rest] as const),
);

test.each(settings)('%s {%s} is the same among processes of a test and among devices', (...row) => {
  const [name, handle, ids, grid, attribute, body, sizeOf] = row;
  const programs = JSON.stringify(Array(grid.replicas).fill(Array(grid.partitions).fill('@f')));
  fc.assert(
    fc.property(groupings(ids), fc.nat(), (groups, seed) => {
      const [from, to] = ['4x1xi64', `${sizeOf(groups[0]!.length)}x1xi64`];
      const list = `replica_groups = dense<${JSON.stringify(groups)}> : tensor<${groups.length}x${groups[0]!.length}xi64>`;
      const attributes = [list, attribute, handle].filter(Boolean).join(', ');
      const f = `func.func private @f(%x: tensor<${from}>) -> tensor<${to}> {
        %r = "stablehlo.${name}"(%x) ${body} {${attributes}} : (tensor<${from}>) -> tensor<${to}>
        return %r : tensor<${to}>
      }`;
      const four = (of: string) => Array(4).fill(`tensor<${of}>`).join();
      const args = [0, 1, 2, 3].map((d) => `%x${d}: tensor<${from}>`).join();
      const main = `func.func @main(${args}) -> (${four(to)}) {
        %r:4 = "interpreter.run_parallel"(%x0, %x1, %x2, %x3) {programs = ${programs.replaceAll('"', '')}}
          : (${four(from)}) -> (${four(to)})
        return %r#0, %r#1, %r#2, %r#3 : ${four(to)}
      }`;
      const inputs = [0, 1, 2, 3].map((d) => smallIntegers('s64', [4, 1], seed + d));
      const processes = runReference(
        importStablehlo(`${f}\n${main}`, { rows: checkRows([]), entry: 'main' }),
        inputs,
      );
      const devices = runReplicas(
        importStablehlo(f, { entry: 'f' }),
        inputs.map((x) => [x]),
        grid,
      );
      expect(devices.flatMap(numbers)).toEqual(numbers(processes));
    }),
    { numRuns: 20 },
  );
});
