/**
 * Complex arithmetic, part by part, out of the rules for reals: each formula's own roundings bound
 * those of an implementation. Functions without such a formula here have no budget.
 */
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import { combine } from './binary.ts';
import type { BinaryOpcode } from './binary-functions.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';
import type { ExactContext } from './context.ts';
import type { SmoothOpcode } from './functions.ts';
import { smoothOf } from './unary.ts';
import type { ExactTensor } from './value.ts';

interface Parts {
  readonly re: ExactTensor;
  readonly im: ExactTensor;
}

/** Arithmetic on parts of one type. */
class PartArithmetic {
  private readonly type: ElementType;
  private readonly context: ExactContext;

  constructor(type: ElementType, context: ExactContext) {
    this.type = type;
    this.context = context;
  }

  two(opcode: BinaryOpcode, a: ExactTensor, b: ExactTensor): ExactTensor {
    return combine(opcode, this.type, [a, b], a === b, this.context);
  }

  one(opcode: SmoothOpcode, a: ExactTensor): ExactTensor {
    return smoothOf(opcode, a, this.type, this.context);
  }

  times(a: Parts, b: Parts): Parts {
    return {
      re: this.two('subtract', this.two('multiply', a.re, b.re), this.two('multiply', a.im, b.im)),
      im: this.two('add', this.two('multiply', a.re, b.im), this.two('multiply', a.im, b.re)),
    };
  }

  squaredSize(a: Parts): ExactTensor {
    return this.two('add', this.two('multiply', a.re, a.re), this.two('multiply', a.im, a.im));
  }
}

type ComplexRule = (on: PartArithmetic, a: Parts, b: Parts) => Parts;

const both =
  (opcode: BinaryOpcode): ComplexRule =>
  (on, a, b) => ({ re: on.two(opcode, a.re, b.re), im: on.two(opcode, a.im, b.im) });

const rules = {
  add: both('add'),
  subtract: both('subtract'),
  multiply: (on, a, b) => on.times(a, b),
  divide(on, a, b) {
    const size = on.squaredSize(b);
    const top = on.times(a, { re: b.re, im: on.one('negate', b.im) });
    return { re: on.two('divide', top.re, size), im: on.two('divide', top.im, size) };
  },
  negate: (on, a) => ({ re: on.one('negate', a.re), im: on.one('negate', a.im) }),
  exponential(on, a) {
    const size = on.one('exponential', a.re);
    const [re, im] = [on.one('cosine', a.im), on.one('sine', a.im)];
    return { re: on.two('multiply', size, re), im: on.two('multiply', size, im) };
  },
  log: (on, a) => ({
    re: on.one('log', on.one('sqrt', on.squaredSize(a))),
    im: on.two('atan2', a.im, a.re),
  }),
} as const satisfies Record<string, ComplexRule>;

export function hasComplexRule(opcode: string): opcode is keyof typeof rules {
  return Object.hasOwn(rules, opcode);
}

const partsOf = (t: ExactTensor): Parts => ({ re: realPart(t), im: imaginaryPart(t) });

/** A complex result of complex operands. */
export function complexOp(
  opcode: keyof typeof rules,
  tensors: readonly ExactTensor[],
  context: ExactContext,
): ExactTensor {
  const on = new PartArithmetic(partType(tensors[0]), context);
  const a = partsOf(tensors[0]);
  const { re, im } = (rules[opcode] as ComplexRule)(on, a, tensors[1] ? partsOf(tensors[1]) : a);
  return joined(re, im);
}

/** |z|, a real. */
export function complexAbs(t: ExactTensor, context: ExactContext): ExactTensor {
  const on = new PartArithmetic(partType(t), context);
  return on.one('sqrt', on.squaredSize(partsOf(t)));
}

function partType(t: ExactTensor): ElementType {
  const info: { readonly part?: ElementType } = elementTypes[t.shape.type];
  return info.part ?? t.shape.type;
}
