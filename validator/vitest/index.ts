/**
 * The vitest side: one test for every pass × graph × backend × case, registered so that sharding,
 * watching and reporting are vitest's own; and a matcher for results from anywhere.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Module } from '../../graphs/ir/module.ts';
import { type Backend, flattenPipeline } from '../../passes/pipeline.ts';
import { formatFinding } from '../report/text.ts';
import type { SessionCase } from '../session/case.ts';
import type { Finding } from '../session/finding.ts';
import { type GraphReport, validateGraph } from '../session/validate-graph.ts';

export { type Budget, budgetOf, toStayWithin } from './matcher.ts';

export interface ValidationConfig {
  readonly graphs: readonly { readonly name: string; readonly module: Module }[];
  readonly backends: readonly Backend[];
  /** The cases to run a graph on; their names must not depend on the backend. */
  cases(module: Module): readonly SessionCase[];
  /** Milliseconds for validating one graph on one backend. Default: 60,000. */
  readonly timeout?: number;
}

/** Registers the tests of a configuration. */
export function describeValidation({ graphs, backends, cases, timeout }: ValidationConfig): void {
  for (const { name, module } of graphs) {
    for (const backend of backends) {
      describe(`${name} on ${backend.name}`, () => {
        describeGraph(name, module, backend, cases(module), timeout ?? 60_000);
      });
    }
  }
}

function describeGraph(
  graph: string,
  module: Module,
  backend: Backend,
  cases: readonly SessionCase[],
  timeout: number,
): void {
  let report: GraphReport;
  beforeAll(() => {
    report = validateGraph({ graph, module, backend, cases });
  }, timeout);
  const texts = (of: (f: Finding) => boolean) => report.findings.filter(of).map(formatFinding);

  for (const [step, { pass }] of flattenPipeline(backend.pipeline).entries()) {
    for (const c of cases) {
      it(`${pass.name} (step ${step}) keeps its promise on ${c.name}`, () => {
        const ran = report.passes.filter((p) => p.step === step && p.case === c.name);
        expect(texts((f) => f.step === step && (f.case === c.name || f.kind === 'broken'))).toEqual(
          [],
        );
        expect(ran.map((p) => p.pass)).toEqual([pass.name]);
      });
    }
  }
  for (const c of cases) {
    it(`the whole pipeline stays within the budget on ${c.name}`, () => {
      expect(texts((f) => f.step < 0 && f.case === c.name)).toEqual([]);
      const blamed = report.findings.some((f) => f.step >= 0);
      const judged = [...report.endToEnd.map((e) => e.case), ...report.skipped.map((s) => s.what)];
      expect(blamed || judged.length > 0).toBe(true);
    });
  }
}
