/** Each rule of tidy.test.ts catches an offender and leaves what looks like one alone. */
import { describe, expect, it } from 'vitest';
import { functionsOf } from './support/tidy/functions.ts';
import { circles, importsOf } from './support/tidy/imports.ts';
import {
  bareExports,
  calls,
  exportsAll,
  globalsUsed,
  hasHeader,
  memberAccesses,
  moduleState,
} from './support/tidy/rules.ts';
import { type Source, sourceOf } from './support/tidy/source.ts';
import { tokensOf } from './support/tidy/tokens.ts';

const source = (text: string): Source => sourceOf('graphs/a.ts', text);

describe('tokens', () => {
  it.each([
    ['a / b / c', ['a', '/', 'b', '/', 'c']],
    ['x = /[/\'"]/g;', ['x', '=', '/[/\'"]/g', ';']],
    ["'it\\'s' // 'no'", ["'it\\'s'"]],
    ['a /* b */ c', ['a', 'c']],
    ['f(x) / 2 > 1', ['f', '(', 'x', ')', '/', '2', '>', '1']],
    ['0x1f + 1.5e-3 + 2n', ['0x1f', '+', '1.5e-3', '+', '2n']],
    ['a?.b ?? c => d', ['a', '?.', 'b', '??', 'c', '=>', 'd']],
  ])('%s', (text, expected) => {
    expect(tokensOf(text).map((token) => token.text)).toEqual(expected);
  });

  it('read templates with templates inside as text around code', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text that is scanned
    const tokens = tokensOf('`a${ {x: `b${c}d`} }e`; let');
    expect(tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text)).toEqual([
      'x',
      'c',
      'let',
    ]);
    expect(tokens.at(-1)!.depth).toBe(0);
  });
});

describe('imports', () => {
  it.each([
    ["import { a } from './b.ts';", false],
    ["import { type A, b } from './b.ts';", false],
    ["import './b.ts';", false],
    ["import a, { type B } from './b.ts';", false],
    ["export { a } from './b.ts';", false],
    ["export * from './b.ts';", false],
    ["const x = await import('./b.ts');", false],
    ["import type { A } from './b.ts';", true],
    ["import { type A, type B } from './b.ts';", true],
    ["export type { A } from './b.ts';", true],
    ["let x: import('./b.ts').A;", true],
  ])('%s', (text, typeOnly) => {
    expect(importsOf(source(text)).map((found) => [found.text, found.typeOnly])).toEqual([
      ['./b.ts', typeOnly],
    ]);
  });

  it('are not found in texts, comments and members', () => {
    const text =
      "// import './b.ts'\nconst s = \"import './b.ts'\"; import.meta.url; x.import('b');";
    expect(importsOf(source(text))).toEqual([]);
  });

  it('close circles by values, not by types', () => {
    const file = (path: string, text: string) => sourceOf(path, text);
    const third = file('c.ts', "import type { a } from './a.ts';");
    const first = file('a.ts', "import { b } from './b.ts';\nimport { c } from './c.ts';");
    expect(circles([first, file('b.ts', "import { a } from './a.ts';"), third])).toEqual([
      ['a.ts', 'b.ts'],
    ]);
    expect(circles([first, file('b.ts', "import type { a } from './a.ts';"), third])).toEqual([]);
  });
});

describe('functions', () => {
  const seen = (text: string) =>
    functionsOf(source(text)).map(({ name, lines, parameters }) => [name, lines, parameters]);

  it.each([
    ['function f(a: Map<A, B>, { b, c }: D): { e: 1 } {\n\n}', [['f', 3, 2]]],
    ['export async function* f<T extends { a: 1 }>(a,\n b,\n) {\n}', [['f', 4, 2]]],
    ['const f = (a, b = [1, 2]) => ({\n a,\n});', [['f', 3, 2]]],
    ['const f = a =>\n a +\n 1;', [['f', 3, 1]]],
    ['class A { m(this: A, a) {\n } }', [['m', 2, 1]]],
    ['const o = { get x(): readonly A[] {\n return 1; } };', [['x', 2, 0]]],
    ['function f(): () => void {\n}', [['f', 2, 0]]],
    ['type F = (a: A, b: B) => C;', [['F', 1, 2]]],
    ['if (a) {\n}\nwhile (b(c)) {\n}', []],
  ])('%s', (text, expected) => {
    expect(seen(text)).toEqual(expected);
  });

  it('in a describe are suites, those in its tests are not', () => {
    const text =
      "describe('a', () => { it('b', () => {}); });\ndescribe.each([1])('c', (x) => {});";
    expect(functionsOf(source(text)).map(({ isSuite }) => isSuite)).toEqual([true, false, true]);
  });
});

describe('rules', () => {
  it.each<readonly [string, readonly string[]]>([
    ["console.log('a');", ['graphs/a.ts:1: uses console']],
    ['\nfetch(url);', ['graphs/a.ts:2: uses fetch']],
    ['const now = new Date();', ['graphs/a.ts:1: uses Date']],
    ['run(performance, 1);', ['graphs/a.ts:1: uses performance']],
    ['a.fetch(b); const o = { Date: 1 }; // console.log', []],
    ["'console.log'; function fetch(a) {}", []],
  ])('globals: %s', (text, expected) => {
    const names = ['console', 'Date', 'performance', 'fetch'];
    expect(globalsUsed(source(text), names)).toEqual(expected);
  });

  it.each([
    ['process.exit(1)', 1],
    ['x.process.exit(1)', 0],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text that is scanned
    ['`${process.exit(1)}`', 1],
    ["'process.exit'", 0],
  ])('members: %s', (text, count) => {
    expect(memberAccesses(source(text), /^process\.exit$/)).toHaveLength(count);
  });

  it.each([
    ['let a = 1;', 1],
    ['export let a;', 1],
    ['const a = new Map();', 1],
    ['export const a: Set<B> = new Set<B>();', 1],
    ['const a = new Map([[1, 2]]);', 0],
    ['const a = new WeakMap();', 0],
    ['function f() { let a = new Map(); }', 0],
  ])('state: %s', (text, count) => {
    expect(moduleState(source(text))).toHaveLength(count);
  });

  it.each([
    ["export * from './b.ts';", 1],
    ["export * as b from './b.ts';", 1],
    ["export type * from './b.ts';", 1],
    ["export { b } from './b.ts';", 0],
  ])('re-exports: %s', (text, count) => {
    expect(exportsAll(source(text))).toHaveLength(count);
  });

  it.each([
    ['/** Header. */\nexport function f() {}', 1],
    ['/** Header. */\n\n/** F. */\nexport function f() {}', 0],
    ['/** Header. */\nimport a from "a";\nexport const b = 1;', 1],
    ['/** Header. */\nimport a from "a";\n// no docstring\nexport interface B {}', 1],
    ['/** Header. */\nimport a from "a";\n/** B. */\n// why\nexport type B = 1;', 0],
    ['a;\n/** F. */\nexport async function f();\nexport async function f() {}', 0],
    ["export { a } from './b.ts';\nexport type { B } from './b.ts';", 0],
  ])('docstrings: %s', (text, count) => {
    expect(bareExports(source(text))).toHaveLength(count);
  });

  it('headers and assertions', () => {
    expect(hasHeader(source('#!/usr/bin/env node\n/** A. */'))).toBe(true);
    expect(hasHeader(source('// A\n/** B. */'))).toBe(false);
    expect(calls(source('expect(a).toBe(b)'), /^expect$/)).toBe(true);
    expect(calls(source("const a = 'expect(b)'; a.expect(c)"), /^expect$/)).toBe(false);
  });
});
