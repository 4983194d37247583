/** `assay conformance hlo`: what counts as an exam, each outcome, and that a wrong result is seen. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeTensorFile } from '../../golden/store/files.ts';
import { unitRoundoff } from '../../graphs/ir/element-type.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { held } from '../../validator/conformance/hlo/containment.ts';
import { planOf } from '../../validator/conformance/hlo/folders.ts';
import { runExam } from '../../validator/conformance/hlo/run-exam.ts';
import { runHloSuite } from '../../validator/conformance/hlo/suite.ts';
import { suiteIndex } from '../../validator/conformance/hlo/suite-index.ts';
import { formatConformance } from '../../validator/conformance/text.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { roundsWithin, workOf } from '../../validator/limits/work.ts';
import { assay } from '../support/cli.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { temporaryFolder } from '../support/temporary.ts';

const moduleOf = (body: string, before = '') => `HloModule m\n${before}\nENTRY e {\n${body}\n}\n`;
const sum = moduleOf('x = f32[3] parameter(0)\nROOT r = f32[3] add(x, x)');
const loop = moduleOf(
  'x = s32[] parameter(0)\nROOT r = s32[] while(x), condition=c, body=b',
  'c { p = s32[] parameter(0)\n ROOT r = pred[] constant(true) }\n' +
    'b { p = s32[] parameter(0)\n ROOT r = s32[] add(p, p) }',
);

/** A folder with these files; names may have folders before them. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const directory = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

const outcomesOf = (files: Readonly<Record<string, string>>) => runHloSuite(folderWith(files));

describe('a module by itself', () => {
  test('passes where the reference lies inside the radii; ULP are those of single ops', () => {
    const report = outcomesOf({ 'sum.hlo': sum, 'deep/er/also.txt': sum, 'notes.txt': 'no HLO' });
    expect(report).toMatchObject({ total: 2, passed: 2, failures: [], checked: 6, undecided: 0 });
    expect(report.perOp.add).toMatchObject({ passed: 2, worstUlp: 0 });
  });

  test.each([
    ['does not parse', 'HloModule m\nENTRY e { ROOT r = f32[3] frobnicate() }', 'unknown-opcode'],
    ['is not sound', sum.replace('f32[3] add', 'f32[4] add'), 'add_c'],
    ['is no text', '\u0000\u0001\u0002', 'parse/'],
  ])('is invalid where it %s, and the next one runs', (_, text, code) => {
    const report = outcomesOf({ 'a.hlo': text, 'c.hlo': sum });
    expect(report).toMatchObject({ total: 2, passed: 1, failed: 0, invalid: 1, failures: [] });
    const [refused] = report.invalidTests;
    expect(refused!.reason).toContain(code.includes('_') ? 'verify/' : code);
    expect(refused).toMatchObject({
      file: expect.stringContaining('a.hlo'),
      column: expect.any(Number),
    });
    expect(formatConformance(report, true)).toMatch(/^INVALID .*a\.hlo:\d+:\d+: .*\[/);
  });

  test.each([
    ['a custom call of no known meaning', 'ROOT r = f32[] custom-call(), custom_call_target="x"'],
    [
      'a value that is too large',
      'x = f32[] parameter(0)\nROOT r = f32[2048,2048] broadcast(x), dimensions={}',
    ],
    [
      'sizes that generated data do not have',
      'x = f32[8] parameter(0)\nn = s32[] parameter(1)\nROOT r = f32[<=8] dynamic-reshape(x, n)',
    ],
    ['a host', 't = token[] after-all()\nROOT r = (f32[], token[]) infeed(t)'],
  ])('%s is unsupported, by name', (_, body) => {
    const report = outcomesOf({ 'a.hlo': moduleOf(body) });
    expect(report).toMatchObject({ total: 1, unsupported: 1 });
    expect(report.unsupportedTests[0]!.reason).toMatch(
      /\[run\/(unsupported|too-large|bad-operand)\]$/,
    );
  });

  test('a loop that does not end is unsupported', () => {
    const [refused] = outcomesOf({ 'a.hlo': loop }).unsupportedTests;
    expect(refused!.reason).toMatch(
      /raise --max-work and --max-iterations \[run\/no-termination\]$/,
    );
  });

  test('several modules in a file are tests of their own', () => {
    const text = [sum, loop, 'HloModule m ENTRY'].join('\n// -----\n');
    const report = outcomesOf({ 'a.hlo': text });
    expect(report).toMatchObject({ total: 3, passed: 1, invalid: 1, unsupported: 1 });
    expect(report.invalidTests[0]).toMatchObject({ test: '#3', line: text.split('\n').length });
  });

  test('what an index calls a test of the verifier may be refused; what it accepts is run', () => {
    const wrong = sum.replace('f32[3] add', 'f32[4] add');
    const entry = (file: string, source: string) =>
      JSON.stringify({ file, source, line: 7, test: 'T', suite: null });
    const index = [
      entry('wrong.hlo', 'xla/service/hlo_verifier_test.cc'),
      entry('right.hlo', 'xla/service/hlo_verifier_test.cc'),
      entry('other.hlo', 'xla/service/dce_test.cc'),
      'no JSON',
    ];
    const files = { 'wrong.hlo': wrong, 'right.hlo': sum, 'other.hlo': wrong };
    const report = outcomesOf({ ...files, 'index.jsonl': index.join('\n') });
    expect(report).toMatchObject({ total: 2, passed: 1, invalid: 1 });
    expect(report.invalidTests[0]!.file).toContain('other.hlo');
    expect(report.disabled).toHaveLength(1);
    expect(report.disabled[0]!.reason).toContain('hlo_verifier_test.cc:7 T');
  });

  const extreme =
    'a = c64[1] constant({(1, 1)})\nre = f32[1] constant({nan})\nim = f32[1] constant({inf})\n' +
    'b = c64[1] complex(re, im)\nROOT r = c64[1] divide(a, b)';
  const positive =
    'f { a = f32[] parameter(0)\n b = f32[] parameter(1)\n s = f32[] add(a, b)\n' +
    ' ROOT r = f32[] maximum(s, a) }';

  test.each([
    ['a divisor infinite in one part, NaN in the other', extreme, ''],
    [
      'a reduction in which the order matters',
      'x = f32[99] parameter(0)\nz = f32[] constant(0)\n' +
        'ROOT r = f32[] reduce(x, z), dimensions={0}, to_apply=f',
      positive,
    ],
  ])('%s is left open', (_, body, before) => {
    const report = outcomesOf({ 'a.hlo': moduleOf(body, before) });
    expect(report).toMatchObject({ passed: 1, failures: [], undecided: 1 });
  });

  test('two sums in one reduction have the radii of sums', () => {
    const both =
      'f { a = f32[] parameter(0)\n b = f32[] parameter(1)\n c = f32[] parameter(2)\n' +
      ' d = f32[] parameter(3)\n p = f32[] add(a, c)\n q = f32[] add(d, b)\n ROOT r = (f32[], f32[]) tuple(p, q) }';
    const body =
      'x = f32[3,4,5] parameter(0)\ny = f32[3,4,5] parameter(1)\nz = f32[] constant(0)\n' +
      'ROOT r = (f32[3,5], f32[3,5]) reduce(x, y, z, z), dimensions={1}, to_apply=f';
    const report = outcomesOf({ 'a.hlo': moduleOf(body, both) });
    expect(report).toMatchObject({ passed: 1, failures: [], undecided: 0 });
  });

  test('complex numbers are widened before they are multiplied', () => {
    const dot = 'lhs_contracting_dims={1}, rhs_contracting_dims={0}';
    const body = `x = c64[4,3] parameter(0)\ny = c64[3,4] parameter(1)\nROOT r = c128[4,4] dot(x, y), ${dot}`;
    const report = outcomesOf({ 'a.hlo': moduleOf(body) });
    expect(report).toMatchObject({ passed: 1, failures: [], undecided: 0 });
  });

  test.each([
    [
      'a transform longer than its dimension',
      'ROOT r = c64[8] fft(x), fft_type=FFT, fft_length={32}',
    ],
    ['a bitcast to more bits', 'ROOT r = c64[16] bitcast(x)'],
    [
      'a gemm without its configuration',
      'ROOT r = c64[8] custom-call(x, x), custom_call_target="__cublas$gemm"',
    ],
    [
      'random bits of a state that is a tuple',
      's = u32[2] parameter(1)\nt = (u32[2], u32[2]) tuple(s, s)\nROOT r = u32[9] rng-bit-generator(t), algorithm=rng_default',
    ],
  ])('%s has no meaning, and is unsupported', (_, body) => {
    const report = outcomesOf({ 'a.hlo': moduleOf(`x = c64[8] parameter(0)\n${body}`) });
    expect(report).toMatchObject({ unsupported: 1, failures: [] });
  });
});

describe('a pair', () => {
  const dot = (k: string) =>
    moduleOf(
      `x = f32[4,8] parameter(0)\ny = f32[8,4] parameter(1)\n${k}`,
      'add { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT r = f32[] add(a, b) }',
    );
  const whole = dot(
    'ROOT r = f32[4,4] dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={0}',
  );
  const inParts = (last: number) =>
    dot(
      `a = f32[4,4] slice(x), slice={[0:4], [0:4]}\nb = f32[4,${last - 4}] slice(x), slice={[0:4], [4:${last}]}\n` +
        `c = f32[4,4] slice(y), slice={[0:4], [0:4]}\nd = f32[${last - 4},4] slice(y), slice={[4:${last}], [0:4]}\n` +
        'p = f32[4,4] dot(a, c), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n' +
        'q = f32[4,4] dot(b, d), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n' +
        'ROOT r = f32[4,4] add(p, q)',
    );

  test.each([
    ['a.hlo', 'b.hlo'],
    ['before.hlo', 'after.hlo'],
  ])('%s and %s must agree as sums in another order do', (before, after) => {
    const good = outcomesOf({ [before]: whole, [after]: inParts(8) });
    expect(good).toMatchObject({ total: 1, passed: 1, undecided: 0 });
    const bad = outcomesOf({ [before]: whole, [after]: inParts(7) });
    expect(bad).toMatchObject({ total: 1, failed: 1 });
    expect(bad.failures[0]!.reason).toContain('assay compare');
  });

  test('one of different parameters fails; one that cannot be run is unsupported', () => {
    expect(outcomesOf({ 'a.hlo': whole, 'b.hlo': sum })).toMatchObject({ failed: 1 });
    const call = moduleOf('ROOT r = f32[] custom-call(), custom_call_target="x"');
    const refused = outcomesOf({ 'a.hlo': call, 'b.hlo': moduleOf('ROOT r = f32[] constant(1)') });
    expect(refused).toMatchObject({ unsupported: 1 });
  });

  test('one of which is no module is invalid, and named', () => {
    const report = outcomesOf({ 'a.hlo': whole, 'b.hlo': 'HloModule' });
    expect(report).toMatchObject({ total: 1, failed: 0, invalid: 1 });
    expect(report.invalidTests[0]!.file).toContain('b.hlo');
  });

  test('is no pair where more files lie beside them', () => {
    expect(outcomesOf({ 'a.hlo': sum, 'b.hlo': sum, 'c.hlo': sum }).total).toBe(3);
  });
});

describe('a dump with recorded results', () => {
  const square = moduleOf('x = f32[3] parameter(0)\nROOT r = f32[3] multiply(x, x)');
  const dump = (inputs: Tensor, outputs: Tensor) => {
    const name = 'module_0001.jit_f';
    const directory = folderWith({
      [`${name}.before_optimizations.txt`]: square,
      [`${name}.0000.simplification.after_pipeline-start.before_algsimp.txt`]: 'never read',
      [`${name}.cpu_after_optimizations.txt`]: square,
    });
    writeTensorFile(join(directory, 'inputs.safetensors'), new Map([['arg0', inputs]]));
    writeTensorFile(join(directory, 'outputs.safetensors'), new Map([['out0', outputs]]));
    return runHloSuite(directory);
  };
  const x = tensorOf('f32', [3], [1, 2, 3]);

  test('must lie inside the budget of the module before optimisation', () => {
    const good = dump(x, tensorOf('f32', [3], [1, 4, 9]));
    expect(good).toMatchObject({ total: 1, passed: 1, checked: 3 });
    expect(good.disabled[0]!.reason).toContain('1 later states');
    const bad = dump(x, tensorOf('f32', [3], [1, 4, 9.00001]));
    expect(bad.failures[0]!.reason).toContain('recorded outputs are beyond');
  });

  test('says so where the tensors do not fit', () => {
    const wide = tensorOf('f32', [4], [1, 2, 3, 4]);
    expect(dump(wide, x)).toMatchObject({ unsupported: 1 });
    expect(dump(x, wide)).toMatchObject({ failed: 1 });
  });
});

describe('a result against exact radii', () => {
  const product = parseModule(
    moduleOf('x = f32[1] parameter(0)\ny = f32[1] parameter(1)\nROOT r = f32[1] multiply(x, y)'),
  );
  const number = fc.float({ noNaN: true, min: Math.fround(0.01), max: 1e6 });

  test('the rounded product lies inside, neighbours far enough off do not, nor does NaN', () => {
    fc.assert(
      fc.property(number, number, fc.integer({ min: 8, max: 100 }), (a, b, steps) => {
        const inputs = [a, b].map((v) => tensorOf('f32', [1], [v]));
        const { value } = runExact(product, inputs.map(fromPlainValue));
        const at = (v: number) => held(tensorOf('f32', [1], [v]), value);
        const right = Math.fround(a * b);
        const off = 2 * steps * unitRoundoff('f32') * right;
        expect(at(right).outside).toBeUndefined();
        expect(at(right).ulp).toBeLessThanOrEqual(0.5);
        expect(at(right + off).outside).toContain('output 0 f32[0]');
        expect(at(NaN).outside).toContain('output 0 f32[0] is NaN');
      }),
    );
  });
});

describe('work', () => {
  test('is at least what is read and written, and more for more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (m, k) => {
        const dot = (n: number) =>
          workOf(
            parseModule(
              moduleOf(
                `x = f32[${m},${n}] parameter(0)\nROOT r = f32[${m},${m}] dot(x, x), lhs_contracting_dims={1}, rhs_contracting_dims={1}`,
              ),
            ),
          );
        expect(dot(k).largest).toBe(Math.max(m * m, m * k));
        expect(dot(k).total).toBeGreaterThan(m * m * k);
        expect(dot(k + 1).total).toBeGreaterThan(dot(k).total);
      }),
    );
  });

  test('of loops is bounded where their length is not known', () => {
    const open = workOf(parseModule(loop));
    expect(open.depth).toBe(1);
    expect(roundsWithin(open, 1000 * open.round, 1e6)).toBe(1000);
    expect(roundsWithin(open, 1000 * open.round, 10)).toBe(10);
    const told = loop.replace('body=b', 'body=b, backend_config={"known_trip_count":{"n":"500"}}');
    const known = workOf(parseModule(told));
    expect(known.depth).toBe(0);
    expect(known.total).toBeGreaterThan(100 * open.total);
    expect(roundsWithin(known, 1, 1)).toBe(501);
  });
});

describe('the command', () => {
  test('exits 0, 1 and 2, and takes bounds and a seed', async () => {
    const directory = folderWith({ 'a.hlo': sum });
    const good = await assay(['conformance', 'hlo', directory, '--json', '--seed', '5']);
    expect(good.exitCode).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ suite: 'hlo', passed: 1, checked: 3 });
    const tight = await assay(['conformance', 'hlo', directory, '--max-elements', '2']);
    expect(tight).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--max-elements') });
    writeFileSync(join(directory, 'b.hlo'), 'HloModule');
    writeFileSync(join(directory, 'c.hlo'), sum);
    expect((await assay(['conformance', 'hlo', directory])).exitCode).toBe(2);
    mkdirSync(join(directory, 'pair'));
    const difference = sum.replace('add(x, x)', 'subtract(x, x)');
    writeFileSync(join(directory, 'pair', 'a.hlo'), sum);
    writeFileSync(join(directory, 'pair', 'b.hlo'), difference);
    const wrong = await assay(['conformance', 'hlo', directory, '--json']);
    expect(wrong.exitCode).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ passed: 2, failed: 1, invalid: 1 });
    for (const folder of [temporaryFolder(), join(directory, 'absent'), join(directory, 'a.hlo')]) {
      expect((await assay(['conformance', 'hlo', folder])).exitCode).toBe(2);
    }
    const other = await assay(['conformance', 'stablehlo', directory, '--max-work', '1']);
    expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--max-work') });
  });
});

describe.skipIf(!corpora)('XLA’s modules (the corpora must be beside the checkout)', () => {
  const bounds = { seed: 1, maxElements: 2 ** 14, maxWork: 2 ** 17, maxIterations: 100 };

  test.each([
    ['hlo/modules', 83],
    ['hlo/pairs', 5],
    ['hlo/jax', 7],
  ])('a sample of %s', { timeout: 120_000 }, (folder, every) => {
    const invalid = suiteIndex();
    const { exams } = planOf(corpus(folder));
    const results = exams
      .filter((_, n) => n % every === 0)
      .flatMap((exam) => runExam(exam, bounds, invalid).results);
    const failed = results.filter((r) => r.outcome === 'failed');
    expect(failed.map(({ file, reason }) => `${file}: ${reason}`)).toEqual([]);
    expect(results.some((r) => r.outcome === 'passed')).toBe(true);
  });
});
