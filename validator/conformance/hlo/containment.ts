/**
 * A result held inside the radii of an exact value, element by element, with nothing taken for
 * granted: unlike a verdict about a pass, not even a result that equals the reference's own.
 */
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type Value } from '../../../graphs/ir/tensor.ts';
import { boundAt, defaultLambda, deviationAt, isUndecided } from '../../exact/core/radius.ts';
import { type ExactTensor, type ExactValue, exactLeaves } from '../../exact/core/value.ts';
import { distanceBetween, unravel } from '../../verdict/judge.ts';
import { ulpDistance } from '../ulp.ts';

/** What holding a result against an exact value showed. */
export interface Held {
  readonly elements: number;
  /** Elements that straddle a decision, or for which no radius is known. */
  readonly undecided: number;
  /** The first element outside, in words; undefined where all lie inside. */
  readonly outside: string | undefined;
  /** Largest distance from the exact value in units in the last place; undefined without floats. */
  readonly ulp: number | undefined;
}

/** Holds a result against the exact value of the same module on the same inputs. */
export function held(result: Value, exact: ExactValue): Held {
  const leaves = exactLeaves(exact);
  return leafTensors(result)
    .map((t, n) => heldTensor(t, leaves[n]!, n))
    .reduce(joined, nothing);
}

/** Of no elements at all. */
export const nothing: Held = { elements: 0, undecided: 0, outside: undefined, ulp: undefined };

/** Two of them as one. */
export function joined(a: Held, b: Held): Held {
  const ulp = a.ulp === undefined ? b.ulp : Math.max(a.ulp, b.ulp ?? 0);
  return {
    elements: a.elements + b.elements,
    undecided: a.undecided + b.undecided,
    outside: a.outside ?? b.outside,
    ulp,
  };
}

function heldTensor({ shape, data }: Tensor, exact: ExactTensor, output: number): Held {
  const width = isComplex(shape.type) ? 2 : 1;
  const distance = ulpOf(shape.type);
  let [undecided, ulp] = [0, 0];
  let outside: string | undefined;
  const elements = data.length / width;
  for (let i = 0; i < elements; i++) {
    const parts = width === 2 ? [2 * i, 2 * i + 1] : [i];
    if (isUndecided(exact, i) || parts.some((p) => isUnbounded(exact, p))) {
      undecided++;
      continue;
    }
    for (const p of parts) {
      const [got, want] = [data[p]!, exact.data[p]!];
      if (distance && Number.isFinite(got) && Number.isFinite(want)) {
        ulp = Math.max(ulp, distance(Number(got), Number(want)));
      }
      if (outside !== undefined || isInside(got, exact, p)) continue;
      const place = `${shape.type}[${unravel(i, shape.dims)}]`;
      const radii = `worst ${boundAt(exact, p)}, likely ${defaultLambda * deviationAt(exact, p)}`;
      outside = `output ${output} ${place} is ${got}, exact ${want} (radii: ${radii})`;
    }
  }
  return { elements, undecided, outside, ulp: distance && elements > 0 ? ulp : undefined };
}

/** Where no worst-case bound is known, the likely radius decides alone. */
function isInside(got: number | bigint, exact: ExactTensor, p: number): boolean {
  const distance = distanceBetween(got, exact.data[p]!);
  const worst = boundAt(exact, p);
  if (distance > worst || Number.isNaN(distance)) return false;
  return distance <= defaultLambda * deviationAt(exact, p);
}

/** True where the exact mode gives a value but no radius of either kind. */
function isUnbounded(exact: ExactTensor, p: number): boolean {
  const bound = Math.min(boundAt(exact, p), deviationAt(exact, p));
  return Number.isFinite(Number(exact.data[p])) && !(bound < Infinity);
}

function ulpOf(type: ElementType): ((a: number, b: number) => number) | undefined {
  if (!isFloat(type) && !isComplex(type)) return undefined;
  const info: { readonly part?: ElementType } = elementTypes[type];
  return ulpDistance(info.part ?? type);
}
