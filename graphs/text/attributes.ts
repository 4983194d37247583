/**
 * How each kind of attribute is read and written: one entry a kind. Nothing here knows an opcode;
 * which attributes an op has stands in its row of the op table.
 */
import type { Value } from '../ir/tensor.ts';
import type { AttrKind, AttrSpec, AttrTypes, Literal, SliceRange } from '../ops/attr.ts';
import { parseConvDims, printConvDims } from './conv-dims.ts';
import { parseLiteral } from './literal.ts';
import { floatPrinter, printLiteral } from './literal-print.ts';
import type { Scanner } from './scanner.ts';
import { parseShape, printShape } from './shape-text.ts';
import { quoteString } from './string-escape.ts';
import { parsePadding, parseWindow, printPadding, printWindow } from './window.ts';

/** What reading an attribute may need besides the text. */
export interface AttrContext {
  readonly spec: AttrSpec;
  /** Reads a computation's name, or a whole computation in braces; gives its name. */
  computation(): string;
}

interface AttrText<T> {
  read(s: Scanner, context: AttrContext): T;
  write(value: T): string;
}

const braced = (items: readonly (string | number)[]) => `{${items.join(',')}}`;
const integers = (s: Scanner) => s.list('{', '}', 'a list of numbers', () => s.integer('a number'));
const f32 = floatPrinter('f32');

/** Reading and writing of every kind of attribute. */
export const attrTexts: { readonly [K in AttrKind]: AttrText<AttrTypes[K]> } = {
  int: { read: (s) => s.integer('a number'), write: String },
  float: { read: readFloat, write: f32 },
  bool: { read: readBool, write: String },
  string: { read: (s) => s.quoted('a string in quotes'), write: quoteString },
  ints: { read: integers, write: braced },
  intLists: {
    read: (s) => s.list('{', '}', 'a list of lists', () => integers(s)),
    write: (lists) => braced(lists.map(braced)),
  },
  word: { read: readWord, write: (w) => w },
  words: {
    read: (s, context) => s.list('{', '}', 'a list of words', () => readWord(s, context)),
    write: braced,
  },
  computation: { read: (_, context) => context.computation(), write: (name) => `%${name}` },
  computations: {
    read: (s, context) => s.list('{', '}', 'a list of computations', () => context.computation()),
    write: (names) => `{${names.map((n) => `%${n}`).join(', ')}}`,
  },
  window: { read: parseWindow, write: printWindow },
  convDims: { read: parseConvDims, write: printConvDims },
  ranges: {
    read: (s) => s.list('{', '}', 'slice ranges', () => readRange(s)),
    write: (ranges) => `{${ranges.map(printRange).join(', ')}}`,
  },
  padding: { read: parsePadding, write: printPadding },
  shape: { read: parseShape, write: (shape) => printShape(shape) },
  shapes: {
    read: (s) => s.list('{', '}', 'a list of shapes', () => parseShape(s)),
    write: (shapes) => `{${shapes.map((shape) => printShape(shape)).join(', ')}}`,
  },
  literal: { read: readTypedLiteral, write: printTypedLiteral },
  raw: { read: (s) => s.balanced('a value'), write: (text) => text },
  groups: { read: readGroups, write: (text) => text },
};

/** Lists and iota are one piece; a mesh is followed by its devices, where it tells them, and the axes. */
function readGroups(s: Scanner): string {
  const parts = [s.balanced('groups of devices')];
  if (!parts[0]!.startsWith('mesh[')) return parts[0]!;
  const start = s.pos;
  if (s.accept(',') && s.accept('device_ids=')) {
    parts[0] += `, device_ids=${s.balanced('the devices of the mesh')}`;
  } else s.pos = start;
  s.skip();
  if (s.peek() !== '{') s.unexpected('"{", the axes of the mesh that a group runs along');
  return [...parts, s.balanced('axes of the mesh')].join(' ');
}

function readFloat(s: Scanner): number {
  const start = s.run();
  const text = s.text.slice(start, s.pos);
  if (text === 'nan' || text === '-nan') return NaN;
  if (text === 'inf' || text === '-inf') return text === 'inf' ? Infinity : -Infinity;
  const value = text === '' ? NaN : Number(text);
  if (!Number.isNaN(value)) return Math.fround(value);
  s.pos = start;
  return s.unexpected('a number');
}

function readBool(s: Scanner): boolean {
  const start = s.pos;
  const word = s.word();
  if (word === 'true' || word === 'false') return word === 'true';
  s.pos = start;
  return s.unexpected('true or false');
}

/** Case does not matter where the spec lists the words; the spec's spelling is kept. */
function readWord(s: Scanner, { spec: { values } }: AttrContext): string {
  s.skip();
  const start = s.pos;
  const word = s.word();
  if (word && !values) return word;
  const lower = word.toLowerCase();
  const found = values?.find((v) => v === word) ?? values?.find((v) => v.toLowerCase() === lower);
  if (found) return found;
  s.pos = start;
  return s.unexpected(values ? `one of ${values.join(', ')}` : 'a word');
}

function readRange(s: Scanner): SliceRange {
  s.expect('[', 'to open a slice range');
  const start = s.integer('the start of a slice');
  s.expect(':', 'after the start of a slice');
  const limit = s.integer('the limit of a slice');
  const stride = s.accept(':') ? s.integer('the stride of a slice') : 1;
  s.expect(']', 'to close a slice range');
  return { start, limit, stride };
}

function printRange({ start, limit, stride }: SliceRange): string {
  return stride === 1 ? `[${start}:${limit}]` : `[${start}:${limit}:${stride}]`;
}

/** `f32[2] {1, 2}`, or a tuple of such in parentheses. */
function readTypedLiteral(s: Scanner): Literal {
  if (s.peek() === '(') {
    const elements = s.nested(() => s.list('(', ')', 'a tuple literal', () => readTypedLiteral(s)));
    return { kind: 'tuple', elements: elements.map((e) => present(s, e)) };
  }
  return present(s, parseLiteral(s, parseShape(s)));
}

function present(s: Scanner, literal: Literal): Value {
  if (literal.kind !== 'elided') return literal;
  return s.fail('parse/elided', 'this literal must be written out: {...} is for constants only');
}

function printTypedLiteral(literal: Literal): string {
  if (literal.kind === 'tuple') return `(${literal.elements.map(printTypedLiteral).join(', ')})`;
  if (literal.kind !== 'tensor') return printLiteral(literal);
  return `${printShape(literal.shape)} ${printLiteral(literal)}`;
}
