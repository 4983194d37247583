/** StableHLO's elementwise ops: most are HLO opcodes of another spelling. */
import { isFloat } from '../../ir/element-type.ts';
import type { InstructionOf } from '../../ir/module.ts';
import type { Opcode } from '../../ops/table.ts';
import type { Lower, LoweringRows, OpContext } from './op-context.ts';

type Unary = Extract<Opcode, keyof typeof import('../../ops/elementwise.ts').elementwise>;

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

export const elementwiseRows: LoweringRows = {
  'stablehlo.abs': same('abs'),
  'stablehlo.add': same('add'),
  'stablehlo.and': same('and'),
  'stablehlo.atan2': same('atan2'),
  'stablehlo.cbrt': same('cbrt'),
  'stablehlo.ceil': same('ceil'),
  'stablehlo.clamp': same('clamp'),
  'stablehlo.compare': compare,
  'stablehlo.complex': same('complex'),
  'stablehlo.convert': (o) => o.convert(o.x(), o.resultType().type),
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
  'stablehlo.maximum': same('maximum'),
  'stablehlo.minimum': same('minimum'),
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
