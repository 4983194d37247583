/**
 * Operations as text: the generic form, and the pretty forms. Most pretty forms are one list of
 * operands, words and `key = value` parts, an attribute list and types; what is told here by name
 * is how a few ops differ (custom-assembly.ts, which the context brings along).
 */
import type { Attr, BlockArgument, FunctionType, MlirType, Op, Region, ValueRef } from './ast.ts';
import { parseAttr, parseDict } from './parse-attributes.ts';
import {
  type ParseContext,
  parseFunctionType,
  parseResultTypes,
  parseType,
} from './parse-types.ts';

/** An op while it is read. */
export interface OpDraft {
  readonly name: string;
  /** How many names stand on the left-hand side, each counted with its `:n`. */
  readonly resultCount: number;
  readonly operands: ValueRef[];
  readonly attrs: Map<string, Attr>;
  /** Parts of a pretty form that have no key, in order. */
  readonly words: Attr[];
  readonly regions: Region[];
  operandTypes?: readonly MlirType[];
  resultTypes: readonly MlirType[];
}

/** The name under which an op keeps the parts of its pretty form that have no key. */
export const wordsKey = '(words)';

/** The ops of a block up to its closing brace (left in place) or the next block. */
export function parseOps(p: ParseContext): Op[] {
  const ops: Op[] = [];
  while (!p.c.at('}') && !p.c.atEnd()) ops.push(parseOp(p));
  return ops;
}

/** `%a, %b:2 = op …` */
export function parseOp(p: ParseContext): Op {
  const { c } = p;
  c.skip();
  const start = c.pos;
  const results: { name: string; count: number }[] = [];
  if (c.at('%')) {
    do {
      c.expect('%', 'before the name of a value');
      const name = c.suffix('the name of a value');
      const counted = c.text.charAt(c.pos) === ':' && c.accept(':');
      results.push({ name, count: counted ? c.integer('a number of results') : 1 });
    } while (c.accept(','));
    c.expect('=', 'after the names of results');
  }
  const resultCount = results.reduce((n, r) => n + r.count, 0);
  const position = c.positionAt(start);
  const generic = c.at('"');
  const name = canonical(generic ? c.quoted('an operation') : c.word());
  if (!name) c.unexpected('an operation');
  const draft: OpDraft = {
    name,
    resultCount,
    operands: [],
    attrs: new Map(),
    words: [],
    regions: [],
    resultTypes: [],
  };
  if (generic) parseGeneric(p, draft);
  else (p.forms[name] ?? usualForm(p, name, start))(p, draft);
  skipLocation(p);
  const { operands, attrs, words, regions, operandTypes, resultTypes } = draft;
  if (words.length) attrs.set(wordsKey, { kind: 'array', items: words });
  const types = { ...(operandTypes && { operandTypes }), resultTypes };
  return { name, operands, results, ...types, attrs, regions, position };
}

/** Dialects whose ops are read by `parsePretty`. */
const usualDialects = new Set(
  'arith builtin check chlo func interpreter quant shape stablehlo tensor'.split(' '),
);

/** Another dialect's own form could be anything. */
function usualForm(p: ParseContext, name: string, start: number): typeof parsePretty {
  const [dialect] = name.split('.');
  if (!usualDialects.has(dialect!)) {
    const remedy = 'print it in the generic form, if it is one that is supported';
    p.c.fail('unsupported-op', `the form of ${name} is not known; ${remedy}`, start);
  }
  return parsePretty;
}

/** Names without a dialect are those of func; mhlo calls most ops as StableHLO does. */
function canonical(name: string): string {
  if (name === 'call' || name === 'return') return `func.${name}`;
  return name.replace(/^mhlo\./, 'stablehlo.');
}

/** Passes over `loc(…)` where one comes next. */
export function skipLocation({ c }: ParseContext): void {
  if (c.peekWord() !== 'loc') return;
  c.word();
  c.expect('(', 'after loc');
  c.balanced();
  c.expect(')', 'to close a location');
}

/** `(%a, %b) <{…}> ({…}, {…}) {…} : (types) -> types` */
export function parseGeneric(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  draft.operands.push(...c.list('(', ')', 'operands', () => parseValue(p)));
  if (c.accept('<')) {
    mergeAttrs(p, draft);
    c.expect('>', 'to close properties');
  }
  if (c.at('(')) draft.regions.push(...c.list('(', ')', 'regions', () => parseRegion(p)));
  if (c.at('{')) mergeAttrs(p, draft);
  c.expect(':', 'before the type of an operation');
  takeTypes(draft, parseFunctionType(p));
}

function takeTypes(draft: OpDraft, { inputs, results }: FunctionType): void {
  draft.operandTypes = inputs;
  draft.resultTypes = results;
}

/** Reads a dictionary into the op; an attribute that it has already is replaced. */
export function mergeAttrs(p: ParseContext, draft: OpDraft): void {
  for (const [name, value] of parseDict(p)) draft.attrs.set(name, value);
}

/** `%name`, or `%name#2` for a result of an op that has several; 0 is the first. */
export function parseValue({ c }: ParseContext): ValueRef {
  c.expect('%', 'before the name of a value');
  const name = c.suffix('the name of a value');
  if (c.text.charAt(c.pos) !== '#') return { name, index: 0 };
  c.pos++;
  return { name, index: c.integer('the number of a result') };
}

/** `{ ^bb0(%a: type): ops }` with one block; `args` are those that the op's head declares. */
export function parseRegion(p: ParseContext, args: readonly BlockArgument[] = []): Region {
  const { c } = p;
  return c.nested(() => {
    c.expect('{', 'to open a region');
    const region = { args: c.at('^') ? parseBlockHead(p) : args, ops: parseOps(p) };
    if (c.at('^')) c.fail('unsupported-blocks', 'a region of several blocks is not supported');
    c.expect('}', 'to close a region');
    return region;
  });
}

function parseBlockHead(p: ParseContext): BlockArgument[] {
  const { c } = p;
  c.expect('^', 'before a block');
  c.suffix('the name of a block');
  const args = c.at('(') ? parseArguments(p) : [];
  c.expect(':', 'after the head of a block');
  return args;
}

/** `(%a: type {…}, %b: type)` */
export function parseArguments(p: ParseContext): BlockArgument[] {
  const { c } = p;
  return c.list('(', ')', 'arguments', () => {
    c.expect('%', 'before the name of an argument');
    const name = c.suffix('the name of an argument');
    c.expect(':', 'before the type of an argument');
    const type = parseType(p);
    if (c.at('{')) parseDict(p);
    skipLocation(p);
    return { name, type };
  });
}

/** Operands, words and `key = value` parts, then attributes, then types. */
export function parsePretty(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  const enclosed = c.accept('(');
  if (!c.at(':') && !c.at('{') && !c.at(')')) {
    do parsePart(p, draft);
    while (c.accept(',') || (!enclosed && c.at('%')));
  }
  if (enclosed) c.expect(')', 'to close the operands');
  if (c.at('{')) mergeAttrs(p, draft);
  parseTail(p, draft);
}

function parsePart(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  if (c.at('%')) {
    draft.operands.push(parseValue(p));
    if (c.at('[')) draft.words.push(parseAttrOrRanges(p));
    trailingKey(p, draft);
    return;
  }
  const start = c.pos;
  const key = c.word();
  if (key && c.accept('=')) {
    draft.attrs.set(key, parsePair(p));
    return;
  }
  c.pos = start;
  draft.words.push(parseAttr(p, false));
}

/** `%i sizes = [2]`: a key straight after the last operand. */
function trailingKey(p: ParseContext, draft: OpDraft): void {
  const key = p.c.peekWord();
  if (!key) return;
  p.c.word();
  p.c.expect('=', `after ${key}`);
  draft.attrs.set(key, parsePair(p));
}

function parsePair(p: ParseContext): Attr {
  const left = parseAttr(p, false);
  if (left.kind !== 'array' || !p.c.acceptWord('x')) return left;
  return { kind: 'pair', left, right: parseAttr(p, false) };
}

/** `[0:2, 1:3:2]` as an array of arrays, `[1]` as an array of numbers. */
function parseAttrOrRanges({ c }: ParseContext): Attr {
  const items = c.list('[', ']', 'ranges', (): Attr => {
    const range = [c.integer('a start')];
    while (c.accept(':')) range.push(c.integer('a limit or stride'));
    return { kind: 'array', items: range.map((n) => ({ kind: 'int', value: BigInt(n) })) };
  });
  return { kind: 'array', items };
}

/** `: (types) -> types`, `: types -> types`, `: type, type`, or nothing. */
export function parseTail(p: ParseContext, draft: OpDraft): void {
  const { c } = p;
  if (!c.accept(':')) return;
  if (c.at('(')) {
    takeTypes(draft, parseFunctionType(p));
    return;
  }
  const types = [parseType(p)];
  while (c.accept(',')) types.push(parseType(p));
  const count = Math.max(1, draft.resultCount);
  draft.resultTypes = c.accept('->') ? parseResultTypes(p) : types.slice(-count);
}
