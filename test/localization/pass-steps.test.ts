/**
 * What a pass must not do unseen, and what it may do unblamed: modules before and after, judged as a
 * pass of a pipeline and by `compare`.
 */

import { describe, expect, it } from 'vitest';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import { type Contract, declaring, exact, reassociates } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { defaultLimits } from '../../validator/limits/limits.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';

const parse = (text: string) => parseModule(`HloModule m\n${text}`);
const casesOf = (module: Module) => defaultCases(module, 1).map(sessionCase);

function becoming(name: string, contract: Contract, after: Module): Pass {
  return {
    ...{ name, contract, summary: '' },
    run: (before) => ({ module: after, changed: after !== before, replacements: [] }),
  };
}

function validated(before: Module, passes: readonly Pass[]) {
  const pipeline = { name: 'p', passes };
  const backend = { name: 'b', summary: '', pipeline };
  const limits = { ...defaultLimits, maxIterations: 50 };
  return validateGraph({ graph: 'g', module: before, backend, cases: casesOf(before), limits });
}

function compared(before: Module, after: Module, contract: Contract) {
  const names = { beforeName: 'before', afterName: 'after' };
  const limits = { ...defaultLimits, maxIterations: 50 };
  return compareModules({ ...names, before, after, contract, cases: casesOf(before), limits });
}

const outfeed = 'tok = token[] after-all()  o = token[] outfeed(x, tok)';
const entry = (body: string) => `ENTRY e { x = f32[4] parameter(0)  ${body} }`;

function loop(step: number, body: string, root = 'ROOT r = f32[4] get-tuple-element(w), index=1') {
  const state = 's = (s32[], f32[4]) parameter(0)  i = s32[] get-tuple-element(s), index=0';
  return `
    below { ${state}  k = s32[] constant(5)  ROOT r = pred[] compare(i, k), direction=LT }
    body { ${state}  x = f32[4] get-tuple-element(s), index=1  one = s32[] constant(${step})
      j = s32[] add(i, one)  ${body}  y = f32[4] sine(x)  ROOT r = (s32[], f32[4]) tuple(j, y) }
    ${entry(`z = s32[] constant(0)  t = (s32[], f32[4]) tuple(z, x)
      w = (s32[], f32[4]) while(t), condition=below, body=body  ${root}`)}`;
}

const wide = (c: string) => `ENTRY e { x = s64[4] parameter(0)  c = s64[] constant(${c})
  b = s64[4] broadcast(c), dimensions={}  ROOT r = s64[4] or(x, b) }`;

const sideEffect = 'custom_call_target="foo", custom_call_has_side_effect=true';

const unseen: readonly (readonly [string, Contract, string, string])[] = [
  ['an outfeed taken out of a loop', exact, loop(1, outfeed), loop(1, '')],
  [
    'a loop with an outfeed removed',
    exact,
    loop(1, outfeed, 'ROOT r = f32[4] negate(x)'),
    entry('ROOT r = f32[4] negate(x)'),
  ],
  ['a loop that ends no more', exact, loop(1, ''), loop(0, '')],
  [
    'an outfeed of another value',
    exact,
    entry(`${outfeed}  ROOT r = f32[4] negate(x)`),
    entry(`y = f32[4] add(x, x)  ${outfeed.replace('(x,', '(y,')}  ROOT r = f32[4] negate(x)`),
  ],
  [
    'an unknown custom call given another value',
    exact,
    entry(`c = f32[4] custom-call(x), ${sideEffect}  ROOT r = f32[4] negate(x)`),
    entry(`y = f32[4] abs(x)  c = f32[4] custom-call(y), ${sideEffect}  ROOT r = f32[4] negate(x)`),
  ],
  [
    'the only unknown custom call, without side effects, given another value',
    reassociates,
    entry('c = f32[4] custom-call(x), custom_call_target="foo"  ROOT r = f32[4] negate(c)'),
    entry(`y = f32[4] abs(x)  d = f32[4] custom-call(y), custom_call_target="foo"
      ROOT r = f32[4] negate(d)`),
  ],
  [
    'an effect dropped',
    exact,
    entry(`${outfeed}  ROOT r = f32[4] negate(x)`),
    entry('ROOT r = f32[4] negate(x)'),
  ],
  [
    'the low bits of a 64-bit integer',
    reassociates,
    wide('9007199254740993'),
    wide('9007199254740992'),
  ],
];

describe('what cannot be seen into', () => {
  const call = (operand: string, name = 'c') =>
    parse(
      entry(`two = f32[] constant(2)  half = f32[] constant(0.5)
      ${operand}  ${name} = f32[4] custom-call(y), custom_call_target="foo"
      ROOT r = f32[4] negate(${name})`),
    );

  it('bounds what is judged: its operand may be computed otherwise, and all is decided', () => {
    const b = call('k = f32[4] broadcast(two), dimensions={}  y = f32[4] divide(x, k)');
    const a = call('m = f32[4] broadcast(half), dimensions={}  y = f32[4] multiply(x, m)', 'd');
    const { verdict, decided, checked } = compared(b, a, reassociates);
    expect({ verdict, decided }).toEqual({ verdict: 'identical', decided: 1 });
    expect(checked).toBeGreaterThan(0);
  });

  it('also where its result was moved about before the pass, and is the result after it', () => {
    const shuffled =
      't = f32[4] reverse(c), dimensions={0}  ROOT r = f32[4] reverse(t), dimensions={0}';
    const target = 'custom_call_target="foo"';
    const b = parse(
      entry(`y = f32[4] negate(x)  c = f32[4] custom-call(y), ${target}  ${shuffled}`),
    );
    const a = parse(
      entry(`z = f32[4] negate(x)  y = f32[4] copy(z)
      ROOT d = f32[4] custom-call(y), ${target}`),
    );
    const { verdict, decided } = compared(b, a, reassociates);
    expect({ verdict, decided }).toEqual({ verdict: 'identical', decided: 1 });
  });
});

describe('an unknown custom call inside a loop', () => {
  const looped = (operand: string) =>
    parse(
      loop(1, `${operand}  c = f32[4] custom-call(q), custom_call_target="foo"`).replace(
        'sine(x)',
        'add(c, x)',
      ),
    );
  const plain = looped('q = f32[4] negate(x)');

  it('is some function of its operands, on which two modules agree or not', () => {
    const { verdict, decided } = compared(
      plain,
      looped('p = f32[4] copy(x)  q = f32[4] negate(p)'),
      reassociates,
    );
    expect({ verdict, decided }).toEqual({ verdict: 'identical', decided: 1 });
  });

  it('but where they differ that tells nothing: rounding may have changed its operands', () => {
    const doubled = looped('p = f32[4] add(x, x)  q = f32[4] negate(p)');
    expect(compared(plain, doubled, reassociates)).toMatchObject({
      verdict: 'undecided',
      decided: 0,
    });
  });
});

describe('no pass does unseen', () => {
  it.each(unseen)('%s', (_, contract, before, after) => {
    const [b, a] = [before, after].map(parse) as [Module, Module];
    const report = validated(b, [becoming('culprit', contract, a)]);
    expect(report.findings.map((f) => f.pass)).toContain('culprit');
    expect(compared(b, a, contract).verdict).toBe('beyond');
  });

  it('operands of two unknown custom calls exchanged', () => {
    const calls = (p: string, q: string) =>
      parse(
        entry(`y = f32[4] abs(x)  c = f32[4] custom-call(${p}), custom_call_target="foo"
        d = f32[4] custom-call(${q}), custom_call_target="foo"  ROOT r = f32[4] subtract(c, d)`),
      );
    expect(compared(calls('x', 'y'), calls('y', 'x'), reassociates).verdict).toBe('beyond');
  });

  it('a parameter added', () => {
    const b = parse(entry('ROOT r = f32[4] negate(x)'));
    const a = parse(entry('y = f32[4] parameter(1)  ROOT r = f32[4] subtract(y, x)'));
    const { findings } = validated(b, [becoming('culprit', exact, a)]);
    expect(findings.map((f) => [f.pass, f.kind])).toEqual([['culprit', 'broken']]);
  });

  it('a change that the pass denies', () => {
    const b = parse(entry('ROOT r = f32[4] negate(x)'));
    const a = parse(entry('ROOT r = f32[4] abs(x)'));
    const liar = { ...becoming('liar', exact, a) };
    const denied = { ...liar, run: () => ({ module: a, changed: false, replacements: [] }) };
    const later = becoming(
      'later',
      exact,
      parse(entry('c = f32[4] copy(x)  ROOT r = f32[4] abs(c)')),
    );
    expect(validated(b, [denied, later]).findings[0]?.pass).toBe('liar');
  });

  it('two random draws made one', () => {
    const f = `f { a = f32[] constant(0)  b = f32[] constant(1)
      ROOT r = f32[4] rng(a, b), distribution=rng_uniform }\n`;
    const draw = (name: string) => `${name} = f32[4] call(), to_apply=f`;
    const b = parse(f + entry(`${draw('u')}  ${draw('v')}  ROOT s = f32[4] subtract(u, v)`));
    const a = parse(f + entry(`${draw('u')}  ROOT s = f32[4] subtract(u, u)`));
    expect(compared(b, a, exact).verdict).toBe('beyond');
  });
});

const four = (body: string) =>
  parse(`ENTRY e { x = f32[64] parameter(0)  y = f32[64] parameter(1)  z = f32[64] parameter(2)
    w = f32[64] parameter(3)  ${body} }`);

const orders: readonly (readonly [string, string, string])[] = [
  [
    'x + y + z',
    'a = f32[64] add(x, y)  ROOT r = f32[64] add(a, z)',
    'a = f32[64] add(y, z)  ROOT r = f32[64] add(x, a)',
  ],
  [
    'x + y + z + w',
    'a = f32[64] add(x, y)  b = f32[64] add(a, z)  ROOT r = f32[64] add(b, w)',
    'a = f32[64] add(x, y)  b = f32[64] add(z, w)  ROOT r = f32[64] add(a, b)',
  ],
  [
    'x + x + z',
    'a = f32[64] add(x, x)  ROOT r = f32[64] add(a, z)',
    'a = f32[64] add(x, z)  ROOT r = f32[64] add(x, a)',
  ],
  [
    'x - y + z',
    'a = f32[64] subtract(x, y)  ROOT r = f32[64] add(a, z)',
    'a = f32[64] subtract(z, y)  ROOT r = f32[64] add(x, a)',
  ],
  [
    'x * y * z',
    'a = f32[64] multiply(x, y)  ROOT r = f32[64] multiply(a, z)',
    'a = f32[64] multiply(y, z)  ROOT r = f32[64] multiply(x, a)',
  ],
];

describe('a sum or a product may be taken in any order', () => {
  const kinds = ['lattice', 'typical', 'ties', 'near-ties', 'extremes', 'specials'] as const;
  const seeds = [1, 2, 3, 4, 5];

  it.each(orders)('%s', (_, before, after) => {
    const b = four(before);
    const all = kinds.flatMap((k) => seeds.map((s) => sessionCase(generateCase(b, k, s))));
    const names = { beforeName: 'before', afterName: 'after' };
    const job = { ...names, before: b, after: four(after), contract: reassociates, cases: all };
    expect(compareModules(job).findings).toEqual([]);
  });

  it('but loses no term', () => {
    const b = four('a = f32[64] add(x, y)  ROOT r = f32[64] add(a, z)');
    const a = four('a = f32[64] add(x, y)  ROOT r = f32[64] add(a, w)');
    expect(compared(b, a, reassociates).verdict).toBe('beyond');
  });
});

describe('a quotient may be a product with the reciprocal', () => {
  const quotient = four('ROOT r = f32[64] divide(x, y)');
  const product = four(`o = f32[] constant(1)  b = f32[64] broadcast(o), dimensions={}
    i = f32[64] divide(b, y)  ROOT r = f32[64] multiply(x, i)`);
  const cases = [1, 2, 3].map((s) => sessionCase(generateCase(quotient, 'typical', s)));
  const under = (contract: Contract) =>
    compareModules({
      ...{ beforeName: 'before', afterName: 'after', before: quotient, after: product },
      ...{ contract, cases },
    }).verdict;

  it('where the contract declares it', () => {
    expect(under(declaring(reassociates, 'reciprocal'))).toBe('within');
  });

  it('and not where it does not', () => {
    expect(under(reassociates)).toBe('beyond');
  });
});
