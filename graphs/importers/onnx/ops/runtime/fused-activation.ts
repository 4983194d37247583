/** The activation that a fused node ends with, its parameters being attributes of the node. */
import { byName } from '../../../../ir/by-name.ts';
import type { Instruction } from '../../../../ir/module.ts';
import type { Hlo } from '../../../lowering/hlo.ts';
import type { NodeContext } from '../../node-context.ts';
import { hardSigmoid, softplus } from '../activation.ts';

/** An activation of x with its parameters in the order of the fusion. */
type Fused = (h: Hlo, x: Instruction, parameters: readonly number[]) => Instruction;

const below = (h: Hlo, x: Instruction, tail: Instruction) =>
  h.select(h.compare('LT', x, 0), tail, x);

/** α (exp x − 1) for negative x */
const elu: Fused = (h, x, [alpha = 1]) =>
  below(h, x, h.mul(h.sub(h.unary('exponential', x), 1), alpha));

const fused: Readonly<Record<string, Fused>> = byName({
  Clip: (h, x, [low = -Infinity, high = Infinity]) => h.min(h.max(x, low), high),
  Elu: elu,
  HardSigmoid: (h, x, [alpha = 0.2, beta = 0.5]) => hardSigmoid(h, x, alpha, beta),
  HardSwish: (h, x, [alpha = 1 / 6, beta = 0.5]) => h.mul(x, hardSigmoid(h, x, alpha, beta)),
  LeakyRelu: (h, x, [alpha = 0.01]) => below(h, x, h.mul(x, alpha)),
  Relu: (h, x) => h.max(x, 0),
  Sigmoid: (h, x) => h.unary('logistic', x),
  Softplus: (h, x) => softplus(h, x),
  Softsign: (h, x) => h.div(x, h.add(h.unary('abs', x), 1)),
  Tanh: (h, x) => h.unary('tanh', x),
  ThresholdedRelu: (h, x, [alpha = 1]) => h.select(h.compare('GT', x, alpha), x, 0),
});

/** The activation of FusedConv and its kin: `activation` with `activation_params`. */
export function activated(c: NodeContext, x: Instruction): Instruction {
  return activate(c, x, c.floats('activation_params') ?? []);
}

/** The activation of FusedGemm: `activation` with `activation_alpha` and `_beta`. */
export function activatedGemm(c: NodeContext, x: Instruction): Instruction {
  const given = ['alpha', 'beta'].map((name) => c.float(`activation_${name}`));
  return activate(c, x, given as readonly number[]);
}

function activate(c: NodeContext, x: Instruction, parameters: readonly number[]): Instruction {
  const name = c.string('activation', '');
  if (!name) return x;
  const row = fused[name] ?? c.refuse(`the fused activation ${name} is unknown`);
  return row(c.h, x, parameters);
}
