/** Elementwise arithmetic, comparison and logic, with numpy's broadcasting. */
import { elementTypes, isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { Opcode } from '../../../ops/table.ts';
import { type Direction, dimsOf, type Hlo, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { BinaryOpcode } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

const unary =
  (opcode: Opcode): Lower =>
  (c) =>
    c.h.unary(opcode, c.input(0));

const binary =
  (opcode: BinaryOpcode): Lower =>
  (c) =>
    c.h.binary(opcode, ...operands(c));

const compare =
  (direction: Direction): Lower =>
  (c) =>
    c.h.compare(direction, ...operands(c));

/** Folds any number of inputs with a binary op. */
const fold =
  (opcode: BinaryOpcode): Lower =>
  (c) =>
    c.rest().reduce((a, b) => c.h.binary(opcode, a, b));

/** Two inputs; before opset 7 the second is aligned at `axis` instead of the right. */
function operands(c: NodeContext): [Instruction, Instruction] {
  const [a, b] = [c.input(0), c.input(1)];
  const axis = c.opset < 7 && c.flag('broadcast') ? c.int('axis') : undefined;
  if (axis === undefined) return [a, b];
  const after = rankOf(a) - c.axis(axis) - rankOf(b);
  return [a, c.h.reshape(b, [...dimsOf(b), ...new Array<number>(Math.max(0, after)).fill(1)])];
}

const abs: Lower = (c) => {
  const x = c.input(0);
  return elementTypes[typeOf(x)].kind === 'unsigned' ? x : c.h.unary('abs', x);
};

const sign: Lower = (c) => {
  const x = c.input(0);
  if (elementTypes[typeOf(x)].kind !== 'unsigned') return c.h.unary('sign', x);
  return c.h.convert(c.h.compare('NE', x, 0), typeOf(x));
};

/** Remainder with the sign of the divisor, zeros too, unless `fmod` asks for the dividend's. */
const mod: Lower = (c) => {
  const { h } = c;
  const [a, b] = operands(c);
  const r = h.binary('remainder', a, b);
  if (c.flag('fmod') || elementTypes[typeOf(a)].kind === 'unsigned') return r;
  const negative = h.compare('LT', b, 0);
  const wrong = h.compare('NE', h.compare('LT', r, 0), negative);
  const isZero = h.compare('EQ', r, 0);
  const zero = isFloat(typeOf(r)) ? h.select(negative, h.scalar(typeOf(r), -0), 0) : r;
  return h.select(isZero, zero, h.select(wrong, h.add(r, b), r));
};

/** The result has the base's type; an integer base with a float exponent goes through f64. */
const pow: Lower = (c) => {
  const [a, b] = operands(c);
  const type = typeOf(a);
  const wide = !isFloat(type) && isFloat(typeOf(b)) ? 'f64' : type;
  return c.h.convert(c.h.binary('power', c.h.convert(a, wide), c.h.convert(b, wide)), type);
};

/** Of integers in f64, cut off. */
const erf: Lower = (c) => {
  const x = c.input(0);
  const wide = isFloat(typeOf(x)) ? x : c.h.convert(x, 'f64');
  return c.h.convert(c.h.unary('erf', wide), typeOf(x));
};

/** To the right, signed integers fill up with their sign. */
const bitShift: Lower = (c) => {
  const left = c.word('direction', '', ['LEFT', 'RIGHT']) === 'LEFT';
  const signed = elementTypes[c.type(0)].kind === 'signed';
  const right = signed ? 'shift-right-arithmetic' : 'shift-right-logical';
  return c.h.binary(left ? 'shift-left' : right, c.input(0), c.input(1));
};

const isInf: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const at = (value: number) => h.compare('EQ', x, value);
  const positive = c.flag('detect_positive', true);
  const negative = c.flag('detect_negative', true);
  if (typeOf(x).startsWith('f8') || !(positive || negative)) return h.full('pred', dimsOf(x), 0);
  if (!negative) return at(Infinity);
  return positive ? h.binary('or', at(Infinity), at(-Infinity)) : at(-Infinity);
};

const mean: Lower = (c) => {
  const inputs = c.rest();
  return c.h.div(
    inputs.reduce((a, b) => c.h.add(a, b)),
    inputs.length,
  );
};

/** min(max(x, low), high); the bounds are attributes before opset 11, optional inputs after. */
const clip: Lower = (c) => {
  const x = c.input(0);
  const bound = (name: string, k: number, otherwise: number) =>
    c.opset < 11 ? c.h.scalar(typeOf(x), c.float(name, otherwise)) : c.inputs[k];
  const [low, high] = [bound('min', 1, -f32Max), bound('max', 2, f32Max)];
  const raised = low ? c.h.max(x, low) : x;
  return high ? c.h.min(raised, high) : raised;
};

/** Where bounds are attributes, one that is left out is the largest f32. */
const f32Max = 2 ** 128 - 2 ** 104;

/** Inverse tangent as the angle of (1, x). */
function atan(h: Hlo, x: Instruction): Instruction {
  return h.binary('atan2', x, 1);
}

/** Rows by operator of the standard domain; operands are broadcast as numpy does. */
export const elementwise: LowerTable = {
  Abs: abs,
  Acos: unary('acos'),
  Acosh: unary('acosh'),
  Add: binary('add'),
  And: binary('and'),
  Asin: unary('asin'),
  Asinh: unary('asinh'),
  Atan: (c) => atan(c.h, c.input(0)),
  Atanh: unary('atanh'),
  BitShift: bitShift,
  BitwiseAnd: binary('and'),
  BitwiseNot: unary('not'),
  BitwiseOr: binary('or'),
  BitwiseXor: binary('xor'),
  Ceil: unary('ceil'),
  Clip: clip,
  Cos: unary('cosine'),
  Cosh: unary('cosh'),
  Div: binary('divide'),
  Equal: compare('EQ'),
  Erf: erf,
  Exp: unary('exponential'),
  Floor: unary('floor'),
  Greater: compare('GT'),
  GreaterOrEqual: compare('GE'),
  IsInf: isInf,
  IsNaN: (c) => c.h.compare('NE', c.input(0), c.input(0)),
  Less: compare('LT'),
  LessOrEqual: compare('LE'),
  Log: unary('log'),
  Max: fold('maximum'),
  Mean: mean,
  Min: fold('minimum'),
  Mod: mod,
  Mul: binary('multiply'),
  Neg: unary('negate'),
  Not: unary('not'),
  Or: binary('or'),
  Pow: pow,
  Reciprocal: (c) => c.h.div(1, c.input(0)),
  Round: unary('round-nearest-even'),
  Sign: sign,
  Sin: unary('sine'),
  Sinh: unary('sinh'),
  Sqrt: unary('sqrt'),
  Sub: binary('subtract'),
  Sum: fold('add'),
  Tan: unary('tan'),
  Tanh: unary('tanh'),
  Where: (c) => c.h.select(c.input(0), c.input(1), c.input(2)),
  Xor: binary('xor'),
};
