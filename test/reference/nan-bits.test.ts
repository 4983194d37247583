/** NaN by its bits: every pattern of every type survives what moves it, and total order is theirs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeData, encodeData } from '../../golden/store/dtypes.ts';
import { type ElementType, elementTypes, floatFormat } from '../../graphs/ir/element-type.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { diffModules } from '../../graphs/text/equal.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { runReference } from '../../validator/reference/run.ts';
import { bitsOf, tensorOfBits } from '../../validator/reference/scalars/bits.ts';
import { compareModules } from '../../validator/validation/compare.ts';

/** Types in which a NaN has a sign. */
const signed = (Object.keys(elementTypes) as ElementType[]).filter((type) => {
  const { kind } = elementTypes[type];
  return kind === 'float' && floatFormat(type).hasNaN && floatFormat(type).signedZero;
});

const ofType = (type: ElementType, patterns: readonly bigint[]): Tensor => {
  const width = elementTypes[type].bits / 8;
  const bytes = patterns.flatMap((p) =>
    Array.from({ length: width }, (_, k) => Number((p >> BigInt(8 * k)) & 255n)),
  );
  return tensorOfBits(arrayShape(type, [patterns.length]), Uint8Array.from(bytes));
};

/** Patterns of a type, NaNs of every kind among them more often than chance would have it. */
const patternsOf = (type: ElementType) => {
  const { bits } = elementTypes[type];
  const fraction = BigInt(floatFormat(type).precision - 1);
  const top = ((1n << BigInt(bits - 1)) - 1n) ^ ((1n << fraction) - 1n);
  const any = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
  const nan = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: (1n << fraction) - 1n }));
  const signOf = (negative: boolean) => (negative ? 1n << BigInt(bits - 1) : 0n);
  const nans = nan.map(([negative, low]) => signOf(negative) | top | low);
  return fc.array(fc.oneof(any, nans), { minLength: 1, maxLength: 12 });
};

const run = (text: string, ...inputs: Tensor[]) =>
  leafTensors(runReference(parseModule(`HloModule m\n${text}`), inputs));

const hex = (t: Tensor) => Buffer.from(bitsOf(t)).toString('hex');

describe.each(signed)('%s', (type) => {
  const check = (law: (t: Tensor, n: number) => void) =>
    fc.assert(
      fc.property(patternsOf(type), (p) => law(ofType(type, p), p.length)),
      { numRuns: 30 },
    );
  const { bits } = elementTypes[type];
  const whole = `u${bits}`;

  it('moves every pattern as it is', () =>
    check((x, n) => {
      const [y] = run(
        `ENTRY e { x = ${type}[${n}] parameter(0)
          y = ${type}[${n}] reverse(x), dimensions={0}
          p = pred[${n}] compare(x, x), direction=EQ
          z = ${type}[${n}] reverse(y), dimensions={0}
          s = ${type}[${n}] select(p, x, z)
          ROOT r = ${whole}[${n}] bitcast-convert(s) }`,
        x,
      );
      expect(Buffer.from(bitsOf(y!)).toString('hex')).toBe(hex(x));
    }));

  it('prints constants that read back to the bit', () =>
    check((x, n) => {
      const module = parseModule(
        `HloModule m\nENTRY e { ROOT c = ${type}[${n}] constant({${Array(n).fill('0')}}) }`,
      );
      const [c] = module.computations[0]!.instructions;
      const given = { ...module.computations[0]!, instructions: [{ ...c, attrs: { literal: x } }] };
      const made = { ...module, computations: [given] } as typeof module;
      expect(diffModules(made, parseModule(printModule(made)))).toBeUndefined();
    }));

  it('orders by sign and magnitude', () =>
    check((x, n) => {
      const k = BigInt(bits);
      const rank = (pattern: bigint) => {
        const magnitude = pattern & ((1n << (k - 1n)) - 1n);
        return pattern >> (k - 1n) ? ~magnitude : magnitude;
      };
      const [y] = run(
        `lt { a = ${type}[] parameter(0)
          b = ${type}[] parameter(1)
          ROOT r = pred[] compare(a, b), direction=LT, type=TOTALORDER }
        ENTRY e { x = ${type}[${n}] parameter(0)
          ROOT r = ${type}[${n}] sort(x), dimensions={0}, to_apply=lt }`,
        x,
      );
      const ranks = patternsIn(y!).map(quiet).map(rank);
      expect(ranks).toEqual([...ranks].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      expect(patternsIn(y!).map(quiet).sort()).toEqual(patternsIn(x).map(quiet).sort());
    }));

  it('negates and takes magnitudes by the sign bit alone', () =>
    check((x, n) => {
      const sign = 1n << BigInt(bits - 1);
      const [negated, magnitudes] = run(
        `ENTRY e { x = ${type}[${n}] parameter(0)
          n = ${type}[${n}] negate(x)
          a = ${type}[${n}] abs(x)
          ROOT r = (${type}[${n}], ${type}[${n}]) tuple(n, a) }`,
        x,
      );
      const quieted = patternsIn(x).map(quiet);
      expect(patternsIn(negated!).map(quiet)).toEqual(quieted.map((p) => p ^ sign));
      expect(patternsIn(magnitudes!).map(quiet)).toEqual(quieted.map((p) => p & ~sign));
    }));

  /** A number narrower than f64 that is a signalling NaN may turn quiet, as it does in processors. */
  const quiet = (p: bigint): bigint => {
    const { overflow, precision } = floatFormat(type);
    if (overflow !== 'inf' || type === 'f64') return p;
    const fraction = 1n << BigInt(precision - 1);
    const magnitude = p & ((1n << BigInt(bits - 1)) - 1n);
    const signals = magnitude > (((1n << BigInt(bits - 1)) - 1n) ^ (fraction - 1n));
    return signals ? p | (fraction >> 1n) : p;
  };

  function patternsIn(t: Tensor): bigint[] {
    const bytes = bitsOf(t);
    const width = bits / 8;
    return Array.from({ length: bytes.length / width }, (_, i) =>
      bytes.subarray(i * width, (i + 1) * width).reduceRight((n, b) => (n << 8n) | BigInt(b), 0n),
    );
  }
});

it('goes through files of inputs to the bit', () => {
  for (const [dtype, type] of [
    ['F16', 'f16'],
    ['BF16', 'bf16'],
    ['F8_E5M2', 'f8e5m2'],
  ] as const) {
    fc.assert(
      fc.property(patternsOf(type), (p) => {
        const bytes = bitsOf(ofType(type, p));
        const data = decodeData(dtype, bytes, type);
        expect(Buffer.from(encodeData(dtype, data))).toEqual(Buffer.from(bytes));
      }),
    );
  }
});

describe('the judge', () => {
  const top =
    'i = (f32[1], s32[1]) topk(y), k=1, largest=true\n ROOT r = s32[1] get-tuple-element(i), index=1';
  const whole = (body: string) =>
    parseModule(`HloModule m\nENTRY e { x = f32[2] parameter(0)\n${body} }`);
  const input = (...values: string[]) =>
    run(`ENTRY e { ROOT c = f32[${values.length}] constant({${values}}) }`)[0]!;
  const verdict = (before: string, after: string, x: Tensor) =>
    compareModules({
      ...{ beforeName: 'a', afterName: 'b', contract: { kind: 'exact' } },
      ...{ before: whole(before), after: whole(after), cases: [{ name: 'given', inputs: [x] }] },
    } as never).verdict;

  const table: readonly (readonly [string, string, string, readonly string[], string])[] = [
    [
      'a NaN of another sign is the same value',
      'ROOT y = f32[2] negate(x)',
      'ROOT y = f32[2] copy(x)',
      ['nan', '-nan'],
      'identical',
    ],
    [
      'but where its sign is read, it shows',
      `y = f32[2] negate(x)\n${top}`,
      `y = f32[2] copy(x)\n${top}`,
      ['inf', '-nan'],
      'beyond',
    ],
    [
      'the sign that arithmetic gives is nobody’s promise',
      `m = f32[2] negate(x)\n d = f32[2] subtract(x, x)\n y = f32[2] negate(d)\n${top}`,
      `m = f32[2] negate(x)\n y = f32[2] add(m, x)\n${top}`,
      ['1', 'inf'],
      'undecided',
    ],
    [
      'one whose sign is replaced before it is read is decided',
      `d = f32[2] subtract(x, x)\n y = f32[2] abs(d)\n${top}`,
      `d = f32[2] subtract(x, x)\n n = f32[2] negate(d)\n y = f32[2] abs(n)\n${top}`,
      ['1', 'inf'],
      'identical',
    ],
  ];

  it.each(table)('%s', (_, before, after, x, expected) => {
    expect(verdict(before, after, input(...x))).toBe(expected);
  });
});
