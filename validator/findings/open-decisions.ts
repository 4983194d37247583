/**
 * Open decisions as a report tells them: samples know an instruction's name, a row-major position and
 * the value that is decided on; a reader wants the index, and how far from the threshold it lies.
 */

import { isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import { type ArrayShape, elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { OpenDecision as SampledDecision } from '../sampling/settled.ts';
import { unravel } from '../verdict/judge.ts';
import type { OpenDecision } from './finding.ts';

/** The numbers of a graph that was judged, operands first, and the result that it was judged by. */
export interface Judged {
  readonly beforeCone: readonly ValueNumber[];
  readonly after: ValueNumber;
}

/** How a report names what it tells of. */
export interface Naming {
  readonly numbering: Numbering;
  readonly name: (number: ValueNumber) => string;
  /** Name of the case. */
  readonly case: string;
}

/** A sampled decision in the words of the report. */
export function openDecision(
  { instruction, position, mean, spread }: SampledDecision,
  { beforeCone, after }: Judged,
  { numbering, name, case: of }: Naming,
): OpenDecision {
  const found = deciding(instruction, beforeCone, numbering);
  const shape = found && decidedShape(found, numbering);
  const isPlace = shape !== undefined && position < elementCount(shape);
  return {
    instruction: found?.number === undefined ? instruction : name(found.number),
    index: isPlace ? unravel(position, shape.dims) : [position],
    margin: found ? fromThreshold(mean, found.instruction) : mean,
    ...{ spread, case: of },
    why: `%${name(after)} depends on it, and rounding may take it either way`,
  };
}

interface Deciding {
  readonly instruction: Instruction<number>;
  /** Its number, unless it stands inside a loop, branch or reducer. */
  readonly number?: ValueNumber;
}

/** The instruction of a name in a graph, or in what its modules call. */
function deciding(
  name: string,
  cone: readonly ValueNumber[],
  numbering: Numbering,
): Deciding | undefined {
  const number = cone.find((n) => numbering.term(n).instruction.name === name);
  if (number !== undefined) return { number, instruction: numbering.term(number).instruction };
  const modules = new Set(cone.map((n) => numbering.term(n).module));
  for (const { computations } of modules) {
    for (const { instructions } of computations) {
      const instruction = instructions.find((i) => i.name === name);
      if (instruction) return { instruction };
    }
  }
  return undefined;
}

/** The shape whose elements are decided: a top-k's own places are those of what it chooses from. */
function decidedShape(
  { instruction, number }: Deciding,
  numbering: Numbering,
): ArrayShape | undefined {
  if (instruction.opcode !== 'topk') return firstArray(instruction.shape);
  const [from] = number === undefined ? [] : numbering.term(number).operands;
  return from === undefined ? undefined : firstArray(numbering.term(from).instruction.shape);
}

function firstArray(shape: Shape): ArrayShape | undefined {
  const [leaf] = leafShapes(shape);
  return leaf?.kind === 'array' ? leaf : undefined;
}

/** The distance of what is decided on from its nearest threshold; a comparison's margin is one. */
function fromThreshold(value: number, { opcode, shape }: Instruction<number>): number {
  switch (opcode) {
    case 'floor':
    case 'ceil':
      return value - Math.round(value);
    case 'round-nearest-afz':
    case 'round-nearest-even':
      return value - (Math.floor(value) + 1 / 2);
    case 'convert':
      return shape.kind === 'array' && !isFloat(shape.type) && shape.type !== 'pred'
        ? value - truncationStep(value)
        : value;
    default:
      return value;
  }
}

/** Where the integer part steps, nearest to a value: any integer but 0. */
function truncationStep(value: number): number {
  const nearest = Math.round(value);
  if (nearest !== 0) return nearest;
  return value < 0 ? -1 : 1;
}
