/** `assay run` on several simulated devices. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTensorFile, writeTensorFile } from '../../golden/store/files.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const gather = `HloModule m
ENTRY e {
  x = f32[1] parameter(0)
  ROOT r = f32[4] all-gather(x), dimensions={0}
}
`;
const ids = `HloModule m, num_partitions=2
ENTRY e {
  r = u32[] replica-id()
  p = u32[] partition-id()
  ROOT t = (u32[], u32[]) tuple(r, p)
}
`;

/** A file in a folder that vanishes with the test. */
function written(text: string): string {
  const file = join(temporaryFolder(), 'm.hlo');
  writeFileSync(file, text);
  return file;
}

interface Row {
  readonly name: string;
  readonly values: readonly number[];
}

async function rows(argv: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await assay(['run', ...argv, '--json']);
  return JSON.parse(stdout).outputs;
}

test('every replica draws inputs of its own, from the seed on', async () => {
  const file = written(gather);
  const run = await rows([file, '--replicas', '4', '--seed', '5']);
  const next = await rows([file, '--replicas', '4', '--seed', '6']);
  expect(run.map((r) => r.name)).toEqual([0, 1, 2, 3].map((d) => `device${d}.out0`));
  expect(new Set(run[0].values).size).toBe(4);
  expect(run[3].values).toEqual(run[0].values);
  expect(next[0].values.slice(0, 3)).toEqual(run[0].values.slice(1));
});

test('recorded inputs are those of every device, and results are kept by device', async () => {
  const folder = temporaryFolder();
  const [inputs, out] = [join(folder, 'in.safetensors'), join(folder, 'out.safetensors')];
  writeTensorFile(inputs, new Map([['arg0', tensorOf('f32', [1], [2.5])]]));
  const files = ['--inputs', inputs, '--out', out];
  expect((await assay(['run', written(gather), '--replicas', '4', ...files])).exitCode).toBe(0);
  const kept = readTensorFile(out).tensors;
  expect([...kept.keys()].sort()).toEqual([0, 1, 2, 3].map((d) => `device${d}.out0`));
  expect([...kept.get('device2.out0')!.data]).toEqual([2.5, 2.5, 2.5, 2.5]);
});

test('the number that no option gives is that of the header', async () => {
  const values = (await rows([written(ids), '--replicas', '2'])).map((r) => r.values[0]);
  expect(values).toEqual([0, 0, 0, 1, 1, 0, 1, 1]);
});

test.each([
  ['exact values', gather, ['--replicas', '4', '--mode', 'exact'], '--mode exact'],
  ['no replica', gather, ['--replicas', '0'], 'whole number'],
  ['a number that the module was not written for', gather, ['--replicas', '3'], '%r (all-gather)'],
  ['several devices, without the option', gather, [], '--replicas'],
])('refused with the remedy or the place: %s', async (_, text, options, words) => {
  const { exitCode, stderr } = await assay(['run', written(text), ...options]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(words);
});
