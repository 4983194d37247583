/**
 * XLA's custom calls on blocks of numbers with a scale each, as plain HLO: `__op$quantize`,
 * `__op$dequantize` and `__op$block_scaled_dot`, after the general path of
 * xla/service/gpu/transforms/block_scaling_rewriter.cc. Blocks lie along the last dimension.
 */
import { type ComputationBuilder, ModuleBuilder } from '../../../graphs/build/builder.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, floatFormat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { arrayOf, converted, expansion, reshaped, sliced } from './decomposition.ts';

/** (x / scale, scale): scale is the largest |x| of a block over 2^emax of the type of the quotient. */
export function quantize(i: InstructionOf<'custom-call'>, [operand]: readonly ArrayShape[]) {
  const [quotient, scales] =
    i.shape.kind === 'tuple' ? i.shape.elements.map((s) => arrayOf({ shape: s })) : [];
  if (!quotient || !scales) return fail('run/bad-operand', 'it gives numbers and their scales');
  const module = new ModuleBuilder('quantize');
  const { type } = operand;
  module.computation('larger', (b) => {
    const sides = ['x', 'y'].map((p) => b.parameter(p, arrayShape(type, [])));
    return b.op(
      'maximum',
      sides.map((s) => b.op('abs', [s])),
    );
  });
  return module.entry((b) => {
    const x = b.parameter('x', arrayShape(type, operand.dims));
    const blocks = reshaped(b, x, [...scales.dims, blockSize(operand, scales)]);
    const last = { dimensions: [scales.dims.length], to_apply: 'larger' };
    const largest = b.op('reduce', [blocks, b.scalar(type, 0)], last);
    const top = b.scalar(type, 2 ** Math.floor(Math.log2(floatFormat(quotient.type).maxFinite)));
    const normal = b.op('divide', [largest, b.broadcast(top, scales.dims)]);
    const scale = converted(b, normal, scales.type);
    const divided = b.op('divide', [x, spread(b, converted(b, scale, type), operand)]);
    return b.op('tuple', [converted(b, divided, quotient.type), scale]);
  });
}

/** x times the scale of its block, as the type of the result. */
export function dequantize(i: InstructionOf<'custom-call'>, operands: readonly ArrayShape[]) {
  const { type } = arrayOf(i);
  return expansion('dequantize', operands, (b, [x, scale]) => dequantised(b, x, scale, type));
}

/** x times the scale of its block, in a type that both are converted to. */
function dequantised(
  b: ComputationBuilder,
  x: Instruction,
  scale: Instruction,
  type: ElementType,
): Instruction {
  return b.op('multiply', [
    converted(b, x, type),
    spread(b, converted(b, scale, type), arrayOf(x)),
  ]);
}

/** Each scale repeated over its block. */
function spread(b: ComputationBuilder, scale: Instruction, like: ArrayShape): Instruction {
  const { dims } = arrayOf(scale);
  const size = blockSize(like, arrayOf(scale));
  const repeated = b.broadcast(
    scale,
    [...dims, size],
    dims.map((_, d) => d),
  );
  return reshaped(b, repeated, like.dims);
}

function blockSize(x: ArrayShape, scales: ArrayShape): number {
  const size = x.dims[x.dims.length - 1] / scales.dims[x.dims.length - 1];
  const fits = x.dims.slice(0, -1).every((n, d) => n === scales.dims[d]);
  if (fits && Number.isInteger(size)) return size;
  return fail('run/bad-operand', `[${scales.dims}] does not divide [${x.dims}] into blocks`);
}

/**
 * Σ_k lhs[m, k]·rhs[n, k] of dequantised operands (lhs, rhs, lhs_scale, [rhs_scale], [factor]), with
 * a batch dimension where they have rank 3. Scales may be larger than needed.
 */
export function blockScaledDot(i: InstructionOf<'custom-call'>, operands: readonly ArrayShape[]) {
  const result = arrayOf(i);
  const size = statedBlockSize(i);
  return expansion('block_scaled_dot', operands, (b, [lhs, rhs, lhsScale, rhsScale, factor]) => {
    const last = operands[0].dims.length - 1;
    const batch = last === 2 ? [0] : [];
    const real = (x: Instruction, scale: Instruction | undefined) =>
      scale
        ? dequantised(b, x, needed(b, x, scale, size), result.type)
        : converted(b, x, result.type);
    const product = b.op(
      'dot',
      [real(lhs, lhsScale), real(rhs, rhsScale)],
      {
        ...{ lhs_batch_dims: batch, rhs_batch_dims: batch },
        ...{ lhs_contracting_dims: [last], rhs_contracting_dims: [last] },
      },
      { shape: result },
    );
    return factor ? b.op('multiply', [product, b.broadcast(factor, result.dims)]) : product;
  });
}

/** The scales without what pads them. */
function needed(
  b: ComputationBuilder,
  x: Instruction,
  scale: Instruction,
  size?: number,
): Instruction {
  const [{ dims }, scales] = [arrayOf(x), arrayOf(scale)];
  const last = dims.length - 1;
  if (scales.dims[last - 1] < dims[last - 1]) {
    fail('run/bad-operand', `[${scales.dims}] are too few scales for [${dims}]`);
  }
  const rows = sliced(b, scale, last - 1, 0, dims[last - 1]);
  return size === undefined ? rows : sliced(b, rows, last, 0, Math.ceil(dims[last] / size));
}

/** block_scaled_dot_backend_config.block_size, where it is given. */
function statedBlockSize(i: InstructionOf<'custom-call'>): number | undefined {
  const size = /block_size\W+(\d+)/.exec(i.extras.backend_config ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}
