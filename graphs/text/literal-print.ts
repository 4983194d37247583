/**
 * Printing of literals: each element as the shortest decimal that reads back to it in its type.
 */
import {
  blankOf,
  type ElementType,
  elementTypes,
  floatFormat,
  isComplex,
  isWide,
} from '../ir/element-type.ts';
import { type NaNBits, nanBits, nanBitsAt, payloadOf } from '../ir/nan.ts';
import { rounder } from '../ir/rounding.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Literal } from '../ops/attr.ts';

/** A literal as HLO prints it, its shape left out. */
export function printLiteral(literal: Literal): string {
  switch (literal.kind) {
    case 'elided':
      return '{...}';
    case 'token':
      return 'token[]';
    case 'tuple':
      return `( ${literal.elements.map(printLiteral).join(', ')} )`;
    case 'tensor':
      return printTensor(literal);
  }
}

/** Whole numbers below this are printed digit by digit. */
const wholeBelow = 1e5;

/** Arrays longer than this that are zero bits after the first element are printed as that element. */
const longest = 4096;

function printTensor(t: Tensor): string {
  const print = elementPrinter(t);
  if (t.data.length === 0 && t.shape.dims.some((n) => n > longest)) return '{}';
  if (t.data.length > longest && zeroAfterFirst(t)) return print(0);
  let next = 0;
  const level = (d: number): string => {
    if (d === t.shape.dims.length) return print(next++);
    const parts = new Array<string>(t.shape.dims[d]!);
    for (let i = 0; i < parts.length; i++) parts[i] = level(d + 1);
    return parts.length ? `{ ${parts.join(', ')} }` : '{}';
  };
  return level(0);
}

function zeroAfterFirst({ data, shape: { type } }: Tensor): boolean {
  const zero = isWide(type) ? 0n : blankOf(type);
  for (let i = isComplex(type) ? 2 : 1; i < data.length; i++) {
    if (!Object.is(data[i], zero)) return false;
  }
  return true;
}

function elementPrinter({ shape: { type }, data }: Tensor): (i: number) => string {
  if (elementTypes[type].kind === 'pred') return (i) => (data[i] ? 'true' : 'false');
  if (elementTypes[type].kind !== 'float' && !isComplex(type)) return (i) => String(data[i]);
  const number = floatPrinter(type);
  const floats = data as Float32Array;
  const print = (i: number) =>
    floats[i] === floats[i] ? number(floats[i]!) : printNaN(nanBitsAt(floats, i), type);
  if (!isComplex(type)) return print;
  return (i) => `(${print(2 * i)}, ${print(2 * i + 1)})`;
}

/** `nan`, `-nan`, and with another fraction than a plain one's `nan(0x1)`. */
function printNaN(nan: NaNBits, type: ElementType): string {
  const payload = payloadOf(nan, type);
  const shown = payload === undefined ? '' : `(0x${payload.toString(16)})`;
  return `${nan.negative ? '-' : ''}nan${shown}`;
}

/**
 * Prints values of a float type (of the parts of a complex one): small whole numbers as they are,
 * others as the shortest decimal that reads back. Decimals of up to ⌊(p − 1)·log10 2⌋ digits are
 * apart in a normal range of precision p, so the search starts there.
 */
export function floatPrinter(type: ElementType): (x: number) => string {
  const round = rounder(type);
  const { precision, minExponent } = floatFormat(type);
  const least = Math.max(1, Math.floor((precision - 1) * Math.LOG10E * Math.LN2));
  const leastNormal = 2 ** minExponent;
  return (x) => {
    if (x !== x) return printNaN(nanBits(x), type);
    if (Math.abs(x) === Infinity) return x > 0 ? 'inf' : '-inf';
    if (Object.is(x, -0)) return '-0.0';
    const first = Math.abs(x) < leastNormal ? 1 : least;
    return decimalText(precision === 53 ? x : shortest(x, first, round));
  };
}

/** The value of the shortest decimal, of at least so many digits, that rounds to x. */
function shortest(x: number, least: number, round: (x: number) => number): number {
  if (Number.isInteger(x) && Math.abs(x) < wholeBelow) return x;
  for (let digits = least; digits < 17; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (round(candidate) === x) return candidate;
  }
  return x;
}

/** Whole numbers beyond 2^63 need an exponent: readers take bare digits for an integer. */
function decimalText(x: number): string {
  return Number.isInteger(x) && Math.abs(x) >= 1e18 ? x.toExponential() : String(x);
}
