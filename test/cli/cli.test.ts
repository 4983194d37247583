/**
 * The command line: what each command prints and how it exits, usage errors, JSON documents, and
 * silence where silence was asked for.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTensorFile, writeTensorFile } from '../../golden/store/files.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { shellWord } from '../../graphs/text/shell-word.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import { assay } from '../support/cli.ts';
import { expectReplays } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const commands = ['validate', 'compare', 'dump', 'conformance', 'parse', 'run', 'convert'] as const;

/** A file in a folder that vanishes with the test. */
function written(text: string, name = 'm.hlo'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

/** A module of parameters x, y: f32[4] whose root is the given text. */
const elementwise = (root: string) => `HloModule m
ENTRY e {
  x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  ROOT r = ${root}
}
`;

describe('usage', () => {
  it('the help names every command and every exit code', async () => {
    const { exitCode, stdout, stderr } = await assay(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const code of [0, 1, 2, 3]) expect(stdout).toMatch(new RegExp(`^  ${code}  `, 'm'));
  });

  it('the version is that of package.json', async () => {
    const manifest = readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8');
    const { stdout } = await assay(['--version']);
    expect(stdout).toBe(`${JSON.parse(manifest).version}\n`);
  });

  it.each(commands)('%s takes --json and --quiet, and has help', async (command) => {
    const { exitCode, stdout } = await assay([command, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--quiet');
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['prase', 'x.hlo']],
    ['an unknown option', ['parse', '--frob', 'x.hlo']],
    ['a missing argument', ['compare', 'x.hlo']],
    ['an argument too many', ['run', 'x.hlo', 'y.hlo']],
    ['a seed that is no number', ['run', 'x.hlo', '--seed', 'NaN']],
    ['a negative seed', ['validate', '--seed', '-1']],
    ['an empty seed', ['validate', '--seed', '']],
    ['a fractional bound', ['run', 'x.hlo', '--max-iterations', '1.5']],
    ['a bound of zero', ['run', 'x.hlo', '--max-iterations', '0']],
    ['an unknown mode', ['run', 'x.hlo', '--mode', 'fast']],
    ['an unknown kind of case', ['validate', '--cases', 'typical,odd']],
    ['an empty list', ['validate', '--cases', '']],
    ['an unknown backend', ['validate', '--backend', 'npu']],
    ['an unknown model', ['validate', 'no_such_model']],
    ['a step past the end', ['validate', '--step', '1000']],
    ['an unknown contract', ['compare', 'a', 'b', '--contract', 'roughly']],
    ['a contract at a type that is none', ['compare', 'a', 'b', '--contract', 'narrows(bf17)']],
    ['exact with a reciprocal', ['compare', 'a', 'b', '--contract', 'exact+reciprocal']],
    ['a recall of NaN', ['compare', 'a', 'b', '--contract', 'approximates(NaN)']],
    ['a negative recall', ['compare', 'a', 'b', '--contract', 'approximates(-0.5)']],
    ['a recall above one', ['compare', 'a', 'b', '--contract', 'approximates(1.5)']],
    ['a pattern that is none', ['dump', '.', '--module', '(']],
  ])('%s is exit code 2, said on stderr and in JSON', async (_, argv) => {
    const plain = await assay(argv);
    expect({ exitCode: plain.exitCode, stdout: plain.stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(plain.stderr).toMatch(/^assay: \S/);
    const { exitCode, stdout } = await assay([...argv, '--json']);
    expect(exitCode).toBe(2);
    const { error } = JSON.parse(stdout);
    expect(Object.keys(error)).toEqual(['code', 'message', 'file', 'line', 'column']);
    expect(error.message).not.toBe('');
  });

  it('words are quoted so that a shell reads them back', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\0'));
    fc.assert(
      fc.property(word, (text) => {
        const command = `printf '%s' ${shellWord(text)}`;
        expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(text);
      }),
      { numRuns: 25 },
    );
  });
});

describe('assay parse', () => {
  it('counts the files of a directory, good and bad', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'good.hlo'), elementwise('f32[4] add(x, y)'));
    writeFileSync(join(folder, 'dumped.txt'), elementwise('f32[4] subtract(x, y)'));
    writeFileSync(join(folder, 'notes.txt'), 'not HLO, and not counted');
    writeFileSync(join(folder, 'bad.hlo'), elementwise('f32[4] add(x)'));
    const { exitCode, stdout } = await assay(['parse', folder, '--roundtrip', '--json']);
    const { files, passed, failed } = JSON.parse(stdout);
    expect({ exitCode, passed, failed }).toEqual({ exitCode: 2, passed: 2, failed: 1 });
    expect(files).toMatchObject([
      { file: join(folder, 'bad.hlo'), ok: false, error: { line: 5 } },
      { file: join(folder, 'dumped.txt'), ok: true, instructions: 3, error: null },
      { file: join(folder, 'good.hlo'), ok: true, instructions: 3, error: null },
    ]);
  });

  it('reads several modules of a file, each line numbered as in the file', async () => {
    const [good, bad] = [elementwise('f32[4] add(x, y)'), elementwise('f32[4] ad(x, y)')];
    const file = written(['// RUN: tool', good, bad, '// no more'].join('\n// -----\n'));
    const { exitCode, stdout } = await assay(['parse', file, '--json']);
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((l) => / ad\(/.test(l)) + 1;
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).files).toMatchObject([
      { ok: false, instructions: 3, error: { line, code: 'parse/unknown-opcode' } },
    ]);
  });

  it('says nothing when all is well and --quiet was given', async () => {
    const file = written(elementwise('f32[4] add(x, y)'));
    expect(await assay(['parse', file, '-q'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('points at the place with a caret', async () => {
    const file = written(elementwise('f32[4] ad(x, y)'));
    const { stderr } = await assay(['parse', file]);
    const [message, line = '', caret = ''] = stderr.split('\n');
    expect(message).toMatch(new RegExp(`^${file}:5:\\d+: .*\\[parse/unknown-opcode\\]$`));
    expect(line.slice(caret.indexOf('^'))).toMatch(/^ad\(/);
  });
});

describe('assay run', () => {
  const sum = elementwise('f32[4] add(x, y)');

  it.each([
    ['by position', 'arg0', 'arg1'],
    ['by name', 'x', 'y'],
  ])('reads recorded inputs %s and writes results', async (_, first, second) => {
    const folder = temporaryFolder();
    const [inputs, out] = [join(folder, 'in.safetensors'), join(folder, 'out.safetensors')];
    const x = tensorOf('f32', [4], [1, 2, 3, 4]);
    const y = tensorOf('f32', [4], [0.5, 0.25, -3, 8]);
    writeTensorFile(
      inputs,
      new Map([
        [first, x],
        [second, y],
      ]),
    );
    const run = await assay(['run', written(sum), '--inputs', inputs, '--out', out, '--json']);
    expect(run.exitCode).toBe(0);
    const expected = [{ name: 'out0', type: 'f32', dims: [4], file: out }];
    expect(JSON.parse(run.stdout)).toEqual({ schemaVersion: 1, outputs: expected });
    expect([...readTensorFile(out).tensors.get('out0')!.data]).toEqual([1.5, 2.25, 0, 12]);
  });

  it('draws inputs from the seed, the same ones for the same seed', async () => {
    const file = written(sum);
    const values = async (seed: string) =>
      JSON.parse((await assay(['run', file, '--json', '--seed', seed])).stdout).outputs[0].values;
    const [first, again, other] = [await values('5'), await values('5'), await values('6')];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('gives radii in exact mode, zero where nothing rounds', async () => {
    const radii = async (root: string) => {
      const argv = ['run', written(elementwise(root)), '--mode', 'exact', '--json'];
      return JSON.parse((await assay(argv)).stdout).outputs[0].radii;
    };
    expect((await radii('f32[4] divide(x, y)')).worst.every((r: number) => r > 0)).toBe(true);
    expect((await radii('f32[4] maximum(x, y)')).worst).toBe(null);
  });

  it('says which elements are undecided, and gives each part of a complex number its own radius', async () => {
    const shown = async (body: string) => {
      const file = written(`HloModule m\nENTRY e { ${body} }`);
      return (await assay(['run', file, '--mode', 'exact'])).stdout;
    };
    const ends = 'a = f32[] constant(0)  b = f32[] constant(1)';
    const drawn = `${ends}  ROOT r = f32[2] rng(a, b), distribution=rng_normal`;
    expect(await shown(drawn)).toMatch(/undecided {2}undecided\n$/);
    const parts = `x = f32[1] constant({3})  y = f32[1] constant({0.3})
      third = f32[1] divide(y, x)  ROOT r = c64[1] complex(x, third)`;
    expect(await shown(parts)).toMatch(/\(3 ±0\/0, 0\.1 ±(?!0\/0)/);
  });

  it('keeps NaN, infinities and wide integers in JSON', async () => {
    const specials = written('HloModule m\nENTRY e { ROOT c = f32[3] constant({nan, inf, -inf}) }');
    const wide = written('HloModule m\nENTRY e { ROOT c = s64[] constant(9007199254740993) }');
    const valuesOf = async (file: string) =>
      JSON.parse((await assay(['run', file, '--json'])).stdout).outputs[0].values;
    expect(await valuesOf(specials)).toEqual(['NaN', 'Infinity', '-Infinity']);
    expect(await valuesOf(wide)).toEqual(['9007199254740993']);
  });

  it('refuses inputs that do not fit, by name', async () => {
    const inputs = join(temporaryFolder(), 'in.safetensors');
    writeTensorFile(inputs, new Map([['arg0', tensorOf('f32', [3], [1, 2, 3])]]));
    const { exitCode, stderr } = await assay(['run', written(sum), '--inputs', inputs]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(inputs);
    expect(stderr).toContain('arg0');
    expect(stderr).toContain('f32[3]');
  });
});

describe('assay compare', () => {
  const product = elementwise('f32[4] multiply(x, y)');
  const swapped = elementwise('f32[4] multiply(y, x)');
  const halved = `HloModule m
ENTRY e {
  x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  c = f32[] constant(0.5)
  h = f32[4] broadcast(c), dimensions={}
  p = f32[4] multiply(x, y)
  ROOT r = f32[4] multiply(p, h)
}
`;

  it('passes what means the same', async () => {
    const argv = ['compare', written(product), written(swapped), '--contract', 'exact', '--json'];
    const { exitCode, stdout } = await assay(argv);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'identical', contract: 'exact' });
  });

  it('fails what does not, with an element and a replay line that fails again', async () => {
    const [before, after] = [written(product), written(halved)];
    const { exitCode, stdout } = await assay(['compare', before, after, '--json']);
    const { verdict, findings } = JSON.parse(stdout);
    expect({ exitCode, verdict }).toEqual({ exitCode: 1, verdict: 'beyond' });
    await expectReplays(findings);
  });

  it('does not pass what it could not run at all', async () => {
    const unknown = written(
      elementwise('f32[4] custom-call(x, y), custom_call_target="no such function"'),
    );
    const { exitCode, stdout } = await assay(['compare', written(product), unknown]);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(
      /Not judged:[\s\S]*no such function[\s\S]*0.000 % of \d+ elements decided/,
    );
  });

  it('refuses modules whose parameters differ', async () => {
    const other = written(product.replaceAll('[4]', '[5]'));
    const { exitCode, stderr } = await assay(['compare', written(product), other]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/f32\[4\].*f32\[5\]/);
  });
});

describe('assay validate', () => {
  it('prints a line a graph and backend, and a summary', async () => {
    const { name } = zoo.find((m) => m.name === 'positional')!;
    const { exitCode, stdout, stderr } = await assay(
      ['validate', name, '--cases', 'typical'],
      true,
    );
    expect(exitCode).toBe(0);
    for (const { name: backend } of backends) expect(stdout).toContain(`ok   ${name} × ${backend}`);
    expect(stdout).toMatch(/elements decided/);
    expect(stderr).toContain(`[1/${backends.length}] ${name}`);
    expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
  });

  it('takes an HLO file as a graph, and keeps still about progress where no terminal is', async () => {
    const file = written(elementwise('f32[4] add(x, y)'));
    const argv = ['validate', file, '--backend', 'cpu', '--cases', 'lattice,typical', '--json'];
    const { exitCode, stdout, stderr } = await assay(argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ verdict: 'identical', findings: [], skipped: [] });
    expect(report.graphs.map((g: { graph: string }) => g.graph)).toEqual([file]);
  });

  it('stops after the step that a replay line names', async () => {
    const argv = ['validate', 'positional', '--backend', 'cpu', '--cases', 'typical', '--json'];
    const { stdout } = await assay([...argv, '--step', '4']);
    const [graph] = JSON.parse(stdout).graphs;
    const steps = graph.passes.map((p: { step: number }) => p.step);
    expect(steps).toEqual([0, 1, 2, 3, 4]);
  });
});
