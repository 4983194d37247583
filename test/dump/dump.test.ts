/** Dumps made by hand: what is blamed, what is left out and with which reason, what is an error. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTensorFile } from '../../golden/store/files.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { validateDump } from '../../validator/dump/validate-dump.ts';
import { expectReplays } from '../support/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

function dump(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, `${name}.txt`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

const module = (body: string, signature = '(x: f32[4]) -> f32[4]') =>
  `HloModule f\n\nENTRY %e ${signature} {\n  %x = f32[4] parameter(0)\n${body}\n}\n`;
const product = (factor: string) =>
  module(
    `  %c = f32[] constant(${factor})
  %b = f32[4] broadcast(%c), dimensions={}
  ROOT %r = f32[4] multiply(%x, %b)`,
  );

const before = 'module_0001.f.before_optimizations';
const after = 'module_0001.f.cpu_after_optimizations';
const step = (n: number, pipeline: string, pass: string, next = 'pipeline-end') =>
  `module_0001.f.${String(n).padStart(4, '0')}.${pipeline}.after_${pass}.before_${next}`;

const cases = { cases: ['typical'] } as const;

describe('blame', () => {
  it.each([
    ['the pass', step(0, 'p', 'dce'), 'dce', 0],
    ['a gap before a pipeline', step(0, 'p', 'pipeline-start', 'dce'), '(before p)', 0],
    ['what comes after the last pass', after, '(after optimizations)', 0],
  ])('falls on %s', async (_, name, pass, at) => {
    const report = validateDump(dump({ [before]: product('3'), [name]: product('2') }), cases);
    expect(report.findings).toMatchObject([
      { pass, step: at, case: 'typical-1', instruction: 'r' },
    ]);
    expect(report.verdict).toBe('beyond');
    expect(report.findings[0]!.diff).toContain('constant(2)');
    await expectReplays(report.findings);
  });

  it('falls once, on the first state with the fault', () => {
    const folder = dump({
      [before]: product('3'),
      [step(0, 'p', 'pipeline-start', 'dce')]: product('3'),
      [step(1, 'p', 'dce', 'cse')]: product('2'),
      [step(2, 'p', 'cse')]: product('2').replaceAll('%r', '%renamed'),
      [after]: product('2'),
    });
    const report = validateDump(folder, cases);
    expect(report.findings.map((f) => [f.pass, f.step])).toEqual([['dce', 1]]);
    expect(report.modules[0]).toMatchObject({ states: 5, unchanged: 3 });
  });

  it('holds an unknown pass to reassociates, and says so', () => {
    const folder = dump({ [before]: product('3'), [step(0, 'p', 'new-pass')]: product('2') });
    const report = validateDump(folder, cases);
    expect(report.unknownPasses).toEqual(['new-pass']);
    expect(report.findings).toMatchObject([{ pass: 'new-pass', contract: 'reassociates' }]);
    expect(report.findings[0]!.note).toContain('not in the contract table');
  });

  it('hints at the first value that differs from its namesake', () => {
    const chain = (operands: string) =>
      module(`  %a = f32[4] negate(%x)
  %b = f32[4] subtract(${operands})
  %c = f32[4] exponential(%b)
  ROOT %r = f32[4] add(%c, %x)`);
    const folder = dump({ [before]: chain('%a, %x'), [step(0, 'p', 'dce')]: chain('%x, %a') });
    const [finding] = validateDump(folder, cases).findings;
    expect(finding).toMatchObject({ pass: 'dce', instruction: 'r' });
    expect(finding!.note).toContain('the first value to differ from its namesake before is b');
  });

  it('falls on a changed constant even where the budget would excuse it', () => {
    const damped = (one: string) =>
      module(
        `  %y = f32[4] multiply(%x, %x)
  %c = f32[] constant(${one})
  %b = f32[4] broadcast(%c), dimensions={}
  %s = f32[4] add(%y, %b)
  ROOT %r = f32[4] exponential(%s)`,
      ).replaceAll('f32[4]', 'f32[512]');
    const name = step(0, 'p', 'algsimp');
    const folder = dump({ [before]: damped('1'), [name]: damped('1.0000001') });
    const report = validateDump(folder, cases);
    expect(report.findings).toMatchObject([{ pass: 'algsimp', verdict: 'suspect' }]);
    expect(report.findings[0]!.note).toContain('a single constant or attribute');
  });

  it('of every module of a dump, flat or in folders', () => {
    const folder = dump({
      [before]: product('3'),
      [after]: product('3'),
      [`a/${before}`]: product('3'),
      [`a/${after}`]: product('2'),
      'module_0002.g.before_optimizations': product('5'),
      'module_0002.g.cpu_after_optimizations': product('6'),
    });
    const verdicts = validateDump(folder, cases).modules.map((m) => [m.module, m.verdict]);
    expect(verdicts).toEqual([
      ['module_0001.f', 'identical'],
      ['module_0002.g', 'beyond'],
      ['module_0001.f', 'beyond'],
    ]);
    const only = validateDump(folder, { ...cases, module: /g$/ });
    expect(only.modules.map((m) => m.module)).toEqual(['module_0002.g']);
  });
});

describe('what XLA recorded', () => {
  const recorded = (inputs: number[], outputs: number[]) => {
    const folder = dump({ [before]: product('3'), [after]: product('3') });
    const one = (data: number[]) => tensorOf('f32', [data.length], data);
    writeTensorFile(join(folder, 'inputs.safetensors'), new Map([['arg0', one(inputs)]]));
    writeTensorFile(join(folder, 'outputs.safetensors'), new Map([['out0', one(outputs)]]));
    return validateDump(folder, { cases: ['recorded'] });
  };

  it('is judged against before_optimizations', () => {
    const report = recorded([1, 2, 3, 4], [3, 6, 9, 12]);
    expect(report.verdict).toBe('identical');
    const [outputs] = report.modules[0]!.wholes;
    expect(outputs).toMatchObject({ what: 'recorded outputs', case: 'recorded' });
  });

  it('is a finding of no pass where it is wrong', async () => {
    const report = recorded([1, 2, 3, 4], [3, 6, 9, 13]);
    expect(report.findings).toMatchObject([
      { pass: '(compiled)', step: -1, index: [3], before: 12, after: 13, kind: 'end-to-end' },
    ]);
    await expectReplays(report.findings);
  });

  it('is left out, with the reason, where it does not fit', () => {
    const report = recorded([1, 2, 3], [3, 6, 9]);
    expect(report.modules[0]!.cases).toEqual([]);
    expect(report.skipped.map((s) => s.why)).toContain(
      'they do not fit the parameters of the entry computation',
    );
  });
});

describe('what cannot be judged is left out with a reason', () => {
  const skipped = (files: Readonly<Record<string, string>>) => {
    const report = validateDump(dump(files), cases);
    expect(report.findings).toEqual([]);
    return report.skipped.map((s) => s.why).join('\n');
  };
  const name = step(0, 'p', 'dce');

  it('another signature', () => {
    const wider = product('2').replaceAll('f32[4]', 'f32[8]');
    expect(skipped({ [before]: product('3'), [name]: wider })).toContain(
      'parameters or the result',
    );
  });

  it('an elided constant that the pass made', () => {
    const elided = (c: string) =>
      module(`  %${c} = f32[4] constant({...})\n  ROOT %r = f32[4] add(%x, %${c})`);
    const folded = skipped({ [before]: elided('c'), [name]: elided('c.1') });
    expect(folded).toContain('--xla_dump_large_constants');
  });

  it('an op that cannot be run, which bounds what is judged', () => {
    const unknown = (r: string) =>
      module(`  %n = f32[4] negate(%x)
  %k = f32[4] custom-call(%n), custom_call_target="something"
  ${r}`);
    const sums = ['ROOT %r = f32[4] add(%k, %n)', 'ROOT %s = f32[4] add(%n, %k)'] as const;
    expect(skipped({ [before]: unknown(sums[0]), [name]: unknown(sums[1]) })).toContain(
      'something',
    );
    const wrong = validateDump(
      dump({ [before]: unknown(sums[0]), [name]: unknown(sums[1].replace('add', 'subtract')) }),
      cases,
    );
    expect(wrong.findings).toMatchObject([{ pass: 'dce', instruction: 's' }]);
  });
});

describe('bad input', () => {
  it('a state that does not parse is an error with its place; the others are judged', () => {
    const folder = dump({
      [before]: product('3'),
      [step(0, 'p', 'algsimp')]: product('3').replace('multiply', 'multiplied'),
      [step(1, 'p', 'dce')]: product('2'),
    });
    const report = validateDump(folder, cases);
    const file = join(folder, `${step(0, 'p', 'algsimp')}.txt`);
    expect(report.errors).toMatchObject([{ file, position: { line: 7 } }]);
    expect(report.findings).toMatchObject([{ pass: 'dce' }]);
    expect(report.findings[0]!.note).toContain('could not be read lie in between (after algsimp)');
  });

  it.each([
    ['no dump', () => temporaryFolder(), {}, 'dump/empty'],
    ['no such folder', () => join(temporaryFolder(), 'none'), {}, 'file/enoent'],
    ['no such module', () => dump({ [before]: product('1') }), { module: /g/ }, 'dump/no-module'],
  ])('%s', (_, folder, options, code) => {
    expect(() => validateDump(folder(), options)).toThrowError(
      expect.objectContaining({ diagnostic: expect.objectContaining({ code }) }),
    );
  });
});
