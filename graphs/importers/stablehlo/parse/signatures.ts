/**
 * How many operands and regions each op takes, and whether the types that the text gives its
 * operands are theirs: what MLIR's verifier says before any lowering looks at an op.
 */
import { fail, type Position } from '../../../ir/diagnostic.ts';
import type { Instruction } from '../../../ir/module.ts';
import { type Shape, sameShape } from '../../../ir/shape.ts';
import { printShape } from '../../../text/shape-text.ts';
import { shapeOfType, typeText } from '../lower/shapes.ts';
import type { MlirType, Op } from './ast.ts';

/** Ops of a fixed number of operands, with their dialect where it is not StableHLO. */
const operandCounts: readonly (readonly [number, string])[] = [
  [0, 'constant create_token iota partition_id replica_id chlo.constant'],
  [
    1,
    `abs bitcast_convert broadcast broadcast_in_dim case cbrt ceil cholesky collective_permute
    convert cosine count_leading_zeros cross-replica-sum dynamic_iota exponential
    exponential_minus_one fft floor get_dimension_size get_tuple_element if imag is_finite log
    log_plus_one logistic negate not popcnt real reduce_precision reduce_scatter reshape reverse
    rng_bit_generator round_nearest_afz round_nearest_even rsqrt sign sine slice sqrt tan tanh
    transpose unary_einsum uniform_dequantize uniform_quantize
    chlo.acos chlo.acosh chlo.asin chlo.asinh chlo.atan chlo.atanh chlo.bessel_i1e chlo.conj
    chlo.constant_like chlo.cosh chlo.digamma chlo.erf chlo.erf_inv chlo.erfc chlo.is_inf
    chlo.is_neg_inf chlo.is_pos_inf chlo.lgamma chlo.sinh chlo.square chlo.tan chlo.top_k`,
  ],
  [
    2,
    `add and atan2 compare complex convolution divide dot dot_general dynamic_broadcast_in_dim
    dynamic_reshape einsum gather maximum minimum multiply or power remainder set_dimension_size
    shift_left shift_right_arithmetic shift_right_logical subtract torch_index_select
    triangular_solve xor pad chlo.dynamic_reshape chlo.mulhi chlo.next_after chlo.polygamma
    chlo.zeta`,
  ],
  [
    3,
    `batch_norm_training clamp dynamic_conv dynamic_gather rng select select_and_scatter
    chlo.broadcast_select chlo.ragged_dot`,
  ],
  [4, 'real_dynamic_slice'],
  [5, 'batch_norm_grad batch_norm_inference dynamic_pad'],
];

const regionCounts: readonly (readonly [number, string])[] = [
  [
    1,
    `all_reduce async_start collective_reduce map reduce_scatter reduce_window scatter sort
    chlo.scan`,
  ],
  [2, 'if select_and_scatter while'],
];

/** Ops whose regions may be many, or stand for themselves. */
const anyRegions: ReadonlySet<string> = new Set(names('case composite custom_call reduce'));

function names(text: string): readonly string[] {
  const words = text.split(/\s+/);
  return words.map((word) => (word.startsWith('chlo.') ? word : `stablehlo.${word}`));
}

function byName(table: readonly (readonly [number, string])[]): ReadonlyMap<string, number> {
  return new Map(table.flatMap(([count, text]) => names(text).map((name) => [name, count])));
}

const operandsOf = byName(operandCounts);
const regionsOf = byName(regionCounts);

/** Fails where an op has operands or regions too many or too few, or is told wrong types. */
export function checkSignature(op: Op, operands: readonly Instruction[]): void {
  const { name, regions, operandTypes, position } = op;
  const wanted = operandsOf.get(name) ?? (name.startsWith('chlo.broadcast_') ? 2 : undefined);
  if (wanted !== undefined && operands.length !== wanted) {
    const message = `${name} takes ${counted(wanted, 'operand')}, not ${operands.length}`;
    fail('stablehlo/operands', message, { position });
  }
  const known = name.startsWith('stablehlo.') || name.startsWith('chlo.');
  const inside = regionsOf.get(name) ?? 0;
  if (known && !anyRegions.has(name) && regions.length !== inside) {
    const message = `${name} takes ${counted(inside, 'region')}, not ${regions.length}`;
    fail('stablehlo/regions', message, { position });
  }
  if (!operandTypes) return;
  const shapes = operands.map((x) => x.shape);
  checkTypes(`${name}: operand`, operandTypes, shapes, position);
}

/** Fails where a value is not of the type that the text gives it; open sizes fit any. */
export function checkTypes(
  what: string,
  types: readonly MlirType[],
  values: readonly Shape[],
  position: Position,
): void {
  if (types.length !== values.length) {
    const message = `${what}s: ${types.length} types for ${counted(values.length, 'value')}`;
    fail('stablehlo/value-type', message, { position });
  }
  types.forEach((type, i) => {
    const shape = values[i]!;
    if (fits(type, shape)) return;
    const shapes = `${printShape(shape, false)}, not ${typeText(type)}`;
    fail('stablehlo/value-type', `${what} ${i} is ${shapes}`, { position });
  });
}

/** True for types that HLO does not have, too: what they belong to is refused by its own name. */
function fits(type: MlirType, shape: Shape): boolean {
  const told = shapeOfType(type);
  if (told) return sameShape(told, shape);
  if (type.kind !== 'tensor') return true;
  const { dims } = type;
  return (
    shape.kind === 'array' &&
    shape.type === type.type &&
    shape.dims.length === dims.length &&
    dims.every((d, i) => d < 0 || d === shape.dims[i])
  );
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
