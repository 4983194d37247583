/** `assay check`: results of any runtime against the budget of the model. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTensorFile } from '../../golden/store/files.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = `HloModule m
add { a = f32[] parameter(0) b = f32[] parameter(1) ROOT s = f32[] add(a, b) }
ENTRY e {
  x = f32[2,64] parameter(0)
  scale = f32[2] parameter(1)
  zero = f32[] constant(0)
  sum = f32[2] reduce(x, zero), dimensions={1}, to_apply=add
  scaled = f32[2] multiply(sum, scale)
  big = pred[2] compare(scaled, scale), direction=GT
  ROOT r = (f32[2], pred[2]) tuple(scaled, big)
}
`;

const x = Float32Array.from({ length: 128 }, (_, i) => Math.fround(Math.sin(i) * 1.5 + 0.1));
const rowSum = (row: number, backwards: boolean) => {
  const at = (k: number) => x[64 * row + (backwards ? 63 - k : k)]!;
  return Array.from({ length: 64 }, (_, k) => at(k)).reduce((s, v) => Math.fround(s + v), 0);
};
const scale = [3, -0.5];
/** What a runtime gives that adds from the end. */
const scaled = scale.map((s, row) => Math.fround(rowSum(row, true) * s));
const big = scaled.map((v, row) => Number(v > scale[row]!));

interface Given {
  readonly inputs?: ReadonlyMap<string, Tensor>;
  readonly outputs?: ReadonlyMap<string, Tensor>;
}

const inputs = new Map([
  ['x', tensorOf('f32', [2, 64], x)],
  ['arg1', tensorOf('f32', [2], scale)],
]);
const outputs = (values: readonly number[]) =>
  new Map([
    ['out0', tensorOf('f32', [2], values)],
    ['out1', tensorOf('pred', [2], big)],
  ]);

function files(given: Given): readonly string[] {
  const folder = temporaryFolder();
  const [model, i, o] = ['m.hlo', 'i.safetensors', 'o.safetensors'].map((f) => join(folder, f));
  writeFileSync(model!, text);
  writeTensorFile(i!, given.inputs ?? inputs);
  writeTensorFile(o!, given.outputs ?? outputs(scaled));
  return ['check', model!, '--inputs', i!, '--outputs', o!];
}

describe('assay check', () => {
  it('is silent about sums in another order, and says how much was decided', async () => {
    const run = await assay([...files({}), '--json']);
    const { verdict, checked, decided, findings } = JSON.parse(run.stdout);
    expect(run.exitCode).toBe(0);
    expect({ verdict, checked, decided }).toEqual({ verdict: 'within', checked: 4, decided: 1 });
    expect(findings).toEqual([]);
  });

  it('names the element that no rounding explains, and the line that shows it again', async () => {
    const args = files({ outputs: outputs([scaled[0]!, scaled[1]! * (1 + 2 ** -12)]) });
    const run = await assay(args);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/BEYOND \(check\)/);
    expect(run.stdout).toContain('[1], 1 element outside');
    expect(run.stdout).toContain(`replay      assay ${args.join(' ')} --contract widens`);
  });

  it('holds to the contract that is given', async () => {
    const run = await assay([...files({}), '--contract', 'exact', '--quiet']);
    expect(run.exitCode).toBe(1);
  });

  it.each<[string, Given, RegExp]>([
    ['a missing output', { outputs: new Map([['out0', tensorOf('f32', [2], scaled)]]) }, /out1/],
    [
      'another shape',
      { outputs: new Map([['out0', tensorOf('f32', [3], [1, 2, 3])]]) },
      /f32\[3\]/,
    ],
    ['a missing input', { inputs: new Map([['x', tensorOf('f32', [2, 64], x)]]) }, /arg1/],
  ])('%s is bad input', async (_, given, says) => {
    const run = await assay(files(given));
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(says);
  });
});
