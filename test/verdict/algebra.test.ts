/**
 * Contracts that hold over the real numbers only: XLA's algsimp turns log(exp(x)) into x by default.
 * What leaves the range of its type on the way is open; what is another function is found.
 */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { caseKinds } from '../../golden/kinds/kinds.ts';
import { declaring, reassociates } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';

const module = (type: string, body: string) =>
  parseModule(
    `HloModule m\nENTRY e { x = T parameter(0)  y = T parameter(1)
    ${body} }`.replaceAll(/\bT\b/g, `${type}[64]`),
  );

/** Two forms of one function, and a fault of the second. */
const forms: readonly (readonly [name: string, before: string, after: string, fault: string])[] = [
  [
    'log(exp(x)) as x',
    'a = T exponential(x)  ROOT r = T log(a)',
    'ROOT r = T copy(x)',
    'ROOT r = T negate(x)',
  ],
  [
    'exp(x)·exp(y) as exp(x+y)',
    'a = T exponential(x)  b = T exponential(y)  ROOT r = T multiply(a, b)',
    'a = T add(x, y)  ROOT r = T exponential(a)',
    'a = T subtract(x, y)  ROOT r = T exponential(a)',
  ],
  [
    'x/exp(y) as x·exp(−y)',
    'a = T exponential(y)  ROOT r = T divide(x, a)',
    'a = T negate(y)  b = T exponential(a)  ROOT r = T multiply(x, b)',
    'b = T exponential(y)  ROOT r = T multiply(x, b)',
  ],
  [
    '(x/y)/(y/x) as (x·x)/(y·y)',
    'a = T divide(x, y)  b = T divide(y, x)  ROOT r = T divide(a, b)',
    'a = T multiply(x, x)  b = T multiply(y, y)  ROOT r = T divide(a, b)',
    'a = T multiply(x, y)  b = T multiply(y, y)  ROOT r = T divide(a, b)',
  ],
];

const verdict = (type: string, before: string, after: string, kinds: readonly string[]) => {
  const [b, a] = [before, after].map((body) => module(type, body));
  const cases = Object.keys(caseKinds)
    .filter((k) => kinds.length === 0 || kinds.includes(k))
    .flatMap((k) => [1, 2].map((s) => sessionCase(generateCase(b!, k as never, s))));
  const contract = declaring(reassociates, 'algebra');
  const names = { beforeName: 'before', afterName: 'after' };
  return compareModules({ ...names, before: b!, after: a!, contract, cases }).verdict;
};

describe.each(['f32', 'bf16', 'f64'])('in %s, algebra', (type) => {
  it.each(forms)('allows %s on all inputs', (_, before, after) => {
    expect(['identical', 'within', 'undecided']).toContain(verdict(type, before, after, []));
  });

  it.each(forms)('of %s is decided on plain ones', (_, before, after) => {
    expect(verdict(type, before, after, ['typical'])).toBe('within');
  });

  it.each(forms)('is not what a fault in %s is', (_, before, _after, fault) => {
    expect(verdict(type, before, fault, ['typical'])).toBe('beyond');
  });
});
