/** Complex functions where squares overflow or vanish, and erf where its formulas meet. */
import { describe, expect, test } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { ulpDistance } from '../../validator/conformance/ulp.ts';
import { numbers, runOp } from '../support/run-op.ts';

const complex = (re: number, im: number) => tensorOf('c128', [], [re, im]);
const evaluate = (op: string, re: number, im: number) =>
  numbers(runOp([complex(re, im)], `c128[] ${op}(p0)`)).map(Number);
const distance = ulpDistance('f64');
const huge = 1.5 * 2 ** 1023;
const tiny = 3 * 2 ** -1070;

describe('complex functions at the ends of the range', () => {
  test('sqrt scales by powers of 4, exactly', () => {
    expect(evaluate('sqrt', huge, 0)).toEqual([Math.sqrt(huge), 0]);
    expect(evaluate('sqrt', tiny, 0)).toEqual([Math.sqrt(tiny), 0]);
    const [re, im] = evaluate('sqrt', huge, huge);
    const [small, other] = evaluate('sqrt', huge / 16, huge / 16);
    expect([re, im]).toEqual([4 * small!, 4 * other!]);
  });

  test.each([huge, tiny])('log of %s (1 + i) is that of its parts', (size) => {
    const [re, im] = evaluate('log', size, size);
    expect(distance(re!, Math.log(size) + Math.LN2 / 2)).toBeLessThanOrEqual(1);
    expect(im).toBe(Math.PI / 4);
  });

  test('the real part of log near the unit circle does not cancel', () => {
    const [x, y] = [1 - 2 ** -40, 2 ** -20];
    const [re] = evaluate('log', x, y);
    expect(distance(re!, Math.log1p(2 ** -80 - 2 ** -40) / 2)).toBeLessThanOrEqual(1);
    expect(evaluate('log-plus-one', huge, 0)).toEqual([Math.log(huge), 0]);
  });

  test('the exponential of an infinite angle has none', () => {
    expect(evaluate('exponential', -Infinity, Infinity)).toEqual([NaN, NaN]);
    expect(evaluate('exponential', Infinity, NaN)).toEqual([NaN, NaN]);
    expect(evaluate('exponential', -Infinity, 1)).toEqual([0, 0]);
  });
});

test('erf is continuous where its two formulas meet, and odd', () => {
  const erf = (x: number) => Number(numbers(runOp([tensorOf('f64', [], [x])], 'f64[] erf(p0)'))[0]);
  const below = 1 - 2 ** -53;
  expect(distance(erf(below), erf(1))).toBeLessThanOrEqual(2);
  for (const x of [0.3, 0.9, 1.1, 2.5, 5]) expect(erf(-x)).toBe(-erf(x));
});
