/**
 * Bad input of every kind, through the command line: exit code 2, the file, the line where there is
 * one, and what to do; never a fault of ours. A process of its own bounds time and memory.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay } from '../support/cli.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'assay-bad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const million = 1_000_000;

const valid = `HloModule m
add {
  x = f32[] parameter(0)
  y = f32[] parameter(1)
  ROOT s = f32[] add(x, y)
}
ENTRY e {
  p = f32[2,3]{1,0} parameter(0)
  z = f32[] constant(0)
  ROOT r = f32[2]{0} reduce(p, z), dimensions={1}, to_apply=add
}
`;

/** A body in a module of its own; the first line of the body is line 3. */
const entry = (...body: readonly string[]) => ['HloModule m', 'ENTRY e {', ...body, '}'].join('\n');

interface BadText {
  readonly name: string;
  readonly text: string | Uint8Array;
  readonly code: string;
  /** The line that the message names. */
  readonly line: number;
  /** Something that the message must say. */
  readonly says: RegExp;
}

const badTexts: readonly BadText[] = [
  {
    name: 'truncated text',
    text: valid.slice(0, valid.indexOf('dimensions')),
    code: 'parse/expected',
    line: 10,
    says: /expected/,
  },
  {
    name: 'a million nested tuples',
    text: `HloModule m\nENTRY e {\n  ROOT p = ${'('.repeat(million)}`,
    code: 'parse/too-deep',
    line: 3,
    says: /nested more than .* flatten/,
  },
  {
    name: 'a million nested braces in an attribute',
    text: entry(`  ROOT p = f32[] parameter(0), metadata=${'{'.repeat(million)}`),
    code: 'parse/unterminated',
    line: 3,
    says: /never closed; add/,
  },
  {
    name: 'a shape whose product overflows',
    text: entry('  ROOT p = f32[4294967296,4294967296,4294967296] parameter(0)'),
    code: 'parse/shape-overflow',
    line: 3,
    says: /use smaller sizes/,
  },
  {
    name: 'an unknown opcode',
    text: entry('  p = f32[] parameter(0)', '  ROOT r = f32[] ad(p, p)'),
    code: 'parse/unknown-opcode',
    line: 4,
    says: /unknown opcode ad;/,
  },
  {
    name: 'a missing operand',
    text: entry('  p = f32[] parameter(0)', '  ROOT r = f32[] add(p, q)'),
    code: 'parse/undefined-name',
    line: 4,
    says: /q/,
  },
  {
    name: 'too few operands',
    text: entry('  p = f32[] parameter(0)', '  ROOT r = f32[] add(p)'),
    code: 'parse/operand-count',
    line: 4,
    says: /takes 2 operands/,
  },
  {
    name: 'a cycle of instructions',
    text: entry('  a = f32[] negate(b)', '  ROOT b = f32[] negate(a)'),
    code: 'parse/undefined-name',
    line: 3,
    says: /b/,
  },
  {
    name: 'a cycle of computations',
    text: 'HloModule m\nf {\n  x = f32[] parameter(0)\n  ROOT c = f32[] call(x), to_apply=f\n}\n',
    code: 'parse/undefined-computation',
    line: 4,
    says: /callees come first/,
  },
  {
    name: 'a wrong dimension',
    text: valid.replace('dimensions={1}', 'dimensions={5}'),
    code: 'verify/',
    line: 10,
    says: /dimension/,
  },
  {
    name: 'a result of the wrong shape',
    text: valid.replace('f32[2]{0} reduce', 'f32[3]{0} reduce'),
    code: 'verify/',
    line: 10,
    says: /f32\[2\]/,
  },
  {
    name: 'binary junk',
    text: Uint8Array.from({ length: 4096 }, (_, i) => (i * 197 + 31) % 256),
    code: 'file/not-text',
    line: 1,
    says: /UTF-8/,
  },
  { name: 'an empty file', text: '', code: 'parse/expected', line: 1, says: /HloModule/ },
  {
    name: 'prose',
    text: 'Dear compiler,\nplease be correct.\n',
    code: 'parse/',
    line: 1,
    says: /expected/,
  },
];

const fileOf = (bad: BadText) => join(folder, `${bad.name.replaceAll(' ', '-')}.hlo`);

beforeAll(() => {
  for (const bad of badTexts) writeFileSync(fileOf(bad), bad.text);
});

describe.each(badTexts)('$name', (bad) => {
  const commands = [
    ['parse', fileOf(bad)],
    ['run', fileOf(bad)],
    ['compare', fileOf(bad), fileOf(bad)],
    ['validate', fileOf(bad)],
  ];
  it.each(commands)(
    '%s exits with 2, names file and line, and says what is wrong',
    async (...a) => {
      const { exitCode, stderr, stdout } = await assay(a);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain(`${fileOf(bad)}:${bad.line}:`);
      expect(stderr).toContain(`[${bad.code}`);
      expect(stderr).toMatch(bad.says);
    },
  );

  it('is one error in the JSON document', async () => {
    const place = { file: fileOf(bad), line: bad.line, column: expect.any(Number) };
    const run = await assay(['run', fileOf(bad), '--json']);
    expect(JSON.parse(run.stdout).error).toMatchObject(place);
    const parse = await assay(['parse', fileOf(bad), '--json']);
    expect(JSON.parse(parse.stdout)).toMatchObject({
      passed: 0,
      failed: 1,
      files: [{ ok: false, error: place }],
    });
  });
});

describe('files that cannot be read', () => {
  const empty = join(folder, 'empty');
  beforeAll(() => mkdirSync(empty));

  it.each([
    ['a missing file', join(folder, 'no-such.hlo'), 'file/enoent', /check the path/],
    ['an empty directory', empty, 'file/', /\.hlo|a file in it/],
    ['a device that never ends', '/dev/zero', 'file/too-large', /256 MiB/],
  ])('%s', async (_, path, code, remedy) => {
    for (const command of [['parse'], ['run'], ['validate'], ['compare', path]]) {
      const { exitCode, stderr, stdout } = await assay([...command, path]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain(path);
      expect(stderr).toContain(`[${code}`);
      expect(stderr).toMatch(remedy);
    }
  });
});

describe('a while loop that does not end', () => {
  const loop = [
    'HloModule m',
    'go {',
    '  s = s32[] parameter(0)',
    '  ROOT t = pred[] constant(true)',
    '}',
    'step {',
    '  s = s32[] parameter(0)',
    '  ROOT n = s32[] add(s, s)',
    '}',
    'ENTRY e {',
    '  p = s32[] parameter(0)',
    '  ROOT w = s32[] while(p), condition=go, body=step',
    '}',
  ].join('\n');

  it.each(['reference', 'exact'])('%s mode stops at --max-iterations', async (mode) => {
    const file = join(folder, 'loop.hlo');
    writeFileSync(file, loop);
    const run = await assay(['run', file, '--mode', mode, '--max-iterations', '50']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`${file}:12:`);
    expect(run.stderr).toMatch(/after 50 iterations.*--max-iterations/);
  });
});

describe('the built program', () => {
  const program = join(root, 'dist/bin/assay.js');
  /** Bytes of old space: far below the 1 GiB that the process may take in all. */
  const limits = ['--max-old-space-size=512'];
  beforeAll(() => {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'pipe' });
  });

  it.each(badTexts)('ends by itself on $name', (bad) => {
    const run = spawnSync(process.execPath, [...limits, program, 'parse', fileOf(bad)], {
      timeout: 60_000,
      encoding: 'utf8',
    });
    expect({ status: run.status, signal: run.signal }).toEqual({ status: 2, signal: null });
    expect(run.stderr).toContain(`${fileOf(bad)}:${bad.line}:`);
  });

  it('keeps its exit code when the reader of its output goes away', () => {
    const file = fileOf(badTexts[0]!);
    const shell = `"${process.execPath}" "${program}" parse --json "${file}" | true; echo "\${PIPESTATUS[0]}"`;
    const run = spawnSync('bash', ['-c', shell], { encoding: 'utf8', stdio: 'pipe' });
    expect(run.stdout.trim()).toBe('2');
    expect(run.stderr).not.toContain('EPIPE');
  });
});
