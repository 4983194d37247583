/**
 * Passes over modules as XLA's own tests have them: whatever a pass makes is valid, prints and reads
 * back to the same module, and what it changed it does not change again.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { Module } from '../../graphs/ir/module.ts';
import { diffModules } from '../../graphs/text/equal.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { splitModules } from '../../graphs/text/split-modules.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { backends, passes } from '../../passes/backends.ts';
import { constantFolding } from '../../passes/constant-folding.ts';
import { cse } from '../../passes/cse.ts';
import { flattenCallGraph } from '../../passes/flatten-call-graph.ts';
import { fusion } from '../../passes/fusion.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import { planOf } from '../../validator/conformance/hlo/folders.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { runChecked } from '../support/passes.ts';

/** How a module differs from what its own text reads back as; undefined if it does not. */
const readBack = (m: Module) => diffModules(m, parseModule(printModule(m)));

/** The pass's result, which must be valid and read back to itself. */
function made(pass: Pass, text: string): Module {
  const { module } = runChecked(pass, parseModule(text));
  expect(readBack(module)).toBeUndefined();
  return module;
}

const body = (text: string) => `HloModule m\nENTRY e {\n${text}\n}`;

describe('what a pass makes', () => {
  it.each([
    ['an operand from outside', 'w = f32[4] sine(x), control-predecessors={y}\n'],
    ['a scalar that is copied', 'w = f32[] constant(2), control-predecessors={y}\n'],
  ])('waits outside a fused computation: %s', (_, waiting) => {
    const isScalar = waiting.includes('constant');
    const operand = isScalar ? 'b' : 'w';
    const broadcast = isScalar ? 'b = f32[4] broadcast(w), dimensions={}\n' : '';
    const text = body(
      `x = f32[4] parameter(0)\ny = f32[4] cosine(x)\n${waiting}${broadcast}` +
        `s = f32[4] add(${operand}, x)\nm = f32[4] multiply(s, x)\nROOT t = (f32[4], f32[4]) tuple(m, y)`,
    );
    const module = made(fusion, text);
    expect(printModule(module)).toContain('fusion(');
  });

  it('gives two branches of one conditional computations of their own', () => {
    const text =
      'HloModule m\nf { a = f32[] parameter(0)\n ROOT r = f32[] negate(a) }\n' +
      'ENTRY e { p = s32[] parameter(0)\n x = f32[] parameter(1)\n' +
      ' ROOT c = f32[] conditional(p, x, x, x), branch_computations={f, f, f} }';
    const module = made(flattenCallGraph, text);
    expect(module.computations).toHaveLength(4);
    expect(flattenCallGraph.run(module).changed).toBe(false);
  });

  it('reads back, whatever the layouts of what it folds', () => {
    const module = made(
      constantFolding,
      body('a = f32[2]{0} constant({1, 2})\nROOT r = f32[2,1]{1,0:T(2,128)} reshape(a)'),
    );
    expect(printModule(module)).not.toContain('reshape');
  });

  it('merges large constants that are equal, and no others', () => {
    const long = (last: string) => `f32[9] constant({${'1,'.repeat(8)}${last}})`;
    const constants = `a = ${long('2')}\nb = ${long('2')}\nc = ${long('-0')}\nd = ${long('0')}\n`;
    const module = made(
      cse,
      body(`${constants}ROOT t = (f32[9], f32[9], f32[9], f32[9]) tuple(a, b, c, d)`),
    );
    expect(module.computations[0]!.instructions).toHaveLength(4);
  });
});

describe.skipIf(!corpora)('XLA’s modules (the corpora must be beside the checkout)', () => {
  const every = 31;
  const modules = () =>
    planOf(corpus('hlo/modules'))
      .exams.filter((_, n) => n % every === 0)
      .flatMap(({ file }) => splitModules(readFileSync(file, 'utf8')).map((t) => [file, t]))
      .flatMap(([file, text]) => sound(file!, text!));

  /** Modules that are wrong on purpose are none of a pass's business. */
  function sound(file: string, text: string): { file: string; module: Module }[] {
    try {
      const module = parseModule(text);
      return verifyModule(module).length === 0 ? [{ file, module }] : [];
    } catch {
      return [];
    }
  }

  test('each pass by itself and each pipeline: valid, reads back, settled', () => {
    const wrong: string[] = [];
    for (const { file, module } of modules()) {
      for (const pass of passes) {
        const once = runChecked(pass, module);
        if (!once.changed) continue;
        const difference = readBack(once.module);
        if (difference !== undefined) wrong.push(`${file} ${pass.name}: ${difference}`);
        const again = runChecked(pass, once.module);
        if (again.changed && pass !== fusion) wrong.push(`${file} ${pass.name}: not settled`);
      }
      for (const { name, pipeline } of backends) {
        const run = runPipeline(module, pipeline, { verify: verifyModule });
        const [why] = run.broken?.diagnostics ?? [];
        if (why) wrong.push(`${file} ${name}, ${run.broken!.pass}: ${why.message}`);
        const difference = readBack(run.final);
        if (difference !== undefined) wrong.push(`${file} ${name}: ${difference}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});
