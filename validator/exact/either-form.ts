/**
 * One function over the real numbers in two forms, log(exp(x)) and x: a result computed by either is
 * right. The budget is that of both forms together, and what is open in one is open.
 */
import { likelyAt, worstAt } from './radius.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** The first value with the radii and marks of both; values of other shapes keep their own. */
export function eitherForm(a: ExactValue, b: ExactValue): ExactValue {
  if (a.kind === 'tuple' && b.kind === 'tuple') {
    const elements = a.elements.map((e, n) => (b.elements[n] ? eitherForm(e, b.elements[n]) : e));
    return { kind: 'tuple', elements };
  }
  if (a.kind !== 'tensor' || b.kind !== 'tensor' || a.data.length !== b.data.length) return a;
  return joined(a, b);
}

function joined(a: ExactTensor, b: ExactTensor): ExactTensor {
  const { kind, shape, data, unsized } = a;
  const has = a.worst || a.likely || a.shared || b.worst || b.likely || b.shared;
  const marks = joinedMarks(a, b);
  const radii = has && {
    worst: Float64Array.from(data as Float64Array, (_, i) => worstAt(a, i) + worstAt(b, i)),
    likely: Float64Array.from(data as Float64Array, (_, i) => likelyAt(a, i) + likelyAt(b, i)),
  };
  return {
    kind,
    shape,
    data,
    ...radii,
    ...(marks && { undecided: marks }),
    ...(unsized && { unsized }),
  };
}

function joinedMarks(a: ExactTensor, b: ExactTensor): Uint8Array | undefined {
  if (!a.undecided || !b.undecided) return a.undecided ?? b.undecided;
  const other = b.undecided;
  return a.undecided.map((m, i) => m | other[i]!);
}
