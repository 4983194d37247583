/**
 * The pattern language of the algebraic rules, one expression a side:
 *   `(add x (negate y))`  an opcode and its operands; commutative ops match in either order
 *   `x`, `y`, `p`         any value; the same name twice means the same value
 *   `k`, `k1`             a value of which all elements are one known constant
 *   `0`, `-0`, `1`, `ones`, `true`  such a value of just this number (`ones`: all bits set)
 *   `compare.LT`          a compare of this direction (total-order comparisons never match)
 */
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { isIn, isOpcode, type Opcode } from '../../graphs/ops/table.ts';
import { equalLists, type Site } from './rule.ts';

/** A tree of ops over named operands and numbers. */
export type Pattern =
  | { readonly kind: 'any' | 'known'; readonly name: string }
  | { readonly kind: 'splat'; readonly value: number | 'ones' }
  | {
      readonly kind: 'op';
      readonly opcode: Opcode;
      readonly direction?: string;
      readonly operands: readonly Pattern[];
    };

/** Instructions by the name that a pattern gives them. */
export type Bindings = ReadonlyMap<string, Instruction>;

const numbers: Readonly<Record<string, number | 'ones'>> = {
  '0': 0,
  '-0': -0,
  '1': 1,
  '-1': -1,
  '2': 2,
  true: 1,
  false: 0,
  ones: 'ones',
};

/** Reads a pattern; one that is not well-formed is a TypeError (rules are code, not input). */
export function parsePattern(text: string): Pattern {
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const next = (): Pattern => {
    const word = words[at++] ?? '';
    if (word !== '(') return atom(word);
    const [opcode = '', direction] = words[at++]!.split('.');
    if (!isOpcode(opcode)) throw new TypeError(`pattern ${text}: no opcode ${opcode}`);
    const operands: Pattern[] = [];
    while (at < words.length && words[at] !== ')') operands.push(next());
    at++;
    return { kind: 'op', opcode, operands, ...(direction && { direction }) };
  };
  const pattern = next();
  if (at !== words.length) throw new TypeError(`pattern ${text}: unbalanced parentheses`);
  return pattern;
}

function atom(word: string): Pattern {
  if (Object.hasOwn(numbers, word)) return { kind: 'splat', value: numbers[word]! };
  if (!/^[a-z]\d*$/.test(word)) throw new TypeError(`pattern: ${word} is no name`);
  return { kind: word.startsWith('k') ? 'known' : 'any', name: word };
}

/** What the names stand for if the pattern matches at an instruction. */
export function matchPattern(
  pattern: Pattern,
  i: Instruction,
  site: Site,
  bound: Bindings = new Map(),
): Bindings | undefined {
  if (pattern.kind === 'splat') return isSplat(i, pattern.value, site) ? bound : undefined;
  if (pattern.kind === 'op') return matchOp(pattern, i, site, bound);
  if (pattern.kind === 'known' && site.splat(i) === undefined) return undefined;
  const earlier = bound.get(pattern.name);
  if (earlier) return earlier.id === i.id ? bound : undefined;
  return new Map([...bound, [pattern.name, i]]);
}

function matchOp(
  pattern: Pattern & { readonly kind: 'op' },
  i: Instruction,
  site: Site,
  bound: Bindings,
): Bindings | undefined {
  if (i.opcode !== pattern.opcode || i.controlPredecessors.length > 0) return undefined;
  if (i.opcode === 'compare' && !comparesAs(i.attrs, pattern.direction)) return undefined;
  const inOrder = (operands: readonly Pattern[]) =>
    operands.reduce<Bindings | undefined>(
      (b, p, n) => b && matchPattern(p, site.operand(i, n), site, b),
      bound,
    );
  const { operands } = pattern;
  return (
    inOrder(operands) ??
    (isIn(i.opcode, 'commutative') ? inOrder([...operands].reverse()) : undefined)
  );
}

function comparesAs(
  attrs: { readonly direction: string; readonly type?: string },
  direction: string | undefined,
): boolean {
  return attrs.direction === direction && attrs.type !== 'TOTALORDER';
}

function isSplat(i: Instruction, value: number | 'ones', site: Site): boolean {
  const found = site.splat(i);
  if (found === undefined || i.shape.kind !== 'array') return false;
  const { type } = i.shape;
  if (value === 'ones') return hasBits(type) && BigInt(found) === BigInt(allOnes(type));
  return typeof found === 'bigint' ? found === BigInt(value) : Object.is(found, value);
}

function hasBits(type: ElementType): boolean {
  const { kind } = elementTypes[type];
  return kind === 'pred' || kind === 'signed' || kind === 'unsigned';
}

/** The value of a pred or integer type of which all bits are set. */
export function allOnes(type: ElementType): number | bigint {
  const { kind, bits } = elementTypes[type];
  if (kind === 'signed') return -1;
  return kind === 'pred' ? 1 : 2n ** BigInt(bits) - 1n;
}

/**
 * Element type of what a pattern builds, provided that all its values have the sizes `dims` and
 * operands that must agree in type do; undefined where they do not.
 */
export function builtType(
  pattern: Pattern,
  bound: Bindings,
  shape: ArrayShape,
): ElementType | undefined {
  if (pattern.kind === 'splat') return shape.type;
  if (pattern.kind !== 'op') {
    const s = bound.get(pattern.name)!.shape;
    return s.kind === 'array' && equalLists(s.dims, shape.dims) ? s.type : undefined;
  }
  const types = pattern.operands.map((p) => builtType(p, bound, shape));
  const alike = pattern.opcode === 'select' ? types.slice(1) : types;
  if (types.includes(undefined) || alike.some((t) => t !== alike[0])) return undefined;
  return pattern.opcode === 'compare' ? 'pred' : alike[0];
}

/** Makes the instructions of a pattern, all of the sizes and constants of the type of `like`. */
export function buildPattern(
  pattern: Pattern,
  bound: Bindings,
  site: Site,
  like: Instruction,
): Instruction {
  if (pattern.kind === 'splat') return addSplat(pattern.value, like.shape as ArrayShape, site);
  if (pattern.kind !== 'op') return bound.get(pattern.name)!;
  const operands = pattern.operands.map((p) => buildPattern(p, bound, site, like));
  const attrs = pattern.direction ? { direction: pattern.direction } : {};
  const opcode: string = pattern.opcode;
  return site.add(opcode as 'add', operands, { attrs, like });
}

/** A constant of one value: a scalar, broadcast where the shape is none. */
export function addSplat(
  value: number | bigint | 'ones',
  shape: ArrayShape,
  site: Site,
): Instruction {
  const of = value === 'ones' ? allOnes(shape.type) : value;
  const scalar = arrayShape(shape.type, []);
  const literal = tensorOf(shape.type, [], [of]);
  const constant = site.add('constant', [], { attrs: { literal }, shape: scalar });
  return shape.dims.length === 0 ? constant : site.add('broadcast', [constant], { shape });
}
