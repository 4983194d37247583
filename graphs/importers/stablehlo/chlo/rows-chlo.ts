/**
 * CHLO, the client dialect: functions that StableHLO does not have, taken from HLO's opcodes where
 * there is one and from formulas else, and implicit broadcasting.
 */
import { elementTypes, isComplex } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { arrayOf, type Lower, type LoweringRows, type OpContext } from '../lower/op-context.ts';
import { elementwiseRows, same } from '../lower/rows-elementwise.ts';
import { Arithmetic, inSingle } from './arithmetic.ts';
import { besselI1e } from './bessel.ts';
import { erfc, inverseErf } from './error-functions.ts';
import { digamma, logGamma, polygamma, zeta } from './gamma-functions.ts';
import * as inverse from './inverse-functions.ts';

type ComplexFormula = (m: Arithmetic, z: inverse.Parts) => inverse.Parts;

/** A formula on complex parts, in the type of these. */
function complexly(o: OpContext, formula: ComplexFormula): Instruction {
  const { type, dims } = o.shape();
  const parts = [o.emit('real', [o.x()]), o.emit('imag', [o.x()])] as const;
  return o.emit('complex', formula(new Arithmetic(o, dims, elementTypes[type].part), parts));
}

/** One way for real numbers, another for complex ones. */
function either(real: Lower, complex: ComplexFormula): Lower {
  return (o) => (isComplex(o.shape().type) ? complexly(o, complex) : real(o));
}

/** e^(x + ln ½) ± e^(ln ½ - x), which overflows no earlier than the function itself. */
function halfExponentials(m: Arithmetic, x: Instruction): readonly [Instruction, Instruction] {
  const half = Math.log(0.5);
  return [m.exp(m.add(x, half)), m.exp(m.sub(half, x))];
}

/** As CHLO is decomposed: the half exponentials, and (e + e/(e + 1))/2 of expm1 below 1. */
const sinhReal = inSingle((m, x) => {
  const [up, down] = halfExponentials(m, x);
  const e = m.expm1(x);
  const small = m.mul(0.5, m.add(e, m.div(e, m.add(e, 1))));
  return m.choose([m.lt(m.abs(x), 1), small], m.sub(up, down));
});

const coshReal = inSingle((m, x) => m.add(...halfExponentials(m, x)));

const atanReal: Lower = (o) => {
  const { type, dims } = o.shape();
  return new Arithmetic(o, dims, type).atan2(o.x(), 1);
};

function topK(o: OpContext) {
  const made = o.emit('topk', [o.x()], { k: o.int(['k']), largest: true });
  return o.untuple(made);
}

/**
 * The next value of the type from x towards y. Bits of a float count up with its size, so it is one
 * more or one less as an unsigned number; from zero it is the smallest subnormal.
 */
function nextAfter(o: OpContext): Instruction {
  const { type, dims } = o.shape();
  const { bits } = elementTypes[type];
  const unsigned = ({ 8: 'u8', 16: 'u16', 32: 'u32', 64: 'u64' } as const)[bits as 8];
  if (!unsigned) return o.fail('unsupported-type', `no ${type}`);
  const [x, y] = [o.x(0), o.x(1)];
  const m = new Arithmetic(o, dims, type);
  const n = new Arithmetic(o, dims, unsigned);
  const reinterpret = (v: Instruction, to: typeof type) =>
    o.emit('bitcast-convert', [v], {}, { shape: { kind: 'array', type: to, dims } });
  const pattern = reinterpret(x, unsigned);
  const one = n.k(1);
  const signMask = wideConstant(o, unsigned, dims, 2n ** BigInt(bits - 1));
  const away = o.emit('compare', [m.gt(x, 0), m.gt(y, x)], { direction: 'EQ' });
  const moved = n.choose([away, n.add(pattern, one)], n.sub(pattern, one));
  const least = n.choose([m.lt(y, 0), o.emit('or', [one, signMask])], one);
  const stepped = n.choose([m.eq(x, 0), least], moved);
  const bad = m.or(m.compare(x, 'NE', x), m.compare(y, 'NE', y));
  return m.choose([bad, NaN], [m.eq(x, y), y], reinterpret(stepped, type));
}

function wideConstant(o: OpContext, type: 'u8', dims: readonly number[], value: bigint) {
  const scalar = o.literal(tensorOf(type, [], [value]));
  return dims.length ? o.spread(scalar, dims) : scalar;
}

function infinite(which: 'either' | 'plus' | 'minus'): Lower {
  return (o) => {
    const { type, dims } = o.shape();
    const m = new Arithmetic(o, dims, type);
    if (which === 'either') return m.eq(m.abs(o.x()), Infinity);
    return m.eq(o.x(), which === 'plus' ? Infinity : -Infinity);
  };
}

function conjugate(o: OpContext): Instruction {
  if (!isComplex(o.shape().type)) return o.x();
  const imag = o.emit('negate', [o.emit('imag', [o.x()])]);
  return o.emit('complex', [o.emit('real', [o.x()]), imag]);
}

function constantLike(o: OpContext): Instruction {
  const { dims } = o.shape();
  const { type } = o.op.resultTypes.length ? o.resultType() : o.shape();
  const { part } = elementTypes[type];
  const value = o.convert(o.literal(tensorOf('f64', [], [o.float(['value'])])), part ?? type);
  return o.spread(o.convert(value, type), dims);
}

/** The upper half of a product, in a type of twice the width where there is one. */
function multiplyHigh(o: OpContext): Instruction {
  const { type, dims } = o.shape();
  const { bits, kind } = elementTypes[type];
  if (bits > 32) return multiplyHighWide(o);
  const wide = kind === 'unsigned' ? 'u64' : 's64';
  const [a, b] = o.operands.map((x) => o.convert(x, wide));
  const product = o.emit('multiply', [a!, b!]);
  const by = wideConstant(o, wide as 'u8', dims, BigInt(bits));
  const opcode = kind === 'unsigned' ? 'shift-right-logical' : 'shift-right-arithmetic';
  const upper = o.emit(opcode, [product, by]);
  const shape = { kind: 'array', type, dims } as const;
  return o.emit('convert', [upper], {}, { shape });
}

/**
 * The upper 64 bits of a product, from products of halves of 32 bits. Read as signed, a number with
 * the sign bit is 2^64 less, so the upper half is less by the other factor.
 */
function multiplyHighWide(o: OpContext): Instruction {
  const { type, dims } = o.shape();
  const as = (x: Instruction, to: typeof type) =>
    o.emit('bitcast-convert', [x], {}, { shape: { kind: 'array', type: to, dims } });
  const [a, b] = [as(o.x(0), 'u64'), as(o.x(1), 'u64')];
  const m = new Arithmetic(o, dims, 'u64');
  const half = wideConstant(o, 'u64' as 'u8', dims, 32n);
  const mask = wideConstant(o, 'u64' as 'u8', dims, 2n ** 32n - 1n);
  const high = (x: Instruction) => o.emit('shift-right-logical', [x, half]);
  const low = (x: Instruction) => m.and(x, mask);
  const crossed = [m.mul(low(a), high(b)), m.mul(high(a), low(b))];
  const middle = m.add(high(m.mul(low(a), low(b))), ...crossed.map(low));
  const upper = m.add(m.mul(high(a), high(b)), ...crossed.map(high), high(middle));
  if (type === 'u64') return upper;
  const zero = wideConstant(o, type as 'u8', dims, 0n);
  const excess = [o.x(0), o.x(1)].map((x, i) => {
    const negative = o.emit('compare', [x, zero], { direction: 'LT' });
    return o.emit('select', [negative, o.x(1 - i), zero]);
  });
  return excess.reduce((sum, x) => o.emit('subtract', [sum, x]), as(upper, type));
}

/** Operands spread to one shape, as NumPy does or as broadcast_dimensions tells. */
function broadcasting(row: Lower): Lower {
  return (o) => {
    const shapes = o.operands.map((x) => arrayOf(x)!.dims);
    const rank = Math.max(...shapes.map((d) => d.length));
    const given = o.attr('broadcast_dimensions') && o.ints(['broadcast_dimensions']);
    const places = shapes.map((dims) =>
      dims.map((_, i) => (given && dims.length < rank ? given[i]! : rank - dims.length + i)),
    );
    const result = Array.from({ length: rank }, (_, d) => {
      const sizes = shapes.map((dims, k) => dims[places[k]!.indexOf(d)] ?? 1);
      return sizes.find((size) => size !== 1) ?? 1;
    });
    const spread = o.operands.map((x, k) => spreadTo(o, x, shapes[k]!, places[k]!, result));
    return row(o.with(spread));
  };
}

function spreadTo(
  o: OpContext,
  x: Instruction,
  dims: readonly number[],
  places: readonly number[],
  result: readonly number[],
): Instruction {
  if (dims.length === result.length && dims.every((d, i) => d === result[i])) return x;
  const kept = dims.map((d, i) => d === result[places[i]!]);
  if (!kept.every((k, i) => k || dims[i] === 1)) o.fail('operands', 'sizes do not correspond');
  const small = o.reshape(
    x,
    dims.filter((_, i) => kept[i]),
  );
  return o.spread(
    small,
    result,
    places.filter((_, i) => kept[i]),
  );
}

const functions: LoweringRows = {
  'chlo.acos': either(same('acos'), inverse.acos),
  'chlo.acosh': either(same('acosh'), inverse.acosh),
  'chlo.asin': either(same('asin'), inverse.asin),
  'chlo.asinh': either(same('asinh'), inverse.asinh),
  'chlo.atan': either(atanReal, inverse.atan),
  'chlo.atanh': either(same('atanh'), inverse.atanh),
  'chlo.bessel_i1e': inSingle(besselI1e),
  'chlo.conj': conjugate,
  'chlo.constant_like': constantLike,
  'chlo.cosh': either(coshReal, inverse.cosh),
  'chlo.digamma': inSingle(digamma),
  'chlo.erf': same('erf'),
  'chlo.erf_inv': inSingle(inverseErf),
  'chlo.erfc': inSingle(erfc),
  'chlo.is_inf': infinite('either'),
  'chlo.is_neg_inf': infinite('minus'),
  'chlo.is_pos_inf': infinite('plus'),
  'chlo.lgamma': inSingle(logGamma),
  'chlo.mulhi': multiplyHigh,
  'chlo.next_after': nextAfter,
  'chlo.polygamma': inSingle(polygamma),
  'chlo.sinh': either(sinhReal, inverse.sinh),
  'chlo.square': either((o) => o.emit('multiply', [o.x(), o.x()]), inverse.square),
  'chlo.tan': same('tan'),
  'chlo.top_k': topK,
  'chlo.zeta': inSingle(zeta),
};

const binary = [
  'add and atan2 compare complex divide maximum minimum multiply or power remainder',
  'shift_left shift_right_arithmetic shift_right_logical subtract xor select',
].flatMap((line) => line.split(' '));

/** Rows by op; those called broadcast_… broadcast operands as numpy does. */
export const chloRows: LoweringRows = {
  ...functions,
  ...Object.fromEntries(
    binary.map((name) => [
      `chlo.broadcast_${name}`,
      broadcasting(elementwiseRows[`stablehlo.${name}`]!),
    ]),
  ),
  ...Object.fromEntries(
    ['next_after', 'polygamma', 'zeta'].map((name) => [
      `chlo.broadcast_${name}`,
      broadcasting(functions[`chlo.${name}`]!),
    ]),
  ),
};
