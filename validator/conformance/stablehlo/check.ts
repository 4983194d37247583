/** The checks of StableHLO's test files, applied element by element as its interpreter does. */
import { elementTypes, isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import { sameShape } from '../../../graphs/ir/shape.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { ulpDistance } from '../ulp.ts';

/** When two tensors pass. */
export type Criterion =
  | { readonly kind: 'equal' }
  /** |a - b| at most the tolerance. */
  | { readonly kind: 'near'; readonly tolerance: number }
  /** Distance in units in the last place. */
  | { readonly kind: 'close'; readonly least: bigint; readonly most: bigint };

/** What a check found. */
export interface Judgement {
  /** The first element that fails, or what else is wrong; undefined for a pass. */
  readonly failure: string | undefined;
  /** Largest distance of floating-point elements; undefined for other types. */
  readonly ulp: number | undefined;
}

/** Compares an actual with an expected value. */
export function judge(actual: Tensor, expected: Tensor, criterion: Criterion): Judgement {
  if (!sameShape(actual.shape, expected.shape)) {
    return { failure: 'the shapes differ', ulp: undefined };
  }
  const { type } = actual.shape;
  const measure = isFloat(type) || isComplex(type) ? ulpDistance(partOf(type)) : undefined;
  let worst = 0;
  let failure: string | undefined;
  for (let i = 0; i < actual.data.length; i++) {
    const [a, b] = [actual.data[i]!, expected.data[i]!];
    const ulp = measure ? measure(Number(a), Number(b)) : a === b ? 0 : Infinity;
    if (Number.isFinite(ulp)) worst = Math.max(worst, ulp);
    if (failure === undefined && !holds(criterion, a, b, ulp)) {
      const distance = measure ? `, ${ulp} ULP apart` : '';
      failure = `element ${i} is ${a}, expected ${b}${distance} (${words(criterion)})`;
    }
  }
  return { failure, ulp: measure ? worst : undefined };
}

function partOf(type: Tensor['shape']['type']) {
  return elementTypes[type].part ?? type;
}

function holds(criterion: Criterion, a: number | bigint, b: number | bigint, ulp: number): boolean {
  const same = a === b || (a !== a && b !== b);
  if (criterion.kind === 'equal') return same;
  if (criterion.kind === 'near')
    return same || Math.abs(Number(a) - Number(b)) <= criterion.tolerance;
  const distance = ulp === Infinity ? 2n ** 64n - 1n : BigInt(ulp);
  return distance >= criterion.least && distance <= criterion.most;
}

function words(criterion: Criterion): string {
  if (criterion.kind === 'near') return `at most ${criterion.tolerance} apart`;
  if (criterion.kind === 'equal') return 'equal';
  return `${criterion.least} to ${criterion.most} ULP`;
}
