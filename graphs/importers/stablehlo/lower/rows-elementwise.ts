/** StableHLO's elementwise ops: most are HLO opcodes of another spelling. */
import { elementTypes, isComplex, isFloat } from '../../../ir/element-type.ts';
import type { InstructionOf } from '../../../ir/module.ts';
import { rounder } from '../../../ir/rounding.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { Opcode } from '../../../ops/table.ts';
import type { Lower, LoweringRows, OpContext } from './op-context.ts';

type Unary = Extract<Opcode, keyof typeof import('../../../ops/elementwise.ts').elementwise>;

/** The HLO opcode applied to the operands as they are. */
export function same(opcode: Unary): Lower {
  return (o) => o.emit(opcode, o.operands);
}

type Direction = InstructionOf<'compare'>['attrs']['direction'];
const directions: readonly string[] = ['EQ', 'NE', 'GE', 'GT', 'LE', 'LT'];

function compare(o: OpContext) {
  const words = o.words().map((w) => (w.kind === 'word' ? w.value : ''));
  const direction = words[0] ?? o.word(['comparison_direction']);
  const type = words[1] ?? o.word(['compare_type'], 'NOTYPE');
  if (!directions.includes(direction)) o.fail('attribute', `no comparison is called ${direction}`);
  const total = type === 'TOTALORDER' && isFloat(o.shape().type);
  const attrs = {
    direction: direction as Direction,
    ...(total && { type: 'TOTALORDER' as const }),
  };
  return o.emit('compare', [o.x(0), o.x(1)], attrs);
}

function reducePrecision(o: OpContext) {
  const format = /^e(\d+)m(\d+)$/.exec(o.word(['format'], ''));
  const exponent_bits = format ? Number(format[1]) : o.int(['exponent_bits']);
  const mantissa_bits = format ? Number(format[2]) : o.int(['mantissa_bits']);
  return o.emit('reduce-precision', [o.x()], { exponent_bits, mantissa_bits });
}

/** What is not complex takes the real part of what is. */
function convert(o: OpContext) {
  const { type } = o.resultType();
  const real = isComplex(o.shape().type) && !isComplex(type);
  return o.convert(real ? o.emit('real', [o.x()]) : o.x(), type);
}

/** The principal cube root, as a power where numbers are complex. */
function cubeRoot(o: OpContext) {
  const { type, dims } = o.shape();
  if (!isComplex(type)) return o.emit('cbrt', [o.x()]);
  const { part } = elementTypes[type];
  const third = rounder(part!)(1 / 3);
  const exponent = o.convert(o.literal(tensorOf(part!, [], [third])), type);
  return o.emit('power', [o.x(), o.spread(exponent, dims)]);
}

/** Complex numbers are ordered by their real parts, then by the imaginary ones. */
function extremum(opcode: 'maximum' | 'minimum', direction: 'GT' | 'LT'): Lower {
  return (o) => {
    if (!isComplex(o.shape().type)) return o.emit(opcode, o.operands);
    const [a, b] = [o.x(0), o.x(1)];
    const parts = (part: 'real' | 'imag') => [a, b].map((x) => o.emit(part, [x]));
    const [real, imag] = [parts('real'), parts('imag')];
    const beyond = o.emit('compare', real, { direction });
    const level = o.emit('compare', real, { direction: 'EQ' });
    const tie = o.emit('and', [level, o.emit('compare', imag, { direction })]);
    return o.emit('select', [o.emit('or', [beyond, tie]), a, b]);
  };
}

/** Rows by op. */
export const elementwiseRows: LoweringRows = {
  'stablehlo.abs': same('abs'),
  'stablehlo.add': same('add'),
  'stablehlo.and': same('and'),
  'stablehlo.atan2': same('atan2'),
  'stablehlo.cbrt': cubeRoot,
  'stablehlo.ceil': same('ceil'),
  'stablehlo.clamp': same('clamp'),
  'stablehlo.compare': compare,
  'stablehlo.complex': same('complex'),
  'stablehlo.convert': convert,
  'stablehlo.cosine': same('cosine'),
  'stablehlo.count_leading_zeros': same('count-leading-zeros'),
  'stablehlo.divide': same('divide'),
  'stablehlo.exponential': same('exponential'),
  'stablehlo.exponential_minus_one': same('exponential-minus-one'),
  'stablehlo.floor': same('floor'),
  'stablehlo.imag': same('imag'),
  'stablehlo.is_finite': same('is-finite'),
  'stablehlo.log': same('log'),
  'stablehlo.log_plus_one': same('log-plus-one'),
  'stablehlo.logistic': same('logistic'),
  'stablehlo.maximum': extremum('maximum', 'GT'),
  'stablehlo.minimum': extremum('minimum', 'LT'),
  'stablehlo.multiply': same('multiply'),
  'stablehlo.negate': same('negate'),
  'stablehlo.not': same('not'),
  'stablehlo.or': same('or'),
  'stablehlo.popcnt': same('popcnt'),
  'stablehlo.power': same('power'),
  'stablehlo.real': same('real'),
  'stablehlo.reduce_precision': reducePrecision,
  'stablehlo.remainder': same('remainder'),
  'stablehlo.round_nearest_afz': same('round-nearest-afz'),
  'stablehlo.round_nearest_even': same('round-nearest-even'),
  'stablehlo.rsqrt': same('rsqrt'),
  'stablehlo.select': same('select'),
  'stablehlo.shift_left': same('shift-left'),
  'stablehlo.shift_right_arithmetic': same('shift-right-arithmetic'),
  'stablehlo.shift_right_logical': same('shift-right-logical'),
  'stablehlo.sign': same('sign'),
  'stablehlo.sine': same('sine'),
  'stablehlo.sqrt': same('sqrt'),
  'stablehlo.subtract': same('subtract'),
  'stablehlo.tan': same('tan'),
  'stablehlo.tanh': same('tanh'),
  'stablehlo.xor': same('xor'),
};
