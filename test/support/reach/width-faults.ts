/** Widths cut, values rounded twice, integer division, rounding to whole numbers and conversion. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { drawnShape, expressions } from './elementwise-faults.ts';
import { type DrawFault, faultsOf, floats, parameters, signed, texts, unsigned } from './fault.ts';

const integers = [...signed, ...unsigned];
const width = (t: ElementType) => Number(t.slice(1));

const arithmetic = (type: ElementType, through: ElementType, op: string) =>
  expressions(
    [type],
    `$T ${op}(x, y)`,
    `a = $<${through}> convert(x); b = $<${through}> convert(y); c = $<${through}> ${op}(a, b); $T convert(c)`,
  );

/** A conversion against the same by way of a third type. */
const converted =
  (pairs: readonly (readonly [ElementType, ElementType, ElementType])[]): DrawFault =>
  (d) => {
    const [from, through, to] = d.pick(pairs);
    const shape = drawnShape(d, from);
    const of = (t: ElementType) => shape.replace(from, t);
    const before = `ROOT r = ${of(to)} convert(x)`;
    const after = `y = ${of(through)} convert(x)\nROOT r = ${of(to)} convert(y)`;
    return texts(parameters(shape, ['x']), before, after);
  };

/** One conversion against lines that make `ROOT r` otherwise. */
const conversion =
  (from: readonly ElementType[], to: ElementType, after: string): DrawFault =>
  (d) => {
    const type = d.pick(from);
    const shape = drawnShape(d, type);
    const of = (t: string) => shape.replace(type, t);
    const lines = after.replaceAll(/\$<(\w+)>/g, (_, t: string) => of(t)).replaceAll('$T', shape);
    return texts(parameters(shape, ['x']), `ROOT r = ${of(to)} convert(x)`, lines);
  };

export const widthFaults = faultsOf('widths', exact, {
  'f32-by-way-of-bf16': arithmetic('f32', 'bf16', 'add'),
  'f32-by-way-of-f16': arithmetic('f32', 'f16', 'multiply'),
  'f64-by-way-of-f32': arithmetic('f64', 'f32', 'subtract'),
  'f16-by-way-of-bf16': arithmetic('f16', 'bf16', 'add'),
  'bf16-by-way-of-f16': arithmetic('bf16', 'f16', 'maximum'),
  's64-by-way-of-f64': arithmetic('s64', 'f64', 'add'),
  's64-by-way-of-s32': arithmetic('s64', 's32', 'multiply'),
  's32-by-way-of-f32': arithmetic('s32', 'f32', 'add'),
  's32-by-way-of-s16': arithmetic('s32', 's16', 'subtract'),
  'u32-by-way-of-u16': arithmetic('u32', 'u16', 'maximum'),
  'u64-by-way-of-s64': arithmetic('u64', 's64', 'divide'),
  'u32-by-way-of-s32': arithmetic('u32', 's32', 'maximum'),
  's16-by-way-of-s8': arithmetic('s16', 's8', 'add'),
  'u8-widened-compare': expressions(
    ['u8'],
    's = $T add(x, y); $B compare(s, x), direction=LT',
    'a = $<s32> convert(x); b = $<s32> convert(y); s = $<s32> add(a, b); $B compare(s, a), direction=LT',
  ),
  'u8-add-saturates': expressions(
    ['u8'],
    '$T add(x, y)',
    'a = $<s32> convert(x); b = $<s32> convert(y); s = $<s32> add(a, b); #m 255 s32; c = $<s32> minimum(s, m); $T convert(c)',
  ),
  's8-add-saturates': expressions(
    ['s8'],
    '$T add(x, y)',
    'a = $<s32> convert(x); b = $<s32> convert(y); s = $<s32> add(a, b); #l -128 s32; #m 127 s32; c = $<s32> clamp(l, s, m); $T convert(c)',
  ),
  'average-overflows': expressions(
    signed,
    '#one 1; s = $T add(x, y); $T shift-right-arithmetic(s, one)',
    '#one 1; d = $T subtract(y, x); h = $T shift-right-arithmetic(d, one); $T add(x, h)',
  ),
  'shift-left-amount-masked': expressions(
    integers,
    '$T shift-left(x, y)',
    '#m $c; k = $T and(y, m); $T shift-left(x, k)',
    (_, t) => width(t) - 1,
  ),
  'shift-right-amount-masked': expressions(
    integers,
    '$T shift-right-logical(x, y)',
    '#m $c; k = $T and(y, m); $T shift-right-logical(x, k)',
    (_, t) => width(t) - 1,
  ),
  'shift-arithmetic-as-logical': expressions(
    signed,
    '$T shift-right-arithmetic(x, y)',
    '$T shift-right-logical(x, y)',
  ),
  'shifts-there-and-back-folded': expressions(
    integers,
    '#k 2; a = $T shift-left(x, k); $T shift-right-logical(a, k)',
    '$T copy(x)',
  ),
  'converted-by-way-of-narrower': converted([
    ...([
      ['s32', 's8', 's64'],
      ['f32', 'bf16', 'f64'],
      ['f32', 'f16', 'f64'],
    ] as const),
    ...([
      ['s64', 's32', 'f64'],
      ['u32', 's32', 'f32'],
      ['u64', 'u32', 'f32'],
    ] as const),
    ...([
      ['s32', 'f32', 'f64'],
      ['u8', 's8', 's32'],
      ['s16', 's8', 'f32'],
    ] as const),
  ]),
  'rounded-twice': converted([
    ...([
      ['f64', 'f32', 'bf16'],
      ['f32', 'f16', 'bf16'],
      ['f64', 'f16', 'bf16'],
    ] as const),
    ...([
      ['f32', 'bf16', 'f8e5m2'],
      ['f32', 'bf16', 'f16'],
      ['f64', 'f32', 'f16'],
    ] as const),
    ...([
      ['s32', 'f32', 'bf16'],
      ['s64', 'f64', 'f32'],
      ['f32', 'f16', 'f8e4m3fn'],
    ] as const),
  ]),
});

const z = '#z 0; ';

export const integerFaults = faultsOf('integer division', exact, {
  'division-floors': expressions(
    signed,
    '$T divide(x, y)',
    `${z}q = $T divide(x, y); rem = $T remainder(x, y); n = $B compare(rem, z), direction=NE; a = $B compare(rem, z), direction=LT; b = $B compare(y, z), direction=LT; m = $B xor(a, b); w = $B and(n, m); #one 1; p = $T subtract(q, one); $T select(w, p, q)`,
  ),
  'remainder-of-divisor-sign': expressions(
    signed,
    '$T remainder(x, y)',
    `${z}rem = $T remainder(x, y); n = $B compare(rem, z), direction=NE; a = $B compare(rem, z), direction=LT; b = $B compare(y, z), direction=LT; m = $B xor(a, b); w = $B and(n, m); s = $T add(rem, y); $T select(w, s, rem)`,
  ),
  'division-by-zero-gives-zero': expressions(
    integers,
    '$T divide(x, y)',
    `${z}p = $B compare(y, z), direction=EQ; q = $T divide(x, y); $T select(p, z, q)`,
  ),
  'remainder-by-zero-gives-zero': expressions(
    integers,
    '$T remainder(x, y)',
    `${z}p = $B compare(y, z), direction=EQ; q = $T remainder(x, y); $T select(p, z, q)`,
  ),
  'division-by-minus-one-saturates': expressions(
    signed,
    '$T divide(x, y)',
    '#m -1; p = $B compare(y, m), direction=EQ; n = $T not(x); o = $T negate(x); #z 0; a = $B compare(x, z), direction=LT; c = $B compare(o, z), direction=LT; b = $B and(a, c); s = $T select(b, n, o); q = $T divide(x, y); $T select(p, s, q)',
  ),
  'division-as-shift': expressions(
    signed,
    '#d 4; $T divide(x, d)',
    '#k 2; $T shift-right-arithmetic(x, k)',
  ),
  'remainder-as-mask': expressions(signed, '#d 8; $T remainder(x, d)', '#m 7; $T and(x, m)'),
  'product-and-quotient-cancelled': expressions(
    integers,
    '#d 4; p = $T multiply(x, d); $T divide(p, d)',
    '$T copy(x)',
  ),
  'quotient-and-product-cancelled': expressions(
    integers,
    '#d 4; p = $T divide(x, d); $T multiply(p, d)',
    '$T copy(x)',
  ),
  'self-quotient-of-integers': expressions(integers, '$T divide(x, x)', '#o 1; $T copy(o)'),
  'abs-of-least-saturates': expressions(
    signed,
    '$T abs(x)',
    '#m -1; a = $T abs(x); #z 0; p = $B compare(a, z), direction=LT; n = $T not(a); $T select(p, n, a)',
  ),
  'negate-as-not': expressions(signed, '$T negate(x)', '$T not(x)'),
  'order-by-difference': expressions(
    signed,
    '$B compare(x, y), direction=LT',
    `${z}d = $T subtract(x, y); $B compare(d, z), direction=LT`,
  ),
  'sum-compared-without-wrapping': expressions(
    integers,
    '#one 1; a = $T add(x, one); $B compare(a, x), direction=GT',
    '$B compare(x, x), direction=EQ',
  ),
  'leading-zeros-of-zero': expressions(
    integers,
    '$T count-leading-zeros(x)',
    '#one 1; o = $T or(x, one); $T count-leading-zeros(o)',
  ),
  'population-without-sign-bit': expressions(
    integers,
    '$T popcnt(x)',
    '#m $c; a = $T and(x, m); $T popcnt(a)',
    (_, t) => String(2n ** BigInt(width(t) - 1) - 1n),
  ),
  'square-by-repeated-sum': expressions(
    integers,
    '#two 2; $T power(x, two)',
    '#two 2; $T multiply(x, two)',
  ),
});

export const roundingFaults = faultsOf('rounding', exact, {
  'to-even-as-away': expressions(floats, '$T round-nearest-even(x)', '$T round-nearest-afz(x)'),
  'away-as-to-even': expressions(floats, '$T round-nearest-afz(x)', '$T round-nearest-even(x)'),
  'away-as-floor-of-half-more': expressions(
    floats,
    '$T round-nearest-afz(x)',
    '#h 0.5; s = $T add(x, h); $T floor(s)',
  ),
  'floor-as-truncation': conversion(
    ['f32', 'f64', 'f16', 'bf16'],
    's32',
    'y = $T floor(x)\nROOT r = $<s32> convert(y)',
  ),
  'ceil-as-floor-and-one': expressions(floats, '$T ceil(x)', '#o 1; f = $T floor(x); $T add(f, o)'),
  'floor-by-integers': expressions(
    ['f32', 'bf16', 'f64'],
    '$T floor(x)',
    'i = $<s32> convert(x); $T convert(i)',
  ),
  'floor-of-negative-zero': expressions(
    floats,
    '$T floor(x)',
    '#z 0; f = $T floor(x); $T add(f, z)',
  ),
  'convert-rounds': conversion(
    ['f32', 'f64', 'f16', 'bf16'],
    's32',
    'y = $T round-nearest-even(x)\nROOT r = $<s32> convert(y)',
  ),
  'convert-wraps': conversion(
    ['f32', 'f64'],
    's32',
    'y = $<s64> convert(x)\nROOT r = $<s32> convert(y)',
  ),
  'convert-to-bytes-wraps': conversion(
    ['f32', 'bf16', 'f16'],
    'u8',
    'y = $<s32> convert(x)\nROOT r = $<u8> convert(y)',
  ),
  'convert-to-signed-bytes-wraps': conversion(
    ['f32', 'bf16', 'f16', 'f64'],
    's8',
    'y = $<s32> convert(x)\nROOT r = $<s8> convert(y)',
  ),
  'convert-to-unsigned-by-signed': conversion(
    ['f32', 'f64'],
    'u32',
    'y = $<s32> convert(x)\nROOT r = $<u32> convert(y)',
  ),
  'truth-of-fractions-lost': conversion(
    ['f32', 'bf16', 'f16', 'f64'],
    'pred',
    'y = $<s32> convert(x)\nROOT r = $<pred> convert(y)',
  ),
  'truth-of-multiples-lost': conversion(
    ['s32', 's64', 's16', 'u32'],
    'pred',
    'y = $<s8> convert(x)\nROOT r = $<pred> convert(y)',
  ),
  'truth-of-nan-lost': conversion(
    ['f32', 'bf16', 'f64'],
    'pred',
    'y = $T sign(x)\nk = $<s8> convert(y)\nROOT r = $<pred> convert(k)',
  ),
  'there-and-back-folded': expressions(
    ['f32', 'f64', 'f16'],
    'n = $<bf16> convert(x); $T convert(n)',
    '$T copy(x)',
  ),
  'whole-there-and-back-folded': expressions(
    ['f32', 'f64', 'bf16', 'f16'],
    'n = $<s32> convert(x); $T convert(n)',
    '$T copy(x)',
  ),
  'wide-integers-there-and-back-folded': expressions(
    ['s32', 's64', 'u32', 'u64'],
    'n = $<f32> convert(x); $T convert(n)',
    '$T copy(x)',
  ),
  'precision-reduced-further': expressions(
    ['f32', 'f64'],
    '$T reduce-precision(x), exponent_bits=8, mantissa_bits=7',
    [
      '$T reduce-precision(x), exponent_bits=8, mantissa_bits=6',
      '$T reduce-precision(x), exponent_bits=5, mantissa_bits=7',
    ],
  ),
});
