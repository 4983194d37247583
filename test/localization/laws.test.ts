/**
 * Laws of local validation over random graphs: a sound rewrite of any instruction is never a
 * finding, and an unsound one that changes the result is found and blamed on its pass.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import { edit, type ModuleDraft } from '../../graphs/build/draft.ts';
import { type Contract, exact, reassociates } from '../../graphs/ir/contract.ts';
import { entryOf, type Instruction, instructionOf, type Module } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { sameBits } from '../../validator/verdict/judge.ts';

const unary = ['negate', 'abs', 'sine', 'floor'] as const;
const binary = ['add', 'subtract', 'multiply', 'maximum'] as const;

/** Each step: an op (unary ones first) and two earlier values. */
const steps = fc.array(fc.tuple(fc.nat(7), fc.nat(50), fc.nat(50)), {
  minLength: 3,
  maxLength: 14,
});

function graphOf(recipe: readonly (readonly [number, number, number])[]): Module {
  return new ModuleBuilder('random').entry((b) => {
    const shape = arrayShape('f32', [5]);
    const values = [b.parameter('x', shape), b.parameter('y', shape)];
    for (const [op, left, right] of recipe) {
      const [l, r] = [values[left % values.length]!, values[right % values.length]!];
      values.push(op < 4 ? b.op(unary[op]!, [l]) : b.op(binary[op - 4]!, [l, r]));
    }
    return b.op('tuple', values.slice(-2));
  });
}

type Rewrite = (draft: ModuleDraft, i: Instruction, operands: readonly Instruction[]) => void;

const wraps: Rewrite = (draft, i) => {
  const d = draft.entry();
  d.replace(i, d.add('negate', [d.add('negate', [i])]));
};

const commutes: Rewrite = (draft, i, operands) => {
  const d = draft.entry();
  if (i.opcode === 'add' || i.opcode === 'multiply') {
    d.replace(i, d.add(i.opcode, [...operands].reverse()));
  }
};

const doubles: Rewrite = (draft, i) => {
  const d = draft.entry();
  d.replace(i, d.add('add', [i, i]));
};

const negates: Rewrite = (draft, i) => {
  const d = draft.entry();
  d.replace(i, d.add('negate', [i]));
};

function passAt(at: number, contract: Contract, rewrite: Rewrite, name: string): Pass {
  const run = (module: Module) => {
    const entry = entryOf(module);
    const targets = entry.instructions.filter(
      (i) => i.opcode !== 'tuple' && i.opcode !== 'parameter',
    );
    const i = targets[at % targets.length]!;
    const operands = i.operands.map((o) => instructionOf(entry, o));
    return edit(module, (draft) => rewrite(draft, i, operands));
  };
  return { name, contract, summary: '', run };
}

function validated(module: Module, passes: readonly Pass[]) {
  const cases = (['typical', 'specials'] as const).map((k) =>
    sessionCase(generateCase(module, k, 1)),
  );
  const backend = { name: 'b', summary: '', pipeline: { name: 'p', passes } };
  return { cases, report: validateGraph({ graph: 'g', module, backend, cases }) };
}

describe('over random graphs', () => {
  it.each([
    ['double negation', exact, wraps],
    ['commuting', exact, commutes],
    ['commuting', reassociates, commutes],
  ] as const)('%s under a contract is no finding', (_, contract, rewrite) => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }), (recipe, places) => {
        const passes = places.map((at, n) => passAt(at, contract, rewrite, `sound-${n}`));
        expect(validated(graphOf(recipe), passes).report.findings).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['doubling', doubles],
    ['negating', negates],
  ] as const)('%s a value that a result shows is found and blamed', (_, rewrite) => {
    fc.assert(
      fc.property(steps, fc.nat(50), fc.nat(50), (recipe, at, sound) => {
        const module = graphOf(recipe);
        const culprit = passAt(at, exact, rewrite, 'culprit');
        const around = [
          passAt(sound, exact, wraps, 'a'),
          culprit,
          passAt(sound, exact, commutes, 'b'),
        ];
        const { cases, report } = validated(module, around);
        const bad = culprit.run(around[0]!.run(module).module).module;
        const differs = cases.some(
          (c) => !sameBits(runReference(bad, c.inputs), runReference(module, c.inputs)),
        );
        const blamed = new Set(report.findings.map((f) => f.pass));
        if (differs) expect(blamed).toEqual(new Set(['culprit']));
      }),
      { numRuns: 60 },
    );
  });
});
