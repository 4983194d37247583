/**
 * select and clamp. A decided predicate takes one branch and only that; an undecided one gives the
 * hull of both where their intervals meet (relu at 0), and is undecided where they do not.
 */

import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { allocate, type TensorData } from '../../../graphs/ir/tensor.ts';
import type { Movable } from '../../semantics/indexing/block.ts';
import { specialised } from '../../semantics/loops/specialise.ts';
import {
  commonAlong,
  commonDims,
  exactTensor,
  partsOf,
  stepOf,
  tensorOperand,
} from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { oracleRoundoff } from '../core/numerics.ts';
import { boundAt, deviationAt, effectiveRadius } from '../core/radius.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { combine } from './binary.ts';

/** One branch per element; operands are of the declared dimensions or scalars. */
export function select(
  instruction: InstructionOf<'select'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const [pred, onTrue, onFalse] = operands.map(tensorOperand);
  const dims = commonDims([pred, onTrue, onFalse]);
  const n = dims.reduce((a, b) => a * b, 1);
  const shape = arrayShape((instruction.shape as ArrayShape).type, dims);
  const parts = partsOf(shape.type);
  const radii = onTrue.bound || onFalse.bound || (pred.undecided && hasRadii(shape.type));
  const sharing = radii && (onTrue.correlated || onFalse.correlated);
  const float = hasRadii(shape.type);
  const branches = [onFalse, onTrue];
  const pick = <A extends Movable>(of: (t: ExactTensor) => A | undefined, make: (n: number) => A) =>
    picked(pred, branches.map(of), make(n * parts), parts);
  const floats = (length: number) => new Float64Array(length);
  const out = {
    data: pick((t) => t.data, float ? floats : (length) => allocate(shape.type, length)),
    bound: radii ? pick((t) => t.bound, floats) : undefined,
    deviation: radii ? pick((t) => t.deviation, floats) : undefined,
    radius: sharing ? pick((t) => t.correlated?.radius, floats) : undefined,
    undecided:
      pred.undecided || onTrue.undecided || onFalse.undecided
        ? picked(pred, [onFalse.undecided, onTrue.undecided], new Uint8Array(n), 1)
        : undefined,
  };
  if (pred.undecided) {
    const steps = branches.map((b) => stepOf(b, n));
    const stepP = stepOf(pred, n);
    for (let i = 0; i < n; i++) {
      if (pred.undecided[i * stepP] === 0) continue;
      const taken = pred.data[i * stepP] ? 1 : 0;
      doubt(i, i * steps[taken], i * steps[1 - taken], branches[taken], branches[1 - taken]);
    }
  }
  return exactTensor(shape, out, commonAlong(branches, dims));

  /** The predicate of element i is undecided: `other` may be taken just as well. */
  function doubt(i: number, j: number, k: number, from: ExactTensor, other: ExactTensor): void {
    for (let part = 0; part < parts; part++) {
      const [at, p, q] = [i * parts + part, j * parts + part, k * parts + part];
      if (other.undecided?.[k] || !mayAgree(from, p, other, q, context.lambda))
        out.undecided![i] = 1;
      else if (float) hull(at, p, q, from, other);
    }
  }

  function hull(at: number, p: number, q: number, from: ExactTensor, other: ExactTensor): void {
    const [a, b] = [from.data[p] as number, other.data[q] as number];
    const apart = sumAbove(Math.max(a, b), -Math.min(a, b));
    if (!(apart < Infinity)) return;
    out.bound![at] = Math.max(boundAt(from, p), sumAbove(apart, boundAt(other, q)));
    const l = sumAbove(apart / context.lambda, deviationAt(other, q));
    out.deviation![at] = Math.max(out.deviation![at], l);
  }
}

/** A sum that is not negative, and no less than in real arithmetic (Knuth's TwoSum tells). */
function sumAbove(a: number, b: number): number {
  const sum = a + b;
  const own = sum - a;
  const lost = a - (sum - own) + (b - own);
  return lost > 0 ? sum * (1 + 2 * oracleRoundoff) : sum;
}

/** out[i] of the branch that pred[i] takes; an absent array is zero everywhere. */
function picked<A extends Movable>(
  pred: ExactTensor,
  [onFalse, onTrue]: readonly (A | undefined)[],
  out: A,
  parts: number,
): A {
  const n = out.length / parts;
  const zero = new (out.constructor as new (n: number) => A)(parts);
  const branch = (a: A = zero) => ({ data: a, step: a.length === out.length ? parts : 0 });
  const loop = specialised(pickLoop, out.constructor.name, n);
  const choice = { data: pred.data, step: stepOf(pred, n) };
  loop(choice, branch(onFalse), branch(onTrue), out, parts);
  return out;
}

/** An array, and the step from one element to the next. */
interface Stepped<A> {
  readonly data: A;
  readonly step: number;
}

function pickLoop(
  { data: pred, step: stepP }: Stepped<TensorData>,
  { data: onFalse, step: stepF }: Stepped<Movable>,
  { data: onTrue, step: stepT }: Stepped<Movable>,
  out: Movable,
  parts: number,
): void {
  const n = out.length / parts;
  for (let i = 0; i < n; i++) {
    if (pred[i * stepP]) {
      for (let part = 0; part < parts; part++) out[i * parts + part] = onTrue[i * stepT + part];
    } else {
      for (let part = 0; part < parts; part++) out[i * parts + part] = onFalse[i * stepF + part];
    }
  }
}

/** The same value, or (floats) intervals that meet. */
function mayAgree(a: ExactTensor, p: number, b: ExactTensor, q: number, lambda: number): boolean {
  if (a.data[p] === b.data[q]) return true;
  if (!hasRadii(a.shape.type)) return false;
  const apart = Math.abs((a.data[p] as number) - (b.data[q] as number));
  return apart <= effectiveRadius(a, p, lambda) + effectiveRadius(b, q, lambda);
}

function hasRadii(type: ArrayShape['type']): boolean {
  return isFloat(type) || isComplex(type);
}

/** min(max(low, x), high) on floats; continuous, hence never undecided by itself. */
export function clampFloat(
  instruction: InstructionOf<'clamp'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const [low, x, high] = operands.map(tensorOperand);
  const { type } = instruction.shape as ArrayShape;
  const raised = combine('maximum', type, [low, x], false, context);
  return combine('minimum', type, [high, raised], false, context);
}
