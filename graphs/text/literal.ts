/**
 * Literals as text. Elements are read straight from the characters into the tensor's storage:
 * decimal to f64, then rounded once to the element type, as XLA does. A literal allocates no more
 * elements than its text can hold; `{...}` gives an elided one. A bare number for an array is its
 * first element and the rest are zero bits (so XLA reads it): those come out of a budget.
 */
import { blankOf, type ElementType, elementTypes, floatFormat } from '../ir/element-type.ts';
import { fittedNaN, type NaNBits, plainNaN, putNaN } from '../ir/nan.ts';
import { rounder } from '../ir/rounding.ts';
import { type ArrayShape, elementCount, type Shape } from '../ir/shape.ts';
import { allocate, type TensorData, tensor, token, type Value } from '../ir/tensor.ts';
import type { Literal } from '../ops/attr.ts';
import type { Scanner } from './scanner.ts';
import { printShape } from './shape-text.ts';

/** Reads the literal of a shape. */
export function parseLiteral(s: Scanner, shape: Shape): Literal {
  const value = parseValue(s, shape);
  return value ?? { kind: 'elided' };
}

/** undefined: elided, wholly or in part. */
function parseValue(s: Scanner, shape: Shape): Value | undefined {
  if (shape.kind === 'array') return parseArray(s, shape);
  if (acceptDots(s)) return undefined;
  if (shape.kind === 'tuple') return parseTuple(s, shape.elements);
  if (shape.kind === 'token') {
    s.accept('token[]');
    return token;
  }
  return s.fail('parse/literal-type', `a constant cannot have the shape ${printShape(shape)}`);
}

function acceptDots(s: Scanner): boolean {
  const start = s.pos;
  if (s.accept('{') && s.accept('...') && s.accept('}')) return true;
  s.pos = start;
  return false;
}

function parseTuple(s: Scanner, shapes: readonly Shape[]): Value | undefined {
  s.expect('(', 'to open a tuple constant');
  let elided = false;
  const elements: Value[] = [];
  shapes.forEach((shape, i) => {
    if (i > 0) s.expect(',', 'between the elements of a tuple constant');
    const value = s.nested(() => parseValue(s, shape));
    if (value) elements.push(value);
    else elided = true;
  });
  s.expect(')', `after the ${shapes.length} elements of a tuple constant`);
  return elided ? undefined : { kind: 'tuple', elements };
}

function parseArray(s: Scanner, shape: ArrayShape): Value | undefined {
  s.skip();
  if (shape.dims.length && acceptDots(s)) return undefined;
  const count = elementCount(shape);
  if (count < 0) s.fail('parse/literal-type', 'a constant cannot have a dimension of unknown size');
  const bare = shape.dims.length > 0 && s.peek() !== '{';
  if (bare) s.spareElements -= count;
  if (bare ? s.spareElements < 0 : count > s.text.length - s.pos) {
    const short = `${printShape(shape, false)} has ${count} elements, more than the text can hold`;
    s.fail('parse/literal-size', `${short}; write them all, or {...}`);
  }
  const data = allocate(shape.type, count);
  const read = elementReader(s, shape.type, data);
  if (bare) {
    if (count === 0) s.unexpected('"{": this shape has no elements');
    if (blankOf(shape.type) !== 0) data.fill(blankOf(shape.type) as never);
    read(0);
    return tensor(shape, data);
  }
  if (count === 0 && s.accept('{}')) return tensor(shape, data);
  const complete = readElements(s, shape.dims, read);
  return complete ? tensor(shape, data) : undefined;
}

/** Walks braces and commas, calls `read` for each element; false if part of it was elided. */
function readElements(s: Scanner, dims: readonly number[], read: (i: number) => void): boolean {
  const rank = dims.length;
  const seen = new Array<number>(rank + 1).fill(0);
  let level = 0;
  let index = 0;
  let complete = true;
  const count = (d: number) => {
    if (d >= 0 && ++seen[d]! > dims[d]!) {
      s.fail('parse/literal-size', `dimension ${d} has ${dims[d]} elements, and here is one more`);
    }
  };
  do {
    const c = s.peek();
    if (c === '{') {
      if (level === rank) s.unexpected(`an element of a literal of rank ${rank}`);
      count(level - 1);
      level++;
      s.pos++;
    } else if (c === '}') {
      if (level === 0) s.unexpected('an element of a literal');
      level--;
      if (complete && seen[level] !== dims[level]) {
        const wrong = `dimension ${level} has ${dims[level]} elements, but the text ends after`;
        s.fail('parse/literal-size', `${wrong} ${seen[level]}`);
      }
      seen[level] = 0;
      s.pos++;
    } else if (c === ',' && level > 0) s.pos++;
    else if (c === '.' && level > 0 && s.accept('...')) complete = false;
    else {
      if (level !== rank)
        s.unexpected(`"{": a literal of rank ${rank} has ${rank} levels of braces`);
      count(rank - 1);
      read(index++);
    }
  } while (level > 0);
  return complete;
}

type ElementReader = (index: number) => void;

function elementReader(s: Scanner, type: ElementType, data: TensorData): ElementReader {
  const { kind, bits } = elementTypes[type];
  switch (kind) {
    case 'pred':
      return (i) => {
        data[i] = readBool(s);
      };
    case 'complex': {
      const read = floatReader(s, type, data as Float32Array);
      return (i) => {
        s.expect('(', 'to open a complex number');
        read(2 * i);
        s.expect(',', 'between the parts of a complex number');
        read(2 * i + 1);
        s.expect(')', 'to close a complex number');
      };
    }
    case 'float':
      return floatReader(s, type, data as Float32Array);
    case 'signed':
    case 'unsigned':
      return bits === 64 ? wideReader(s, type, data) : intReader(s, type, data);
  }
}

/** Any number but 0 is true. */
function readBool(s: Scanner): number {
  const start = s.run();
  const text = s.text.slice(start, s.pos);
  if (text === 'true' || text === 'false') return Number(text === 'true');
  if (plain.test(text)) return Number(Number(text) !== 0);
  s.pos = start;
  return s.unexpected('true or false');
}

const decimal = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const plain = /^-?\d+$/;

function floatReader(s: Scanner, type: ElementType, data: Float32Array): ElementReader {
  const round = rounder(type);
  return (i) => {
    const start = s.run();
    const text = s.text.slice(start, s.pos);
    const value = Number(text);
    if (value === value && decimal.test(text)) {
      const rounded = round(value);
      if (!(Math.abs(rounded) < Infinity)) outOfRange(s, text, type, start);
      data[i] = rounded;
      return;
    }
    const read = special(s, text, type, start);
    if (typeof read === 'number') data[i] = read;
    else putNaN(data, i, read);
  };
}

/** An infinity, or the bits of a NaN. */
function special(s: Scanner, text: string, type: ElementType, start: number): number | NaNBits {
  const negative = text.startsWith('-');
  const signless = negative ? text.slice(1) : text;
  if (signless === 'inf') {
    if (floatFormat(type).overflow !== 'inf') outOfRange(s, text, type, start);
    return negative ? -Infinity : Infinity;
  }
  if (signless !== 'nan') {
    s.pos = start;
    return s.unexpected(`a number of type ${type}`);
  }
  if (!floatFormat(type).hasNaN) outOfRange(s, text, type, start);
  const fraction = s.text.charAt(s.pos) === '(' ? readPayload(s, type) : plainNaN.fraction;
  return fittedNaN({ negative, fraction }, floatFormat(type));
}

/** The fraction of a NaN, as a part of 1. */
function readPayload(s: Scanner, type: ElementType): number {
  s.pos++;
  const start = s.run();
  const payload = s.text.slice(start, s.pos);
  if (!/^0x[0-9a-fA-F]+$/.test(payload)) {
    s.pos = start;
    s.unexpected('a NaN payload such as nan(0x1)');
  }
  const { overflow, precision } = floatFormat(type);
  const largest = overflow === 'inf' ? 2 ** (precision - 1) - 1 : 0;
  if (Number(payload) < 1 || Number(payload) > largest)
    outOfRange(s, `nan(${payload})`, type, start);
  s.expect(')', 'after a NaN payload');
  return Number(payload) / (largest + 1);
}

function outOfRange(s: Scanner, text: string, type: ElementType, start: number): never {
  return s.fail('parse/out-of-range', `value ${text} is out of range for ${type}`, start);
}

/** Least and largest value of an integer type of up to 32 bits. */
function integerRange(type: ElementType): readonly [number, number] {
  const { kind, bits } = elementTypes[type];
  return kind === 'unsigned' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

function intReader(s: Scanner, type: ElementType, data: TensorData): ElementReader {
  const [low, high] = integerRange(type);
  return (i) => {
    const start = s.run();
    const text = s.text.slice(start, s.pos);
    if (!plain.test(text)) {
      s.pos = start;
      s.unexpected(`a whole number of type ${type}`);
    }
    const value = Number(text);
    if (value < low || value > high) outOfRange(s, text, type, start);
    data[i] = value;
  };
}

/** 64-bit integers; like XLA, takes the other signedness too and wraps around. */
function wideReader(s: Scanner, type: ElementType, data: TensorData): ElementReader {
  const low = -(2n ** 63n);
  const high = 2n ** 64n - 1n;
  return (i) => {
    const start = s.run();
    const text = s.text.slice(start, s.pos);
    if (!plain.test(text)) {
      s.pos = start;
      s.unexpected(`a whole number of type ${type}`);
    }
    if (text.length > 20) outOfRange(s, text, type, start);
    const value = BigInt(text.length < 16 ? Number(text) : text);
    if (value < low || value > high) outOfRange(s, text, type, start);
    data[i] = value as never; // stored modulo 2^64
  };
}
