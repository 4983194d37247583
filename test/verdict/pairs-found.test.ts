/**
 * What the campaigns of pairs and mutants found, each cut down to a few instructions: right rewrites
 * that were flagged, and wrong ones that were not.
 */
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../../golden/cases.ts';
import { type Contract, declaring, reassociates, widens } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';

interface Found {
  readonly what: string;
  readonly contract: Contract;
  readonly before: string;
  readonly after: string;
}

const algebra = declaring(reassociates, 'algebra');

const combiners = ['add', 'multiply', 'divide', 'maximum']
  .map(
    (op) =>
      `${op}_ { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT c = f32[] ${op}(a, b) }`,
  )
  .concat('half_ { a = f16[] parameter(0)\n b = f16[] parameter(1)\n ROOT c = f16[] add(a, b) }')
  .join('\n');

/** A module of the lines of its entry computation. */
function moduleOf(lines: string): string {
  return `HloModule m\n${combiners}\nENTRY main {\n${lines}\n}`;
}

const xyz = (shape: string) =>
  ['x', 'y', 'z'].map((name, k) => `${name} = ${shape} parameter(${k})`).join('\n');

const wxyz = (type: string) =>
  ['w', 'x', 'y', 'z'].map((name, k) => `${name} = ${type}[512] parameter(${k})`).join('\n');

/** What is left of pairs when their mean is taken off: terms that cancel in the order as written. */
const deviations = `a = f32[4096,4,2] parameter(0)
      b = f32[4096,4,2] parameter(1)
      x = f32[4096,4,2] add(b, a)
      o = f32[] constant(0)
      m = f32[4096,4] reduce(x, o), dimensions={2}, to_apply=add_
      h = f32[] constant(0.5)
      hb = f32[4096,4] broadcast(h), dimensions={}
      c = f32[4096,4] multiply(m, hb)
      cb = f32[4096,4,2] broadcast(c), dimensions={0,1}
      d = f32[4096,4,2] subtract(x, cb)`;

const right: Found[] = [
  {
    what: 'a product that overflows, and in a wider type does not',
    contract: widens,
    before: `${xyz('f32[64]')}
      p = f32[64] multiply(x, y)
      q = f32[64] multiply(z, z)
      s = f32[64] subtract(p, q)
      ROOT r = f32[64] tanh(s)`,
    after: `${xyz('f32[64]')}
      p = f32[64] multiply(x, y)
      w = f64[64] convert(p)
      v = f64[64] convert(z)
      q = f64[64] multiply(v, v)
      d = f64[64] subtract(w, q)
      s = f32[64] convert(d)
      ROOT r = f32[64] tanh(s)`,
  },
  {
    what: 'a square kept wide for one user, whose rounded value another one reads beside its root',
    contract: widens,
    before: `x = bf16[64] parameter(0)
      p = bf16[64] multiply(x, x)
      d = bf16[64] subtract(p, x)
      ROOT r = bf16[64] multiply(d, p)`,
    after: `x = bf16[64] parameter(0)
      w = f32[64] convert(x)
      q = f32[64] multiply(w, w)
      s = f32[64] subtract(q, w)
      d = bf16[64] convert(s)
      p = bf16[64] multiply(x, x)
      ROOT r = bf16[64] multiply(d, p)`,
  },
  {
    what: 'terms that cancel pair by pair, summed across the pairs first',
    contract: reassociates,
    before: `${deviations}
      s = f32[4096] reduce(d, o), dimensions={1,2}, to_apply=add_
      ROOT r = f32[4096] maximum(s, s)`,
    after: `${deviations}
      t = f32[4096,2] reduce(d, o), dimensions={1}, to_apply=add_
      u = f32[4096] reduce(t, o), dimensions={1}, to_apply=add_
      ROOT r = f32[4096] maximum(u, u)`,
  },
  {
    what: 'a dot and a bias: the bias joins the sum before its second half',
    contract: reassociates,
    before: `x = f32[64,4] parameter(0)
      y = f32[4,8] parameter(1)
      c = f32[64,8] parameter(2)
      d = f32[64,8] dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      ROOT r = f32[64,8] add(d, c)`,
    after: `x = f32[64,4] parameter(0)
      y = f32[4,8] parameter(1)
      c = f32[64,8] parameter(2)
      x0 = f32[64,2] slice(x), slice={[0:64],[0:2]}
      x1 = f32[64,2] slice(x), slice={[0:64],[2:4]}
      y0 = f32[2,8] slice(y), slice={[0:2],[0:8]}
      y1 = f32[2,8] slice(y), slice={[2:4],[0:8]}
      d0 = f32[64,8] dot(x0, y0), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      d1 = f32[64,8] dot(x1, y1), lhs_contracting_dims={1}, rhs_contracting_dims={0}
      s = f32[64,8] add(c, d0)
      ROOT r = f32[64,8] add(s, d1)`,
  },
  {
    what: 'even and odd columns added before a reduction',
    contract: reassociates,
    before: `x = f32[256,4] parameter(0)
      i = f32[] constant(0)
      a = f32[256,2] slice(x), slice={[0:256],[0:4:2]}
      b = f32[256,2] slice(x), slice={[0:256],[1:4:2]}
      s = f32[256,2] add(a, b)
      ROOT r = f32[256] reduce(s, i), dimensions={1}, to_apply=add_`,
    after: `x = f32[256,4] parameter(0)
      i = f32[] constant(0)
      ROOT r = f32[256] reduce(x, i), dimensions={1}, to_apply=add_`,
  },
  {
    what: 'two reductions added as a reduction of the sum',
    contract: reassociates,
    before: `x = f32[256,3] parameter(0)
      y = f32[256,3] parameter(1)
      i = f32[] constant(0)
      a = f32[256] reduce(x, i), dimensions={1}, to_apply=add_
      b = f32[256] reduce(y, i), dimensions={1}, to_apply=add_
      ROOT r = f32[256] add(a, b)`,
    after: `x = f32[256,3] parameter(0)
      y = f32[256,3] parameter(1)
      i = f32[] constant(0)
      c = f32[256,3] add(x, y)
      ROOT r = f32[256] reduce(c, i), dimensions={1}, to_apply=add_`,
  },
  {
    what: 'a sum in another tree whose part is also read beside it',
    contract: reassociates,
    before: `${xyz('f32[64]')}
      p = f32[64] add(x, y)
      s = f32[64] add(p, z)
      ROOT r = f32[64] multiply(s, p)`,
    after: `${xyz('f32[64]')}
      p = f32[64] add(x, y)
      q = f32[64] add(y, z)
      s = f32[64] add(x, q)
      ROOT r = f32[64] multiply(s, p)`,
  },
  {
    what: 'a product rounded for one user and not for another',
    contract: widens,
    before: `${xyz('bf16[64]')}
      p = bf16[64] multiply(x, y)
      s = bf16[64] add(p, z)
      ROOT r = bf16[64] minimum(s, p)`,
    after: `${xyz('bf16[64]')}
      p = bf16[64] multiply(x, y)
      xf = f32[64] convert(x)
      yf = f32[64] convert(y)
      zf = f32[64] convert(z)
      pf = f32[64] multiply(xf, yf)
      sf = f32[64] add(pf, zf)
      s = bf16[64] convert(sf)
      ROOT r = bf16[64] minimum(s, p)`,
  },
];

right.push(
  ...(['f16', 'f32'] as const).map((type) => ({
    what: `a product in ${type} some of whose factors lie below the normal numbers together`,
    contract: reassociates,
    before: `${wxyz(type)}
      p = ${type}[512] multiply(y, z)
      q = ${type}[512] multiply(x, p)
      ROOT r = ${type}[512] multiply(w, q)`,
    after: `${wxyz(type)}
      p = ${type}[512] multiply(w, x)
      q = ${type}[512] multiply(y, p)
      ROOT r = ${type}[512] multiply(z, q)`,
  })),
  {
    what: 'sums of windows in another order, of which the rest is small',
    contract: reassociates,
    before: `x = f16[400,15] parameter(0)
      o = f16[] constant(0)
      s = f16[400,5] reduce-window(x, o), window={size=1x3 stride=1x3}, to_apply=half_
      m = f16[400,5] minimum(s, s)
      k = f16[] constant(-1.7)
      c = f16[400,5] broadcast(k), dimensions={}
      ROOT r = f16[400,5] add(m, c)`,
    after: `x = f16[400,15] parameter(0)
      a = f16[400,5] slice(x), slice={[0:400], [0:13:3]}
      b = f16[400,5] slice(x), slice={[0:400], [1:14:3]}
      d = f16[400,5] slice(x), slice={[0:400], [2:15:3]}
      e = f16[400,5] add(b, d)
      s = f16[400,5] add(a, e)
      m = f16[400,5] minimum(s, s)
      k = f16[] constant(-1.7)
      c = f16[400,5] broadcast(k), dimensions={}
      ROOT r = f16[400,5] add(m, c)`,
  },
);

const reduced = (type: string, init: string, op: string) =>
  `x = ${type}[16,8] parameter(0)
   i = ${type}[] constant(${init})
   ROOT r = ${type}[16] reduce(x, i), dimensions={1}, to_apply=${op}_`;

const wrong: readonly Found[] = [
  {
    what: 'a rounding to bf16 that the form before does not have',
    contract: algebra,
    before: `x = f32[64] parameter(0)
      y = f32[64] parameter(1)
      a = f32[64] multiply(x, y)
      ROOT r = f32[64] add(a, x)`,
    after: `x = f32[64] parameter(0)
      y = f32[64] parameter(1)
      a = f32[64] multiply(x, y)
      n = bf16[64] convert(a)
      w = f32[64] convert(n)
      ROOT r = f32[64] add(w, x)`,
  },
  {
    what: 'a maximum that became a quotient, which overflows',
    contract: algebra,
    before: reduced('f32', '-inf', 'maximum'),
    after: reduced('f32', '-inf', 'divide'),
  },
  {
    what: 'a sum that became a quotient of zero',
    contract: algebra,
    before: reduced('f32', '0', 'add'),
    after: reduced('f32', '0', 'divide'),
  },
];

function verdictOf({ before, after, contract }: Found) {
  const modules = { before: parseModule(moduleOf(before)), after: parseModule(moduleOf(after)) };
  const names = { beforeName: 'before.hlo', afterName: 'after.hlo' };
  const cases = defaultCases(modules.before, 1).map(sessionCase);
  return compareModules({ ...names, ...modules, contract, cases }).verdict;
}

describe('right rewrites that were flagged', () => {
  it.each(right)('$what', (found) => {
    expect(isFinding(verdictOf(found))).toBe(false);
  });
});

describe('wrong rewrites that were missed', () => {
  it.each(wrong)('$what', (found) => {
    expect(isFinding(verdictOf(found))).toBe(true);
  });
});
