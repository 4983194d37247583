/** The planted faults do what they say: valid modules, wrong results, first at the named pass. */
import { describe, expect, it } from 'vitest';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { zooModel } from '../../graphs/zoo/zoo.ts';
import { backendNamed } from '../../passes/backends.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import { type Fault, faults, withFault } from '../faults/faults.ts';
import { firstDifference, resultsOn } from '../support/passes.ts';

function runs(fault: Fault) {
  const module = zooModel(fault.graph).build();
  const backend = backendNamed(fault.backend)!;
  const run = (b: typeof backend) => runPipeline(module, b.pipeline, { verify: verifyModule });
  return { module, healthy: run(backend), faulty: run(withFault(backend, fault)) };
}

describe.each(faults.map((f) => [f.id, f.title, f] as const))('fault %s: %s', (_, __, fault) => {
  const { module, healthy, faulty } = runs(fault);

  it('stands for a pass of the pipeline and makes valid modules', () => {
    expect(healthy.steps.map((s) => s.pass)).toContain(fault.pass.name);
    expect(faulty.broken).toBeUndefined();
    expect(faulty.steps.map((s) => s.pass)).toEqual(healthy.steps.map((s) => s.pass));
  });

  it('changes results, and first at the named pass', () => {
    const kinds = ['typical', 'near-ties', 'lattice'] as const;
    const wrong = kinds.flatMap((kind) => {
      const first = faulty.steps.find((s, n) => {
        const [x, y] = [s.after, healthy.steps[n]!.after].map((m) => resultsOn(m, module, kind));
        return firstDifference(x!, y!) !== undefined;
      });
      return first ? [first.pass] : [];
    });
    expect(new Set(wrong)).toEqual(new Set([fault.pass.name]));
  });
});

it('fault e loses the most probable token', () => {
  const fault = faults.find((f) => f.id === 'e')!;
  const { module, healthy, faulty } = runs(fault);
  const [good, bad] = [healthy, faulty].map((run) =>
    leafTensors(resultsOn(run.final, module, 'typical')),
  );
  const lost = Array.from(bad![1]!.data as Float32Array).filter((mass) => mass === 0);
  expect(lost).not.toEqual([]);
  expect(Array.from(good![1]!.data as Float32Array).filter((mass) => mass === 0)).toEqual([]);
});
