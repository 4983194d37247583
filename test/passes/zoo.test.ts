/** Every pass and both pipelines over the zoo: valid, nothing altered in place, exact where promised. */
import { describe, expect, it } from 'vitest';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends, passes } from '../../passes/backends.ts';
import { fusion } from '../../passes/fusion.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { flattenPipeline } from '../../passes/pipeline/pipeline.ts';
import { runPipeline, type Step } from '../../passes/pipeline/runner.ts';
import { firstDifference, frozen, promisesBits, resultsOn, runChecked } from '../support/passes.ts';

const small = { batch: 2, vocabulary: 256, length: 8 };
const kinds: readonly CaseKind[] = ['typical', 'specials'];

const models = zoo.map((m) => {
  const sizes = Object.entries(small).filter(([name]) => name in m.dims);
  return [m.name, m.build(Object.fromEntries(sizes))] as const;
});
const runs = models.flatMap(([name, module]) =>
  backends.map((b) => [name, b.name, module, b.pipeline] as const),
);

describe('pipelines over the zoo', () => {
  it.each(runs)('%s on %s: exact steps leave every bit, all verify', (_, __, module, pipeline) => {
    const run = runPipeline(frozen(module), pipeline, { verify: verifyModule });
    expect(run.broken).toBeUndefined();
    expect(run.steps).toHaveLength(flattenPipeline(pipeline).length);
    for (const kind of kinds) {
      for (const step of run.steps.filter(keepsBits)) {
        const [x, y] = [step.before, step.after].map((m) => resultsOn(m, module, kind));
        expect([step.index, step.pass, kind, firstDifference(x!, y!)]).toEqual([
          step.index,
          step.pass,
          kind,
          undefined,
        ]);
      }
    }
  });

  it('every pass changes something somewhere', () => {
    const changed = new Set<string>();
    for (const [, , module, pipeline] of runs) {
      const run = runPipeline(module, pipeline);
      for (const s of run.steps) if (s.changed) changed.add(s.pass);
    }
    const calls = ['flatten-call-graph', 'call-inliner'];
    expect(passes.map((p) => p.name).filter((n) => !changed.has(n) && !calls.includes(n))).toEqual(
      [],
    );
  });
});

function keepsBits(step: Step): boolean {
  const pass = passes.find((p) => p.name === step.pass)!;
  return step.changed && promisesBits(pass, step);
}

describe.each(passes.map((p) => [p.name, p] as const))('%s alone', (_, pass: Pass) => {
  it.each(models)('on %s: valid, and a second run finds nothing but more to fuse', (__, module) => {
    const text = printModule(module);
    const once = runChecked(pass, module);
    expect(printModule(module)).toBe(text);
    const again = runChecked(pass, once.module);
    if (pass !== fusion) expect(again.changed).toBe(false);
  });
});
