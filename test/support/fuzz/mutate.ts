/**
 * Mutations of an input: of its tokens where it is text, of its bytes where it is not, of its values
 * where it is a document. Every one is a function of a stream of random numbers.
 */
import type { Random } from '../../../golden/kinds/random.ts';

/** Numbers at the ends of what types, lengths and counts may be. */
const numbers = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '2',
    '7',
    '1.5',
    '0.5',
    '-2',
    '1e308',
    '-1e-320',
    '1e999',
    'nan',
    'inf',
  ],
  ...['127', '128', '255', '256', '32767', '65536', '2147483647', '-2147483648', '4294967296'],
  ...['9007199254740991', '9007199254740993', '-9223372036854775808', '18446744073709551616'],
];

/** Names that objects have without being given them, and others that mean something somewhere. */
const names = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'prototype'],
  ...['then', 'name', 'x', '', ' ', '\u001b[31m', '\u202e', '%', '"', 'a;touch x', '\n'],
];

const types = [
  ...['pred', 's4', 's8', 's32', 's64', 'u8', 'u64', 'f16', 'bf16', 'f32', 'f64', 'c64', 'c128'],
  ...['f8e4m3fn', 'f8e8m0fnu', 'f4e2m1fn', 'i32', 'i64', 'i1', 'f8E5M2', 'token', 'opaque'],
];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(0, list.length)]!;
}

const token = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_][\w.-]*|\s+|[^\w\s]/g;

/** Numbers that a program may well hold. */
const near = ['0', '1', '2', '3', '4', '5', '8', '-1', '0.5', '1.5', '-0', '16', '100'];

const isNumber = (text: string) => /^-?\d/.test(text);
const isType = (text: string) => types.includes(text);
const isWord = (text: string) => /^[A-Za-z_]/.test(text);

/** A text with one to three of its tokens changed; most are exchanged for others of their kind. */
export function mutateText(text: string, other: string, random: Random): string {
  const tokens = text.match(token) ?? [''];
  for (let n = random.integer(0, 3) === 0 ? 3 : 1; n > 0; n--) {
    if (random.integer(0, 5) === 0) wildEdit(tokens, other.match(token) ?? [''], random);
    else kindEdit(tokens, random);
  }
  return tokens.join('');
}

/** A number, a type or a word becomes another one. */
function kindEdit(tokens: string[], random: Random): void {
  const own = (is: (text: string) => boolean) => [...tokens.keys()].filter((k) => is(tokens[k]!));
  const edits: readonly (() => readonly [readonly number[], string])[] = [
    () => [own(isNumber), pick(random, near)],
    () => [own(isNumber), pick(random, near)],
    () => [own(isNumber), pick(random, numbers)],
    () => [own(isType), pick(random, types)],
    () => [own(isWord), pick(random, tokens.filter(isWord).concat(pick(random, names)))],
  ];
  const [places, text] = pick(random, edits)();
  if (places.length > 0) tokens[pick(random, places)] = text;
}

/** Tokens leave, come twice, or come from another text. */
function wildEdit(tokens: string[], others: readonly string[], random: Random): void {
  const at = random.integer(0, tokens.length);
  const length = random.integer(1, 12);
  const edits: readonly (() => void)[] = [
    () => tokens.splice(at, 1, pick(random, names)),
    () => tokens.splice(at, 1),
    () => tokens.splice(at, length),
    () => tokens.splice(at, 0, ...tokens.slice(at, at + length)),
    () => tokens.splice(at, 1, pick(random, tokens)),
    () => tokens.splice(at, 0, ...others.slice(random.integer(0, others.length)).slice(0, length)),
  ];
  pick(random, edits)();
}

/** Bytes with one to three places changed, some by those of another input. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const list = Array.from(bytes);
  for (let n = random.integer(0, 3) === 0 ? 3 : 1; n > 0; n--) {
    const at = random.integer(0, list.length);
    if (random.integer(0, 4) === 0) wildBytes(list, at, other, random);
    else if (random.integer(0, 2) === 0) list[at] = (list[at]! + pick(random, [1, 255])) % 256;
    else list[at] = pick(random, [0, 1, 2, 3, 4, 5, 8, 127, 128, 255, random.integer(0, 256)]);
  }
  return Uint8Array.from(list);
}

function wildBytes(list: number[], at: number, other: Uint8Array, random: Random): void {
  const length = random.integer(1, 9);
  const from = random.integer(0, other.length + 1);
  const edits: readonly (() => void)[] = [
    () => list.splice(at, 0, ...Array.from({ length }, () => 255)),
    () => list.splice(at, length),
    () => list.splice(at, 0, ...list.slice(at, at + length)),
    () => list.splice(at, length, ...other.subarray(from, from + length)),
    () => list.splice(at),
  ];
  pick(random, edits)();
}

/** A JSON document with one to three of its values changed, moved or left out. */
export function mutateDocument(value: unknown, random: Random): unknown {
  const copy = structuredClone(value);
  for (let n = random.integer(0, 3) === 0 ? 3 : 1; n > 0; n--) {
    const places = placesIn(copy);
    if (places.length === 0) return copy;
    const { holder, key } = pick(random, places);
    const other = pick(random, places);
    const edits: readonly (() => void)[] = [
      () => put(holder, key, Number(pick(random, numbers))),
      () => put(holder, key, pick(random, numbers)),
      () => put(holder, key, pick(random, names)),
      () => put(holder, key, pick(random, [null, [], {}, true, 1.5, -1])),
      () => put(holder, key, structuredClone(other.holder[other.key])),
      () => put(holder, pick(random, names), holder[key]),
      () => delete holder[key],
    ];
    pick(random, edits)();
  }
  return copy;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

/** A key of its own, whatever it is called. */
function put(holder: Record<string, unknown>, key: string, value: unknown): void {
  if (Array.isArray(holder) && !/^\d+$/.test(key)) return;
  Object.defineProperty(holder, key, {
    ...{ value, enumerable: true, configurable: true, writable: true },
  });
}
