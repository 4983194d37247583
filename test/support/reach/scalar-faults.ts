/** Thresholds, signs of zero, NaN: what an elementwise expression loses at single values. */
import { exact } from '../../../graphs/ir/contract.ts';
import {
  type ElementType,
  elementTypes,
  floatFormat,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import type { Draws } from '../pairs/draws.ts';
import { expressions } from './elementwise-faults.ts';
import { faultsOf, floats, signed, unsigned } from './fault.ts';

const all: readonly ElementType[] = [...floats, ...signed, ...unsigned];
const integers = [...signed, ...unsigned];

/** A number that a model might compare with: small, large, a fraction. */
function threshold(d: Draws, type: ElementType): number {
  if (!isFloat(type)) {
    const { bits, kind } = elementTypes[type];
    const most = Math.min(2 ** (bits - 1) - 2, d.pick([5, 100, 30_000]));
    return d.int(kind === 'signed' ? -most : 1, most);
  }
  const { maxFinite } = floatFormat(type);
  const x = d.pick([0, 0.5, 1, 3, -2.5, 6, 0.1, 1e-3, -1e4, 1e30]);
  return rounder(type)(Math.min(x, maxFinite / 4));
}

/** A choice by comparison with a constant. */
const compared = (from: string, to: string) =>
  expressions(
    all,
    `#c $c; p = $B compare(x, c), direction=${from}; $T select(p, x, y)`,
    `#c $c; p = $B compare(x, c), direction=${to}; $T select(p, x, y)`,
    threshold,
  );

const between = (from: string, to: string) =>
  expressions(all, `$B compare(x, y), direction=${from}`, `$B compare(x, y), direction=${to}`);

const total = 'type=TOTALORDER';

export const thresholdFaults = faultsOf('thresholds', exact, {
  'less-than-constant-or-equal': compared('LT', 'LE'),
  'greater-than-constant-or-equal': compared('GT', 'GE'),
  'at-least-constant-as-above': compared('GE', 'GT'),
  'at-most-constant-as-below': compared('LE', 'LT'),
  'equal-to-constant-as-at-least': compared('EQ', 'GE'),
  'equal-to-constant-never': expressions(
    all,
    '#c $c; p = $B compare(x, c), direction=EQ; $T select(p, x, y)',
    '$T copy(y)',
    threshold,
  ),
  'less-than-or-equal': between('LT', 'LE'),
  'greater-than-or-equal': between('GT', 'GE'),
  'less-negated-as-greater': expressions(
    all,
    'p = $B compare(x, y), direction=LT; $B not(p)',
    '$B compare(x, y), direction=GT',
  ),
  'less-negated-as-at-least': expressions(
    floats,
    'p = $B compare(x, y), direction=LT; $B not(p)',
    '$B compare(x, y), direction=GE',
  ),
  'compare-in-total-order': expressions(
    floats,
    '$B compare(x, y), direction=LT',
    `$B compare(x, y), direction=LT, ${total}`,
  ),
  'equal-in-total-order': expressions(
    floats,
    '$B compare(x, y), direction=EQ',
    `$B compare(x, y), direction=EQ, ${total}`,
  ),
  'total-order-dropped': expressions(
    floats,
    `$B compare(x, y), direction=GE, ${total}`,
    '$B compare(x, y), direction=GE',
  ),
  'threshold-one-more': expressions(
    integers,
    '#c $c; $B compare(x, c), direction=LT',
    '#c $c; #one 1; k = $T add(c, one); $B compare(x, k), direction=LT',
    threshold,
  ),
  'signed-compared-as-unsigned': expressions(
    ['s32'],
    '$B compare(x, y), direction=LT',
    'a = $<u32> bitcast-convert(x); b = $<u32> bitcast-convert(y); $B compare(a, b), direction=LT',
  ),
  'unsigned-compared-as-signed': expressions(
    ['u32'],
    '$B compare(x, y), direction=LT',
    'a = $<s32> bitcast-convert(x); b = $<s32> bitcast-convert(y); $B compare(a, b), direction=LT',
  ),
  'clamp-upper-lost': expressions(
    all,
    '#lo 0; #hi $c; $T clamp(lo, x, hi)',
    '#lo 0; $T maximum(x, lo)',
    (d, t) => Math.abs(threshold(d, t)) + 1,
  ),
  'clamp-lower-lost': expressions(
    [...floats, ...signed],
    '#lo $c; #hi 6; $T clamp(lo, x, hi)',
    '#hi 6; $T minimum(x, hi)',
    (d, t) => -Math.abs(threshold(d, t)),
  ),
  'clamp-bound-moved': expressions(all, '#lo 0; #hi 6; $T clamp(lo, x, hi)', [
    '#lo 0; #hi 5; $T clamp(lo, x, hi)',
    '#lo 0; #hi 7; $T clamp(lo, x, hi)',
    '#lo 1; #hi 6; $T clamp(lo, x, hi)',
  ]),
  'clamp-order-of-bounds': expressions(
    all,
    '#z 2; $T clamp(x, z, y)',
    '#z 2; a = $T minimum(z, y); $T maximum(a, x)',
  ),
  'select-arms-swapped': expressions(
    all,
    'p = $B compare(x, y), direction=GT; $T select(p, x, y)',
    'p = $B compare(x, y), direction=GT; $T select(p, y, x)',
  ),
});

export const zeroFaults = faultsOf('zeros and NaN', exact, {
  'negate-as-zero-minus': expressions(floats, '$T negate(x)', '#z 0; $T subtract(z, x)'),
  'zero-minus-as-negate': expressions(floats, '#z 0; $T subtract(z, x)', '$T negate(x)'),
  'plus-zero-dropped': expressions(floats, '#z 0; $T add(x, z)', '$T copy(x)'),
  'times-zero-folded': expressions(floats, '#z 0; $T multiply(x, z)', '#z 0; $T copy(z)'),
  'times-minus-one-as-zero-minus': expressions(
    floats,
    '#m -1; $T multiply(x, m)',
    '#z 0; $T subtract(z, x)',
  ),
  'abs-as-select': expressions(
    floats,
    '$T abs(x)',
    '#z 0; n = $T negate(x); p = $B compare(x, z), direction=LT; $T select(p, n, x)',
  ),
  'difference-negated-as-swapped': expressions(
    floats,
    'd = $T subtract(x, y); $T negate(d)',
    '$T subtract(y, x)',
  ),
  'self-difference-folded': expressions(floats, '$T subtract(x, x)', '#z 0; $T copy(z)'),
  'self-quotient-folded': expressions(floats, '$T divide(x, x)', '#o 1; $T copy(o)'),
  'zero-quotient-folded': expressions(floats, '#z 0; $T divide(z, x)', '#z 0; $T copy(z)'),
  'self-remainder-folded': expressions(floats, '$T remainder(x, x)', '#z 0; $T copy(z)'),
  'is-nan-dropped': expressions(
    floats,
    '$B compare(x, x), direction=NE',
    'p = $B is-finite(x); $B xor(p, p)',
  ),
  'self-equal-folded': expressions(
    floats,
    'p = $B compare(x, x), direction=EQ; $T select(p, x, y)',
    '$T copy(x)',
  ),
  'is-finite-as-not-nan': expressions(floats, '$B is-finite(x)', '$B compare(x, x), direction=EQ'),
  'is-finite-as-below-infinity': expressions(
    floats,
    '$B is-finite(x)',
    '#i inf; $B compare(x, i), direction=LT',
  ),
  'relu-as-select': expressions(
    floats,
    '#z 0; $T maximum(x, z)',
    '#z 0; p = $B compare(x, z), direction=GT; $T select(p, x, z)',
  ),
  'select-as-relu': expressions(
    floats,
    '#z 0; p = $B compare(x, z), direction=GT; $T select(p, x, z)',
    '#z 0; $T maximum(x, z)',
  ),
  'maximum-as-select': expressions(
    floats,
    '$T maximum(x, y)',
    'p = $B compare(x, y), direction=GE; $T select(p, x, y)',
  ),
  'minimum-as-select': expressions(
    floats,
    '$T minimum(x, y)',
    'p = $B compare(x, y), direction=LT; $T select(p, x, y)',
  ),
  'abs-of-difference-as-select': expressions(
    floats,
    'd = $T subtract(x, y); $T abs(d)',
    'p = $B compare(x, y), direction=GT; d = $T subtract(x, y); e = $T subtract(y, x); $T select(p, d, e)',
  ),
  'clamp-as-selects': expressions(
    floats,
    '#lo -1; #hi 1; $T clamp(lo, x, hi)',
    '#lo -1; #hi 1; p = $B compare(x, hi), direction=LT; a = $T select(p, x, hi); q = $B compare(a, lo), direction=GT; $T select(q, a, lo)',
  ),
  'select-of-equals-folded': expressions(
    floats,
    'p = $B compare(x, y), direction=EQ; $T select(p, x, y)',
    '$T copy(y)',
  ),
  'sign-by-compares': expressions(
    floats,
    '$T sign(x)',
    '#z 0; #o 1; #m -1; p = $B compare(x, z), direction=GT; q = $B compare(x, z), direction=LT; a = $T select(q, m, z); $T select(p, o, a)',
  ),
  'sign-of-zero-one': expressions(
    [...floats, ...signed],
    '$T sign(x)',
    '#z 0; #o 1; #m -1; p = $B compare(x, z), direction=GE; $T select(p, o, m)',
  ),
  'sign-bit-by-compare': expressions(
    ['f32'],
    's = $<s32> bitcast-convert(x); #z 0 s32; $B compare(s, z), direction=LT',
    '#z 0; $B compare(x, z), direction=LT',
  ),
  'root-of-square-as-self': expressions(floats, 's = $T multiply(x, x); $T sqrt(s)', '$T copy(x)'),
  'power-half-as-root': expressions(floats, '#h 0.5; $T power(x, h)', '$T sqrt(x)'),
  'power-zero-of-nan': expressions(
    floats,
    '#z 0; $T power(x, z)',
    '#z 0; d = $T multiply(x, z); #o 1; $T add(d, o)',
  ),
  'copysign-as-product': expressions(
    floats,
    '#z 0; a = $T abs(x); n = $T negate(a); p = $B compare(y, z), direction=LT; $T select(p, n, a)',
    's = $T sign(y); a = $T abs(x); $T multiply(a, s)',
  ),
  'sum-plus-zero-dropped': expressions(
    floats,
    '#z 0; a = $T add(x, y); $T add(a, z)',
    '$T add(x, y)',
  ),
  'maximum-loses-negative-zero': expressions(
    floats,
    '$T maximum(x, y)',
    'm = $T maximum(x, y); #z 0; $T add(m, z)',
  ),
});
