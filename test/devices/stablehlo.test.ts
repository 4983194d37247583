/** StableHLO's collectives, imported and run on simulated devices, against the specification. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importStablehlo } from '../../graphs/importers/stablehlo/import.ts';
import { leafTensors, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { type ReplicaOptions, runReplicas } from '../../validator/devices/run.ts';
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
