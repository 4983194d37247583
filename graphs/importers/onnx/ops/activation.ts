/** Activation functions, by the formulas of the ONNX operator specification. */
import { isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, product, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

/** x where x > 0, elsewhere what `below` gives. */
function whereNegative(h: Hlo, x: Instruction, below: Instruction): Instruction {
  return h.select(h.compare('LT', x, 0), below, x);
}

const relu: Lower = (c) => c.h.max(c.input(0), 0);

const leakyRelu: Lower = (c) => {
  const x = c.input(0);
  return whereNegative(c.h, x, c.h.mul(x, c.float('alpha', 0.01)));
};

/** α (exp x − 1), as the specification writes it */
function expTail(h: Hlo, x: Instruction, alpha: number): Instruction {
  return h.mul(h.sub(h.unary('exponential', x), 1), alpha);
}

const elu: Lower = (c) => {
  const x = c.input(0);
  return whereNegative(c.h, x, expTail(c.h, x, c.float('alpha', 1)));
};

/** max(0, x) + min(0, α (exp(x/α) − 1)) */
const celu: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const alpha = c.float('alpha', 1);
  return h.add(h.max(x, 0), h.min(expTail(h, h.div(x, alpha), alpha), 0));
};

/** γ x for x > 0, elsewhere γ (α exp x − α) */
const selu: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const alpha = c.float('alpha', 1.6732632423543772);
  const gamma = c.float('gamma', 1.0507009873554805);
  const below = h.sub(h.mul(h.unary('exponential', x), alpha), alpha);
  return h.mul(h.select(h.compare('GT', x, 0), x, below), gamma);
};

/** log(1 + exp x) = max(x, 0) + log1p(exp −|x|) */
export function softplus(h: Hlo, x: Instruction): Instruction {
  const tail = h.unary('exponential', h.unary('negate', h.unary('abs', x)));
  return h.add(h.max(x, 0), h.unary('log-plus-one', tail));
}

/** max(0, min(1, α·x + β)). */
export function hardSigmoid(h: Hlo, x: Instruction, alpha: number, beta: number): Instruction {
  return h.max(h.min(h.add(h.mul(x, alpha), beta), 1), 0);
}

const hardSwish: Lower = (c) => {
  const x = c.input(0);
  return c.h.mul(x, hardSigmoid(c.h, x, 1 / 6, 0.5));
};

const thresholdedRelu: Lower = (c) => {
  const x = c.input(0);
  return c.h.select(c.h.compare('GT', x, c.float('alpha', 1)), x, 0);
};

/** x Φ(x), or its tanh approximation √(2/π) (x + 0.044715 x³) */
const gelu: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  if (c.word('approximate', 'none', ['none', 'tanh']) === 'none') {
    const phi = h.mul(h.add(h.unary('erf', h.mul(x, Math.SQRT1_2)), 1), 0.5);
    return h.mul(x, phi);
  }
  const cubic = h.add(x, h.mul(h.mul(h.mul(x, x), x), 0.044715));
  const t = h.unary('tanh', h.mul(cubic, Math.sqrt(2 / Math.PI)));
  return h.mul(h.mul(x, 0.5), h.add(t, 1));
};

/** x·σ(α·x). */
export function swish(h: Hlo, x: Instruction, alpha = 1): Instruction {
  return h.mul(x, h.unary('logistic', alpha === 1 ? x : h.mul(x, alpha)));
}

/** swish(a) · b */
const swiGlu: Lower = (c) => c.h.mul(swish(c.h, c.input(0), c.float('alpha', 1)), c.input(1));

/** x − bias above lambd, x + bias below −lambd, else 0; integers are shrunk as f64, and cut off. */
const shrink: Lower = (c) => {
  const { h } = c;
  if (!isFloat(c.type(0))) return h.convert(shrunk(c, h.convert(c.input(0), 'f64')), c.type(0));
  return shrunk(c, c.input(0));
};

function shrunk(c: NodeContext, x: Instruction): Instruction {
  const { h } = c;
  const [bias, lambd] = [c.float('bias', 0), c.float('lambd', 0.5)];
  const low = h.select(h.compare('LT', x, -lambd), h.add(x, bias), 0);
  return h.select(h.compare('GT', x, lambd), h.sub(x, bias), low);
}

const prelu: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const slope = c.input(1);
  const oldStyle = c.opset < 7 && rankOf(slope) === 1 && rankOf(x) > 1;
  const aligned = oldStyle
    ? h.reshape(slope, [dimsOf(slope)[0]!, ...new Array<number>(rankOf(x) - 2).fill(1)])
    : slope;
  return whereNegative(h, x, h.mul(x, aligned));
};

/** The normalising functions flatten to two dimensions at `axis` before opset 13. */
function overAxis(c: NodeContext, f: (x: Instruction, dim: number) => Instruction): Instruction {
  const { h } = c;
  const x = c.input(0);
  const dims = dimsOf(x);
  if (c.opset >= 13) return f(x, c.axis(c.int('axis', -1)));
  const axis = c.int('axis', 1);
  const at = axis < 0 ? axis + dims.length : axis;
  const flat = h.reshape(x, [product(dims.slice(0, at)), product(dims.slice(at))]);
  return h.reshape(f(flat, 1), dims);
}

/** exp(x − max) / Σ exp(x − max) */
export function softmaxOver(h: Hlo, x: Instruction, dim: number): Instruction {
  const shifted = h.sub(x, h.reduceKeep('maximum', x, [dim]));
  const e = h.unary('exponential', shifted);
  return h.div(e, h.reduceKeep('add', e, [dim]));
}

/** x − max − log Σ exp(x − max) */
export function logSoftmaxOver(h: Hlo, x: Instruction, dim: number): Instruction {
  const shifted = h.sub(x, h.reduceKeep('maximum', x, [dim]));
  const sum = h.reduceKeep('add', h.unary('exponential', shifted), [dim]);
  return h.sub(shifted, h.unary('log', sum));
}

/** One at the first maximum, zero elsewhere. */
function hardmaxOver(h: Hlo, x: Instruction, dim: number): Instruction {
  const position = h.iota('s32', dimsOf(x), dim);
  const isMax = h.compare('EQ', x, h.reduceKeep('maximum', x, [dim]));
  const first = h.reduceKeep('minimum', h.select(isMax, position, 2 ** 31 - 1), [dim]);
  return h.convert(h.compare('EQ', position, first), typeOf(x));
}

/** x tanh(softplus x) */
const mish: Lower = (c) => c.h.mul(c.input(0), c.h.unary('tanh', softplus(c.h, c.input(0))));

/** Rows by operator of the standard domain. */
export const activation: LowerTable = {
  Celu: celu,
  Elu: elu,
  Gelu: gelu,
  HardSigmoid: (c) => hardSigmoid(c.h, c.input(0), c.float('alpha', 0.2), c.float('beta', 0.5)),
  HardSwish: hardSwish,
  Hardmax: (c) => overAxis(c, (x, dim) => hardmaxOver(c.h, x, dim)),
  LeakyRelu: leakyRelu,
  LogSoftmax: (c) => overAxis(c, (x, dim) => logSoftmaxOver(c.h, x, dim)),
  Mish: mish,
  PRelu: prelu,
  Relu: relu,
  Selu: selu,
  Shrink: shrink,
  Sigmoid: (c) => c.h.unary('logistic', c.input(0)),
  Softmax: (c) => overAxis(c, (x, dim) => softmaxOver(c.h, x, dim)),
  Softplus: (c) => softplus(c.h, c.input(0)),
  Softsign: (c) => c.h.div(c.input(0), c.h.add(c.h.unary('abs', c.input(0)), 1)),
  SwiGLU: swiGlu,
  Swish: (c) => swish(c.h, c.input(0), c.float('alpha', 1)),
  ThresholdedRelu: thresholdedRelu,
};
