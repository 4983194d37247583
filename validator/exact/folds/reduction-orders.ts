/**
 * What a fold in one tree does not tell of the others. A product of n factors has n - 1 roundings in
 * any tree, but where some of them are exact depends on the tree; of a computation that is neither a
 * sum, a product nor a choice among its operands nothing is known at all.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import { computationOf, type Module } from '../../../graphs/ir/module.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { copiedRadii, partsOf } from '../core/broadcasting.ts';
import { lowestSetBit, sumIsExact } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import { effectiveRadius, gamma, rootSquares } from '../core/radius.ts';
import type { ExactTensor } from '../core/value.ts';

/** Ops that hand on or choose among values; a conversion at every step rounds what is rounded. */
const choices: ReadonlySet<Opcode> = new Set<Opcode>([
  'parameter',
  'constant',
  'tuple',
  'get-tuple-element',
  'select',
  'maximum',
  'minimum',
  'clamp',
  'copy',
  'bitcast',
  'reshape',
  'broadcast',
  'convert',
  'opt-barrier',
]);

/** Whether a computation computes floats, so that its roundings depend on the order of a fold. */
export function roundsByOrder(module: Module, name: string): boolean {
  return computationOf(module, name).instructions.some(
    ({ opcode, shape }) =>
      shape.kind === 'array' &&
      (isFloat(shape.type) || isComplex(shape.type)) &&
      !choices.has(opcode),
  );
}

/**
 * A product folded in one tree, with the radii of every tree: γₙ₋₁ of its size more, three times as
 * many roundings where it is complex (a product of two is good to √2·γ₂ of the moduli; Higham 2002,
 * 3.6). `factors` are those of each element.
 */
export function productInAnyOrder(
  t: ExactTensor,
  factors: Int32Array,
  { u, precision }: Numerics,
): ExactTensor {
  const parts = partsOf(t.shape.type);
  const v = t.data as Float64Array;
  const { bound, deviation } = copiedRadii(t);
  let changed = false;
  for (let i = 0; i < factors.length; i++) {
    const [re, im] = [v[i * parts], parts === 2 ? v[2 * i + 1] : 0];
    const size = Math.hypot(re, im);
    const radius = t.bound ? Math.max(t.bound[i * parts], t.bound[i * parts + parts - 1]) : 0;
    const isExact = radius === 0 && sumIsExact(size, commonQuantumOf(re, im), precision);
    if (isExact || factors[i] < 2 || !(size < Infinity)) continue;
    const roundings = (parts === 2 ? 3 : 1) * (factors[i] - 1);
    for (let e = i * parts; e < (i + 1) * parts; e++) {
      bound[e] += gamma(roundings, u) * (size + parts * radius);
      deviation[e] = rootSquares(deviation[e], Math.sqrt(roundings) * u * size);
    }
    changed = true;
  }
  return changed ? { ...t, bound, deviation } : t;
}

/** The size of an element, complex or real, at the end of its radius of λ; 0 leaves that out. */
export function modulus(t: ExactTensor, i: number, lambda: number): number {
  const parts = partsOf(t.shape.type);
  const part = (e: number) => Math.abs(t.data[e] as number) + effectiveRadius(t, e, lambda);
  return parts === 1 ? part(i) : Math.hypot(part(2 * i), part(2 * i + 1));
}

/** If the product is q·(a + bi) with |a + bi| below 2^p, its divisors have parts of p bits too. */
function commonQuantumOf(re: number, im: number): number {
  return Math.min(lowestSetBit(re), lowestSetBit(im));
}
