/**
 * Real dumps of XLA:CPU: every state is read, every change judged, nothing flagged, and what XLA
 * computed lies inside the budget of before_optimizations.
 */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDumpFileName } from '../../validator/dump/file-names.ts';
import { validateDump } from '../../validator/dump/validate-dump.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';
import { corpora, corpus } from '../support/corpora.ts';

const programs = corpora
  ? readdirSync(corpus('xla-dumps/cpu'), { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => e.name)
  : [];

describe.skipIf(!corpora)('dumps of XLA:CPU (skipped where the corpora are absent)', () => {
  it.each(programs)('%s', (program) => {
    const folder = corpus('xla-dumps/cpu', program);
    const report = validateDump(folder, { cases: ['recorded', 'lattice', 'typical', 'specials'] });
    const [module] = report.modules;
    expect(report.errors).toEqual([]);
    expect(report.findings).toEqual([]);
    expect(report.skipped).toEqual([]);
    expect(report.unknownPasses).toEqual([]);
    const files = readdirSync(folder).filter((f) => parseDumpFileName(f));
    expect(module!.states).toBe(files.length);
    expect(module!.unchanged + module!.transitions.length).toBe(files.length - 1);
    const outputs = module!.wholes.filter((w) => w.what === 'recorded outputs');
    expect(outputs.map((w) => [w.case, isFinding(w.judgement.verdict)])).toEqual([
      ['recorded', false],
    ]);
  });
});
