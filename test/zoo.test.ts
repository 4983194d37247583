import { describe, expect, it } from 'vitest';
import { entryOf } from '../graphs/ir/module.ts';
import type { Opcode } from '../graphs/ops/table.ts';
import { diffModules } from '../graphs/text/equal.ts';
import { parseModule } from '../graphs/text/parser.ts';
import { printModule } from '../graphs/text/printer.ts';
import { verifyModule } from '../graphs/verify/verify.ts';
import type { Dims } from '../graphs/zoo/model.ts';
import { zoo, zooModel } from '../graphs/zoo/zoo.ts';

const built = zoo.flatMap((m) => [
  [m.name, 'defaults', m, {}] as const,
  ...[1, 2, 7].map((batch) => [m.name, `batch ${batch}`, m, { batch } satisfies Dims] as const),
]);

describe('the zoo', () => {
  it.each(built)('%s, %s: verifies, prints and parses back', (_, __, { build }, sizes) => {
    const module = build(sizes);
    expect(verifyModule(module)).toEqual([]);
    const text = printModule(module);
    expect(diffModules(module, parseModule(text))).toBeUndefined();
  });

  it.each(zoo.map((m) => [m.name, m] as const))('%s: every size matters', (_, { build, dims }) => {
    const text = printModule(build());
    for (const [name, size] of Object.entries(dims)) {
      expect([name, printModule(build({ [name]: 2 * size }))]).not.toEqual([name, text]);
    }
  });

  it('names are unique, and those of their modules', () => {
    const names = zoo.map((m) => m.name);
    expect(new Set(names).size).toBe(names.length);
    expect(zoo.map((m) => m.build().name)).toEqual(names);
    expect(names.map((n) => zooModel(n).name)).toEqual(names);
  });

  it('an unknown name is answered with the known ones', () => {
    expect(() => zooModel('samplin')).toThrow(/no model samplin; it has sampling_bf16, /);
  });

  it('gives every pass of a pipeline something to find', () => {
    const all = zoo.flatMap((m) => m.build().computations.flatMap((c) => c.instructions));
    const used = new Set(all.map((i) => i.opcode));
    const wanted = [
      'call',
      'tuple',
      'while',
      'reshape',
      'transpose',
      'broadcast',
      'convert',
      'dot',
    ];
    expect(wanted.filter((o) => !used.has(o as Opcode))).toEqual([]);
    const dead = zoo.filter((m) => {
      const { instructions, root } = entryOf(m.build());
      const operands = new Set(instructions.flatMap((i) => i.operands));
      return instructions.some(
        (i) => i.opcode !== 'parameter' && i.id !== root && !operands.has(i.id),
      );
    });
    expect(dead.map((m) => m.name)).toContain('positional');
  });
});
