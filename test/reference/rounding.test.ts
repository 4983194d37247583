/** Rounding against its definition, over every encoding of every narrow format. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ElementType, elementTypes, unitRoundoff } from '../../graphs/ir/element-type.ts';
import { floatBits } from '../../graphs/ir/float-bits.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { roundingPolicy } from '../../validator/reference/scalars/rounding-policy.ts';
import { numbers, runOp } from '../support/run-op.ts';

const narrow = (Object.keys(elementTypes) as ElementType[]).filter((t) => {
  const { kind, bits } = elementTypes[t];
  return kind === 'float' && bits <= 16;
});

/** Finite values of a format in order, each with its encoding. */
function finiteValues(type: ElementType): { readonly value: number; readonly code: number }[] {
  const { decode } = floatBits(type);
  const codes = Array.from({ length: 2 ** elementTypes[type].bits }, (_, code) => code);
  const all = codes.map((code) => ({ value: decode(code), code }));
  const byValue = new Map(all.map((v) => [v.value, v]));
  return [...byValue.values()]
    .filter((v) => Number.isFinite(v.value))
    .sort((a, b) => a.value - b.value);
}

describe.each(narrow)('%s', (type) => {
  const values = finiteValues(type);
  const round = rounder(type);

  test('every value of the format is its own rounding', () => {
    expect(values.every(({ value }) => round(value) === value)).toBe(true);
  });

  test('as close to the middle as an f64 can lie, the nearer one', () => {
    const wrong = values.slice(1).flatMap((b, k) => {
      const a = values[k];
      const middle = (a.value + b.value) / 2;
      const below = middle - Math.abs(middle) * 2 ** -52;
      const above = middle + Math.abs(middle) * 2 ** -52;
      if (middle === 0) return [];
      return [below, above].filter((x) => round(x) !== (x < middle ? a.value : b.value));
    });
    expect(wrong).toEqual([]);
  });

  test('between two neighbours: the nearer one, from the middle the one with an even encoding', () => {
    const wrong: number[] = [];
    for (let k = 1; k < values.length; k++) {
      const [a, b] = [values[k - 1], values[k]];
      const middle = (a.value + b.value) / 2;
      const step = (b.value - a.value) / 8;
      const even = elementTypes[type].format?.precision === 1 ? b : a.code % 2 === 0 ? a : b;
      const asked = [middle - step, middle + step, middle];
      const wanted = [a.value, b.value, even.value];
      asked.forEach((x, n) => {
        if (round(x) !== wanted[n]) wrong.push(x);
      });
    }
    expect(wrong).toEqual([]);
  });

  test('convert rounds as the format does', () => {
    const inputs = values.slice(0, 4096).map((v) => Math.fround(v.value * (1 + 2 ** -5)));
    const x = tensorOf('f32', [inputs.length], inputs);
    expect(numbers(runOp([x], `${type}[${inputs.length}] convert(p0)`))).toEqual(inputs.map(round));
  });
});

describe('values by the name of the type: exponent bits, mantissa bits, bias', () => {
  const named = narrow.filter((t) => /e\d+m[1-9]/.test(t));
  test.each(named)('%s', (type) => {
    const [, e, m, b] = /e(\d+)m(\d+)(?:b(\d+))?/.exec(type) as unknown as [
      string,
      number,
      number,
      number,
    ];
    const bias = b ? Number(b) : 2 ** (e - 1) - (type.endsWith('fnuz') ? 0 : 1);
    const { bits } = elementTypes[type];
    const wrong = Array.from({ length: 2 ** bits }, (_, code) => code).filter((code) => {
      const [field, fraction] = [Math.floor(code / 2 ** m) % 2 ** e, (code % 2 ** m) / 2 ** m];
      const size = field === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (field - bias);
      const value = floatBits(type).decode(code);
      return Number.isFinite(value) && value !== (code >= 2 ** (bits - 1) ? -size : size);
    });
    expect(wrong).toEqual([]);
  });
});

describe('random rounding', () => {
  test('leaves values of the type, and moves others by at most two neighbours', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 1, max: 2, noNaN: true }), (seed, x) => {
        const round = roundingPolicy({ seed })('f32');
        const nearest = Math.fround(x);
        expect(round(nearest)).toBe(nearest);
        expect(Math.abs(round(x) - x)).toBeLessThanOrEqual(4 * unitRoundoff('f32'));
      }),
    );
  });

  test('one seed gives one run; another seed another', () => {
    const x = tensorOf(
      'f32',
      [1000],
      Array.from({ length: 1000 }, (_, k) => Math.fround(1 / (k + 1))),
    );
    const z = tensorOf('f32', [], [0]);
    const sum = (seed: number) =>
      numbers(
        runOp([x, z], 'f32[] reduce(p0, p1), dimensions={0}, to_apply=add_f32', {
          rounding: { seed },
        }),
      );
    expect(sum(1)).toEqual(sum(1));
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => sum(seed)[0])).size).toBeGreaterThan(1);
  });

  test('every product and partial sum of a dot is rounded at random', () => {
    const x = tensorOf(
      'f32',
      [64],
      Array.from({ length: 64 }, (_, k) => Math.fround(1 / (k + 3))),
    );
    const dot = (seed: number) =>
      numbers(
        runOp([x, x], 'f32[] dot(p0, p1), lhs_contracting_dims={0}, rhs_contracting_dims={0}', {
          rounding: { seed },
        }),
      )[0];
    expect(new Set(Array.from({ length: 16 }, (_, seed) => dot(seed))).size).toBeGreaterThan(2);
  });

  test('integer results are the same under any policy', () => {
    const x = tensorOf('s8', [2], [100, -100]);
    expect(numbers(runOp([x, x], 's8[2] multiply(p0, p1)', { rounding: { seed: 3 } }))).toEqual([
      16, 16,
    ]);
  });
});
