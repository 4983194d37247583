/**
 * Shapes as text: `f32[2,<=3]{1,0:T(8,128)}`, `(s32[], token[])`, `b(f32[4])`. Reading bounds the
 * element count, so that no text can name a shape whose size overflows.
 */
import { type ElementType, isElementType } from '../ir/element-type.ts';
import type { ArrayShape, Layout, Shape } from '../ir/shape.ts';
import type { Scanner } from './scanner.ts';

/** True if a shape comes next (a name may look like a type: then no '[' follows). */
export function atShape(s: Scanner): boolean {
  if (s.peek() === '(') return true;
  const start = s.pos;
  const word = s.word();
  if (!word) return false;
  const next = s.peek();
  s.pos = start;
  if (word === 'b') return next === '(';
  return next === '[' && (isElementType(word) || word === 'token' || word === 'opaque');
}

/** Reads one shape. */
export function parseShape(s: Scanner): Shape {
  if (s.peek() === '(') {
    const elements = s.nested(() => s.list('(', ')', 'a tuple shape', () => parseShape(s)));
    return { kind: 'tuple', elements };
  }
  const start = s.pos;
  const word = s.word();
  if (word === 'b' && s.accept('(')) return parseBuffer(s);
  if (word === 'token' || word === 'opaque') {
    s.expect('[', `after ${word}`);
    s.expect(']', `after ${word}[`);
    if (atLayout(s)) parseLayout(s);
    return { kind: word };
  }
  if (!isElementType(word)) {
    s.pos = start;
    s.unexpected('a shape such as f32[2,3]');
  }
  return parseArray(s, word, start);
}

function parseBuffer(s: Scanner): Shape {
  const start = s.pos;
  const array = s.nested(() => parseShape(s));
  if (array.kind !== 'array') {
    return s.fail(
      'parse/buffer-shape',
      'a buffer b(...) holds one array, such as b(f32[4])',
      start,
    );
  }
  s.expect(')', 'after the shape of a buffer');
  return { kind: 'buffer', array };
}

function parseArray(s: Scanner, type: ElementType, start: number): ArrayShape {
  const dynamic: boolean[] = [];
  const dims = s.list('[', ']', 'the dimensions of a shape', () => {
    if (s.accept('?')) {
      dynamic.push(true);
      return -1;
    }
    dynamic.push(s.accept('<='));
    const at = s.pos;
    const size = s.integer('a dimension size');
    if (size < 0) s.fail('parse/negative-dimension', 'a dimension size must not be negative', at);
    return size;
  });
  checkCount(s, dims, start);
  const layout = atLayout(s) ? parseLayout(s) : undefined;
  if (layout && layout.minorToMajor.length !== dims.length) {
    const ranks = `${layout.minorToMajor.length} for a shape of rank ${dims.length}`;
    s.fail('parse/layout-rank', `the layout names a wrong number of dimensions: ${ranks}`, start);
  }
  return {
    kind: 'array',
    type,
    dims,
    ...(dynamic.includes(true) ? { dynamic } : {}),
    ...(layout ? { layout } : {}),
  };
}

function checkCount(s: Scanner, dims: readonly number[], start: number): void {
  let count = 1;
  for (const d of dims) count *= Math.max(1, d);
  if (count < 2 ** 63) return;
  s.fail('parse/shape-overflow', 'this shape has 2^63 elements or more; use smaller sizes', start);
}

/** A '{' starts a layout only before a digit or ':'; else the body of a computation. */
function atLayout(s: Scanner): boolean {
  const start = s.pos;
  const found = s.accept('{') && (s.atDigit() || s.peek() === ':');
  s.pos = start;
  return found;
}

function parseLayout(s: Scanner): Layout {
  s.expect('{', 'to open a layout');
  const minorToMajor: number[] = [];
  if (s.atDigit()) {
    do minorToMajor.push(s.integer('a dimension number'));
    while (s.accept(','));
  }
  const properties = s.accept(':') ? layoutProperties(s) : '';
  s.expect('}', 'to close a layout');
  return { minorToMajor, properties };
}

function layoutProperties(s: Scanner): string {
  const parts: string[] = [];
  while (s.peek() !== '}') parts.push(s.balanced('a layout property'));
  return parts.join('');
}

/** A shape as HLO prints it. */
export function printShape(shape: Shape, layouts = true): string {
  switch (shape.kind) {
    case 'tuple':
      return `(${shape.elements.map((e) => printShape(e, layouts)).join(', ')})`;
    case 'buffer':
      return `b(${printShape(shape.array, layouts)})`;
    case 'array':
      return printArray(shape, layouts);
    case 'token':
    case 'opaque':
      return `${shape.kind}[]`;
  }
}

function printArray({ type, dims, dynamic, layout }: ArrayShape, layouts: boolean): string {
  const sizes = dynamic
    ? dims.map((d, i) => (dynamic[i] ? (d < 0 ? '?' : `<=${d}`) : d)).join(',')
    : dims.join(',');
  return `${type}[${sizes}]${layouts && layout ? printLayout(layout) : ''}`;
}

/** A layout in braces; empty for the layout of a scalar without properties. */
export function printLayout({ minorToMajor, properties }: Layout): string {
  if (!minorToMajor.length && !properties) return '';
  return `{${minorToMajor.join(',')}${properties ? `:${properties}` : ''}}`;
}
