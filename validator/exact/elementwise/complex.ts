/**
 * Complex arithmetic, part by part, out of the rules for reals: each formula's own roundings bound
 * those of an implementation. Functions without such a formula here have no budget.
 */
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { complexFunctions } from '../../reference/scalars/complex-functions.ts';
import { copiedRadii, markUndecided, mergedMarks } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { effectiveRadius } from '../core/radius.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { combine } from './binary.ts';
import type { BinaryOpcode } from './binary-functions.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';
import type { DifferentiableOpcode } from './functions.ts';
import { differentiableOf } from './unary.ts';

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

  /** Unit roundoff of a part. */
  get u(): number {
    return this.context.numerics(this.type).u;
  }

  two(opcode: BinaryOpcode, a: ExactTensor, b: ExactTensor): ExactTensor {
    return combine(opcode, this.type, [a, b], a === b, this.context);
  }

  one(opcode: DifferentiableOpcode, a: ExactTensor): ExactTensor {
    return differentiableOf(opcode, a, this.type, this.context);
  }

  times(a: Parts, b: Parts): Parts {
    return {
      re: this.two('subtract', this.two('multiply', a.re, b.re), this.two('multiply', a.im, b.im)),
      im: this.two('add', this.two('multiply', a.re, b.im), this.two('multiply', a.im, b.re)),
    };
  }

  /** |z|², undecided where it leaves the normal numbers: a target may scale, know infinities, or not. */
  squaredSize(a: Parts): ExactTensor {
    const t = this.two('add', this.two('multiply', a.re, a.re), this.two('multiply', a.im, a.im));
    const { smallestNormal } = this.context.numerics(this.type);
    const [re, im] = [a.re.data as Float64Array, a.im.data as Float64Array];
    const marks = (t.data as Float64Array).map((square, i) => {
      const size = Math.hypot(re[i], im[i]);
      const normal = square >= smallestNormal && square < Infinity;
      return size > 0 && !normal ? 1 : 0;
    });
    return markUndecided(t, Uint8Array.from(marks));
  }

  /** |z|, without overflow or underflow on the way, to two roundings and its own. */
  modulus(a: Parts): ExactTensor {
    const [x, y] = [a.re, a.im].map((t) => arithmeticOperand(t, this.context));
    const numerics = this.context.numerics(this.type);
    const results = new ResultBuilder(x.data.length, numerics);
    for (let i = 0; i < x.data.length; i++) {
      const of = (pick: (t: ExactTensor) => Float64Array | undefined) =>
        Math.hypot(pick(x)?.[i] ?? 0, pick(y)?.[i] ?? 0);
      const size = of((t) => t.data as Float64Array);
      const [w, l] = [of((t) => t.bound), of((t) => t.deviation)];
      const exact = w === 0 && (x.data[i] === 0 || y.data[i] === 0);
      const localBound = exact ? 0 : 3 * numerics.u;
      const correlated = of((t) => t.correlated?.radius);
      if (exact) results.keep(i, size, 0, 0, 0);
      else results.putRounded(i, size, w, l, correlated, localBound, localBound / 2);
    }
    const t = results.finish(x.shape, x.correlated?.along ?? y.correlated?.along);
    const marks = mergedMarks([x, y], x.data.length);
    return markUndecided(t, marks);
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
    re: on.one('log', on.modulus(a)),
    im: on.two('atan2', a.im, a.re),
  }),
} as const satisfies Record<string, ComplexRule>;

/** Whether an opcode is computed part by part on complex operands. */
export function hasComplexRule(opcode: string): opcode is keyof typeof rules {
  return Object.hasOwn(rules, opcode);
}

/** z/|z|, and 0 at 0; open where z may be other than 0. */
export function complexSign(t: ExactTensor, context: ExactContext): ExactTensor {
  const on = new PartArithmetic(partType(t), context);
  const z = partsOf(t);
  const size = complexAbs(t, context);
  const data = (size.data as Float64Array).map((r) => (r === 0 ? 1 : r));
  const divisor = { ...size, data };
  const sign = joined(on.two('divide', z.re, divisor), on.two('divide', z.im, divisor));
  const marks = Uint8Array.from(data, (r, i) => {
    const mayTurn = size.data[i] === 0 && effectiveRadius(size, i, context.lambda) > 0;
    return Number.isFinite(r) && !mayTurn ? 0 : 1;
  });
  return markUndecided(withOpenSpecials(sign), marks);
}

/** Ops that act on each part by itself, so that infinities come out as they do for reals. */
const byPart = new Set<string>(['add', 'subtract', 'negate']);

/**
 * A quotient q = (a + bi)/(c + di) by formulas that scale first, besides (ac + bd)/(c² + d²), whose
 * roundings the radii hold already. To first order, for |c| ≥ |d|, with |bd| ≤ |q|·|w|²/√2:
 * - Smith's r = d/c, (a + br)/(c + dr): 2u of br, which is √2·u·|q|; 1u for the numerator, 2u for the
 *   denominator (dr is at most half of it), 1u for the quotient: (√2 + 4)·u·|q| ≈ 5.4·u·|q|.
 * - All parts divided by c: 2u of |ac| + |bd| ≤ |q|·|w|², 2u more of bd, 2.5u and 1u: 6.9·u·|q|.
 * So each part may be off by errors of the size of the whole quotient, however small it is itself.
 * Where c or d is 0, both divide once, and the plain formula allows for that.
 */
function withScaling(t: ExactTensor, divisor: ExactTensor, u: number): ExactTensor {
  const [v, d] = [t.data as Float64Array, divisor.data as Float64Array];
  const { bound, deviation } = copiedRadii(t);
  const step = d.length === v.length ? 1 : 0;
  for (let e = 0; e < v.length; e++) {
    const at = (e - (e % 2)) * step;
    const size = Math.hypot(v[e - (e % 2)], v[e - (e % 2) + 1]);
    if (d[at] === 0 || d[at + 1] === 0 || !(size < Infinity)) continue;
    bound[e] += 8 * u * size;
    deviation[e] = Math.hypot(deviation[e], 3 * u * size);
  }
  return { ...t, bound, deviation };
}

/** Elements with an infinite or undefined part left open: which is which differs among targets. */
export function withOpenSpecials(t: ExactTensor): ExactTensor {
  const data = t.data as Float64Array;
  const marks = new Uint8Array(data.length / 2);
  for (let e = 0; e < data.length; e++) if (!Number.isFinite(data[e])) marks[e >> 1] = 1;
  return markUndecided(t, marks);
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
  if (byPart.has(opcode)) return joined(re, im);
  const t = opcode === 'divide' ? withScaling(joined(re, im), tensors[1], on.u) : joined(re, im);
  return withOpenSpecials(t);
}

/** z^w as e^(w·log z); a certain zero stays one, anything else without a finite value is open. */
export function complexPower([z, w]: readonly ExactTensor[], context: ExactContext): ExactTensor {
  const base = complexOp('log', [z], context);
  const t = complexOp('exponential', [complexOp('multiply', [w, base], context)], context);
  const data = (t.data as Float64Array).slice();
  const marks = t.undecided?.slice() ?? new Uint8Array(data.length / 2);
  const [zs, ws] = [z, w].map((x) => x.data as Float64Array);
  const step = (x: ExactTensor) => (x.data.length === data.length ? 2 : 0);
  for (let i = 0; i < marks.length; i++) {
    const [p, q] = [i * step(z), i * step(w)];
    const isZero = zs[p] === 0 && zs[p + 1] === 0;
    if (!isZero && Number.isFinite(data[2 * i]) && Number.isFinite(data[2 * i + 1])) continue;
    const value = complexFunctions.power([zs[p], zs[p + 1]], [ws[q], ws[q + 1]]);
    [data[2 * i], data[2 * i + 1]] = value;
    const uncertain = [z.bound?.[p], z.bound?.[p + 1], w.bound?.[q], w.bound?.[q + 1]];
    const known = isZero && value[0] === 0 && value[1] === 0;
    const moves = uncertain.some((r) => r !== undefined && r > 0);
    const undecided = z.undecided?.[p / 2] || w.undecided?.[q / 2];
    marks[i] = known && !moves && !undecided ? 0 : 1;
  }
  const { undecided: _, ...rest } = t;
  return { ...rest, data, ...(marks.includes(1) && { undecided: marks }) };
}

/** |z|, a real. */
export function complexAbs(t: ExactTensor, context: ExactContext): ExactTensor {
  const on = new PartArithmetic(partType(t), context);
  return on.modulus(partsOf(t));
}

function partType(t: ExactTensor): ElementType {
  const info: { readonly part?: ElementType } = elementTypes[t.shape.type];
  return info.part ?? t.shape.type;
}
