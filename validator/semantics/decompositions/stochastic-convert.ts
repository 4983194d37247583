/**
 * stochastic-convert to a signed integer: |x| rounded down, and one up where the random bits, as a
 * fraction of 1, lie below its fractional part (xla/hlo/transforms/expanders/
 * stochastic_convert_decomposer.cc). XLA defines no conversion to floats.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { arrayOf, converted, type Expansion, expansion, filled } from './decomposition.ts';

/** @throws AssayError `run/unsupported` for a result that is no signed integer. */
export const stochasticConvert: Expansion<'stochastic-convert'> = (i, operands) => {
  const { type } = arrayOf(i);
  if (elementTypes[type].kind !== 'signed') {
    fail('run/unsupported', `XLA defines no stochastic conversion to ${type}`);
  }
  return expansion('stochastic-convert', operands, (b, [x, random]) => {
    const { dims, type: from } = arrayOf(x);
    const size = b.op('abs', [x]);
    const whole = b.op('floor', [size]);
    const down = converted(b, whole, type);
    const up = b.op('add', [down, integers(b, type, dims, 1n)]);
    const fraction = converted(b, b.op('subtract', [size, whole]), from === 'f64' ? 'f64' : 'f32');
    const chosen = b.op('select', [isBelow(b, random, fraction), up, down]);
    const negative = b.op('compare', [x, filled(b, from, dims, 0)], { direction: 'LT' });
    const signed = b.op('select', [negative, b.op('negate', [chosen]), chosen]);
    return saturated(b, x, signed);
  });
};

/** random / 2^bits < fraction. */
function isBelow(b: ComputationBuilder, random: Instruction, fraction: Instruction): Instruction {
  const { type, dims } = arrayOf(random);
  const range = filled(b, arrayOf(fraction).type, dims, 2 ** elementTypes[type].bits);
  const fixed = converted(b, b.op('multiply', [fraction, range]), type);
  return b.op('compare', [random, fixed], { direction: 'LT' });
}

/** The least or largest integer where x reaches it. */
function saturated(b: ComputationBuilder, x: Instruction, value: Instruction): Instruction {
  const { type } = arrayOf(value);
  const { dims } = arrayOf(x);
  const half = 1n << BigInt(elementTypes[type].bits - 1);
  return [-half, half - 1n].reduce((result, limit) => {
    const end = integers(b, type, dims, limit);
    const reached = b.op('compare', [wide(b, x), wide(b, end)], {
      direction: limit < 0n ? 'LE' : 'GE',
    });
    return b.op('select', [reached, end, result]);
  }, value);
}

function wide(b: ComputationBuilder, x: Instruction): Instruction {
  return converted(b, x, 'f64');
}

function integers(b: ComputationBuilder, type: ElementType, dims: readonly number[], n: bigint) {
  return b.broadcast(b.constant(tensorOf(type, [], [n])), dims);
}
