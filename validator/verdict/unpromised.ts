/**
 * Elements that turn on the sign of a NaN that arithmetic made, where something reads it: nobody
 * promises that sign, so whatever stands there is right. The side before runs once more with the
 * other sign; what comes out otherwise is such an element.
 */

import { isComplex } from '../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ExactTensor, ExactValue } from '../exact/core/value.ts';
import { readsSign, readsSigns } from '../reference/scalars/sign-readers.ts';
import { boundaryOf, type Subject } from './subject.ts';

/** By leaf of a result, 1 for elements that are not promised; undefined where all of it is. */
export type Unpromised = readonly (Uint8Array | undefined)[];

/** Why such elements are not decided. */
export const unpromisedReason = 'the sign of a NaN that arithmetic makes is not promised';

/** What is not promised of what the reference gives for a subject; undefined where all of it is. */
export function unpromisedOf(subject: Subject, before: Value): Unpromised | undefined {
  const { numbering, order, values, root } = subject;
  if (!order.some((n) => readsAt(n, numbering))) return undefined;
  const otherwise = values.with({ madeNaN: 'negative' });
  const other = leafTensors(otherwise.run(order, boundaryOf(subject)).get(root)!);
  const marks = leafTensors(before).map((leaf, k) => differing(leaf, other[k]!));
  return marks.some((m) => m) ? marks : undefined;
}

function readsAt(n: ValueNumber, numbering: Numbering): boolean {
  const { instruction, operands, module } = numbering.term(n);
  if (calledBy(instruction).length > 0) return readsSigns(module);
  return readsSign(instruction, () => {
    const { shape } = numbering.term(operands[0]!).instruction;
    return shape.kind === 'array' ? shape.type : undefined;
  });
}

/** The exact value with these elements undecided. */
export function markedUnpromised(value: ExactValue, marks: Unpromised): ExactValue {
  let next = 0;
  const mark = (v: ExactValue): ExactValue => {
    if (v.kind === 'tuple') return { kind: 'tuple', elements: v.elements.map(mark) };
    return v.kind === 'tensor' ? markUndecided(v, marks[next++]) : v;
  };
  return mark(value);
}

function markUndecided(t: ExactTensor, marks: Uint8Array | undefined): ExactTensor {
  if (!marks) return t;
  return { ...t, undecided: marks.map((m, i) => m | (t.undecided?.[i] ?? 0)) };
}

function differing(a: Tensor, b: Tensor): Uint8Array | undefined {
  const width = isComplex(a.shape.type) ? 2 : 1;
  const marks = new Uint8Array(a.data.length / width);
  let any = false;
  if (a.data.length !== b.data.length) return marks.fill(1);
  for (let i = 0; i < a.data.length; i++) {
    if (Object.is(a.data[i], b.data[i])) continue;
    marks[Math.floor(i / width)] = 1;
    any = true;
  }
  return any ? marks : undefined;
}
