/** `assay golden`: recorded once, kept afterwards, and told apart from what is damaged or stale. */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = (op: string) => `HloModule m
ENTRY e { x = f32[8] parameter(0) ROOT r = f32[8] ${op}(x) }
`;

/** A folder with m.hlo, and goldens of two of its cases. */
async function recorded() {
  const folder = temporaryFolder();
  const [model, goldens] = [join(folder, 'm.hlo'), join(folder, 'goldens')];
  writeFileSync(model, text('negate'));
  const record = ['golden', 'record', model, '--out', goldens, '--cases', 'typical,ties'];
  const run = await assay([...record, '--json']);
  return { model, goldens, record, run };
}

const contentOf = (folder: string) =>
  readdirSync(folder).map((f) => [f, readFileSync(join(folder, f)).toString('base64')]);

describe('assay golden record', () => {
  it('keeps what is there, byte for byte, and records what is missing', async () => {
    const { goldens, record, run } = await recorded();
    const names = ['m.typical-1', 'm.ties-1'];
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout).goldens).toMatchObject(
      names.map((name) => ({ name, state: 'recorded' })),
    );
    const before = contentOf(goldens);
    rmSync(join(goldens, 'm.ties-1.golden.json'));
    const again = await assay([...record, '--json']);
    expect(JSON.parse(again.stdout).goldens).toMatchObject([
      { name: 'm.typical-1', state: 'kept' },
      { name: 'm.ties-1', state: 'recorded' },
    ]);
    expect(contentOf(goldens)).toEqual(before);
  });

  it('refuses two graphs that would share files', async () => {
    const { model, goldens } = await recorded();
    const other = join(temporaryFolder(), 'm.hlo');
    writeFileSync(other, text('abs'));
    const run = await assay(['golden', 'record', model, other, '--out', goldens]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('would share the goldens m');
  });
});

describe('assay golden verify', () => {
  const statesIn = (stdout: string) =>
    JSON.parse(stdout).goldens.map((g: { state: string }) => g.state);

  it('is content with what was recorded of the graph', async () => {
    const { model, goldens } = await recorded();
    const run = await assay(['golden', 'verify', goldens, model, '--json']);
    expect([run.exitCode, statesIn(run.stdout)]).toEqual([0, ['good', 'good']]);
    const unknown = await assay(['golden', 'verify', goldens, '--json']);
    expect([unknown.exitCode, statesIn(unknown.stdout)]).toEqual([0, ['whole', 'whole']]);
  });

  it('tells stale ones, and damaged ones with their file', async () => {
    const { model, goldens } = await recorded();
    writeFileSync(model, text('abs'));
    appendFileSync(join(goldens, 'm.ties-1.safetensors'), 'x');
    const run = await assay(['golden', 'verify', goldens, model]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/damaged +m\.ties-1 .*m\.ties-1\.safetensors is not what/);
    expect(run.stdout).toMatch(/stale +m\.typical-1 .*graphHash was .*record it again/);
  });

  it('says what to do where there is no folder', async () => {
    const run = await assay(['golden', 'verify', join(temporaryFolder(), 'none')]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('record goldens with assay golden record');
  });
});
