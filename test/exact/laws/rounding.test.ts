/**
 * Rounding and conversion against definitions of the formats that share nothing with graphs/ir: every
 * encoding, every midpoint and its neighbours, and every pair of element types.
 */
import { describe, expect, it } from 'vitest';
import { randomOf } from '../../../golden/kinds/random.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { floatBits } from '../../../graphs/ir/float-bits.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import {
  beyond,
  decoded,
  encodingsOf,
  magnitudes,
  narrowFloats,
  nearest,
} from '../../support/laws/encodings.ts';
import { wantedConversion } from '../../support/laws/radii/conversions.ts';
import { numbers, runOp } from '../../support/run-op.ts';

/** Pairs that differ, as text; -0 is not 0. */
function differences(
  asked: readonly number[],
  found: (x: number) => number,
  wanted: (x: number) => number,
) {
  return asked.flatMap((x) => {
    const [a, b] = [found(x), wanted(x)];
    return Object.is(a, b) ? [] : [`${x}: ${a}, not ${b}`];
  });
}

it('every narrow float type has a definition', () => {
  const own = (Object.keys(elementTypes) as ElementType[]).filter(
    (t) => isFloat(t) && elementTypes[t].bits <= 16,
  );
  expect([...narrowFloats].sort()).toEqual(own.sort());
});

describe.each(narrowFloats)('%s', (type) => {
  const all = magnitudes(type);
  const round = rounder(type);

  it('every encoding stands for what its fields say', () => {
    const codes = Array.from({ length: encodingsOf(type) }, (_, code) => code);
    const { decode } = floatBits(type);
    expect(differences(codes, decode, (code) => decoded(type, code))).toEqual([]);
  });

  it('values, midpoints and their neighbours round to the nearest, ties to even', () => {
    const asked = all.flatMap(({ value }, k) => {
      const next = all[k + 1]?.value ?? value + (value - (all[k - 1]?.value ?? 0));
      const middle = (value + next) / 2;
      const near = (x: number) => [x * (1 - 2 ** -52), x, x * (1 + 2 ** -52)];
      return [...near(value), ...near(middle), value + (middle - value) / 2];
    });
    const both = [...asked, ...asked.map((x) => -x), Infinity, -Infinity];
    expect(differences(both, round, (x) => nearest(type, all, x))).toEqual([]);
  });

  it('so do numbers of all sizes', () => {
    const random = randomOf(6, type);
    const asked = Array.from({ length: 20_000 }, () => {
      const scale = 2 ** random.integer(-160, 140);
      return (random.u32() & 1 ? -1 : 1) * (1 + random.uniform()) * scale;
    });
    expect(differences(asked, round, (x) => nearest(type, all, x))).toEqual([]);
    expect(round(Number.MAX_VALUE)).toBe(beyond(type));
  });
});

const everyType = Object.keys(elementTypes) as ElementType[];

/** Numbers of a type: every encoding of narrow ones, the turns of others. */
function samples(type: ElementType): (number | bigint)[] {
  const { kind, bits } = elementTypes[type];
  if (kind === 'pred') return [0, 1];
  if (kind === 'signed' || kind === 'unsigned') return integers(bits, kind === 'signed');
  if (narrowFloats.includes(type) && bits <= 8) {
    return Array.from({ length: encodingsOf(type) }, (_, code) => decoded(type, code));
  }
  const round = rounder(type);
  const turns = [0, 0.5, 1, 1.5, 2.5, 127, 127.5, 128, 255.5, 256, 32767.5, 65504, 65520, 448, 464];
  const ends = [2 ** 31, 2 ** 32 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e30, 2 ** -14, 2 ** -133, 3e38];
  const around = [...turns, ...ends].flatMap((x) => [x * (1 - 2 ** -30), x, x * (1 + 2 ** -20)]);
  const both = [...around, ...around.map((x) => -x), Infinity, -Infinity, NaN];
  return [...new Set(both.map(round))];
}

function integers(bits: number, signed: boolean): (number | bigint)[] {
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
  const size = 2n ** BigInt(bits);
  const whole = Array.from({ length: Number(bits <= 8 ? size : 0n) }, (_, k) => BigInt(k));
  const powers = Array.from({ length: bits }, (_, k) => 2n ** BigInt(k));
  const all = [
    ...whole,
    ...powers.flatMap((p) => [p - 1n, p, p + 1n, -p, p + p / 2n, 3n * p - 1n]),
  ];
  const unique = [...new Set(all.map((x) => wrap(bits, x)))];
  return bits === 64 ? unique : unique.map(Number);
}

describe.each(everyType)('convert from %s', (from) => {
  const values = samples(from);
  const stored = isComplex(from) ? values.flatMap((x, k) => [x, values[k - 1] ?? 0]) : values;
  const x = tensorOf(from, [values.length], stored);

  it.each(everyType)('to %s', (to) => {
    const found = numbers(runOp([x], `${to}[${values.length}] convert(p0)`));
    const wrong = values.flatMap((_, k) => {
      const parts = isComplex(from) ? [x.data[2 * k], x.data[2 * k + 1]] : [x.data[k], 0];
      const width = isComplex(to) ? 2 : 1;
      const wanted = wantedConversion(from, to, parts as [number | bigint, number]);
      return wanted.flatMap((w, p) =>
        w === 'any' || Object.is(w, found[k * width + p])
          ? []
          : [`${parts[0]}: ${found[k * width + p]}, not ${w}`],
      );
    });
    expect(wrong).toEqual([]);
  });
});
