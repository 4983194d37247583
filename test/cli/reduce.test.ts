/** `assay reduce`: the smallest graph is on the disk, and its replay line shows the fault. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assay } from '../support/cli.ts';
import { expectReplays } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = `HloModule m
ENTRY e { x = f32[8] parameter(0) y = f32[8] parameter(1) a = f32[8] add(x, y) m = f32[8] multiply(a, a)
  t = f32[8] tanh(m) ROOT r = (f32[8], f32[8]) tuple(t, a) }
`;

function files() {
  const folder = temporaryFolder();
  const [model, out] = [join(folder, 'm.hlo'), join(folder, 'out')];
  writeFileSync(model, text);
  return { model, out };
}

const wrong = ['--through', 'sed "s/ multiply(/ add(/"'];

describe('assay reduce', () => {
  it('writes the smallest graph with its inputs, and says what is left', async () => {
    const { model, out } = files();
    const run = await assay(['reduce', model, ...wrong, '--out', out, '--json']);
    expect(run.stderr).toBe('');
    expect(run.exitCode).toBe(0);
    const told = JSON.parse(run.stdout);
    expect(told).toMatchObject({
      outcome: 'minimal',
      before: { instructions: 4 },
      after: { instructions: 1, elements: 1 },
    });
    expect(readdirSync(out).sort()).toEqual(['inputs.safetensors', 'journal.jsonl', 'reduced.hlo']);
    expect(readFileSync(join(out, 'reduced.hlo'), 'utf8')).toContain('multiply');
    await expectReplays([told.finding]);
    const again = await assay(['reduce', model, ...wrong, '--out', out]);
    expect(again.stdout).toContain('minimal: no single instruction');
    expect(again.stdout).toContain('BEYOND sed');
  });

  it('goes on from its journal', async () => {
    const { model, out } = files();
    const early = await assay(['reduce', model, ...wrong, '--out', out, '--most', '3']);
    expect(early.stdout).toContain('not minimal: --most graphs were tried');
    const lines = () => readFileSync(join(out, 'journal.jsonl'), 'utf8').split('\n').slice(0, -1);
    const first = lines();
    const run = await assay(['reduce', model, ...wrong, '--out', out]);
    expect(run.stdout).toContain('minimal: no single instruction');
    expect(lines().slice(0, first.length)).toEqual(first);
    expect(new Set(lines()).size).toBe(lines().length);
  });

  it('redacts', async () => {
    const { model, out } = files();
    const run = await assay(['reduce', model, ...wrong, '--out', out, '--redact']);
    expect(run.stdout).toContain('no name and no number of the original is left');
    expect(readFileSync(join(out, 'reduced.hlo'), 'utf8')).toContain('HloModule redacted');
  });

  it.each([
    [['--through', 'cat'], 'there is no finding, so nothing to reduce'],
    [[...wrong, '--pass', 'cat'], 'no finding of cat, so nothing to reduce; to blame are sed'],
    [['--backend', 'gpu'], 'there is no backend gpu'],
  ])('%j is refused', async (words, message) => {
    const { model, out } = files();
    const run = await assay(['reduce', model, ...words, '--out', out]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(message);
  });
});
