/**
 * The reference on ONNX's own backend tests, where the corpora are: what is supported passes, what
 * is not is refused by name, modules are valid, and X agrees with X_expanded.
 */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { comparePair, findPairs } from '../../../validator/conformance/onnx/pairs.ts';
import { findTests, runOnnxSuite } from '../../../validator/conformance/onnx/suite.ts';
import { importFor, loadTest } from '../../../validator/conformance/onnx/test-case.ts';
import { corpora, corpus } from '../../support/corpora.ts';

const minutes = 60_000;

describe.skipIf(!corpora)('the ONNX backend tests', () => {
  /** Refusals that the design demands: no HLO type, or no one result. */
  const byDesign = /string|sequence|optional|random|image files/i;

  it.each([['node'], ['simple'], ['pytorch-operator'], ['pytorch-converted']])(
    'pass: %s',
    (suite) => {
      const report = runOnnxSuite(corpus('onnx', suite));
      expect(report.failures).toEqual([]);
      const other = report.unsupportedTests.filter((t) => !byDesign.test(t.reason));
      expect(other.length).toBeLessThanOrEqual(Math.floor(report.total / 20));
    },
    5 * minutes,
  );

  it(
    'import to valid modules that print and parse',
    () => {
      for (const folder of findTests(corpus('onnx'))) {
        const module = imported(folder);
        if (!module) continue;
        expect(verifyModule(module), folder).toEqual([]);
        const text = printModule(module);
        expect(printModule(parseModule(text)), folder).toBe(text);
      }
    },
    5 * minutes,
  );

  it(
    'agree with their expansions',
    () => {
      const pairs = findPairs(findTests(corpus('onnx', 'node')));
      expect(pairs.length).toBeGreaterThan(0);
      const apart = pairs.flatMap(([before, after]) => {
        const { report } = comparePair(before, after);
        const agrees = !report || ['identical', 'tie', 'within'].includes(report.verdict);
        return agrees ? [] : [`${basename(after)}: ${report.verdict}`];
      });
      expect(apart).toEqual([]);
    },
    5 * minutes,
  );
});

function imported(folder: string) {
  try {
    const test = loadTest(folder);
    return importFor(test, test.dataSets[0]!).module;
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}
