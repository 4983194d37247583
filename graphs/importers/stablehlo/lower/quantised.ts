/**
 * Quantised tensors are their stored integers. Ops that move data work on these; others compute on
 * the values (stored - zero point) · scale, and round the result to the stored integers of its type.
 */
import type { Instruction } from '../../../ir/module.ts';
import { rounder } from '../../../ir/rounding.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { MlirType, QuantizedType } from '../parse/ast.ts';
import { arrayOf, type Lower, type LoweringRows, type OpContext } from './op-context.ts';

/** Ops that take and give stored integers as they are, or see to quantisation themselves. */
const onStorage: ReadonlySet<string> = new Set(
  [
    'bitcast_convert broadcast_in_dim case composite concatenate constant custom_call',
    'dynamic_broadcast_in_dim dynamic_reshape dynamic_slice dynamic_update_slice gather',
    'get_dimension_size get_tuple_element if map optimization_barrier pad real_dynamic_slice',
    'reduce reduce_window reshape reverse scatter select_and_scatter slice sort',
    'transpose tuple uniform_dequantize uniform_quantize while',
  ]
    .flatMap((line) => line.split(' '))
    .map((name) => `stablehlo.${name}`),
);

/** Picks elements of operands whose scales may differ from each other and from the result's. */
const chooses = 'stablehlo.select';

/** Whether what is quantised is so in one and the same way. */
function alike(o: OpContext): boolean {
  const types = [
    ...o.operands.map((x) => o.scope.quantizedOf(x)),
    quantizationOf(o.op.resultTypes[0]),
  ];
  const texts = types.flatMap((q) => (q ? [JSON.stringify(q)] : []));
  return new Set(texts).size === 1;
}

/** The row, or around it the way from and to stored integers. */
export function overQuantized(row: Lower): Lower {
  return (o) => {
    const { op } = o;
    const quantizedResult = op.resultTypes.some(quantizationOf);
    const quantizedOperand = o.operands.some((x) => o.scope.quantizedOf(x));
    if (!quantizedOperand && !quantizedResult) return row(o);
    if (onStorage.has(o.name) || !o.name.startsWith('stablehlo.')) return row(o);
    if (o.name === chooses && alike(o)) return row(o);
    const values = o.operands.map((x) => dequantize(o, x));
    const made = row(o.with(values, { ...op, resultTypes: op.resultTypes.map(expressed) }));
    const results = made === undefined ? [] : 'opcode' in made ? [made] : made;
    return results.map((x, i) => {
      const type = quantizationOf(op.resultTypes[i]);
      return type ? quantize(o, x, type) : x;
    });
  };
}

function quantizationOf(type: MlirType | undefined): QuantizedType | undefined {
  return type?.kind === 'tensor' ? type.quantized : undefined;
}

/** The type of the values that a quantised type stands for. */
function expressed(type: MlirType): MlirType {
  if (type.kind !== 'tensor' || !type.quantized) return type;
  return { kind: 'tensor', dims: type.dims, type: type.quantized.expressed };
}

/** One number for all elements, or one for each place along the quantised dimension. */
function parameter(
  o: OpContext,
  { expressed: type, axis }: QuantizedType,
  values: readonly number[],
  dims: readonly number[],
): Instruction {
  const rounded = values.map(rounder(type));
  const perAxis = axis !== undefined;
  if (!perAxis) return o.spread(o.literal(tensorOf(type, [], rounded)), dims);
  if (dims[axis] !== values.length) {
    o.fail('quantization', `${values.length} scales for dimension ${axis} of ${dims.join()}`);
  }
  return o.spread(o.literal(tensorOf(type, [values.length], rounded)), dims, [axis]);
}

/** (stored - zero point) · scale; a value that is not quantised stays. */
export function dequantize(o: OpContext, x: Instruction): Instruction {
  const q = o.scope.quantizedOf(x);
  if (!q) return x;
  const { dims } = arrayOf(x)!;
  const zero = parameter(o, q, q.zeroPoints, dims);
  const shifted = o.emit('subtract', [o.convert(x, q.expressed), zero]);
  return o.emit('multiply', [shifted, parameter(o, q, q.scales, dims)]);
}

/** x / scale + zero point, clamped to the stored range and only then rounded. */
export function quantize(o: OpContext, x: Instruction, q: QuantizedType): Instruction {
  const { dims } = arrayOf(x)!;
  const scaled = o.emit('divide', [o.convert(x, q.expressed), parameter(o, q, q.scales, dims)]);
  const shifted = o.emit('add', [scaled, parameter(o, q, q.zeroPoints, dims)]);
  const round = rounder(q.expressed);
  const [low, high] = [q.min, q.max].map((n) => o.literal(tensorOf(q.expressed, [], [round(n)])));
  const clamped = o.emit('clamp', [low!, shifted, high!]);
  return o.convert(o.emit('round-nearest-even', [clamped]), q.storage);
}

function uniformQuantize(o: OpContext) {
  const type = o.resultType().quantized ?? o.fail('result-type', 'the result is not quantised');
  return quantize(o, dequantize(o, o.x()), type);
}

/** Rows by op, of those that change between stored integers and values. */
export const quantisedRows: LoweringRows = {
  'stablehlo.uniform_dequantize': (o) => dequantize(o, o.x()),
  'stablehlo.uniform_quantize': uniformQuantize,
};
