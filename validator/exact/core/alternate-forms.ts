/**
 * One function over the real numbers in two forms, log(exp(x)) and x. The form before decides what must
 * hold; the form after may add roundings, where both forms are the same real number by the oracle's own
 * radii, and never doubt. Only what leaves its range on the way, as real numbers do not, is open.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type Value } from '../../../graphs/ir/tensor.ts';
import { partsOf } from './broadcasting.ts';
import type { ExactOptions } from './context.ts';
import { type FormPair, type Forms, settleElement } from './form-element.ts';
import { boundAt, defaultLambda, deviationAt } from './radius.ts';
import { asDoubles, drawnIn } from './real-algebra.ts';
import { type ExactTensor, type ExactValue, exactLeaves } from './value.ts';
import { fromPlain } from './without-error.ts';

/** How a form is to be evaluated: options beside the contract's own, and on which leaves. */
export interface Arithmetic extends Pick<ExactOptions, 'realAlgebra' | 'roundedConstants'> {
  /**
   * Leaves that are functions of other leaves are computed from these: what was rounded where it was
   * computed once is the real number again. Nothing is evaluated where there are none.
   */
  readonly related?: true;
  /** The same on leaves drawn in to a small size: data on which the numbers of both forms are known. */
  readonly tame?: true;
}

/** A leaf of a form as this arithmetic reads it. */
export function leafIn(value: Value, { tame, realAlgebra }: Arithmetic): ExactValue {
  const lifted = fromPlain(tame ? drawnIn(value) : value);
  return realAlgebra === 'unrounded' ? asDoubles(lifted) : lifted;
}

/** Evaluates a form on the data at hand; undefined where it does not run. */
export type EvaluateForm = (
  form: 'before' | 'after',
  arithmetic: Arithmetic,
) => ExactValue | undefined;

/** What is judged, and what the form before gave as written. */
export interface Held {
  readonly result: Value;
  readonly reference: Value;
}

/**
 * The budget of the form before, and, where a result lies outside it, of what either form allows: an
 * element of which both forms are one real number has the roundings of both. `explainUndecided` hears why
 * elements are open.
 */
export function alternateForms(
  before: ExactValue,
  { result, reference }: Held,
  evaluate: EvaluateForm,
  explainUndecided: (reason: string) => void = () => {},
): ExactValue {
  const leaves = exactLeaves(before);
  const [after, written] = [leafTensors(result), leafTensors(reference)];
  const evaluated = lazily(evaluate);
  const settled = leaves.map((leaf, n) => {
    const [a, b] = [after[n], written[n]];
    if (!a || !b) return leaf;
    return heldLeaf(leaf, a, b, (form, how) => evaluated(form, how)?.[n], explainUndecided);
  });
  return settled.every((t, n) => t === leaves[n]) ? before : rebuilt(before, settled.values());
}

function rebuilt(value: ExactValue, leaves: Iterator<ExactTensor>): ExactValue {
  if (value.kind === 'tuple') {
    return { kind: 'tuple', elements: value.elements.map((e) => rebuilt(e, leaves)) };
  }
  return value.kind === 'tensor' ? (leaves.next().value as ExactTensor) : value;
}

/** Leaves of a form, evaluated when first asked for. */
function lazily(evaluate: EvaluateForm) {
  const known = new Map<string, readonly ExactTensor[] | undefined>();
  return (form: 'before' | 'after', how: Arithmetic) => {
    const key = JSON.stringify([form, how]);
    if (!known.has(key)) {
      const value = evaluate(form, how);
      known.set(key, value && exactLeaves(value));
    }
    return known.get(key);
  };
}

type EvaluateLeaf = (form: 'before' | 'after', how: Arithmetic) => ExactTensor | undefined;

/** The leaf with what either form allows at the elements whose result the form before does not. */
function heldLeaf(
  before: ExactTensor,
  result: Tensor,
  reference: Tensor,
  evaluate: EvaluateLeaf,
  explainUndecided: (reason: string) => void,
): ExactTensor {
  const width = partsOf(before.shape.type);
  if (result.data.length !== before.data.length) return before;
  if (!isFloat(before.shape.type) && !isComplex(before.shape.type) && !before.undecided)
    return before;
  const open = openElements(before, result, reference, width);
  if (open.length === 0) return before;
  const forms = formsOf(before, result, evaluate);
  const data = (before.data as Float64Array).slice();
  const bound = Float64Array.from(data, (_, i) => boundAt(before, i));
  const deviation = Float64Array.from(data, (_, i) => deviationAt(before, i));
  const marks = before.undecided?.slice() ?? new Uint8Array(data.length / width);
  for (const i of open) {
    marks[i] = 0;
    for (let p = i * width; p < (i + 1) * width; p++) {
      const settled = settleElement(forms, i, p);
      if (typeof settled === 'string') {
        marks[i] = 1;
        explainUndecided(settled);
      } else {
        [data[p], bound[p], deviation[p]] = [
          settled.value as never,
          settled.bound,
          settled.deviation,
        ];
      }
    }
  }
  const { correlated: _, undecided: __, ...rest } = before;
  return { ...rest, data, bound, deviation, ...(marks.includes(1) && { undecided: marks }) };
}

/** Elements that are neither the form's own as written nor inside its budget. */
function openElements(
  before: ExactTensor,
  { data }: Tensor,
  reference: Tensor,
  width: number,
): number[] {
  const open: number[] = [];
  for (let i = 0; i * width < data.length; i++) {
    let holds = true;
    for (let p = i * width; p < (i + 1) * width && holds; p++) {
      if (Object.is(data[p], reference.data[p])) continue;
      const distance = Math.abs(Number(data[p]) - Number(before.data[p]));
      const budget = Math.min(boundAt(before, p), defaultLambda * deviationAt(before, p));
      holds = !before.undecided?.[i] && distance <= budget;
    }
    if (!holds) open.push(i);
  }
  return open;
}

/** The evaluations that settling may ask for, by name. */
function formsOf(before: ExactTensor, result: Tensor, evaluate: EvaluateLeaf): Forms {
  const pair = (leaves: Pick<Arithmetic, 'related' | 'tame'>): FormPair => ({
    real: () => evaluate('before', { ...leaves, realAlgebra: 'unrounded' }),
    afterReal: () => evaluate('after', { ...leaves, realAlgebra: 'unrounded' }),
    afterNear: () => evaluate('after', { ...leaves, ...brought, realAlgebra: 'unrounded' }),
    after: () => evaluate('after', { ...leaves, ...brought }),
    afterRounded: () => evaluate('after', { ...leaves, ...brought, realAlgebra: 'rounded' }),
  });
  return {
    before,
    result,
    rounded: () => evaluate('before', { realAlgebra: 'rounded' }),
    given: pair({}),
    related: pair({ related: true }),
    tame: pair({ tame: true }),
  };
}

/** A form after may bring constants of its own, rounded to their types. */
const brought = { roundedConstants: true } as const;
