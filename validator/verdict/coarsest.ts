/**
 * The coarsest rounding that a subject knows: that of the narrowest float type among what it reads and
 * computes, called computations included. Another form of it may round as often, but not coarser.
 */
import { isComplex, isFloat, unitRoundoff } from '../../graphs/ir/element-type.ts';
import { computationOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Subject } from './subject.ts';

/** Unit roundoff of that type; that of f32 where there are no floats. */
export function coarsestRounding({ order, numbering, contract }: Subject): number {
  let coarsest = contract.kind === 'narrows' ? unitRoundoff(contract.type) : 0;
  const look = (shape: Shape) => {
    for (const leaf of leafShapes(shape)) {
      if (leaf.kind !== 'array' || !(isFloat(leaf.type) || isComplex(leaf.type))) continue;
      coarsest = Math.max(coarsest, unitRoundoff(leaf.type));
    }
  };
  const seen = new Set<string>();
  for (const n of order) {
    const { instruction, operands, module } = numbering.term(n);
    look(instruction.shape);
    for (const o of operands) look(numbering.term(o).instruction.shape);
    lookInside(instruction, module, look, seen);
  }
  return coarsest || 2 ** -24;
}

function lookInside(
  instruction: Instruction<number>,
  module: Module,
  look: (shape: Shape) => void,
  seen: Set<string>,
): void {
  for (const name of calledBy(instruction)) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const i of computationOf(module, name).instructions) {
      look(i.shape);
      lookInside(i, module, look, seen);
    }
  }
}
