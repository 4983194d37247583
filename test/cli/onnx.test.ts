/** ONNX on the command line: models run and validate directly, their files stay in their folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assay } from '../support/cli.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { encode, float, floats, type Message, model, node, value } from '../support/onnx-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

function write(path: string, bytes: Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

const sum = (initializer: readonly Message[], dims: readonly (number | string)[] = [2]) =>
  model({
    node: [node('Add', ['x', 'w'], ['y'])],
    input: [value('x', dims)],
    output: [value('y', null)],
    initializer,
  });

const weights = (location: string): Message => ({
  name: 'w',
  dataType: float,
  dims: [2],
  dataLocation: 1,
  externalData: [{ key: 'location', value: location }],
});

const two = new Uint8Array(new Float32Array([1, 2]).buffer);

describe('assay run', () => {
  it('reads external data beside the model', async () => {
    const folder = temporaryFolder();
    write(join(folder, 'data/w.bin'), two);
    const file = write(join(folder, 'm.onnx'), sum([weights('data/w.bin')]));
    const { exitCode, stdout } = await assay(['run', file, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).outputs).toMatchObject([{ type: 'f32', dims: [2] }]);
  });

  it.each(['../w.bin', '/etc/hostname', 'data/../../w.bin', '..\\w.bin', 'file:///etc/hostname'])(
    'reads nothing at %s',
    async (location) => {
      const folder = temporaryFolder();
      write(join(folder, 'w.bin'), two);
      const file = write(join(folder, 'model/m.onnx'), sum([weights(location)]));
      const { exitCode, stderr } = await assay(['run', file]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('does not lie in its folder');
    },
  );

  it('takes the sizes that a model leaves open from --refine', async () => {
    const file = write(
      join(temporaryFolder(), 'm.onnx'),
      sum([floats('w', [2], [1, 2])], ['n', 2]),
    );
    const open = await assay(['run', file]);
    expect(open.exitCode).toBe(2);
    expect(open.stderr).toContain('--refine n=1');
    const { exitCode, stdout } = await assay(['run', file, '--refine', 'n=3']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('f32[3,2]');
  });
});

describe('assay conformance onnx', () => {
  /** A suite of one test whose expected output is given. */
  function suite(expected: readonly number[]): string {
    const folder = join(temporaryFolder(), 'suite');
    const data = join(folder, 'test_sum/test_data_set_0');
    write(join(folder, 'test_sum/model.onnx'), sum([floats('w', [2], [1, 2])]));
    write(join(data, 'input_0.pb'), encode('Tensor', floats('x', [2], [10, 20])));
    write(join(data, 'output_0.pb'), encode('Tensor', floats('y', [2], expected)));
    return folder;
  }

  it('counts a test for the op of its first node', async () => {
    const { exitCode, stdout } = await assay(['conformance', 'onnx', suite([11, 22]), '--json']);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ suite: 'onnx', total: 1, passed: 1, failed: 0, unsupported: 0 });
    expect(report.perOp.Add).toMatchObject({ passed: 1, failed: 0, worstUlp: 0 });
  });

  it('fails where a result is not the expected one, and says which element', async () => {
    const { exitCode, stdout } = await assay(['conformance', 'onnx', suite([11, 23])]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /FAILED .*test_sum: test_data_set_0: output 0 element 1 is 22, expected 23/,
    );
  });

  it('says where there is nothing to run', async () => {
    const { exitCode, stderr } = await assay(['conformance', 'onnx', temporaryFolder()]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no model.onnx below it');
  });
});

describe.skipIf(!corpora)('mnist-8', () => {
  it('validates on every backend', { timeout: 120_000 }, async () => {
    const { exitCode, stdout } = await assay([
      'validate',
      corpus('models/onnx/mnist-8.onnx'),
      '--json',
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: expect.stringMatching(/identical|within/),
      findings: [],
    });
  });
});
