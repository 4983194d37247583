/**
 * Selections: values that are the k best elements of rows of a tensor, as top-k, approximate top-k,
 * and the first elements of a sort give them. Found by walking from a number to the op behind it.
 */

import { computationOf, instructionOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import { approxTopKConfig } from '../../graphs/ops/approx-top-k.ts';
import { type Computes, customTargetOf } from '../../graphs/ops/custom-targets.ts';
import type {
  Numbering,
  ValueDefinition,
  ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import { countsAlong } from './ties.ts';

/** Which elements of what are selected. */
export interface Selection {
  /** Number of the tensor selected from. */
  readonly from: ValueNumber;
  readonly dimension: number;
  /** Whether the largest elements are the best. */
  readonly largest: boolean;
  /** Which leaf of the value are the elements, and which their places; -1 where there is none. */
  readonly values: number;
  readonly indices: number;
  /** How many of the best are wanted; as many as there are elements if absent. */
  readonly k?: number;
  /** The order leaves NaN where it is: any place in a row that holds one may be right. */
  readonly partial?: true;
}

const selecting: ReadonlySet<Computes> = new Set<Computes>([
  'top-k',
  'approximate-top-k',
  'partial-reduce',
]);

/** What selection a number is, or the one part of a selection that it is. */
export function selectionOf(number: ValueNumber, numbering: Numbering): Selection | undefined {
  const term = numbering.term(number);
  const { instruction, operands } = term;
  if (instruction.opcode === 'get-tuple-element') {
    return partOf(selectionOf(operands[0]!, numbering), instruction.attrs.index);
  }
  if (instruction.opcode === 'slice') {
    const sorted = numbering.term(operands[0]!).instruction.opcode === 'get-tuple-element';
    const through = sorted ? selectionOf(operands[0]!, numbering) : undefined;
    const first = instruction.attrs.slice.every((r) => r.start === 0 && r.stride === 1);
    return first ? through : undefined;
  }
  if (operands.length === 0) return undefined;
  const given = numbering.term(operands[0]!).instruction.shape;
  const whole = { from: operands[0]!, values: 0, indices: 1 };
  if (instruction.opcode === 'topk') {
    return { ...whole, dimension: rankOf(given) - 1, largest: instruction.attrs.largest };
  }
  if (instruction.opcode === 'sort') {
    const [dimension = 0] = instruction.attrs.dimensions;
    const [, places] = operands;
    const inner = aggregated(operands, dimension, numbering);
    if (inner) return directed(inner, dimension, term, instruction.attrs.to_apply);
    const counted = places !== undefined && countsAlong(places, dimension, numbering);
    const leaves = counted ? whole : { ...whole, indices: -1 };
    return directed(leaves, dimension, term, instruction.attrs.to_apply);
  }
  if (instruction.opcode !== 'custom-call') return undefined;
  const { custom_call_target, to_apply, called_computations } = instruction.attrs;
  const known = customTargetOf(custom_call_target);
  if (!known || !selecting.has(known.computes)) return undefined;
  const config =
    known.computes === 'top-k' ? undefined : approxTopKConfig(instruction.extras.backend_config);
  const dimension = config?.reductionDim ?? shortened(given, instruction.shape);
  const leaves = { ...whole, ...(config?.topK !== undefined && { k: config.topK }) };
  return directed(leaves, dimension, term, to_apply ?? called_computations[0]);
}

/** A sort of what a selection left, its places carried along: the order of that selection. */
function aggregated(
  [values, places]: readonly ValueNumber[],
  dimension: number,
  numbering: Numbering,
): Omit<Selection, 'dimension' | 'largest'> | undefined {
  if (places === undefined) return undefined;
  const [left, right] = [values!, places].map((n) => {
    const { instruction, operands } = numbering.term(n);
    const isPart = instruction.opcode === 'get-tuple-element';
    return isPart ? { of: operands[0]!, index: instruction.attrs.index } : undefined;
  });
  if (!left || left.of !== right?.of || left.index !== 0 || right.index !== 1) return undefined;
  const whole = selectionOf(left.of, numbering);
  if (whole?.dimension !== dimension || whole.values !== 0 || whole.indices !== 1) return undefined;
  return { from: whole.from, values: 0, indices: 1, ...(whole.k !== undefined && { k: whole.k }) };
}

function partOf(whole: Selection | undefined, index: number): Selection | undefined {
  if (!whole || (index !== whole.values && index !== whole.indices)) return undefined;
  return { ...whole, values: index === 0 ? 0 : -1, indices: index === 1 ? 0 : -1 };
}

function directed(
  whole: Omit<Selection, 'dimension' | 'largest'>,
  dimension: number,
  { module }: ValueDefinition,
  comparator: string | undefined,
): Selection | undefined {
  const order = comparator === undefined ? { largest: true } : orderOf(module, comparator);
  return order && { ...whole, dimension, ...order };
}

/** Whether a comparator puts larger elements of the first operand first; undefined if unclear. */
function orderOf(
  module: Module,
  comparator: string,
): Pick<Selection, 'largest' | 'partial'> | undefined {
  const computation = computationOf(module, comparator);
  const root = rootOf(computation);
  if (root.opcode !== 'compare') return undefined;
  const [left, right] = root.operands.map((o) => {
    const read = instructionOf(computation, o);
    return read.opcode === 'parameter' ? read.attrs.index : undefined;
  });
  const straight = left === 0 && right === 1;
  if (!straight && !(left === 1 && right === 0)) return undefined;
  const largest = root.attrs.direction.startsWith('G') === straight;
  return root.attrs.type === 'TOTALORDER' ? { largest } : { largest, partial: true };
}

function rankOf(s: Shape): number {
  return s.kind === 'array' ? s.dims.length : 0;
}

/** The dimension in which the result is shorter than what it was selected from; else the last. */
function shortened(from: Shape, to: Shape): number {
  const first = to.kind === 'tuple' ? to.elements[0] : to;
  if (from.kind !== 'array' || first?.kind !== 'array') return 0;
  const at = from.dims.findIndex((n, d) => n !== first.dims[d]);
  return at < 0 ? Math.max(0, from.dims.length - 1) : at;
}
