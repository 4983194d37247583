/** Casts: between numbers with ONNX's saturation rules, and between bit patterns. */
import { type ElementType, elementTypes, isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { arrayShape } from '../../../ir/shape.ts';
import { dimsOf, type Hlo, typeOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { elementTypeOf } from '../tensor-data.ts';

/** Converts; where `saturate` holds, what exceeds an 8-bit float's range becomes its largest. */
export function castTo(h: Hlo, x: Instruction, type: ElementType, saturate: boolean): Instruction {
  const from = typeOf(x);
  const { format, kind, bits } = elementTypes[type];
  if (from === type) return x;
  if (format && bits === 8 && saturate && isFloat(from) && format.signed) {
    const limit = Math.min(format.maxFinite, elementTypes[from].format!.maxFinite);
    const clamped = h.max(h.min(x, limit), -limit);
    return h.convert(h.select(h.compare('NE', x, x), x, clamped), type);
  }
  if (bits < 8 && isFloat(from) && (kind === 'signed' || kind === 'unsigned')) {
    return h.convert(h.convert(x, 's32'), type);
  }
  return h.convert(x, type);
}

/** The least and the largest value of f8e8m0fnu. */
const [leastPower, largestPower] = [2 ** -127, 2 ** 127];

/** Casts to f8e8m0fnu: powers of two, rounded as `round_mode` says, within its range or else NaN. */
function castToExponent(c: NodeContext, x: Instruction): Instruction {
  const { h } = c;
  const mode = c.word('round_mode', 'up', ['up', 'down', 'nearest']);
  const given = h.convert(x, 'f32');
  const wide = c.flag('saturate', true) ? h.max(h.min(given, largestPower), leastPower) : given;
  if (mode === 'nearest') return h.convert(wide, 'f8e8m0fnu');
  const bits = h.op('bitcast-convert', [wide], {}, arrayShape('u32', dimsOf(x)));
  const power = h.binary('and', bits, 0x7f800000);
  const inexact = h.compare('NE', h.binary('and', bits, 0x7fffff), 0);
  const up = h.select(inexact, h.add(power, 0x800000), power);
  const chosen = mode === 'up' ? up : power;
  const value = h.op('bitcast-convert', [chosen], {}, arrayShape('f32', dimsOf(x)));
  const small = h.compare('LE', wide, leastPower);
  const rounded = h.select(small, h.max(wide, leastPower), value);
  const finite = h.unary('is-finite', wide);
  return h.convert(h.select(finite, rounded, wide), 'f8e8m0fnu');
}

function cast(c: NodeContext, type: ElementType): Instruction {
  const x = c.input(0);
  if (type === 'f8e8m0fnu' && isFloat(typeOf(x))) return castToExponent(c, x);
  return castTo(c.h, x, type, c.flag('saturate', true));
}

const bitCast: Lower = (c) => {
  const type = elementTypeOf(c.int('to'), 'the result');
  const x = c.input(0);
  const [from, to] = [typeOf(x), type].map((t) => elementTypes[t].bits);
  c.need(from === to, `${typeOf(x)} and ${type} differ in width`);
  if (typeOf(x) === 'pred') return c.h.convert(x, type);
  if (type === 'pred') return c.h.compare('NE', x, 0);
  return c.h.op('bitcast-convert', [x], {}, arrayShape(type, dimsOf(x)));
};

/** Rows by operator of the standard domain. */
export const types: LowerTable = {
  BitCast: bitCast,
  Cast: (c) => cast(c, elementTypeOf(c.int('to'), 'the result')),
  CastLike: (c) => cast(c, c.type(1)),
};
