/**
 * Batch normalisation as plain HLO, for its budget: mean, then the mean of squared distances, then
 * scale·(x - mean)/√(variance + ε) + offset (https://openxla.org/xla/operation_semantics). A variance
 * as E[x²] - E[x]² loses what the data offset hides, and is not granted that.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayOf, converted, type Expansion, expansionWithSum, filled } from './decomposition.ts';

/** (normalised, mean, variance), the latter two of the operand's own batch. */
export const batchNormTraining: Expansion<'batch-norm-training'> = (i, operands) =>
  expansionWithSum('batch-norm-training', operands, operands[0].type, (b, given) => {
    const [x, scale, offset] = given;
    const by = new Features(b, x, i.attrs.feature_index);
    const mean = by.mean(x);
    const centred = b.op('subtract', [x, by.spread(mean)]);
    const variance = by.mean(b.op('multiply', [centred, centred]));
    const inverse = by.inverseDeviation(variance, Math.fround(i.attrs.epsilon));
    const small = arrayOf(scale).type;
    return b.op('tuple', [
      by.scaled(centred, inverse, scale, offset),
      converted(b, mean, small),
      converted(b, variance, small),
    ]);
  });

/** Normalised by a mean and a variance that are given. */
export const batchNormInference: Expansion<'batch-norm-inference'> = (i, operands) =>
  expansionWithSum('batch-norm-inference', operands, operands[0].type, (b, given) => {
    const [x, scale, offset, mean, variance] = given;
    const by = new Features(b, x, i.attrs.feature_index);
    const centred = b.op('subtract', [x, by.spread(mean)]);
    return by.scaled(
      centred,
      by.inverseDeviation(variance, Math.fround(i.attrs.epsilon)),
      scale,
      offset,
    );
  });

/** ∂x = scale·σ⁻¹·(g - E[g] - x̂·E[g·x̂]), ∂scale = Σ g·x̂, ∂offset = Σ g; x̂ = (x - mean)·σ⁻¹. */
export const batchNormGrad: Expansion<'batch-norm-grad'> = (i, operands) =>
  expansionWithSum('batch-norm-grad', operands, operands[0].type, (b, given) => {
    const [x, scale, mean, variance, grad] = given;
    const by = new Features(b, x, i.attrs.feature_index);
    const inverse = by.inverseDeviation(variance, Math.fround(i.attrs.epsilon));
    const centred = b.op('subtract', [x, by.spread(mean)]);
    const normal = b.op('multiply', [centred, by.spread(inverse)]);
    const offsetGrad = by.sum(grad);
    const scaleGrad = by.sum(b.op('multiply', [grad, normal]));
    const along = b.op('multiply', [normal, by.spread(by.share(scaleGrad))]);
    const left = b.op('subtract', [grad, by.spread(by.share(offsetGrad))]);
    const factor = b.op('multiply', [by.wide(scale), inverse]);
    const small = arrayOf(scale).type;
    return b.op('tuple', [
      b.op('multiply', [by.spread(factor), b.op('subtract', [left, along])]),
      converted(b, scaleGrad, small),
      converted(b, offsetGrad, small),
    ]);
  });

/** Arithmetic per feature on tensors of the size of x, in the type of x. */
class Features {
  private readonly b: ComputationBuilder;
  private readonly type: ElementType;
  private readonly dims: readonly number[];
  private readonly along: number;

  constructor(b: ComputationBuilder, x: Instruction, along: number) {
    const { type, dims } = arrayOf(x);
    this.b = b;
    this.type = type;
    this.dims = dims;
    this.along = along;
  }

  sum(x: Instruction): Instruction {
    const dimensions = this.dims.map((_, d) => d).filter((d) => d !== this.along);
    const zero = this.b.scalar(this.type, 0);
    return this.b.op('reduce', [x, zero], { dimensions, to_apply: 'add' });
  }

  mean(x: Instruction): Instruction {
    return this.share(this.sum(x));
  }

  /** A sum over one feature's elements, divided by their number. */
  share(sum: Instruction): Instruction {
    const count = this.dims[this.along];
    const size = this.dims.reduce((a, n) => a * n, 1) / count;
    const divisor = filled(this.b, this.type, [count], rounder(this.type)(size));
    return this.b.op('divide', [sum, divisor]);
  }

  /** A value per feature for every element. */
  spread(x: Instruction): Instruction {
    return this.b.broadcast(this.wide(x), this.dims, [this.along]);
  }

  wide(x: Instruction): Instruction {
    return converted(this.b, x, this.type);
  }

  /** 1/√(variance + ε); ε is an f32 whatever the operand's type. */
  inverseDeviation(variance: Instruction, epsilon: number): Instruction {
    const rounded = rounder(this.type)(epsilon);
    const added = filled(this.b, this.type, arrayOf(variance).dims, rounded);
    return this.b.op('rsqrt', [this.b.op('add', [this.wide(variance), added])]);
  }

  scaled(
    centred: Instruction,
    inverse: Instruction,
    scale: Instruction,
    offset: Instruction,
  ): Instruction {
    const normal = this.b.op('multiply', [centred, this.spread(inverse)]);
    const stretched = this.b.op('multiply', [normal, this.spread(scale)]);
    return this.b.op('add', [stretched, this.spread(offset)]);
  }
}
