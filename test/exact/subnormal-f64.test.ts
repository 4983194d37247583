/**
 * f64 down to its smallest numbers, where half a quantum is no number and squares of radii are zero:
 * the same function in another order is silent and decided, one with a wrong sign is flagged.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reassociates } from '../../graphs/ir/contract.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { isFinding, type VerdictKind } from '../../validator/verdict/verdict.ts';
import { normal, uniform } from '../support/exact/exact.ts';
import { draws } from '../support/laws/runs.ts';

const n = 12;
const adder = `add {
  p = f64[] parameter(0)
  q = f64[] parameter(1)
  ROOT s = f64[] add(p, q)
}`;
const given = ['x', 'y', 'z'].map((v, k) => `${v} = f64[${n}] parameter(${k})`).join('\n');
const moduleOf = (body: string) =>
  parseModule(
    `HloModule m\n${adder}\nENTRY main {\n${given}\nzero = f64[] constant(0)\n${body}\n}`,
  );
const contract = 'lhs_contracting_dims={0}, rhs_contracting_dims={0}';
const sum = 'dimensions={0}, to_apply=add';
const reversed = ['x', 'y']
  .map((v) => `${v}r = f64[${n}] reverse(${v}), dimensions={0}`)
  .join('\n');

const pairs = {
  add: [
    `a = f64[${n}] add(x, y)\nROOT r = f64[${n}] add(a, z)`,
    `a = f64[${n}] add(y, z)\nROOT r = f64[${n}] add(x, a)`,
    `a = f64[${n}] add(x, y)\nROOT r = f64[${n}] subtract(a, z)`,
  ],
  reduce: [
    `ROOT r = f64[] reduce(x, zero), ${sum}`,
    `${reversed}\nq = f64[4,${n / 4}] reshape(xr)\nu = f64[${n / 4}] reduce(q, zero), ${sum}
     ROOT r = f64[] reduce(u, zero), ${sum}`,
    `h = f64[${n - 1}] slice(x), slice={[0:${n - 1}]}\nROOT r = f64[] reduce(h, zero), ${sum}`,
  ],
  'reduce-window': [
    `ROOT r = f64[${n}] reduce-window(x, zero), window={size=5 pad=2_2}, to_apply=add`,
    `${reversed}\nw = f64[${n}] reduce-window(xr, zero), window={size=5 pad=2_2}, to_apply=add
     ROOT r = f64[${n}] reverse(w), dimensions={0}`,
    `ROOT r = f64[${n}] reduce-window(x, zero), window={size=5 pad=1_3}, to_apply=add`,
  ],
  dot: [
    `ROOT r = f64[] dot(x, y), ${contract}`,
    `${reversed}\nROOT r = f64[] dot(xr, yr), ${contract}`,
    `m = f64[${n}] negate(y)\nROOT r = f64[] dot(x, m), ${contract}`,
  ],
  multiply: [
    `a = f64[${n}] multiply(x, y)\nROOT r = f64[${n}] multiply(a, z)`,
    `a = f64[${n}] multiply(y, z)\nROOT r = f64[${n}] multiply(x, a)`,
    `a = f64[${n}] multiply(x, y)\nb = f64[${n}] negate(a)\nROOT r = f64[${n}] multiply(b, z)`,
  ],
  'multiply-add': [
    `a = f64[${n}] multiply(x, y)\nb = f64[${n}] add(a, z)\nROOT r = f64[${n}] add(b, y)`,
    `a = f64[${n}] multiply(x, y)\nb = f64[${n}] add(z, y)\nROOT r = f64[${n}] add(a, b)`,
    `a = f64[${n}] multiply(x, y)\nb = f64[${n}] add(a, z)\nROOT r = f64[${n}] subtract(b, y)`,
  ],
  divide: [
    `a = f64[${n}] add(x, y)\nb = f64[${n}] add(a, x)\nROOT r = f64[${n}] divide(b, z)`,
    `a = f64[${n}] add(x, x)\nb = f64[${n}] add(a, y)\nROOT r = f64[${n}] divide(b, z)`,
    `a = f64[${n}] add(x, y)\nb = f64[${n}] subtract(a, x)\nROOT r = f64[${n}] divide(b, z)`,
  ],
  square: [
    `a = f64[${n}] multiply(x, y)\nb = f64[${n}] multiply(a, a)\nROOT r = f64[${n}] multiply(b, z)`,
    `a = f64[${n}] multiply(y, y)\nb = f64[${n}] multiply(x, x)\nc = f64[${n}] multiply(a, z)
     ROOT r = f64[${n}] multiply(b, c)`,
    `a = f64[${n}] multiply(y, y)\nb = f64[${n}] multiply(x, x)\nROOT r = f64[${n}] multiply(b, a)`,
  ],
  scaled: [
    `s = f64[] reduce(x, zero), ${sum}\nb = f64[${n}] broadcast(s), dimensions={}
     ROOT r = f64[${n}] multiply(b, y)`,
    `${reversed}\ns = f64[] reduce(xr, zero), ${sum}\nb = f64[${n}] broadcast(s), dimensions={}
     ROOT r = f64[${n}] multiply(y, b)`,
    `s = f64[] reduce(y, zero), ${sum}\nb = f64[${n}] broadcast(s), dimensions={}
     ROOT r = f64[${n}] multiply(b, y)`,
  ],
} as const;

/** Magnitudes from `low` up, by up to 2^54; some numbers of few digits, some zeros. */
function numbers(next: () => number, low: number) {
  const value = () => {
    const scale = 2 ** (low + Math.floor(next() * 54));
    if (next() < 0.1) return 0;
    return next() < 0.2 ? Math.round(4 * normal(next)) * scale : normal(next) * scale;
  };
  return tensorOf('f64', [n], Array.from({ length: n }, value));
}

describe.each(Object.entries(pairs))('%s', (opcode, [before, right, wrong]) => {
  const scaled = /multiply|scaled|dot|square/.test(opcode);
  const last = /^(multiply|divide|square)$/.test(opcode);
  const verdictOf = (after: string, seed: number, low: number) => {
    const next = uniform(seed);
    const from = opcode === 'square' ? low / 2 : low;
    const x = numbers(next, Math.floor(from));
    const [y, z] = [numbers(next, scaled ? -60 : low), numbers(next, last ? 0 : low)];
    const report = compareModules({
      ...{ beforeName: 'before', afterName: 'after', contract: reassociates },
      ...{ before: moduleOf(before), after: moduleOf(after) },
      cases: [{ name: 'drawn', inputs: [x, y, z], options: '' }],
    });
    return { verdict: report.verdict, decided: report.decided };
  };
  const runs = { numRuns: draws.of(60), seed: draws.seed };
  const lows = fc.integer({ min: -1074, max: -300 });

  it('is silent in another order', () => {
    const law = (seed: number, low: number) => {
      const { verdict, decided } = verdictOf(right, seed, low);
      expect(['identical', 'within'] satisfies VerdictKind[]).toContain(verdict);
      expect(decided).toBe(1);
    };
    fc.assert(fc.property(fc.integer(), lows, law), runs);
  });

  it('is flagged where it is another function', () => {
    let flagged = 0;
    for (let seed = 0; seed < 20; seed++) {
      if (isFinding(verdictOf(wrong, seed, -1000).verdict)) flagged++;
    }
    expect(flagged).toBeGreaterThan(15);
  });
});
