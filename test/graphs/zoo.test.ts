/** Every model of the zoo: valid, printable, at other sizes too, with work for every pass. */
import { describe, expect, it } from 'vitest';
import { diffModules } from '../../graphs/text/equal.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import type { Dims } from '../../graphs/zoo/model.ts';
import { zoo, zooModel } from '../../graphs/zoo/zoo.ts';
import { backends, passes } from '../../passes/backends.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';

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
    expect(() => zooModel('samplin')).toThrow(/no model samplin; there are sampling_bf16, /);
  });

  it('gives every pass of the backends something to change', () => {
    const changed = new Set(
      backends.flatMap(({ pipeline }) =>
        zoo.flatMap((m) =>
          runPipeline(m.build(), pipeline)
            .steps.filter((s) => s.changed)
            .map((s) => s.pass),
        ),
      ),
    );
    expect(passes.map((p) => p.name).filter((name) => !changed.has(name))).toEqual([]);
  });
});
