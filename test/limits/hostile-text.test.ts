/** What a model, a file name or a message holds is shown on a terminal, and never sent to it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../graphs/ir/diagnostic.ts';
import { shellWord } from '../../graphs/text/shell-word.ts';
import { visible, visibleJson, visibleLine } from '../../graphs/text/visible.ts';
import { assay } from '../support/cli.ts';
import { model, node, value } from '../support/onnx-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

const evil = '\x1b]0;pwned\x07\x1b[31mRED\u202e\u009b2J';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const obeyed = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const hlo = (body: string) => `HloModule m\nENTRY e {\n  x = f32[4] parameter(0)\n  ${body}\n}\n`;

const files: Readonly<Record<string, string | Uint8Array>> = {
  'meta.hlo': hlo(`ROOT y = f32[4] add(x, x), metadata={op_name="${evil}"}`),
  'unknown.hlo': hlo(`ROOT y = f32[4] bogus(x), metadata={op_name="${evil}"}`),
  'junk.hlo': hlo(`ROOT y = f32[4] ${evil}(x)`),
  'target.hlo': hlo(`ROOT y = f32[4] custom-call(x), custom_call_target="${evil}"`),
  'input.hlo': hlo('ROOT y = f32[4] negate(x)').replace(
    'parameter(0)',
    `parameter(0), frontend_attributes={assay.input="${evil}"}`,
  ),
  'function.mlir': `module {\n  func.func @"${evil}"(%x: tensor<4xf32>) -> tensor<4xf32> {\n    return %x : tensor<4xf32>\n  }\n}\n`,
  'op.onnx': model({
    node: [node(evil, ['x'], ['y'])],
    input: [value('x', [2])],
    output: [value('y', null)],
  }),
  'size.onnx': model({
    node: [node('Relu', ['x'], ['y'])],
    input: [value('x', [evil])],
    output: [value('y', null)],
  }),
  'model.json': JSON.stringify({
    format: 'graph-model',
    modelTopology: { node: [{ name: evil, op: evil, attr: {} }] },
    weightsManifest: [],
  }),
  'name\x1b[31m.hlo': hlo('ROOT y = f32[4] negate(x)'),
};

describe.each(Object.keys(files))('%j', (name) => {
  it('sends nothing, whatever the command', async () => {
    const folder = temporaryFolder();
    const file = join(folder, name);
    writeFileSync(file, files[name]!);
    for (const line of [
      ['parse', '--roundtrip', file],
      ['parse', '--json', file],
      ['run', file],
      ['validate', file, '--cases', 'typical', '--backend', 'cpu'],
      ['validate', file, '--cases', 'typical', '--backend', 'cpu', '--json'],
      ['compare', file, file, '--cases', 'typical'],
      ['conformance', 'hlo', folder],
      ...['dot', 'hlo', 'json'].map((e) => ['convert', file, join(folder, `out.${e}`)]),
    ]) {
      const { exitCode, stdout, stderr } = await assay(line);
      expect(exitCode).toBeLessThanOrEqual(2);
      expect(`${stdout}${stderr}`).not.toMatch(obeyed);
      if (line[0] !== 'convert' || exitCode !== 0) continue;
      const bytes = readFileSync(line[2]!, 'utf8');
      if (!line[2]!.endsWith('.hlo')) expect(bytes).not.toMatch(obeyed);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
      expect(bytes).not.toMatch(/\x1b|\x07/);
    }
  });
});

it('a dump is judged without a word to the terminal', async () => {
  const folder = join(temporaryFolder(), `dump\x1b[2J`);
  mkdirSync(folder);
  const text = files['meta.hlo'] as string;
  writeFileSync(join(folder, 'module_0001.m.before_optimizations.txt'), text);
  const after = text.replace('add(x, x)', 'multiply(x, x)');
  writeFileSync(join(folder, 'module_0001.m.cpu_after_optimizations.txt'), after);
  const { exitCode, stdout, stderr } = await assay(['dump', folder, '--cases', 'typical']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('\\033[2J');
  expect(`${stdout}${stderr}`).not.toMatch(obeyed);
});

describe('text', () => {
  it('is shown as it is where it is harmless', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!obeyed.test(text) && !text.includes('\ufeff')) expect(visible(text)).toBe(text);
        expect(visible(text)).not.toMatch(obeyed);
        expect(visibleLine(text)).not.toContain('\n');
      }),
      { seed: 1 },
    );
  });

  it('means the same as JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(visibleJson(JSON.stringify(text)))).toBe(text);
      }),
      { seed: 2 },
    );
  });

  it('of one message stays on its line, the caret under its place', () => {
    const lines = formatDiagnostic({
      ...{ code: 'file/unusable', message: `one\nassay: two`, file: 'f' },
      ...{ position: { line: 1, column: 4 }, sourceLine: '\x1b[mx' },
    }).split('\n');
    expect(lines).toEqual([
      'f:1:4: one\\nassay: two [file/unusable]',
      '    \\x1b[mx',
      '          ^',
    ]);
  });
});

it('words of a replay line come back through a shell', () => {
  const words = ['a;touch x', "it's", '$(x)', '`x`', 'a b', '\x1b[31m', "\x1b'\\", '*'];
  const line = `printf '%s\\n' ${words.map(shellWord).join(' ')}`;
  expect(execFileSync('bash', ['-c', line]).toString()).toBe(`${words.join('\n')}\n`);
});
