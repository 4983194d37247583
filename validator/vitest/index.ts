/**
 * The vitest side: one test for every pass × graph × backend × case, registered so that sharding,
 * watching and reporting are vitest's own; and a matcher for results from anywhere. A test fails with
 * the finding's text, and is skipped, with the reason, where nothing was judged.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Module } from '../../graphs/ir/module.ts';
import { type Backend, flattenPipeline } from '../../passes/pipeline/pipeline.ts';
import type { Finding } from '../findings/finding.ts';
import { casesOf } from '../findings/group-findings.ts';
import { formatFinding } from '../report/text.ts';
import type { SessionCase } from '../validation/case.ts';
import {
  type GraphReport,
  type PassVerdict,
  validateGraph,
  type WholeVerdict,
} from '../validation/validate-graph.ts';

export { type Budget, budgetOf, toStayWithin } from './matcher.ts';

/** What describeValidation registers tests for. */
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

  for (const [step, { pass }] of flattenPipeline(backend.pipeline).entries()) {
    for (const c of cases) {
      it(`${pass.name} (step ${step}) keeps its promise on ${c.name}`, ({ skip }) => {
        failWith(findingsOn(report, step, c.name), c.name);
        const unjudged = unjudgedStep(report, step, c.name);
        if (unjudged) skip(unjudged);
        const ran = report.passes.filter((p) => p.step === step && p.case === c.name);
        expect(ran.map((p) => p.pass)).toEqual([pass.name]);
      });
    }
  }
  for (const c of cases) {
    it(`the whole pipeline stays within the budget on ${c.name}`, ({ skip }) => {
      failWith(findingsOn(report, -1, c.name), c.name);
      const unjudged = unjudgedWhole(report, c.name);
      if (unjudged) skip(unjudged);
      expect(report.endToEnd.map((e) => e.case)).toContain(c.name);
    });
  }
}

/** The findings of a step (-1: the whole pipeline) on a case; what needs no numbers is one on every case. */
function findingsOn(report: GraphReport, step: number, name: string): Finding[] {
  const isOfAll = (f: Finding) => f.kind === 'broken' || f.exact === '';
  const shows = (f: Finding) => isOfAll(f) || casesOf(f).some((c) => c.case === name);
  return report.findings.filter((f) => f.step === step && shows(f));
}

/** Fails with the findings as they are printed; where another case is worse, with a line on this one. */
function failWith(findings: readonly Finding[], name: string): void {
  if (findings.length === 0) return;
  const texts = findings.map((f) => {
    const here = f.case !== name && casesOf(f).find((c) => c.case === name);
    if (!here) return formatFinding(f);
    const { verdict, outside, budgetUse } = here;
    return `${formatFinding(f)}\n  on ${name}: ${verdict}, ${outside} outside, budget use ${budgetUse}`;
  });
  expect.fail(texts.join('\n\n'));
}

/** Why a step says nothing about a case; undefined where it does. */
function unjudgedStep(report: GraphReport, step: number, name: string): string | undefined {
  const broken = report.findings.find((f) => f.kind === 'broken' && f.step < step);
  const ran = report.passes.find((p) => p.step === step && p.case === name);
  if (!ran) return broken && `not run: ${broken.pass} (step ${broken.step}) broke the module`;
  return nothingDecided(ran);
}

/** Why the whole pipeline was not judged on a case; undefined where it was. */
function unjudgedWhole(report: GraphReport, name: string): string | undefined {
  const judged = report.endToEnd.find((e) => e.case === name);
  if (judged) return nothingDecided(judged);
  const [blamed] = report.findings.filter((f) => f.step >= 0);
  if (blamed) return `not judged: ${blamed.pass} (step ${blamed.step}) is to blame already`;
  const reasons = report.skipped.map((s) => s.why);
  if (reasons.length) return `not judged: ${[...new Set(reasons)].join('; ')}`;
  const whole = report.endToEnd.map((e) => e.case).join(', ');
  return `every pass was judged in place; the whole was judged on ${whole}`;
}

function nothingDecided({ judgement, reasons = [] }: PassVerdict | WholeVerdict) {
  const { elements, decided } = judgement;
  const isUnjudged = elements > 0 && decided === 0;
  return isUnjudged ? `nothing was decided: ${reasons.join('; ')}` : undefined;
}
