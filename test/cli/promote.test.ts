/**
 * `assay promote`: the tests that it writes are clean to the linter, red as long as the finding
 * stands, green once it is mended, and the same when they are written again.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assay } from '../support/cli.ts';
import { statesIn } from '../support/run-tests.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = resolve(import.meta.dirname, '../..');

const text = (op: string) => `HloModule m
ENTRY e { x = f32[8] parameter(0) y = f32[8] parameter(1) a = f32[8] add(x, y) ROOT r = f32[8] ${op}(a, a) }
`;

/** Writes a report of a command, promotes it, and gives the folder of the tests. */
async function promoted(command: string, ...words: readonly string[]) {
  const folder = temporaryFolder();
  const files = { before: join(folder, 'before.hlo'), after: join(folder, 'after.hlo') };
  writeFileSync(files.before, text('multiply'));
  writeFileSync(files.after, text('add'));
  const graphs = command === 'compare' ? [files.before, files.after] : [files.before];
  const reduced = command === 'reduce' ? ['--out', join(folder, 'reduced')] : [];
  const run = await assay([command, ...graphs, ...words, ...reduced, '--json']);
  const report = join(folder, 'report.json');
  writeFileSync(report, run.stdout);
  const out = join(folder, 'tests');
  const told = await assay(['promote', report, '--out', out]);
  expect(told).toMatchObject({ exitCode: 0, stderr: '' });
  return { out, report, told };
}

/** Holds the tests to the rules of this checkout. */
function lint(folder: string): void {
  const { vcs: _, ...rules } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  writeFileSync(join(folder, '../biome.json'), JSON.stringify({ ...rules, root: true }));
  const biome = join(root, 'node_modules/.bin/biome');
  const check = ['check', '--error-on-warnings', 'tests'];
  execFileSync(biome, check, { cwd: join(folder, '..'), stdio: 'pipe' });
}

const contentOf = (folder: string) =>
  readdirSync(folder).map((f) => [f, readFileSync(join(folder, f)).toString('base64')]);

const wrong = 'sed "s/ multiply(/ add(/"';

const commands: readonly (readonly [string, readonly string[]])[] = [
  ['validate', ['--through', wrong, '--contract', 'exact', '--cases', 'typical']],
  ['validate', ['--through', 'cat', '--through', wrong, '--cases', 'typical']],
  ['compare', ['--contract', 'narrows(bf16)', '--cases', 'typical,ties']],
  ['reduce', ['--through', wrong]],
];

/** The program does nothing now, or the module after the pass is that before it. */
function mend(folder: string): void {
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (file.endsWith('.after.hlo')) writeFileSync(path, text('multiply'));
    if (!file.endsWith('.test.ts')) continue;
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(wrong, 'cat'));
  }
}

describe('assay promote', () => {
  it.each(commands)('%s %j: clean, and the same again', async (command, words) => {
    const { out, report } = await promoted(command, ...words);
    const first = contentOf(out);
    await assay(['promote', report, '--out', out]);
    expect(contentOf(out)).toEqual(first);
    lint(out);
  });

  it('is red as long as the finding stands, and green once it is mended', async () => {
    const folder = temporaryFolder();
    for (const [n, [command, words]] of commands.entries()) {
      const { out } = await promoted(command, ...words);
      cpSync(out, join(folder, `${n}-red`), { recursive: true });
      cpSync(out, join(folder, `${n}-green`), { recursive: true });
      mend(join(folder, `${n}-green`));
    }
    const states = await statesIn(folder);
    const wanted = commands.flatMap((_, n) => [
      [`${n}-green`, 'passed'],
      [`${n}-red`, 'failed'],
    ]);
    expect([...states].sort()).toEqual(wanted);
  }, 120_000);

  it.each([
    ['no JSON', 'is no JSON'],
    ['{}', 'is no report of'],
    ['{"findings": [1]}', 'is no report of'],
    ['{"findings": []}', 'has no finding'],
    ['{"findings": [{"graph": "m", "replay": "rm -rf"}]}', 'is no replay line'],
  ])('%s is refused', async (content, message) => {
    const report = join(temporaryFolder(), 'report.json');
    writeFileSync(report, content);
    const run = await assay(['promote', report]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(message);
  });
});
