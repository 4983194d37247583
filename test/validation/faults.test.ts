/**
 * The proof that a green validation means something: for each planted fault `assay validate` exits 1
 * and every finding names the faulty pass and no other, with an instruction, an element and a replay
 * line; and among the unit tests that validation registers, exactly those of that pass fail.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { startVitest, type TestCase } from 'vitest/node';
import { backendNamed } from '../../passes/backends.ts';
import type { Finding } from '../../validator/findings/finding.ts';
import { type Fault, faults, withFault } from '../faults/faults.ts';
import { assay, type CliResult } from '../support/cli.ts';
import { expectReplays } from '../support/replay.ts';

const named = faults.map((f) => [f.id, f.title, f] as const);

describe.each(named)('fault %s: %s', (_, __, fault: Fault) => {
  let result: CliResult;
  let findings: readonly Finding[];

  beforeAll(async () => {
    const backend = withFault(backendNamed(fault.backend)!, fault);
    result = await assay(['validate', '--backend', fault.backend, '--json'], false, [backend]);
    findings = JSON.parse(result.stdout).findings;
  }, 180_000);

  it('makes assay validate exit 1', () => {
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout).verdict).toBe('beyond');
  });

  it('is blamed on exactly that pass', () => {
    expect(new Set(findings.map((f) => f.pass))).toEqual(new Set([fault.pass.name]));
  });

  it('is placed: instruction, element, numbers, a replay line that shows it again', async () => {
    const here = findings.filter((f) => f.graph === fault.graph);
    expect(here.map((f) => f.verdict)).toContain('beyond');
    for (const f of here) {
      expect(f.instruction).not.toBe('');
      expect(f.index.every((i) => i >= 0)).toBe(true);
      expect(f.after).not.toEqual(f.before);
      expect(f.replay).toMatch(`assay validate ${fault.graph} --backend ${fault.backend}`);
    }
    await expectReplays(here, [withFault(backendNamed(fault.backend)!, fault)]);
  });
});

describe('the unit tests that validation registers', () => {
  let tests: readonly TestCase[];
  beforeAll(async () => {
    tests = await testsOf('test/faults/generated/faulty.validation.ts');
  }, 180_000);
  const ending = (state: string) => tests.filter((t) => t.result().state === state);

  it('fail for the faulty passes, and only for them', () => {
    const failed = ending('failed').map((t) => t.fullName);
    const blamed = faults.map((f) => `fault ${f.id}: ${f.graph} on ${f.backend} > ${f.pass.name}`);
    const unexpected = failed.filter((name) => !blamed.some((b) => name.startsWith(b)));
    const missing = blamed.filter((b) => !failed.some((name) => name.startsWith(b)));
    expect({ unexpected, missing }).toEqual({ unexpected: [], missing: [] });
  });

  it('fail with the finding, as the report prints it', () => {
    const messages = ending('failed').map((t) => t.result().errors?.[0]?.message);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages)
      expect(message).toMatch(/^(BEYOND|SUSPECT) \S+ \(step \d+\) on /);
  });

  it('are skipped, with the reason, where nothing was judged', () => {
    const whole = tests.filter((t) => t.name.startsWith('the whole pipeline'));
    expect(whole.map((t) => t.result().state)).toEqual(whole.map(() => 'skipped'));
    for (const t of whole) {
      expect(t.result()).toMatchObject({ note: expect.stringMatching(/ is to blame already$/) });
    }
  });
});

/** The tests of a file, run by a vitest of its own. */
async function testsOf(file: string): Promise<TestCase[]> {
  const { exitCode } = process;
  const vitest = await startVitest('test', [], {
    config: false,
    include: [file],
    watch: false,
    reporters: [{ onInit() {} }],
  });
  const tests = vitest.state.getTestModules().flatMap((m) => [...m.children.allTests()]);
  await vitest.close();
  process.exitCode = exitCode;
  return tests;
}
