/**
 * The proof that a green validation means something: for each planted fault the whole zoo turns red,
 * every finding names the faulty pass and no other, with an instruction, an element and a replay
 * line, and the unit test that would be registered for it fails.
 */
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../golden/cases.ts';
import { zoo } from '../graphs/zoo/zoo.ts';
import { backendNamed } from '../passes/backends.ts';
import { formatFinding } from '../validator/report/text.ts';
import { sessionCase } from '../validator/session/case.ts';
import { validate } from '../validator/session/validate.ts';
import { faults, withFault } from './faults/faults.ts';

describe.each(faults.map((f) => [f.id, f.title, f] as const))('fault %s: %s', (_, __, fault) => {
  const backend = withFault(backendNamed(fault.backend)!, fault);
  const report = validate(
    zoo.map((model) => {
      const module = model.build();
      const cases = defaultCases(module, 1).map(sessionCase);
      return { graph: model.name, module, backend, cases };
    }),
  );
  const blamed = report.findings.filter((f) => f.graph === fault.graph);

  it('is found on the graph that shows it, beyond what rounding can do', () => {
    expect(report.verdict).toBe('beyond');
    expect(blamed.map((f) => f.verdict)).toContain('beyond');
  });

  it('is blamed on exactly that pass', () => {
    expect(new Set(report.findings.map((f) => f.pass))).toEqual(new Set([fault.pass.name]));
  });

  it('is placed: instruction, element, numbers, replay line', () => {
    for (const f of blamed) {
      expect(f.instruction).not.toBe('');
      expect(f.index.every((i) => i >= 0)).toBe(true);
      expect(f.after).not.toEqual(f.before);
      expect(f.replay).toMatch(`assay validate ${fault.graph} --backend ${fault.backend}`);
      expect(formatFinding(f)).toContain(`%${f.instruction}`);
    }
  });
});
