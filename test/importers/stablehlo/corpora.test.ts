/** StableHLO's own test files, whole: nothing that is claimed to be supported may fail. */
import { describe, expect, test } from 'vitest';
import { runStablehloSuite } from '../../../validator/conformance/stablehlo/suite.ts';
import { corpora, corpus } from '../../support/corpora.ts';

/** Folder, and the least share of its tests that must pass (issue: what the suites must show). */
const folders = [
  ['testdata', 0.99],
  ['interpret', 0.97],
  ['math', 1],
] as const;

describe.skipIf(!corpora)('StableHLO suites', () => {
  test.each(folders)('%s', { timeout: 300_000 }, (folder, share) => {
    const report = runStablehloSuite(corpus('stablehlo', folder));
    expect(report.failures).toEqual([]);
    expect(report.passed / report.total).toBeGreaterThanOrEqual(share);
  });
});
