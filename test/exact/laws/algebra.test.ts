/**
 * Contracts that hold over the real numbers only, on rewrites as XLA's algsimp makes them: a right one is
 * silent on all inputs and decided on plain ones, whatever the type; a fault of it is found. The form
 * before decides: what overflows, draws at random or has no real value in the form after is no way out.
 */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../../golden/cases.ts';
import { type CaseKind, caseKinds, defaultKinds } from '../../../golden/kinds/kinds.ts';
import { declaring, reassociates } from '../../../graphs/ir/contract.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { sessionCase } from '../../../validator/validation/case.ts';
import { compareModules } from '../../../validator/validation/compare.ts';

/** A rewrite: the form before, the form after, and a fault of it. */
type Rewrite = readonly [name: string, before: string, after: string, fault: string];

/** Instructions over x, y: T, rows of 16; V has one number a row, S is a scalar. */
const rewrites: readonly Rewrite[] = [
  [
    'log(exp(x))',
    'a = T exponential(x) ROOT r = T log(a)',
    'ROOT r = T copy(x)',
    'ROOT r = T abs(x)',
  ],
  [
    'log(exp(x)·exp(y))',
    'a = T exponential(x) b = T exponential(y) c = T multiply(a, b) ROOT r = T log(c)',
    'ROOT r = T add(x, y)',
    'ROOT r = T multiply(x, y)',
  ],
  [
    'exp(x)/exp(y)',
    'a = T exponential(x) b = T exponential(y) ROOT r = T divide(a, b)',
    'd = T subtract(x, y) ROOT r = T exponential(d)',
    'd = T subtract(y, x) ROOT r = T exponential(d)',
  ],
  [
    'log(√|x|)',
    'a = T abs(x) b = T sqrt(a) ROOT r = T log(b)',
    'a = T abs(x) b = T log(a) c = T K(0.5) ROOT r = T multiply(b, c)',
    'b = T log(x) c = T K(0.5) ROOT r = T multiply(b, c)',
  ],
  [
    'pow(x, 2)',
    'two = T K(2) ROOT r = T power(x, two)',
    'ROOT r = T multiply(x, x)',
    'ROOT r = T add(x, x)',
  ],
  [
    'pow(x, 3)',
    'k = T K(3) ROOT r = T power(x, k)',
    'a = T multiply(x, x) ROOT r = T multiply(a, x)',
    'a = T multiply(x, x) ROOT r = T multiply(a, a)',
  ],
  [
    'pow(x, -1)',
    'k = T K(-1) ROOT r = T power(x, k)',
    'k = T K(1) ROOT r = T divide(k, x)',
    'k = T K(-1) ROOT r = T divide(k, x)',
  ],
  [
    'pow(|x|, 1/2)',
    'a = T abs(x) k = T K(0.5) ROOT r = T power(a, k)',
    'a = T abs(x) ROOT r = T sqrt(a)',
    'ROOT r = T sqrt(x)',
  ],
  [
    'pow(exp(x), y)',
    'a = T exponential(x) ROOT r = T power(a, y)',
    'a = T multiply(x, y) ROOT r = T exponential(a)',
    'a = T add(x, y) ROOT r = T exponential(a)',
  ],
  [
    'y/√|x|',
    'a = T abs(x) b = T sqrt(a) ROOT r = T divide(y, b)',
    'a = T abs(x) b = T rsqrt(a) ROOT r = T multiply(y, b)',
    'b = T rsqrt(x) ROOT r = T multiply(y, b)',
  ],
  [
    'y/rsqrt(1+x²)',
    'k = T K(1) q = T multiply(x, x) p = T add(q, k) a = T rsqrt(p) ROOT r = T divide(y, a)',
    'k = T K(1) q = T multiply(x, x) p = T add(q, k) a = T sqrt(p) ROOT r = T multiply(y, a)',
    'k = T K(1) q = T multiply(x, x) p = T add(q, k) a = T rsqrt(p) ROOT r = T multiply(y, a)',
  ],
  [
    'x/8',
    'k = T K(8) ROOT r = T divide(x, k)',
    'k = T K(0.125) ROOT r = T multiply(x, k)',
    'k = T K(0) ROOT r = T multiply(x, k)',
  ],
  [
    '(x/2)/4',
    'k = T K(2) l = T K(4) a = T divide(x, k) ROOT r = T divide(a, l)',
    'k = T K(8) ROOT r = T divide(x, k)',
    'k = T K(6) ROOT r = T divide(x, k)',
  ],
  [
    'x/(y/3)',
    'k = T K(3) a = T divide(y, k) ROOT r = T divide(x, a)',
    'k = T K(3) a = T multiply(x, k) ROOT r = T divide(a, y)',
    'k = T K(3) a = T multiply(y, k) ROOT r = T divide(x, a)',
  ],
  [
    '3x + 3y',
    'k = T K(3) a = T multiply(x, k) b = T multiply(y, k) ROOT r = T add(a, b)',
    'k = T K(3) a = T add(x, y) ROOT r = T multiply(a, k)',
    'k = T K(3) a = T subtract(x, y) ROOT r = T multiply(a, k)',
  ],
  [
    '(x·3)·5',
    'k = T K(3) l = T K(5) a = T multiply(x, k) ROOT r = T multiply(a, l)',
    'k = T K(15) ROOT r = T multiply(x, k)',
    'k = T K(8) ROOT r = T multiply(x, k)',
  ],
  [
    'exp as a power of two',
    'ROOT r = T exponential(x)',
    'k = T K(1.4426950408889634) l = T K(2) a = T multiply(x, k) ROOT r = T power(l, a)',
    'k = T K(1.3) l = T K(2) a = T multiply(x, k) ROOT r = T power(l, a)',
  ],
  [
    'logistic as tanh',
    'ROOT r = T logistic(x)',
    'h = T K(0.5) a = T multiply(x, h) t = T tanh(a) b = T multiply(t, h) ROOT r = T add(b, h)',
    'h = T K(0.5) t = T tanh(x) b = T multiply(t, h) ROOT r = T add(b, h)',
  ],
  [
    'logistic written out',
    'ROOT r = T logistic(x)',
    'n = T negate(x) e = T exponential(n) k = T K(1) d = T add(e, k) ROOT r = T divide(k, d)',
    'e = T exponential(x) k = T K(1) d = T add(e, k) ROOT r = T divide(k, d)',
  ],
  [
    '1/(1 + exp(-x)) as logistic',
    'n = T negate(x) e = T exponential(n) k = T K(1) d = T add(e, k) ROOT r = T divide(k, d)',
    'ROOT r = T logistic(x)',
    'ROOT r = T tanh(x)',
  ],
  [
    'exp(x) - 1',
    'e = T exponential(x) k = T K(1) ROOT r = T subtract(e, k)',
    'ROOT r = T exponential-minus-one(x)',
    'ROOT r = T exponential(x)',
  ],
  [
    'a product with a mask',
    'c = B compare(x, y), direction=LT m = T convert(c) ROOT r = T multiply(x, m)',
    'c = B compare(x, y), direction=LT k = T K(0) ROOT r = T select(c, x, k)',
    'c = B compare(x, y), direction=LE k = T K(0) ROOT r = T select(c, k, x)',
  ],
  [
    'a select folded',
    'z = T K(0) c = B compare(x, z), direction=GE n = T negate(x) ROOT r = T select(c, x, n)',
    'ROOT r = T abs(x)',
    'ROOT r = T copy(x)',
  ],
  [
    'max(x, y) + min(x, y)',
    'a = T maximum(x, y) b = T minimum(x, y) ROOT r = T add(a, b)',
    'ROOT r = T add(x, y)',
    'a = T maximum(x, y) ROOT r = T add(a, a)',
  ],
  [
    'max(-x, -y)',
    'a = T negate(x) b = T negate(y) ROOT r = T maximum(a, b)',
    'a = T minimum(x, y) ROOT r = T negate(a)',
    'a = T maximum(x, y) ROOT r = T negate(a)',
  ],
  [
    'softmax shifted by its mean',
    `s = V reduce(x, zero), dimensions={1}, to_apply=add h = V V(16) m = V divide(s, h)
     mb = T broadcast(m), dimensions={0} d = T subtract(x, mb) e = T exponential(d)
     t = V reduce(e, zero), dimensions={1}, to_apply=add tb = T broadcast(t), dimensions={0}
     ROOT r = T divide(e, tb)`,
    `m = V reduce(x, low), dimensions={1}, to_apply=max mb = T broadcast(m), dimensions={0}
     d = T subtract(x, mb) e = T exponential(d)
     t = V reduce(e, zero), dimensions={1}, to_apply=add tb = T broadcast(t), dimensions={0}
     ROOT r = T divide(e, tb)`,
    `m = V reduce(x, low), dimensions={1}, to_apply=max mb = T broadcast(m), dimensions={0}
     d = T add(x, mb) e = T exponential(d) f = T exponential(mb)
     t = V reduce(f, zero), dimensions={1}, to_apply=add tb = T broadcast(t), dimensions={0}
     ROOT r = T divide(e, tb)`,
  ],
  [
    'sum of a broadcast',
    `v = V reduce(x, low), dimensions={1}, to_apply=max b = T broadcast(v), dimensions={0}
     ROOT r = V reduce(b, zero), dimensions={1}, to_apply=add`,
    `v = V reduce(x, low), dimensions={1}, to_apply=max k = V V(16) ROOT r = V multiply(v, k)`,
    `v = V reduce(x, low), dimensions={1}, to_apply=max k = V V(4) ROOT r = V multiply(v, k)`,
  ],
  [
    'dot strength-reduced',
    `ROOT r = V dot(x, y), lhs_batch_dims={0}, rhs_batch_dims={0}, lhs_contracting_dims={1},
     rhs_contracting_dims={1}`,
    'p = T multiply(x, y) ROOT r = V reduce(p, zero), dimensions={1}, to_apply=add',
    'p = T add(x, y) ROOT r = V reduce(p, zero), dimensions={1}, to_apply=add',
  ],
  [
    'a scale folded into a dot',
    `k = T K(3) a = T multiply(x, k)
     ROOT r = W dot(a, y), lhs_contracting_dims={1}, rhs_contracting_dims={1}`,
    `d = W dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={1} k = W W(3)
     ROOT r = W multiply(d, k)`,
    `d = W dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={1} k = W W(9)
     ROOT r = W multiply(d, k)`,
  ],
  [
    'a masked attention row',
    `k = T K(8) d = T divide(x, k) c = B compare(x, y), direction=LT b = T K(-30000)
     s = T select(c, d, b) m = V reduce(s, low), dimensions={1}, to_apply=max
     mb = T broadcast(m), dimensions={0} h = T subtract(s, mb) e = T exponential(h)
     t = V reduce(e, zero), dimensions={1}, to_apply=add tb = T broadcast(t), dimensions={0}
     ROOT r = T divide(e, tb)`,
    `k = T K(0.125) d = T multiply(x, k) c = B compare(x, y), direction=LT b = T K(-30000)
     s = T select(c, d, b) m = V reduce(s, low), dimensions={1}, to_apply=max
     mb = T broadcast(m), dimensions={0} h = T subtract(s, mb) l = V V(1) e = T exponential(h)
     t = V reduce(e, zero), dimensions={1}, to_apply=add i = V divide(l, t)
     ib = T broadcast(i), dimensions={0} ROOT r = T multiply(e, ib)`,
    `k = T K(99) d = T multiply(x, k) c = B compare(x, y), direction=LT b = T K(-30000)
     s = T select(c, d, b) m = V reduce(s, low), dimensions={1}, to_apply=max
     mb = T broadcast(m), dimensions={0} h = T subtract(s, mb) e = T exponential(h)
     t = V reduce(e, zero), dimensions={1}, to_apply=add tb = T broadcast(t), dimensions={0}
     ROOT r = T divide(e, tb)`,
  ],
];

/** A form after that is another function, and tries to leave everything open. */
const shields: readonly (readonly [name: string, before: string, after: string])[] = [
  [
    'overflows beyond any range',
    'ROOT r = T logistic(x)',
    'k = T K(100) a = T add(x, k) e = T exponential(a) g = T exponential(e) ROOT r = T negate(g)',
  ],
  [
    'divides what overflows by itself',
    'ROOT r = T add(x, y)',
    'k = T K(2000) a = T add(x, k) e = T exponential(a) q = T divide(e, e) ROOT r = T multiply(x, q)',
  ],
  [
    'multiplies zero with what overflows',
    'ROOT r = T negate(x)',
    'k = T K(2000) e = T exponential(k) z = T subtract(y, y) n = T multiply(z, e) ROOT r = T add(x, n)',
  ],
  ['takes the root of negative numbers', 'a = T abs(x) ROOT r = T sqrt(a)', 'ROOT r = T sqrt(x)'],
  [
    'takes the logarithm of negative numbers',
    'q = T multiply(x, x) ROOT r = T log(q)',
    'l = T log(x) ROOT r = T add(l, l)',
  ],
  [
    'takes the logarithm of zero',
    'ROOT r = T negate(x)',
    'z = T subtract(x, x) l = T log(z) e = T exponential(l) ROOT r = T add(e, x)',
  ],
  [
    'draws at random',
    'ROOT r = T add(x, x)',
    'h = S constant(1) u = T rng(zero, h), distribution=rng_normal ROOT r = T add(x, u)',
  ],
  [
    'takes a decision that nothing settles',
    'ROOT r = T add(x, y)',
    `t = T tanh(x) n = T negate(t) w = T negate(n) c = B compare(t, w), direction=EQ
     m = T multiply(x, y) ROOT r = T select(c, m, x)`,
  ],
  [
    'subtracts where it should add',
    'ROOT r = V reduce(x, zero), dimensions={1}, to_apply=add',
    'ROOT r = V reduce(x, zero), dimensions={1}, to_apply=sub',
  ],
  [
    'cancels all digits',
    'ROOT r = T add(x, y)',
    'k = T K(30000) q = T multiply(k, k) p = T multiply(q, q) a = T add(x, p) ROOT r = T subtract(a, p)',
  ],
  [
    'loses a sign behind a power',
    'e = T exponential(x) l = T log(e) k = T K(-1) ROOT r = T power(l, k)',
    'a = T abs(x) k = T K(1) ROOT r = T divide(k, a)',
  ],
  [
    'loses the value of a mask',
    `c = B compare(x, y), direction=LT k = T K(-30000) s = T select(c, x, k)
     ROOT r = T exponential(s)`,
    `c = B compare(x, y), direction=LT k = T K(0.5) s = T select(c, x, k)
     ROOT r = T exponential(s)`,
  ],
];

const dimsOf = { T: '[4,16]', V: '[4]', W: '[4,4]' } as const;

/** A module of one type; `T K(c)`, `V V(c)` and `W W(c)` are broadcast constants. */
function moduleOf(type: string, body: string) {
  const dims = body.includes('ROOT r = V') ? 'V' : body.includes('ROOT r = W') ? 'W' : 'T';
  const names: Record<string, string> = { K: 'T', V: 'V', W: 'W' };
  const constants = body.replaceAll(
    /(\w+) = [TVW] ([KVW])\(([^)]*)\)/g,
    (_, name, kind, value) =>
      `${name}0 = S constant(${value}) ${name} = ${names[kind]} broadcast(${name}0), dimensions={}`,
  );
  const text = `HloModule m
    add { p = S parameter(0) q = S parameter(1) ROOT s = S add(p, q) }
    sub { p = S parameter(0) q = S parameter(1) ROOT s = S subtract(p, q) }
    max { p = S parameter(0) q = S parameter(1) ROOT s = S maximum(p, q) }
    ENTRY e { x = T parameter(0) y = T parameter(1) zero = S constant(0) low = S constant(-inf)
    ${constants} }`;
  const typed = text
    .replaceAll(/\b([TVW])\b/g, (_, k: keyof typeof dimsOf) => `${type}${dimsOf[k]}`)
    .replaceAll(/\bS\b/g, `${type}[]`)
    .replaceAll(/\bB\b/g, `pred${dimsOf[dims]}`);
  return parseModule(typed);
}

const contracts = {
  algebra: declaring(reassociates, 'algebra'),
  'reciprocal and algebra': declaring(reassociates, 'reciprocal', 'algebra'),
};

function compared(
  type: string,
  before: string,
  after: string,
  kinds: readonly CaseKind[],
  contract = contracts.algebra,
) {
  const [b, a] = [before, after].map((body) => moduleOf(type, body));
  const cases = kinds.map((k) => sessionCase(generateCase(b!, k, 1)));
  const names = { beforeName: 'before', afterName: 'after' };
  return compareModules({ ...names, before: b!, after: a!, contract, cases });
}

const plain: readonly CaseKind[] = ['typical', 'ties', 'one-hot'];
const silent = ['identical', 'within', 'tie', 'undecided'];
const types = ['f32', 'bf16', 'f16', 'f64'];

describe.each(types)('in %s', (type) => {
  it.each(rewrites)('%s may be rewritten on all inputs', (_, before, after) => {
    const all = Object.keys(caseKinds) as CaseKind[];
    const report = compared(type, before, after, all);
    const outside = report.cases.filter((c) => !silent.includes(c.verdict));
    expect(outside).toEqual([]);
  });

  it.each(rewrites)('a right rewrite of %s is decided on plain inputs', (_, before, after) => {
    expect(compared(type, before, after, plain).decided).toBe(1);
  });

  it.each(Object.entries(contracts))('faults are found under %s', (_, contract) => {
    const missed = rewrites.filter(([, before, , fault]) => {
      const { verdict } = compared(type, before, fault, defaultKinds, contract);
      return verdict !== 'beyond' && verdict !== 'suspect';
    });
    expect(missed.map(([name]) => name)).toEqual([]);
  });

  it.each(shields)('a form after that %s is found', (_, before, after) => {
    expect(['suspect', 'beyond']).toContain(compared(type, before, after, defaultKinds).verdict);
  });
});
