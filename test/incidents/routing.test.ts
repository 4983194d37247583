/**
 * One model in several variants behind a dispatcher: a rule that is off by one, 0.8 % of the requests at a
 * variant that computes something else, sessions that stay where they began.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GateRecord } from '../../validator/gate/record.ts';
import { assay } from '../support/cli.ts';
import { expectReplays } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = join(import.meta.dirname, 'routing');

async function gated(name: string) {
  const run = await assay(['gate', '--variants', join(folder, name), '--json']);
  expect(run.stderr).toBe('');
  const record: GateRecord = JSON.parse(run.stdout);
  return { exitCode: run.exitCode, record };
}

describe('a dispatcher', () => {
  it('that sends each request to a variant which holds it is silent', async () => {
    const { exitCode, record } = await gated('green.json');
    expect(exitCode).toBe(0);
    expect(record).toMatchObject({ outcome: 'passed', findings: [], undecided: 0 });
    expect(record.checked).toBeGreaterThan(500);
  });

  it('that does not is told by the rule, the variant and the share', async () => {
    const { exitCode, record } = await gated('red.json');
    expect(exitCode).toBe(1);
    const told = record.findings.map((f) => [f.rule, f.pass, f.name]);
    expect(told).toEqual([
      ['cannot-hold', 'rule "fits"', 'short'],
      ['sticky', 'rule "fits"', 'short'],
      ['sticky', 'rule "fits"', 'stretched'],
      ['variants', '(variants)', 'stretched'],
    ]);
    const notes = record.findings.map((f) => f.note);
    expect(notes[0]).toMatch(/"short" holds 8 tokens; .* first nine with 9 tokens$/);
    expect(notes[1]).toMatch(/first grows with 20 tokens, after hello with 3$/);
    expect(notes[3]).toMatch(/rule "fits" sends 0.8 % there$/);
    await expectReplays(record.findings.filter((f) => f.rule === 'variants'));
  });

  it('with a contract that is none is refused by its place', async () => {
    const file = join(temporaryFolder(), 'd.json');
    const text = readFileSync(join(folder, 'green.json'), 'utf8');
    writeFileSync(file, text.replace('"sticky"', '"contract": "widen", "sticky"'));
    const run = await assay(['gate', '--variants', file]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/d\.json: contract: Did you mean widens\? .*\[routing\/file\]/);
  });
});
