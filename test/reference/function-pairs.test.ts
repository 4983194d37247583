/** Pairs of modules that XLA's own tests hold equal: both sides agree within the first one's budget. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { elementCount, leafShapes } from '../../graphs/ir/shape.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { useOf } from '../support/exact/exact.ts';

/** Elements of all parameters and results beyond which a pair is left to the benchmarks. */
const largest = 200_000;

const read = (name: string, side: 'a' | 'b') =>
  parseModule(readFileSync(corpus('hlo', 'pairs', name, `${side}.hlo`), 'utf8'));

function sizeOf(name: string): number {
  const entry = entryOf(read(name, 'a'));
  const shapes = [...parametersOf(entry), ...entry.instructions].flatMap((i) =>
    leafShapes(i.shape),
  );
  return shapes.reduce((n, s) => n + (s.kind === 'array' ? elementCount(s) : 0), 0);
}

const names = corpora ? readdirSync(corpus('hlo', 'pairs')) : [];

describe.skipIf(!corpora)('pairs', () => {
  it.each(names.filter((name) => sizeOf(name) <= largest))('%s', (name) => {
    const [before, after] = [read(name, 'a'), read(name, 'b')];
    for (const kind of ['lattice', 'typical'] as const) {
      const { inputs } = generateCase(before, kind, 1);
      try {
        const exact = runExact(before, inputs.map(fromPlainValue)).value;
        const use = useOf(runReference(after, inputs), exact);
        expect(use.budget).toBeLessThanOrEqual(1);
        expect(use.undecided).toBe(0);
      } catch (error) {
        if (!(error instanceof AssayError)) throw error;
        expect([error.diagnostic.code, error.message]).toEqual([
          'run/unsupported',
          expect.stringContaining('over several devices'),
        ]);
      }
    }
  });
});
