/**
 * Sums and products in any order, however many instructions they are spread over: `(x + y) + z` may be
 * computed as `x + (y + z)`, a reduce of reduces as one reduce, whose roundings are others. Each op of
 * the exact mode knows only its own roundings; here what a chain has come to is given the radii of the
 * sum or product of all its terms (the formulas are those of reductions, see sums.ts).
 */
import { isFloat, unitRoundoff } from '../../../graphs/ir/element-type.ts';
import { copiedRadii, sizeOf } from '../core/broadcasting.ts';
import type { ExactContext, ExactRule } from '../core/context.ts';
import { neededQuantum } from '../core/exactness.ts';
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma, rootSquares } from '../core/radius.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import {
  type AddUp,
  additionIn,
  extremesOf,
  factor,
  type ProductOfSome,
  withProductRadii,
} from '../products/product-orders.ts';
import { exactTable } from '../table.ts';
import { type ChainMoments, chainQuantum, forEachBlock } from './chain-moments.ts';
import { extendedSum, type SpanningSum, setSum, sumOf } from './spanning-sums.ts';
import type { ChainLinks } from './sum-links.ts';
import type { ChainRole } from './sum-roles.ts';

type Read = (key: number) => ExactValue;

/** Follows the chains of one run of the exact mode. */
export class Reassociation {
  private readonly products = new Map<number, ProductOfSome>();
  private readonly links: ChainLinks;

  constructor(links: ChainLinks) {
    this.links = links;
  }

  /** What an op is to read of an operand: inside a chain, the radii of the order as written. */
  operand(of: number, from: number, value: ExactValue): ExactValue {
    const role = this.links.get(of);
    if (!role) return value;
    if (role.role === 'product') return this.products.get(from)?.asWritten ?? value;
    const isCarried = role.carried.some((o) => role.link.operands[o] === from);
    return (isCarried ? sumOf(value)?.asWritten : undefined) ?? value;
  }

  /** The value of a link as it came out of its rule, with radii for any order of its chain. */
  widened(key: number, value: ExactValue, context: ExactContext, read: Read): ExactValue {
    const role = this.links.get(key);
    if (!role || value.kind !== 'tensor' || !isFloat(value.shape.type)) return value;
    if (role.role === 'product') return this.widenedProduct(role, value, context, read);
    const operands = role.link.operands.map(read);
    const sum = extendedSum(role, value, operands, context);
    if (!sum) return this.withoutSum(role, value, operands, context);
    const wide = sum.spans ? whenRead(value, () => withSumRadii(sum, context)) : value;
    setSum(wide, sum);
    return wide;
  }

  forget(key: number): void {
    this.products.delete(key);
  }

  /** The value of a link that ends the sums it reads, from their radii of any order. */
  private withoutSum(
    { link: { instruction } }: ChainRole,
    value: ExactTensor,
    operands: readonly ExactValue[],
    context: ExactContext,
  ): ExactValue {
    if (!operands.some((v) => sumOf(v)?.spans)) return value;
    const rule = exactTable[instruction.opcode] as unknown as ExactRule<never>;
    return rule(instruction as never, [...operands], context);
  }

  private widenedProduct(
    { link: { key, operands, instruction } }: ChainRole,
    asWritten: ExactTensor,
    context: ExactContext,
    read: Read,
  ): ExactValue {
    const n = sizeOf(asWritten);
    const isFold = instruction.opcode === 'reduce';
    const [a, b] = operands.map((o) => {
      const value = read(o);
      const fits = value.kind === 'tensor' && (isFold || [1, n].includes(sizeOf(value)));
      return fits ? (this.products.get(o) ?? factor(value)) : undefined;
    });
    if (!a || !b) return asWritten;
    const addUp: AddUp = (x, y) => {
      const module = additionIn(asWritten.shape.type);
      const sum = { ...instruction, attrs: { ...instruction.attrs, to_apply: module.entry } };
      const rule = exactTable.reduce as unknown as ExactRule<never>;
      return (rule(sum as never, [x, y], context.within(module)) as ExactTensor)
        .data as Float64Array;
    };
    const terms = isFold ? (a.factors * sizeOf(a.asWritten)) / Math.max(1, n) : a.factors;
    const factors = operands[0] === operands[1] ? a.factors + 1 : terms + b.factors;
    const product = { asWritten, factors, ...extremesOf(a, b, isFold ? addUp : n) };
    this.products.set(key, product);
    return factors < 3
      ? asWritten
      : withProductRadii(product, context.numerics(asWritten.shape.type));
  }
}

/** The value with other radii, which are found when they are first read: a sum that goes on does not. */
function whenRead(value: ExactTensor, find: () => ExactTensor): ExactTensor {
  let found: ExactTensor | undefined;
  const wide = () => {
    found ??= find();
    return found;
  };
  return {
    kind: 'tensor',
    shape: value.shape,
    get data() {
      return value.data;
    },
    ...(value.correlated && { correlated: value.correlated }),
    get bound() {
      return wide().bound;
    },
    get deviation() {
      return wide().deviation;
    },
    get undecided() {
      return wide().undecided;
    },
  } as ExactTensor;
}

/** A value whose radii may grow. */
class Widened {
  readonly tensor: ExactTensor;
  /** Copies as soon as one grows. */
  bound: Float64Array | undefined;
  deviation: Float64Array | undefined;
  private marks: Uint8Array | undefined;

  constructor(t: ExactTensor) {
    this.tensor = t;
    this.bound = t.bound;
    this.deviation = t.deviation;
  }

  /** Element i has these radii. */
  set(i: number, bound: number, deviation: number): void {
    if (this.bound === this.tensor.bound || !this.bound || !this.deviation) {
      ({ bound: this.bound, deviation: this.deviation } = copiedRadii(this.tensor));
    }
    this.bound[i] = bound;
    this.deviation[i] = deviation;
  }

  mark(i: number): void {
    this.marks ??= this.tensor.undecided?.slice() ?? new Uint8Array(this.tensor.data.length);
    this.marks[i] = 1;
  }

  finish(): ExactTensor {
    const { tensor, bound, deviation, marks } = this;
    const marked = marks ? { ...tensor, undecided: marks } : tensor;
    return bound && deviation && bound !== tensor.bound ? { ...marked, bound, deviation } : marked;
  }
}

/** The radii of all orders, where they are wider than those of the order as written. */
function withSumRadii(sum: SpanningSum, context: ExactContext): ExactTensor {
  const { asWritten, levels, totals } = sum;
  const declared = unitRoundoff(asWritten.shape.type);
  const wide = new Widened(asWritten);
  for (const { type, moments } of levels) {
    if (unitRoundoff(type) <= declared) widenSums(wide, moments, context.numerics(type), totals);
  }
  return wide.finish();
}

function widenSums(
  wide: Widened,
  moments: ChainMoments,
  numerics: Numerics,
  totals: Float64Array | undefined,
): void {
  const { u, precision, flushBelow, overflowFrom } = numerics;
  const v = wide.tensor.data as Float64Array;
  const correlated = wide.tensor.correlated?.radius;
  const limit = numerics.narrow?.declaredOverflowFrom ?? overflowFrom;
  let [terms, fold] = [0, 0];
  forEachBlock(moments, v.length, ({ size, squares, count, bound, variance }, from, to) => {
    for (let i = from, k = 0; i < to; i++, k++) {
      const [total, n] = [size[k], count[k]];
      if (!(total < Infinity) || n < 2) continue;
      if (total > limit && mayStayFinite(totals ? totals[i] : v[i], total, limit)) wide.mark(i);
      const known = wide.bound ? wide.bound[i] : 0;
      if (known === 0) {
        if (chainQuantum(moments, i) >= neededQuantum(total, precision, flushBelow)) continue;
      }
      if (!(Math.abs(v[i]) < Infinity)) continue;
      if (n !== terms) [terms, fold] = [n, gamma(n - 1, u)];
      const own = n * (oracleRoundoff * total + flushBelow);
      const wider = bound[k] + fold * (total + bound[k]) + own;
      const localBound = freshSquare(u, n, v[i], squares[k]) + variance[k];
      const common = correlated ? correlated[i] : 0;
      const before = wide.deviation ? wide.deviation[i] : 0;
      const missing = localBound - before * before - common * common;
      if (!(missing > 0) && wider <= known && localBound > smallSquare) continue;
      wide.set(i, Math.max(wider, known), rootSquares(before, grown(missing, localBound)) + own);
    }
  });
}

/** The square of the radius of n - 1 roundings in any order (sums.ts). */
function freshSquare(u: number, n: number, sum: number, squares: number): number {
  return u * u * ((n - 1) / 6) * squares + u * u * ((n - 1) / 3) * sum * sum;
}

/** What is missing from a radius, where squares have their digits; all of it where they may not. */
function grown(missing: number, localBound: number): number {
  if (localBound > smallSquare) return missing > 0 ? Math.sqrt(missing) : 0;
  return Math.sqrt(localBound) + tiny;
}

/** Squares below it may have lost digits to underflow, and the root of what was lost is below this. */
const smallSquare = 2 ** -900;
const tiny = 2 ** -450;

/**
 * Whether a sum of terms that reach `farthest` in all, some of whose partial sums may overflow, can
 * turn out as anything but the infinity of its sign: it is finite itself, or the terms of the other
 * sign overflow by themselves, and then there is NaN.
 */
function mayStayFinite(sum: number, farthest: number, overflowFrom: number): boolean {
  const size = Math.abs(sum);
  return size <= overflowFrom || (farthest - size) / 2 > overflowFrom;
}
