/** Conversions between element types, and divisions that are multiplications. */
import { declaring, exact, reassociates } from '../../../graphs/ir/contract.ts';
import {
  type ElementType,
  elementTypes,
  floatFormat,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { isSubtype } from '../../subtype.ts';
import { addSplat } from '../pattern.ts';
import { rule } from '../rule.ts';

/** Of several rules on one opcode, the first that fires counts. */
export const convertRules = [
  rule(
    'convert',
    'convert-same-type',
    exact,
    (i, site) => site.operand(i),
    'r = f32[2] convert(f32[2] x)',
  ),
  rule(
    'convert',
    'convert-of-lossless-convert',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'convert') return undefined;
      const source = site.operand(inner);
      const [from, via, to] = [source, inner, i].map((x) => (x.shape as ArrayShape).type);
      return staysSame(from!, via!, to!)
        ? site.add('convert', [source], { shape: i.shape, like: i })
        : undefined;
    },
    'ENTRY e { x = bf16[4] parameter(0) y = f32[4] convert(x) ROOT r = bf16[4] convert(y) }',
    'ENTRY e { x = s8[4] parameter(0) y = s32[4] convert(x) ROOT r = f32[4] convert(y) }',
  ),
  rule(
    'bitcast-convert',
    'bitcast-convert-same-type',
    exact,
    (i, site) => site.operand(i),
    'r = f32[2] bitcast-convert(f32[2] x)',
  ),
  rule(
    'divide',
    'divide-by-power-of-two',
    exact,
    (i, site) => {
      const inverse = reciprocalOf(site.splat(site.operand(i, 1)), i.shape as ArrayShape);
      if (inverse === undefined || !inverse.isExact) return undefined;
      const factor = addSplat(inverse.value, i.shape as ArrayShape, site);
      return site.add('multiply', [site.operand(i), factor], { like: i });
    },
    `ENTRY e { x = f32[4] parameter(0) c = f32[] constant(8) d = f32[4] broadcast(c), dimensions={}
      ROOT r = f32[4] divide(x, d) }`,
  ),
  rule(
    'divide',
    'divide-by-constant',
    declaring(reassociates, 'reciprocal'),
    (i, site) => {
      const inverse = reciprocalOf(site.splat(site.operand(i, 1)), i.shape as ArrayShape);
      if (inverse === undefined) return undefined;
      const factor = addSplat(inverse.value, i.shape as ArrayShape, site);
      return site.add('multiply', [site.operand(i), factor], { like: i });
    },
    `ENTRY e { x = f32[4] parameter(0) c = f32[] constant(3) d = f32[4] broadcast(c), dimensions={}
      ROOT r = f32[4] divide(x, d) }`,
  ),
];

/** Whether from → via → to gives what from → to gives: the first step must lose nothing. */
function staysSame(from: ElementType, via: ElementType, to: ElementType): boolean {
  const clamps = isFloat(via) && !isFloat(from) && !isFloat(to);
  return isSubtype(via, from) && (!clamps || isSubtype(to, from));
}

/** 1/x rounded to the type, if it is a normal number; exact if x is a power of two. */
function reciprocalOf(
  x: number | bigint | undefined,
  { type }: ArrayShape,
): { readonly value: number; readonly isExact: boolean } | undefined {
  if (typeof x !== 'number' || elementTypes[type].kind !== 'float') return undefined;
  const value = rounder(type)(1 / x);
  const { minExponent, maxFinite } = floatFormat(type);
  if (!(Math.abs(value) >= 2 ** minExponent && Math.abs(value) <= maxFinite)) return undefined;
  return { value, isExact: value * x === 1 && Number.isInteger(Math.log2(Math.abs(x))) };
}
