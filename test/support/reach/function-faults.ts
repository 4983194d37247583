/** Functions near overflow, at special values and where digits cancel; parts of complex numbers. */
import { exact, reassociates } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { expressions } from './elementwise-faults.ts';
import { array, combiner, type DrawFault, faultsOf, parameters, texts } from './fault.ts';

const types: readonly ElementType[] = ['f32', 'f32', 'f64', 'bf16', 'f16'];
const wide: readonly ElementType[] = ['f32', 'f64'];

const of = (before: string, after: string, on = types) => expressions(on, before, after);

/** Rows of a matrix reduced; `x` before, lines of which `r` is the result. */
const rows =
  (before: string, after: string, among: readonly ElementType[] = types): DrawFault =>
  (d) => {
    const type = d.pick(among);
    const [n, m] = [d.int(1, 6), d.int(2, 24)];
    const write = (text: string) =>
      text
        .replaceAll('$T', array(type, n, m))
        .replaceAll('$R', array(type, n))
        .replaceAll('$E', `${type}[]`)
        .replaceAll('$m', String(m));
    const computations = [combiner('plus', type, 'add'), combiner('most', type, 'maximum')];
    const head = parameters(array(type, n, m), ['x']);
    const values = `zero = ${type}[] constant(0)\nleast = ${type}[] constant(-inf)`;
    return texts(`${head}\n${values}`, write(before), write(after), computations);
  };

const sum = (name: string, x: string) =>
  `${name} = $R reduce(${x}, zero), dimensions={1}, to_apply=plus`;
const top =
  'm = $R reduce(x, least), dimensions={1}, to_apply=most\nb = $T broadcast(m), dimensions={0}';
const mean = (name: string, x: string) =>
  `${sum(`${name}.s`, x)}\n${name}.n = $E constant($m)\n${name}.k = $R broadcast(${name}.n), dimensions={}
${name} = $R divide(${name}.s, ${name}.k)`;

export const functionFaults = faultsOf('functions', reassociates, {
  'log1p-as-log': of('$T log-plus-one(x)', '#o 1; a = $T add(x, o); $T log(a)'),
  'expm1-as-exp': of(
    '$T exponential-minus-one(x)',
    '#o 1; e = $T exponential(x); $T subtract(e, o)',
  ),
  'hypot-unscaled': of(
    'a = $T abs(x); b = $T abs(y); m = $T maximum(a, b); #t 0; #o 1; z = $B compare(m, t), direction=EQ; s = $T select(z, o, m); p = $T divide(x, s); q = $T divide(y, s); p2 = $T multiply(p, p); q2 = $T multiply(q, q); u = $T add(p2, q2); v = $T sqrt(u); $T multiply(v, s)',
    'p2 = $T multiply(x, x); q2 = $T multiply(y, y); u = $T add(p2, q2); $T sqrt(u)',
  ),
  'root-of-square-overflows': of('$T abs(x)', 's = $T multiply(x, x); $T sqrt(s)'),
  'roots-merged': of(
    'a = $T sqrt(x); b = $T sqrt(y); $T multiply(a, b)',
    'p = $T multiply(x, y); $T sqrt(p)',
  ),
  'root-split': of(
    'a = $T abs(x); b = $T abs(y); p = $T multiply(a, b); $T sqrt(p)',
    'a = $T sqrt(x); b = $T sqrt(y); $T multiply(a, b)',
  ),
  'logistic-by-exponentials': of(
    '$T logistic(x)',
    '#o 1; e = $T exponential(x); d = $T add(e, o); $T divide(e, d)',
  ),
  'tanh-by-exponentials': of(
    '$T tanh(x)',
    '#o 1; #two 2; t = $T multiply(x, two); e = $T exponential(t); n = $T subtract(e, o); d = $T add(e, o); $T divide(n, d)',
  ),
  'tanh-as-self-where-small': of(
    '$T tanh(x)',
    '#l 0.5; a = $T abs(x); p = $B compare(a, l), direction=LT; t = $T tanh(x); $T select(p, x, t)',
  ),
  'softplus-overflows': of(
    '#z 0; a = $T abs(x); n = $T negate(a); e = $T exponential(n); l = $T log-plus-one(e); m = $T maximum(x, z); $T add(m, l)',
    'e = $T exponential(x); $T log-plus-one(e)',
  ),
  'rsqrt-without-root': of('$T rsqrt(x)', '#o 1; $T divide(o, x)'),
  'rsqrt-of-abs': of('$T rsqrt(x)', 'a = $T abs(x); $T rsqrt(a)'),
  'sqrt-of-relu': of('$T sqrt(x)', '#z 0; a = $T maximum(x, z); $T sqrt(a)'),
  'log-of-abs': of('$T log(x)', 'a = $T abs(x); $T log(a)'),
  'log-of-exp-folded': of('e = $T exponential(x); $T log(e)', '$T copy(x)'),
  'log-of-quotient-split': of(
    'q = $T divide(x, y); $T log(q)',
    'a = $T log(x); b = $T log(y); $T subtract(a, b)',
  ),
  'exp-of-sum-split': of(
    's = $T add(x, y); $T exponential(s)',
    'a = $T exponential(x); b = $T exponential(y); $T multiply(a, b)',
  ),
  'cbrt-by-power': of('$T cbrt(x)', '#t 0.333333; $T power(x, t)'),
  'power-by-exp-and-log': of(
    '$T power(x, y)',
    'l = $T log(x); p = $T multiply(l, y); $T exponential(p)',
  ),
  'power-three-as-square': of('#t 3; $T power(x, t)', '$T multiply(x, x)'),
  'atan2-swapped': of('$T atan2(x, y)', '$T atan2(y, x)'),
  'atan2-of-quotient': of('$T atan2(x, y)', '#o 1; q = $T divide(x, y); $T atan2(q, o)'),
  'sine-as-cosine': of('$T sine(x)', '$T cosine(x)'),
  'sine-as-self-where-small': of(
    '$T sine(x)',
    '#l 0.25; a = $T abs(x); p = $B compare(a, l), direction=LT; t = $T sine(x); $T select(p, x, t)',
    wide,
  ),
  'erf-by-tanh': of('$T erf(x)', '#k 1.128379; p = $T multiply(x, k); $T tanh(p)', wide),
  'remainder-of-product': of(
    '$T remainder(x, y)',
    'q = $T divide(x, y); f = $T floor(q); p = $T multiply(f, y); $T subtract(x, p)',
  ),
  'quotients-associated': of('q = $T divide(x, y); $T multiply(q, y)', '$T copy(x)'),
  'sum-and-difference-cancelled': of('s = $T add(x, y); $T subtract(s, y)', '$T copy(x)'),
  'square-of-difference-expanded': of(
    'd = $T subtract(x, y); $T multiply(d, d)',
    'a = $T multiply(x, x); b = $T multiply(y, y); c = $T multiply(x, y); e = $T add(c, c); s = $T add(a, b); $T subtract(s, e)',
  ),
  'difference-of-squares-expanded': of(
    's = $T add(x, y); d = $T subtract(x, y); $T multiply(s, d)',
    'a = $T multiply(x, x); b = $T multiply(y, y); $T subtract(a, b)',
  ),
  'midpoint-overflows': of(
    '#h 0.5; a = $T multiply(x, h); b = $T multiply(y, h); $T add(a, b)',
    '#h 0.5; s = $T add(x, y); $T multiply(s, h)',
  ),
  'softmax-unshifted': rows(
    `${top}\nd = $T subtract(x, b)\ne = $T exponential(d)\n${sum('s', 'e')}\nt = $T broadcast(s), dimensions={0}\nROOT r = $T divide(e, t)`,
    `e = $T exponential(x)\n${sum('s', 'e')}\nt = $T broadcast(s), dimensions={0}\nROOT r = $T divide(e, t)`,
  ),
  'log-sum-exp-unshifted': rows(
    `${top}\nd = $T subtract(x, b)\ne = $T exponential(d)\n${sum('s', 'e')}\nl = $R log(s)\nROOT r = $R add(l, m)`,
    `e = $T exponential(x)\n${sum('s', 'e')}\nROOT r = $R log(s)`,
  ),
  'softmax-loses-sum': rows(
    `${top}\nd = $T subtract(x, b)\ne = $T exponential(d)\n${sum('s', 'e')}\nt = $T broadcast(s), dimensions={0}\nROOT r = $T divide(e, t)`,
    `${top}\nd = $T subtract(x, b)\ne = $T exponential(d)\n${sum('s', 'x')}\nt = $T broadcast(s), dimensions={0}\nROOT r = $T divide(e, t)`,
  ),
  'variance-in-one-pass': rows(
    `${mean('u', 'x')}\nb = $T broadcast(u), dimensions={0}\nd = $T subtract(x, b)\nq = $T multiply(d, d)\n${mean('ROOT r', 'q').replaceAll('ROOT r.', 'v.')}`,
    `${mean('u', 'x')}\nq = $T multiply(x, x)\n${mean('v', 'q')}\nu2 = $R multiply(u, u)\nROOT r = $R subtract(v, u2)`,
  ),
  'norm-unscaled-mean': rows(mean('ROOT r', 'x').replaceAll('ROOT r.', 'v.'), sum('ROOT r', 'x')),
});

const complex: readonly ElementType[] = ['c64', 'c64', 'c128'];
const part = (t: ElementType) => (t === 'c64' ? 'f32' : 'f64');

/** Expressions over complex `x` and `y`; `$P` is the shape of their parts. */
const parts =
  (before: string, after: string): DrawFault =>
  (d) => {
    const type = d.pick(complex);
    const { before: b, after: a } = expressions([type], before, after)(d);
    const asParts = (text: string) =>
      text.replaceAll(/\$P/g, /x = (\S+) parameter/.exec(text)![1]!.replace(type, part(type)));
    return { before: asParts(b), after: asParts(a) };
  };

const split = (x: string, k = x) => `${k}r = $P real(${x}); ${k}i = $P imag(${x})`;

export const complexFaults = [
  ...faultsOf('complex parts', exact, {
    'parts-swapped': parts('$T copy(x)', `${split('x')}; $T complex(xi, xr)`),
    'imaginary-negated': parts('$T copy(x)', `${split('x')}; n = $P negate(xi); $T complex(xr, n)`),
    'conjugate-lost': parts(`${split('x')}; n = $P negate(xi); $T complex(xr, n)`, '$T copy(x)'),
    'real-as-imaginary': parts('$P real(x)', '$P imag(x)'),
    'negates-real-only': parts(
      '$T negate(x)',
      `${split('x')}; n = $P negate(xr); $T complex(n, xi)`,
    ),
    'sign-of-zero-parts-lost': parts(
      '$T copy(x)',
      '#z 0; $T add(x, z)'.replace('#z 0', '#z (0,0)'),
    ),
    'equal-by-real-parts': parts(
      '$B compare(x, y), direction=EQ',
      'a = $P real(x); b = $P real(y); $B compare(a, b), direction=EQ',
    ),
  }),
  ...faultsOf('complex parts', reassociates, {
    'product-of-parts': parts(
      '$T multiply(x, y)',
      `${split('x')}; ${split('y')}; a = $P multiply(xr, yr); b = $P multiply(xi, yi); $T complex(a, b)`,
    ),
    'product-with-conjugate': parts(
      '$T multiply(x, y)',
      `${split('y')}; n = $P negate(yi); c = $T complex(yr, n); $T multiply(x, c)`,
    ),
    'magnitude-as-sum': parts(
      '$P abs(x)',
      `${split('x')}; a = $P abs(xr); b = $P abs(xi); $P add(a, b)`,
    ),
    'magnitude-unscaled': parts(
      '$P abs(x)',
      `${split('x')}; a = $P multiply(xr, xr); b = $P multiply(xi, xi); s = $P add(a, b); $P sqrt(s)`,
    ),
    'exp-of-real-part': parts(
      '$T exponential(x)',
      `${split('x')}; e = $P exponential(xr); $T complex(e, xi)`,
    ),
  }),
];
