/** `assay conformance`: what is counted, what is told, and that a wrong expectation is found. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unitRoundoff } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { runText } from '../../validator/conformance/stablehlo/run-text.ts';
import { ulpDistance } from '../../validator/conformance/ulp.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const add = (expected: string) => `func.func @main() {
  %0 = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = stablehlo.add %0, %0 : tensor<2xf32>
  check.expect_eq_const %1, dense<${expected}> : tensor<2xf32>
  func.return
}
`;
const unknown = add('[2.0, 4.0]').replace('stablehlo.add', 'stablehlo.frobnicate');

describe('one file', () => {
  const outcomes = (text: string) => runText(text, 'f.mlir').map((r) => r.outcome);

  test('programs between separators are tests of their own', () => {
    const text = [add('[2.0, 4.0]'), add('[2.0, 5.0]'), unknown].join('\n// -----\n');
    expect(outcomes(text)).toEqual(['passed', 'failed', 'unsupported']);
    const [, failed] = runText(text, 'f.mlir');
    expect(failed!.reason).toContain('element 1 is 4, expected 5');
    expect(failed!.ops).toEqual(['stablehlo.add']);
  });

  test.each([
    ['check.expect_close %1, %2', '4.000001', 'passed'],
    ['check.expect_close %1, %2', '4.00001', 'failed'],
    ['check.expect_close %1, %2, max_ulp_difference = 30', '4.00001', 'passed'],
    ['check.expect_almost_eq %1, %2', '4.00009', 'passed'],
    ['check.expect_almost_eq %1, %2', '4.0009', 'failed'],
    ['stablehlo.custom_call @check.expect_almost_eq(%1, %2)', '4.0009', 'passed'],
    ['stablehlo.custom_call @check.expect_almost_eq(%1, %2)', '4.0011', 'failed'],
  ])('%s against %s: %s', (check, value, outcome) => {
    const types = check.includes('@')
      ? '(tensor<2xf32>, tensor<2xf32>) -> ()'
      : check.includes('close')
        ? 'tensor<2xf32>, tensor<2xf32>'
        : 'tensor<2xf32>';
    const wanted = `%2 = stablehlo.constant dense<[2.0, ${value}]> : tensor<2xf32>`;
    const text = add('[]').replace(/check\..*/, `${wanted}\n${check} : ${types}`);
    expect(outcomes(text)).toEqual([outcome]);
  });

  test('processes exchange values in collectives', () => {
    const text = `module @m {
      func.func @f(%x: tensor<2xi64>) -> tensor<2xi64> {
        %r = "stablehlo.collective_permute"(%x) {source_target_pairs = dense<[[0, 1], [1, 2]]> : tensor<2x2xi64>} : (tensor<2xi64>) -> tensor<2xi64>
        return %r : tensor<2xi64>
      }
      func.func @main() {
        %a = stablehlo.constant dense<[1, 2]> : tensor<2xi64>
        %b = stablehlo.constant dense<[3, 4]> : tensor<2xi64>
        %0:3 = "interpreter.run_parallel"(%a, %b, %b) {programs = [[@f], [@f], [@f]]} : (tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> (tensor<2xi64>, tensor<2xi64>, tensor<2xi64>)
        check.expect_eq_const %0#0, dense<0> : tensor<2xi64>
        check.expect_eq_const %0#1, dense<[1, 2]> : tensor<2xi64>
        check.expect_eq_const %0#2, dense<[3, 4]> : tensor<2xi64>
        func.return
      }
    }`;
    expect(outcomes(text)).toEqual(['passed']);
    const inside = text.replace('func.func @f', 'func.func @g').replace(
      'func.func @main',
      `func.func @f(%x: tensor<2xi64>) -> tensor<2xi64> {
          %0 = "stablehlo.async_start"(%x) ({
          ^bb0(%a: tensor<2xi64>):
            %r = func.call @g(%a) : (tensor<2xi64>) -> tensor<2xi64>
            stablehlo.return %r : tensor<2xi64>
          }) : (tensor<2xi64>) -> !stablehlo.future<tensor<2xi64>>
          %1 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<2xi64>>) -> tensor<2xi64>
          return %1 : tensor<2xi64>
        }
        func.func @main`,
    );
    expect(outcomes(inside)).toEqual(['passed']);
    const waiting = text.replace('[@f], [@f], [@f]]', '[@f], [@f], [@g]]');
    expect(outcomes(waiting)).toEqual(['failed']);
  });
});

describe('a folder', () => {
  const files = {
    'a.mlir': add('[2.0, 4.0]'),
    'b/c.mlir': unknown,
    'd.mlir': `// RUN-DISABLED(inaccurate): x\n${add('[0.0, 0.0]')}`,
  };
  const write = (directory: string) => {
    mkdirSync(join(directory, 'b'));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(directory, name), text);
    }
  };

  test('is scored per op and in total; a failure is exit code 1', async () => {
    const directory = temporaryFolder();
    write(directory);
    const good = await assay(['conformance', 'stablehlo', directory, '--json']);
    expect(good.exitCode).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({
      suite: 'stablehlo',
      total: 2,
      passed: 1,
      failed: 0,
      unsupported: 1,
      perOp: { 'stablehlo.add': { passed: 1, failed: 0, unsupported: 0, worstUlp: 0 } },
      disabled: [{ reason: 'not run by the suite: inaccurate' }],
    });
    writeFileSync(join(directory, 'e.mlir'), add('[2.0, 5.0]'));
    const bad = await assay(['conformance', 'stablehlo', directory]);
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout).toContain('FAILED');
    expect(bad.stdout).toContain('3 tests: 1 passed, 1 failed, 1 unsupported');
  });

  test('that holds no tests, or a suite of no name, is exit code 2', async () => {
    const empty = temporaryFolder();
    expect((await assay(['conformance', 'stablehlo', empty])).exitCode).toBe(2);
    expect((await assay(['conformance', 'nothing', '.'])).exitCode).toBe(2);
  });
});

test.each(['f32', 'f64', 'bf16', 'f16'] as const)('%s: neighbours are one ULP apart', (type) => {
  const distance = ulpDistance(type);
  const round = rounder(type);
  fc.assert(
    fc.property(fc.double({ min: -60000, max: 60000, noNaN: true }), (raw) => {
      const x = round(raw);
      expect(distance(x, x)).toBe(0);
      expect(distance(x, -x)).toBe(2 * distance(0, x));
      expect(distance(x, Infinity)).toBe(Infinity);
    }),
  );
  expect(distance(NaN, NaN)).toBe(0);
  expect(distance(-0, 0)).toBe(0);
  expect(distance(1, 1 + 2 * unitRoundoff(type))).toBe(1);
});
