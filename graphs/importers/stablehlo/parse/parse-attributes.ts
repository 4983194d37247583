/**
 * MLIR attributes as text, those of the StableHLO dialect included. Aliases stand for the value
 * that they were given, shared and never copied.
 */
import { isElementType } from '../../../ir/element-type.ts';
import { floatDecoder } from '../../../ir/float-bits.ts';
import type { ConvDims } from '../../../ops/attr.ts';
import type { Attr, AttrMap } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseDense } from './dense.ts';
import { isTypeWord, type ParseContext, parseType } from './parse-types.ts';

/** `{name = value, unit, …}` */
export function parseDict(p: ParseContext): AttrMap {
  const entries = new Map<string, Attr>();
  p.c.list('{', '}', 'a list of attributes', () => parseEntry(p, entries, true));
  return entries;
}

function parseEntry({ c, ...rest }: ParseContext, entries: Map<string, Attr>, typed: boolean) {
  const p = { c, ...rest };
  c.skip();
  const start = c.pos;
  const name = c.at('"') ? c.quoted('a name') : c.word();
  if (!name) c.unexpected('the name of an attribute');
  if (entries.has(name)) c.fail('duplicate-attribute', `${name} is given twice`, start);
  const value: Attr = c.accept('=') ? parseAttr(p, typed) : { kind: 'bool', value: true };
  entries.set(name, value);
}

/** One value; with `typed`, `: type` may follow a number or a string. */
export function parseAttr(p: ParseContext, typed: boolean): Attr {
  return p.c.nested(() => parseNested(p, typed));
}

function parseNested(p: ParseContext, typed: boolean): Attr {
  const { c } = p;
  switch (c.peek()) {
    case '"': {
      const value = c.quoted('a string');
      if (typed && c.accept(':')) parseType(p);
      return { kind: 'string', value };
    }
    case '[':
      return { kind: 'array', items: c.list('[', ']', 'an array', () => parseAttr(p, true)) };
    case '{':
      return { kind: 'dict', entries: parseDict(p) };
    case '@':
      return parseSymbol(c);
    case '#':
      return parseHash(p);
    case '<':
      return parseStruct(p);
    case '(':
      if (/\(\s*\d/y.test(c.text.slice(c.pos, c.pos + 8))) return parseSubAxis(c);
      return { kind: 'type', type: parseType(p) };
    case '!':
      return { kind: 'type', type: parseType(p) };
  }
  const text = c.number();
  if (text) return parseNumber(p, text, typed);
  return parseWord(p);
}

/** `(1)2`: a part of a mesh axis. */
function parseSubAxis(c: Cursor): Attr {
  c.expect('(', 'before a size');
  const before = c.integer('a size');
  c.expect(')', 'after a size');
  return { kind: 'other', text: `(${before})${c.integer('a size')}` };
}

function parseSymbol(c: Cursor): Attr {
  let value = '';
  do {
    c.expect('@', 'before a symbol');
    value = c.suffix('a symbol');
  } while (c.accept('::'));
  return { kind: 'symbol', value };
}

function parseNumber(p: ParseContext, text: string, typed: boolean): Attr {
  const type = typed && p.c.accept(':') ? parseType(p) : undefined;
  const name = type && 'text' in type ? type.text.toLowerCase() : '';
  if (/^-?0x/.test(text) && isElementType(name) && /f/.test(name)) {
    const bits = name === 'f64' ? BigInt(text) : Number(text);
    return { kind: 'float', value: floatDecoder(name)(bits) };
  }
  if (/[.eE]/.test(text) && !/^-?0x/.test(text)) return { kind: 'float', value: Number(text) };
  const negative = text.startsWith('-');
  return { kind: 'int', value: negative ? -BigInt(text.slice(1)) : BigInt(text) };
}

function parseWord(p: ParseContext): Attr {
  const { c } = p;
  const start = c.pos;
  const word = c.peekWord();
  if (!word) return c.unexpected('an attribute');
  if (isTypeWord(word)) return { kind: 'type', type: parseType(p) };
  c.word();
  if (word === 'true' || word === 'false') return { kind: 'bool', value: word === 'true' };
  if (word === 'unit') return { kind: 'bool', value: true };
  if (word === 'dense' && c.accept('<')) return parseDenseAttr(p, start);
  if (word === 'array' && c.accept('<')) return parseNumbers(p);
  if (word === 'dense_resource' || word === 'sparse') {
    const message = `${word} is not supported: its values are not in the text; write dense<…>`;
    c.fail('unsupported-resource', message, start);
  }
  if (!c.accept('<')) return { kind: 'word', value: word };
  const text = c.balanced();
  c.expect('>', 'to close an attribute');
  return { kind: 'other', text: `${word}<${text}>` };
}

function parseDenseAttr(p: ParseContext, at: number): Attr {
  const { c } = p;
  c.skip();
  const start = c.pos;
  if (c.at('__elided__')) c.fail('elided', 'the values of this constant are left out', at);
  c.balanced();
  c.expect('>', 'to close a dense constant');
  c.expect(':', 'before the type of a dense constant');
  const type = parseType(p);
  if (type.kind !== 'tensor') return c.fail('dense-type', 'a constant is a tensor', at);
  return parseDense(c, start, type);
}

/** `array<i64: 1, 2>`: numbers as an array. */
function parseNumbers(p: ParseContext): Attr {
  const { c } = p;
  parseType(p);
  const items: Attr[] = [];
  if (c.accept(':')) {
    do items.push(parseAttr(p, false));
    while (c.accept(','));
  }
  c.expect('>', 'to close an array of numbers');
  return { kind: 'array', items };
}

/** `#alias`, `#stablehlo<kind WORD>`, `#stablehlo.scatter<…>`, or another dialect's. */
function parseHash(p: ParseContext): Attr {
  const { c } = p;
  c.expect('#', 'before an attribute');
  const name = c.suffix('the name of an attribute');
  const alias = p.attrAliases.get(name);
  if (alias) return alias;
  if (!c.at('<')) return { kind: 'word', value: name };
  if (name === 'stablehlo' || name === 'mhlo' || name === 'chlo') {
    c.accept('<');
    const kind = c.word();
    const attr: Attr = c.at('>')
      ? { kind: 'word', value: kind }
      : { kind: 'word', value: c.word() };
    c.expect('>', 'to close an enumerator');
    return attr;
  }
  if (name.endsWith('.conv')) {
    c.accept('<');
    const dims = c.acceptWord('raw') ? parseRawConvDims(p) : parseConvDims(c);
    c.expect('>', 'to close convolution dimensions');
    return { kind: 'conv', dims };
  }
  return parseStruct(p);
}

/** `<key = value, …>`; anything else in angle brackets is kept as text. */
function parseStruct(p: ParseContext): Attr {
  const { c } = p;
  c.expect('<', 'to open an attribute');
  const start = c.pos;
  const keyed = c.at('>') || (c.word() !== '' && c.at('='));
  c.pos = start;
  if (!keyed) {
    const text = c.balanced();
    c.expect('>', 'to close an attribute');
    return { kind: 'other', text };
  }
  const entries = new Map<string, Attr>();
  while (!c.accept('>')) {
    parseEntry(p, entries, false);
    if (!c.accept(',') && !c.at('>')) c.unexpected('"," or ">"');
  }
  return { kind: 'dict', entries };
}

/** `input_batch_dimension = 0, input_spatial_dimensions = [1, 2], …`: what labels cannot express. */
function parseRawConvDims(p: ParseContext): ConvDims {
  const { c } = p;
  const start = c.pos;
  const entries = new Map<string, Attr>();
  do parseEntry(p, entries, false);
  while (c.accept(','));
  const numbers = (name: string): readonly number[] => {
    const found = entries.get(name);
    const items = found?.kind === 'array' ? found.items : found ? [found] : [];
    return items.map((n) =>
      n.kind === 'int' ? Number(n.value) : c.unexpected(`numbers in ${name}`),
    );
  };
  const number = (name: string): number => {
    return numbers(name)[0] ?? c.fail('conv-dims', `${name} is missing`, start);
  };
  return {
    inputBatch: number('input_batch_dimension'),
    inputFeature: number('input_feature_dimension'),
    inputSpatial: numbers('input_spatial_dimensions'),
    kernelInputFeature: number('kernel_input_feature_dimension'),
    kernelOutputFeature: number('kernel_output_feature_dimension'),
    kernelSpatial: numbers('kernel_spatial_dimensions'),
    outputBatch: number('output_batch_dimension'),
    outputFeature: number('output_feature_dimension'),
    outputSpatial: numbers('output_spatial_dimensions'),
  };
}

/** `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]` */
export function parseConvDims(c: Cursor): ConvDims {
  const start = c.pos;
  const label = () => c.word() || c.number() || c.unexpected('a dimension label');
  const group = () => c.list('[', ']', 'dimension labels', label);
  const input = group();
  c.expect('x', 'before the kernel dimensions');
  const kernel = group();
  c.expect('->', 'before the result dimensions');
  const output = group();
  const place = (labels: string[], wanted: string) => {
    const at = labels.indexOf(wanted);
    if (at < 0) c.fail('conv-dims', `no dimension is labelled ${wanted}`, start);
    return at;
  };
  const spatial = (labels: string[]) => input.slice(2).map((_, i) => place(labels, String(i)));
  return {
    inputBatch: place(input, 'b'),
    inputFeature: place(input, 'f'),
    inputSpatial: spatial(input),
    kernelInputFeature: place(kernel, 'i'),
    kernelOutputFeature: place(kernel, 'o'),
    kernelSpatial: spatial(kernel),
    outputBatch: place(output, 'b'),
    outputFeature: place(output, 'f'),
    outputSpatial: spatial(output),
  };
}
