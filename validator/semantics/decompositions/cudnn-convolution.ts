/**
 * XLA's call of a cuDNN convolution, `__cudnn$convForward`, as plain HLO: the convolution times a
 * factor, computed in the result's type (f32 for narrower floats) and rounded once. Fused graphs and
 * vectorised layouts are refused.
 */
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes, isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf, Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { arrayOf, converted } from './decomposition.ts';

/** The module of a call; its result is the tuple of what the call computes, without workspace. */
export function convolutionModule(
  i: InstructionOf<'custom-call'>,
  operands: readonly ArrayShape[],
): Module {
  const shape = arrayOf({ shape: i.shape.kind === 'tuple' ? i.shape.elements[0] : i.shape });
  const { window, dim_labels, feature_group_count, batch_group_count } = i.attrs;
  const rank = dim_labels && 2 + dim_labels.inputSpatial.length;
  if (operands.length !== 2 || !dim_labels || shape.dims.length !== rank) {
    fail('run/unsupported', 'a convolution of two arrays as dim_labels has them is needed');
  }
  const factor = resultScale(i);
  const type = computeType(shape.type);
  return new ModuleBuilder('convolution').entry((b) => {
    const sides = operands.map((s, k) =>
      converted(b, b.parameter(`operand${k}`, arrayShape(s.type, s.dims)), type),
    );
    const attrs = { window: window ?? [], dim_labels, feature_group_count, batch_group_count };
    const sum = b.op('convolution', sides, attrs, { shape: arrayShape(type, shape.dims) });
    const scale = b.broadcast(b.scalar(type, rounder(type)(factor)), shape.dims);
    const scaled = factor === 1 ? sum : b.op('multiply', [sum, scale]);
    return b.op('tuple', [converted(b, scaled, shape.type)]);
  });
}

function computeType(type: ElementType): ElementType {
  return isFloat(type) && elementTypes[type].bits < 32 ? 'f32' : type;
}

/** conv_result_scale of the configuration; 1 where there is none. */
function resultScale(i: InstructionOf<'custom-call'>): number {
  const config = (i.extras.backend_config ?? '').replaceAll('\\"', '"');
  if (/serialized_graph|reordered_int8_nchw_vect/.test(config)) {
    fail('run/unsupported', 'it runs a fused graph, or on reordered filters');
  }
  const stated = /conv_?result_?scale"?\s*:\s*"?([-+.\deE]+)/i.exec(config)?.[1];
  return stated === undefined ? 1 : Number(stated);
}
