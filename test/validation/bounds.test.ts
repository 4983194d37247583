/**
 * What a validation says of a module that does not run on some case: the loop does not end, the sizes
 * do not fit. It is open there and judged elsewhere; a pipeline after which it no longer runs is blamed.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edit } from '../../graphs/build/draft.ts';
import { exact } from '../../graphs/ir/contract.ts';
import { entryOf, type Module } from '../../graphs/ir/module.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { backendNamed } from '../../passes/backends.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { defaultLimits } from '../../validator/limits/limits.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Counts from its parameter up to 10, and for ever from a larger one. */
const counting = `HloModule m
condition { n = s32[] parameter(0)  ten = s32[] constant(10)  ROOT r = pred[] compare(n, ten), direction=NE }
body { n = s32[] parameter(0)  one = s32[] constant(1)  ROOT r = s32[] add(n, one) }
ENTRY e { n = s32[] parameter(0)  ROOT w = s32[] while(n), condition=condition, body=body }`;

const cases = [3, 11].map((n) => ({
  name: `from ${n}`,
  inputs: [tensorOf('s32', [], [n])],
  options: '',
}));

const job = (module: Module, backend: Backend) => ({
  graph: 'counting',
  module,
  backend,
  cases,
  limits: { ...defaultLimits, maxIterations: 50 },
});

describe('a loop that ends on one case and not on the other', () => {
  it('is judged on the one, and open on the other', () => {
    const report = validateGraph(job(parseModule(counting), backendNamed('cpu')!));
    expect(report.findings).toEqual([]);
    expect(report.counts).toMatchObject({ checked: 2, decided: 1 });
    expect(report.endToEnd.map((e) => e.judgement.verdict)).toEqual(['identical', 'undecided']);
    expect(report.skipped[0]!.why).toContain('after 50 iterations');
  });

  it('is a finding of the pipeline that makes it so', () => {
    const run = (m: Module) =>
      edit(m, (draft) => {
        const [condition] = m.computations;
        const ten = condition!.instructions.find((i) => i.opcode === 'constant')!;
        const literal = tensorOf('s32', [], [-1]);
        draft.computation(condition!.name).rewrite(ten, { attrs: { literal } });
      });
    const passes = [{ name: 'endless', contract: exact, summary: '', run }];
    const backend = { name: 'b', summary: '', pipeline: { name: 'p', passes } };
    const { findings } = validateGraph(job(parseModule(counting), backend));
    expect(findings.map((f) => [f.pass, f.case, f.verdict])).toEqual([
      ['endless', 'from 3', 'beyond'],
    ]);
  });
});

it('a loop that nothing needs is no pipeline’s fault', () => {
  const unneeded = counting.replace(
    'ROOT w = s32[] while(n)',
    'ROOT r = s32[] negate(n)  w = s32[] while(n)',
  );
  const run = (m: Module) =>
    edit(m, (draft) => draft.entry().rewrite(entryOf(m).instructions[0]!, {}));
  const passes = [{ name: 'idle', contract: exact, summary: '', run }];
  const backend = { name: 'b', summary: '', pipeline: { name: 'p', passes } };
  const report = validateGraph(job(parseModule(unneeded), backend));
  expect(report.findings).toEqual([]);
  expect(report.skipped.map((s) => s.why)).toEqual([
    expect.stringContaining('after 50 iterations'),
  ]);
});

it('the command tells that nothing could be judged', async () => {
  const file = join(temporaryFolder(), 'endless.hlo');
  writeFileSync(
    file,
    counting.replace('compare(n, ten), direction=NE', 'compare(n, n), direction=EQ'),
  );
  const bounds = ['--max-iterations', '9', '--cases', 'typical'];
  const { exitCode, stdout } = await assay(['validate', file, ...bounds]);
  expect(stdout).toContain('after 9 iterations');
  expect(exitCode).toBe(2);
});
