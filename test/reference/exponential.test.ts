/** e^x of the reference for types of up to f32, against integer arithmetic of 320 bits and Math.exp. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { exponential } from '../../validator/reference/fast/exponential.ts';
import { numbers, runOp } from '../support/run-op.ts';

const bits = 320n;
const one = 1n << bits;

/** x·2^320, exactly for every f64 that is a multiple of 2^-320. */
const fixed = (x: number) => BigInt(x * 2 ** 300) << (bits - 300n);

/** e^x·2^320: the Taylor series at x/2^12, squared twelve times. */
function exactly(x: number): bigint {
  const small = fixed(x) >> 12n;
  let [sum, term] = [one, one];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = ((term * small) >> bits) / n;
    sum += term;
  }
  for (let k = 0; k < 12; k++) sum = (sum * sum) >> bits;
  return sum;
}

describe('e^x for results of up to f32', () => {
  it('is right to 51 bits', () => {
    const argument = fc
      .double({ min: -80, max: 80, noNaN: true })
      .map((x) => Math.round(x * 2 ** 46) / 2 ** 46);
    fc.assert(
      fc.property(fc.oneof(argument, argument.map(Math.fround)), (x) => {
        const want = exactly(x);
        const off = fixed(exponential(x)) - want;
        expect((off < 0n ? -off : off) << 51n).toBeLessThanOrEqual(want);
      }),
      { numRuns: 2000 },
    );
  });

  it('is that of Math.exp once rounded, as f32 for arguments far and near', () => {
    const n = 300_000;
    const scales = [1, 10, 110, 2 ** -12];
    const x = Float32Array.from({ length: n }, (_, i) => Math.sin(i) * scales[i % 4]);
    const got = runOp([tensorOf('f32', [n], x)], `f32[${n}] exponential(p0)`);
    expect(numbers(got)).toEqual(Array.from(x, (v) => Math.fround(Math.exp(v))));
  });

  it('ends where the types do', () => {
    const ends = [-Infinity, -701, -104, -0, 0, 89, 701, Infinity, Number.NaN];
    const got = runOp([tensorOf('f32', [9], ends)], 'f32[9] exponential(p0)');
    expect(numbers(got)).toEqual([0, 0, 0, 1, 1, Infinity, Infinity, Infinity, Number.NaN]);
  });

  it('of f64 is not this one', () => {
    const x = [-710, 0.1, 705];
    const got = runOp([tensorOf('f64', [3], x)], 'f64[3] exponential(p0)');
    expect(numbers(got)).toEqual(x.map(Math.exp));
  });
});
