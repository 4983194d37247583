/**
 * What validating a pipeline costs, in evaluations instead of time: regions only, nothing twice on the
 * same values (the before side of most comes from memory), and what changed nothing is free.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { isIn } from '../../graphs/ops/table.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import { recordedCorrespondences } from '../../validator/localization/correspondences.ts';
import { checkPassStep, type PassStepResult } from '../../validator/localization/pass-step.ts';
import { CaseValues } from '../../validator/localization/values.ts';

interface Evaluation {
  readonly instruction: Instruction<number>;
  readonly operands: readonly Value[];
}

/**
 * What the cases evaluated; the exact mode, which asks for sizes that are fitted, is not counted, nor
 * are samples, which are drawn of regions that rest on wide budgets or are open.
 */
const evaluated: Evaluation[] = [];

vi.mock('../../validator/reference/run.ts', async (original) => {
  const real = await original<typeof import('../../validator/reference/run.ts')>();
  const evaluateInstruction: typeof real.evaluateInstruction = (instruction, operands, context) => {
    if (!context.fitted && !context.observer)
      evaluated.push({ instruction, operands: [...operands] });
    return real.evaluateInstruction(instruction, operands, context);
  };
  return { ...real, evaluateInstruction };
});

beforeEach(() => {
  evaluated.length = 0;
});

interface StepCost {
  readonly pass: string;
  readonly result: PassStepResult;
  readonly evaluations: readonly Evaluation[];
}

/** Every changing pass of a pipeline judged on one case, with the evaluations that each took. */
function costs(model: (typeof zoo)[number], backend: Backend) {
  const module = model.build();
  const { inputs } = generateCase(module, 'typical', 1);
  const numbering = new Numbering();
  const values = new CaseValues(numbering, inputs);
  let before = flowOf(module, numbering);
  values.get(before.root);
  const first = evaluated.splice(0);
  const steps: StepCost[] = [];
  for (const step of runPipeline(module, backend.pipeline).steps) {
    if (!step.changed) continue;
    const after = flowOf(step.after, numbering);
    const correspondences = recordedCorrespondences(before, after, step.replacements, numbering);
    const { contract, pass } = step;
    const result = checkPassStep({ before, after, contract, correspondences }, [values], numbering);
    steps.push({ pass, result, evaluations: evaluated.splice(0) });
    before = after;
  }
  return { first, steps };
}

/**
 * Value numbers that were evaluated again on the same values; each has an instruction of its own.
 * What only moves data may be: its result is not kept for a pass that might undo another.
 */
function repeated(evaluations: readonly Evaluation[]): string[] {
  const seen = new Map<Instruction<number>, Evaluation[]>();
  return evaluations.flatMap((e) => {
    const { opcode, name } = e.instruction;
    const alike = seen.get(e.instruction) ?? [];
    const again = alike.some((o) => o.operands.every((v, k) => v === e.operands[k]));
    seen.set(e.instruction, [...alike, e]);
    return again && !isIn(opcode, 'data-movement') ? [name] : [];
  });
}

describe.each(backends)('validating on $name', (backend) => {
  describe.each(zoo)('$name', (model) => {
    test('evaluates what changed, and that once', () => {
      const { first, steps } = costs(model, backend);
      for (const { pass, result, evaluations } of steps) {
        const changed = result.cut.regions.reduce(
          (n, { beforeCone, afterCone }) => n + beforeCone.length + afterCone.length,
          0,
        );
        expect(evaluations.length, pass).toBeLessThanOrEqual(changed);
      }
      const all = [...first, ...steps.flatMap((s) => s.evaluations)];
      expect(repeated(all)).toEqual([]);
    });
  });
});
