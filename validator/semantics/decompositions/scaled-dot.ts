/**
 * scaled-dot as a dot of dequantised operands: element times the scale of its block. The product is
 * of bf16 where both are narrower, else of the wider type, as xla/service/gpu/transforms/
 * scaled_dot_rewriter.cc has it. A scalar scale stands for none.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayOf, converted, type Expansion, expansion, reshaped } from './decomposition.ts';

/** Operands (lhs, rhs, scale of lhs, scale of rhs); a scalar scale stands for none. */
export const scaledDot: Expansion<'scaled-dot'> = (i, operands) =>
  expansion('scaled-dot', operands, (b, [lhs, rhs, lhsScale, rhsScale]) => {
    const factors = [dequantised(b, lhs, lhsScale), dequantised(b, rhs, rhsScale)];
    const { algorithm, ...dims } = i.attrs;
    const attrs = { ...dims, ...(algorithm && { algorithm }) };
    return b.op('dot', factors, attrs, { shape: arrayOf(i) });
  });

function dequantised(b: ComputationBuilder, x: Instruction, scale: Instruction): Instruction {
  const { type, dims } = arrayOf(x);
  const blocks = arrayOf(scale);
  if (blocks.dims.length === 0) return x;
  const product = productType(type, blocks.type);
  const spread = b.broadcast(
    converted(b, scale, product),
    blocks.dims.flatMap((n, d) => [n, dims[d] / n]),
    blocks.dims.map((_, d) => 2 * d),
  );
  return b.op('multiply', [converted(b, x, product), reshaped(b, spread, dims)]);
}

function productType(a: ElementType, b: ElementType): ElementType {
  const [p, q] = [elementTypes[a].bits, elementTypes[b].bits];
  if (p < 16 && q < 16) return 'bf16';
  if (p === q) return a === b ? a : 'f32';
  return p > q ? a : b;
}
