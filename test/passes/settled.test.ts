/**
 * The simplifier looks again only at what may have changed: it must end where one that looks at
 * everything finds nothing left to do. And an edited computation keeps operands before users.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instruction } from '../../graphs/ir/module.ts';
import { entryOf, rootOf } from '../../graphs/ir/module.ts';
import { orderInstructions } from '../../graphs/ir/order.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { algebraicRules, algebraicSimplifier, algsimp } from '../../passes/algsimp/algsimp.ts';

const examples = algebraicRules.flatMap((r) => r.examples.map((text) => [r.name, text] as const));

describe('algsimp leaves nothing to do', () => {
  it.each(zoo.map((m) => [m.name, m] as const))('in %s', (_, model) => {
    const { module } = algsimp.run(model.build());
    expect(algebraicSimplifier(algebraicRules).run(module).changed).toBe(false);
  });

  it.each(examples)('where %s fires', (_, text) => {
    const { module } = algsimp.run(parseModule(text));
    expect(algebraicSimplifier(algebraicRules).run(module).changed).toBe(false);
  });

  it('where a value has one use less than before', () => {
    const { module } = algsimp.run(
      parseModule(`HloModule m
ENTRY e { a = f32[2] parameter(0)  b = f32[2] parameter(1)  p = f32[4] parameter(2)
  inner = f32[4] concatenate(a, b), dimensions={0}
  outer = f32[6] concatenate(inner, a), dimensions={0}
  yes = pred[] constant(true)  all = pred[4] broadcast(yes), dimensions={}
  other = f32[4] select(all, p, inner)
  ROOT r = (f32[6], f32[4]) tuple(outer, other) }`),
    );
    const entry = entryOf(module);
    const outer = entry.instructions.find((i) => i.id === rootOf(entry).operands[0])!;
    expect(outer.operands).toHaveLength(3);
  });

  it('the same whether the pass has seen the module before or not', () => {
    const seen = algebraicSimplifier(algebraicRules);
    for (const model of zoo) {
      const module = model.build();
      const first = printModule(seen.run(module).module);
      expect(printModule(seen.run(module).module)).toBe(first);
      expect(printModule(algebraicSimplifier(algebraicRules).run(module).module)).toBe(first);
    }
  });
});

describe('orderInstructions', () => {
  /** Instruction n uses some of those before it; ids are far apart or close together. */
  const graphs = fc
    .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
    .chain((uses) =>
      fc.record({
        uses: fc.constant(uses),
        spread: fc.constantFrom(1, 100),
        order: fc.shuffledSubarray(
          uses.map((_, n) => n),
          { minLength: uses.length },
        ),
      }),
    );

  it('puts operands before users, and leaves an order that does so', () => {
    fc.assert(
      fc.property(graphs, ({ uses, spread, order }) => {
        const made = uses.map((of, n) => {
          const operands = n === 0 ? [] : of.map((o) => (o % n) * spread);
          return { id: n * spread, operands, controlPredecessors: [] } as unknown as Instruction;
        });
        expect(orderInstructions(made)).toEqual(made);
        const ordered = orderInstructions(order.map((n) => made[n]!));
        const at = new Map(ordered.map((i, n) => [i.id, n]));
        expect([...at.keys()].sort((a, b) => a - b)).toEqual(made.map((i) => i.id));
        for (const i of ordered) {
          for (const o of i.operands) expect(at.get(o)!).toBeLessThan(at.get(i.id)!);
        }
      }),
    );
  });
});
