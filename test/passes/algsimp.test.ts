/**
 * The algebraic rules: each fires on what its own text says, keeps its contract on every kind of
 * input, and comes to rest; what is no law of floating point is left alone.
 */
import { describe, expect, it } from 'vitest';
import { type CaseKind, caseKinds } from '../../golden/kinds/kinds.ts';
import { unitRoundoff } from '../../graphs/ir/element-type.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { algebraicRules, algebraicSimplifier, algsimp } from '../../passes/algsimp/algsimp.ts';
import { parsePattern } from '../../passes/algsimp/pattern.ts';
import { firstDifference, resultsOn, runChecked } from '../support/passes.ts';
import { examplesOf } from '../support/rule-examples.ts';

const kinds = Object.keys(caseKinds) as CaseKind[];
const exactRules = algebraicRules.filter((r) => r.contract.kind === 'exact');

describe('the rules of algsimp', () => {
  it('have unique names', () => {
    const names = algebraicRules.map((r) => r.name);
    expect(names.filter((n, at) => names.indexOf(n) !== at)).toEqual([]);
  });

  it.each(algebraicRules.map((r) => [r.name, r] as const))(
    '%s fires on its examples',
    (_, rule) => {
      const examples = examplesOf(rule);
      expect(examples).not.toEqual([]);
      for (const [type, module] of examples) {
        const { replacements } = runChecked(algebraicSimplifier([rule]), module);
        expect([type, replacements.map((r) => r.contract)]).toEqual([type, [rule.contract]]);
      }
    },
  );

  it.each(exactRules.map((r) => [r.name, r] as const))('%s gives the same bits', (_, rule) => {
    for (const [type, before] of examplesOf(rule)) {
      const after = algebraicSimplifier([rule]).run(before).module;
      for (const kind of kinds) {
        const [x, y] = [before, after].map((m) => resultsOn(m, before, kind));
        expect([type, kind, firstDifference(x!, y!)]).toEqual([type, kind, undefined]);
      }
    }
  });

  it.each(algebraicRules.map((r) => [r.name, r] as const))(
    '%s: nothing is left to do',
    (_, rule) => {
      for (const [, module] of examplesOf(rule)) {
        expect(algsimp.run(algsimp.run(module).module).changed).toBe(false);
      }
    },
  );
});

describe('rules that reassociate', () => {
  const rules = algebraicRules.filter((r) => r.contract.kind === 'reassociates');

  it.each(rules.map((r) => [r.name, r] as const))('%s: one rounding an instruction', (_, rule) => {
    for (const [, before] of examplesOf(rule)) {
      const after = algebraicSimplifier([rule]).run(before).module;
      const roundings = instructionCount(before) + instructionCount(after);
      const [x, y] = [before, after].map((m) => leafTensors(resultsOn(m, before, 'lattice'))[0]!);
      const [a, b] = [x!, y!].map((t) => Array.from<number>(t.data as Float32Array));
      const u = unitRoundoff(x!.shape.type);
      const apart = a!.filter((v, n) => Math.abs(v - b![n]!) > roundings * u * Math.abs(v));
      expect(apart).toEqual([]);
    }
  });
});

function instructionCount(module: Module): number {
  return module.computations.reduce((n, c) => n + c.instructions.length, 0);
}

describe('what is not a law of floating point', () => {
  const wrong = [
    'ENTRY e { x = f32[2] parameter(0) c = f32[2] constant({0, 0}) ROOT r = f32[2] add(x, c) }',
    'ENTRY e { x = f32[2] parameter(0) c = f32[2] constant({0, 0}) ROOT r = f32[2] multiply(x, c) }',
    'ENTRY e { x = f32[2] parameter(0) ROOT r = f32[2] subtract(x, x) }',
    'ENTRY e { x = f32[2] parameter(0) ROOT r = f32[2] divide(x, x) }',
    'ENTRY e { x = f32[2] parameter(0) ROOT r = pred[2] compare(x, x), direction=EQ }',
    `ENTRY e { x = f32[2] parameter(0) y = f32[2] parameter(1)
      z = pred[2] compare(x, y), direction=LT ROOT r = pred[2] not(z) }`,
    'ENTRY e { x = f32[2] parameter(0) y = bf16[2] convert(x) ROOT r = f32[2] convert(y) }',
    'ENTRY e { x = s32[2] parameter(0) y = f32[2] convert(x) ROOT r = f64[2] convert(y) }',
  ];
  it.each(wrong)('%s stays', (text) => {
    expect(algsimp.run(parseModule(text)).changed).toBe(false);
  });
});

describe('patterns', () => {
  it.each(['(ad x y)', '(add x y', 'add x', '(add xx y)', '(add x y) z'])(
    '%s is refused',
    (text) => {
      expect(() => parsePattern(text)).toThrow(TypeError);
    },
  );
});
