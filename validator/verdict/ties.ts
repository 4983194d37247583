/**
 * Discrete results compared by meaning: an index out of a top-k, a sort or an argmax stands for the
 * value at that index. Two indices whose values cannot be told apart are a tie, not an error.
 */

import { computationOf, type InstructionId, instructionOf } from '../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import type { SliceRange } from '../../graphs/ops/attr.ts';
import type {
  Numbering,
  ValueDefinition,
  ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import { effectiveRadius } from '../exact/core/radius.ts';
import type { ExactTensor, ExactValue } from '../exact/core/value.ts';
import { distanceBetween, noTies, type TieTest } from './judge.ts';

/** An array of indices: which tensor it points into, and along which dimension. */
export interface Indexing {
  /** Number of the tensor pointed into. */
  readonly into: ValueNumber;
  readonly dimension: number;
}

/** What the elements of a number are indices into, if they are. */
export function indexingOf(number: ValueNumber, numbering: Numbering): Indexing | undefined {
  const cuts: (readonly SliceRange[])[] = [];
  let part = numbering.term(number);
  while (part.instruction.opcode === 'slice') {
    cuts.push(part.instruction.attrs.slice);
    part = numbering.term(part.operands[0]!);
  }
  if (part.instruction.opcode !== 'get-tuple-element') return undefined;
  const { index } = part.instruction.attrs;
  const found = indexingOfPart(numbering.term(part.operands[0]!), index, numbering);
  const whole = (cut: readonly SliceRange[]) =>
    cut.every((r, d) => d === found?.dimension || (r.start === 0 && r.stride === 1));
  return cuts.every(whole) ? found : undefined;
}

function indexingOfPart(
  of: ValueDefinition,
  index: number,
  numbering: Numbering,
): Indexing | undefined {
  const { instruction, operands } = of;
  const into = operands[0]!;
  if (instruction.opcode === 'topk') {
    const { shape } = numbering.term(into).instruction;
    if (index !== 1 || shape.kind !== 'array') return undefined;
    return { into, dimension: shape.dims.length - 1 };
  }
  if (instruction.opcode !== 'sort' && instruction.opcode !== 'reduce') return undefined;
  const { dimensions, to_apply } = instruction.attrs;
  const carried = operands[index];
  if (index === 0 || dimensions.length !== 1 || carried === undefined) return undefined;
  if (!countsAlong(carried, dimensions[0]!, numbering)) return undefined;
  const others = instruction.opcode === 'reduce' && operands.length !== 4;
  const byFirst = instruction.opcode === 'reduce' || sortsByFirst(of, to_apply, index);
  return others || !byFirst ? undefined : { into, dimension: dimensions[0]! };
}

/** Whether a comparator looks at the first operand, and at no other but the indices themselves. */
function sortsByFirst({ module }: ValueDefinition, comparator: string, index: number): boolean {
  const computation = computationOf(module, comparator);
  const read = new Set<number>();
  const pending = [computation.root];
  const seen = new Set<InstructionId>();
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const i = instructionOf(computation, id);
    if (i.opcode === 'parameter') read.add(Math.floor(i.attrs.index / 2));
    pending.push(...i.operands);
  }
  return read.has(0) && [...read].every((operand) => operand === 0 || operand === index);
}

interface Compared {
  readonly after: Value;
  readonly before: Value;
  valueOf(number: ValueNumber): ExactValue | undefined;
}

/** The tie test of a number: `noTies` where its elements are no indices. */
export function tieTest(number: ValueNumber, numbering: Numbering, compared: Compared): TieTest {
  const indexing = indexingOf(number, numbering);
  const data = indexing && compared.valueOf(indexing.into);
  if (!indexing || data?.kind !== 'tensor') return noTies;
  const [after] = leafTensors(compared.after);
  const [before] = leafTensors(compared.before);
  if (!after || !before) return noTies;
  const at = locator(data, indexing.dimension, before.shape.dims);
  const whole = before.shape.dims.length === data.shape.dims.length;
  const twice = whole ? repetitions(after, indexing.dimension) : new Set<number>();
  return (_output, position) => {
    if (twice.has(position)) return false;
    const i = at(position, Number(before.data[position]));
    const j = at(position, Number(after.data[position]));
    return i !== undefined && j !== undefined && indistinguishable(data, i, j);
  };
}

/** Positions whose index stands twice in its row: no sort and no top-k returns an element twice. */
function repetitions({ data, shape }: Tensor, dimension: number): ReadonlySet<number> {
  const stride = rowMajorStrides(shape.dims)[dimension]!;
  const first = new Map<string, number>();
  const repeated = new Set<number>();
  for (const [position, index] of Array.from<number | bigint>(data).entries()) {
    const row = position - (Math.floor(position / stride) % shape.dims[dimension]!) * stride;
    const key = `${row} ${index}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, position);
    else repeated.add(known).add(position);
  }
  return repeated;
}

/** Whether a number counts 0, 1, 2 … along a dimension. */
export function countsAlong(number: ValueNumber, dimension: number, numbering: Numbering): boolean {
  const { instruction, operands } = numbering.term(number);
  if (instruction.opcode === 'iota') return instruction.attrs.iota_dimension === dimension;
  if (instruction.opcode !== 'broadcast') return false;
  const from = instruction.attrs.dimensions.indexOf(dimension);
  return from >= 0 && countsAlong(operands[0]!, from, numbering);
}

/** Position in the data of index k, for the result element at a position. */
function locator(data: ExactTensor, dimension: number, resultDims: readonly number[]) {
  const strides = rowMajorStrides(data.shape.dims);
  const reduced = resultDims.length < data.shape.dims.length;
  const kept = data.shape.dims.map((_, d) => d).filter((d) => !reduced || d !== dimension);
  const resultStrides = rowMajorStrides(resultDims);
  return (position: number, k: number): number | undefined => {
    if (!(k >= 0 && k < data.shape.dims[dimension]!)) return undefined;
    let at = k * strides[dimension]!;
    for (const [r, d] of kept.entries()) {
      if (d === dimension) continue;
      at += (Math.floor(position / resultStrides[r]!) % resultDims[r]!) * strides[d]!;
    }
    return at;
  };
}

function indistinguishable(t: ExactTensor, i: number, j: number): boolean {
  return distanceBetween(t.data[i]!, t.data[j]!) <= effectiveRadius(t, i) + effectiveRadius(t, j);
}
