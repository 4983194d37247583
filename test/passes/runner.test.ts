/** The runner: order, states, skipping, stopping, and the name of the pass that breaks a module. */
import { describe, expect, it } from 'vitest';
import { edit } from '../../graphs/build/draft.ts';
import { exact } from '../../graphs/ir/contract.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { backendNamed, backends, passes } from '../../passes/backends.ts';
import { dce } from '../../passes/dce.ts';
import { fixpoint } from '../../passes/pipeline/fixpoint.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { flattenPipeline, mapPasses } from '../../passes/pipeline/pipeline.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';

const module = parseModule('ENTRY e { x = f32[2] parameter(0) ROOT r = f32[2] negate(x) }');

/** Puts one more op on the root. */
const wrap = (name: string): Pass => ({
  name,
  contract: exact,
  summary: '',
  run: (m) =>
    edit(m, (draft) => {
      const root = rootOf(entryOf(m));
      draft.entry().setRoot(draft.entry().add('negate', [root], { name }));
    }),
});
const throwing: Pass = {
  ...wrap('throws'),
  run() {
    throw new RangeError('no such thing');
  },
};
/** Drops the root's operand. */
const invalid: Pass = {
  ...wrap('corrupts'),
  run: (m) => {
    const [c] = m.computations;
    const instructions = c!.instructions.filter((i) => i.opcode !== 'parameter');
    return {
      module: { ...m, computations: [{ ...c!, instructions }] },
      changed: true,
      replacements: [],
    };
  },
};
const nested = {
  name: 'outer',
  passes: [wrap('a'), { name: 'inner', passes: [wrap('b'), wrap('a')] }, dce],
};

describe('runPipeline', () => {
  it('runs nested pipelines in order and keeps every state', () => {
    const { steps, final, broken } = runPipeline(module, nested, { verify: verifyModule });
    expect(broken).toBeUndefined();
    expect(steps.map((s) => [s.index, s.path.join('/'), s.pass, s.occurrence, s.changed])).toEqual([
      [0, 'outer', 'a', 0, true],
      [1, 'outer/inner', 'b', 0, true],
      [2, 'outer/inner', 'a', 1, true],
      [3, 'outer', 'dce', 0, false],
    ]);
    expect(steps[0]!.before).toBe(module);
    steps.slice(1).forEach((s, n) => {
      expect(s.before).toBe(steps[n]!.after);
    });
    expect(final).toBe(steps.at(-1)!.after);
  });

  it.each([
    [{ skip: [{ pass: 'a' }] }, [1, 3]],
    [{ skip: [{ pass: 'a', occurrence: 1 }] }, [0, 1, 3]],
    [{ stopAfter: 2 }, [0, 1]],
    [{ stopAfter: 3, skip: [{ pass: 'b' }] }, [0, 2]],
    [{ stopAfter: 0 }, []],
  ])('%j leaves the steps %j', (options, steps) => {
    expect(runPipeline(module, nested, options).steps.map((s) => s.index)).toEqual(steps);
  });

  it('names the pass that throws and the one that makes an invalid module', () => {
    for (const [pass, how] of [
      [throwing, 'threw'],
      [invalid, 'invalid'],
    ] as const) {
      const pipeline = { name: 'p', passes: [wrap('a'), pass, wrap('b')] };
      const run = runPipeline(module, pipeline, { verify: verifyModule });
      expect(run.steps.map((s) => s.pass)).toEqual(['a']);
      expect(run.final).toBe(run.steps[0]!.after);
      expect(run.broken).toMatchObject({ pass: pass.name, step: 1, how, path: ['p'] });
      expect(run.broken!.diagnostics).not.toEqual([]);
      expect(run.broken!.before).toBe(run.final);
    }
  });

  it('reports steps as they come', () => {
    const seen: string[] = [];
    runPipeline(module, nested, { onStep: (s) => seen.push(s.pass) });
    expect(seen).toEqual(['a', 'b', 'a', 'dce']);
  });
});

describe('replacement records', () => {
  it('of several sweeps lead from the first module to the last', () => {
    let sweeps = 0;
    const twice = (m: Module) =>
      edit(m, (draft) => {
        const root = rootOf(entryOf(m));
        if (sweeps++ < 3) draft.entry().replace(root, draft.entry().add('copy', [root]), exact);
      });
    const { module: after, replacements } = fixpoint(module, twice);
    expect(replacements).toEqual([
      {
        computation: 'e',
        before: module.computations[0]!.root,
        after: entryOf(after).root,
        contract: exact,
      },
    ]);
  });
});

describe('backends', () => {
  it('are found by name and made of known passes', () => {
    expect(backends.map((b) => b.name)).toEqual(['cpu', 'tpu']);
    for (const b of backends) {
      expect(backendNamed(b.name)).toBe(b);
      for (const { pass } of flattenPipeline(b.pipeline)) expect(passes).toContain(pass);
    }
    expect(backendNamed('abacus')).toBeUndefined();
  });

  it('keep their nesting when passes are substituted', () => {
    const { pipeline } = backends[0]!;
    const renamed = mapPasses(pipeline, (p) => ({ ...p, name: `${p.name}!` }));
    expect(flattenPipeline(renamed).map((p) => [p.path, p.pass.name])).toEqual(
      flattenPipeline(pipeline).map((p) => [p.path, `${p.pass.name}!`]),
    );
  });
});
