/**
 * Whether errors of a subject may share an origin: a value that is not certain and that several
 * others read, or that one op reads twice. In a tree of values every error is met once, and
 * independent radii are right.
 */

import { isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { Subject } from './subject.ts';

/** True where some computed float is read twice inside the subject. */
export function isCorrelated({ order, numbering }: Subject): boolean {
  const inside = new Set(order);
  const reads = new Map<ValueNumber, number>();
  for (const n of order) {
    for (const o of numbering.term(n).operands) {
      if (inside.has(o)) reads.set(o, (reads.get(o) ?? 0) + 1);
    }
  }
  return [...reads].some(([n, count]) => count > 1 && computesFloats(n, inside, numbering));
}

function computesFloats(
  n: ValueNumber,
  inside: ReadonlySet<ValueNumber>,
  numbering: Subject['numbering'],
): boolean {
  const { instruction, operands } = numbering.term(n);
  const { opcode, shape } = instruction;
  if (opcode === 'parameter' || opcode === 'constant' || opcode === 'iota') return false;
  if (shape.kind !== 'array') return shape.kind === 'tuple';
  const copies = isIn(opcode, 'data-movement') && !operands.some((o) => inside.has(o));
  return (isFloat(shape.type) || isComplex(shape.type)) && !copies;
}
