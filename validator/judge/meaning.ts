/**
 * Discrete results compared by meaning: an index out of a top-k, a sort or an argmax stands for the
 * value at that index. Two indices whose values cannot be told apart are a tie, not an error.
 */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import { reach } from '../exact/radius.ts';
import type { ExactTensor, ExactValue } from '../exact/value.ts';
import { distanceBetween, type TieTest } from './judge.ts';

/** An array of indices: which tensor it points into, and along which dimension. */
export interface Indexing {
  /** Number of the tensor pointed into. */
  readonly into: number;
  readonly dimension: number;
}

/** What the elements of a number are indices into, if they are. */
export function indexingOf(number: number, numbering: Numbering): Indexing | undefined {
  const part = numbering.term(number);
  if (part.instruction.opcode === 'slice') {
    const through = indexingOf(part.operands[0]!, numbering);
    const others = part.instruction.attrs.slice.filter((_, d) => d !== through?.dimension);
    return others.every((r) => r.start === 0 && r.stride === 1) ? through : undefined;
  }
  if (part.instruction.opcode !== 'get-tuple-element') return undefined;
  const { index } = part.instruction.attrs;
  const of = numbering.term(part.operands[0]!);
  const { instruction } = of;
  if (instruction.opcode === 'topk') {
    const { shape } = numbering.term(of.operands[0]!).instruction;
    if (index !== 1 || shape.kind !== 'array') return undefined;
    return { into: of.operands[0]!, dimension: shape.dims.length - 1 };
  }
  if (instruction.opcode !== 'sort' && instruction.opcode !== 'reduce') return undefined;
  const { dimensions } = instruction.attrs;
  const carried = of.operands[index];
  if (index === 0 || dimensions.length !== 1 || carried === undefined) return undefined;
  if (!countsAlong(carried, dimensions[0]!, numbering)) return undefined;
  return { into: of.operands[0]!, dimension: dimensions[0]! };
}

interface Compared {
  readonly after: Value;
  readonly before: Value;
  valueOf(number: number): ExactValue | undefined;
}

/** The tie test of a number: never true where its elements are no indices. */
export function tieTest(number: number, numbering: Numbering, compared: Compared): TieTest {
  const indexing = indexingOf(number, numbering);
  const data = indexing && compared.valueOf(indexing.into);
  if (!indexing || data?.kind !== 'tensor') return () => false;
  const [after] = leafTensors(compared.after);
  const [before] = leafTensors(compared.before);
  if (!after || !before) return () => false;
  const at = locator(data, indexing.dimension, before.shape.dims);
  return (_output, position) => {
    const i = at(position, Number(before.data[position]));
    const j = at(position, Number(after.data[position]));
    return i !== undefined && j !== undefined && indistinguishable(data, i, j);
  };
}

/** Whether a number counts 0, 1, 2 … along a dimension. */
export function countsAlong(number: number, dimension: number, numbering: Numbering): boolean {
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
  return distanceBetween(t.data[i]!, t.data[j]!) <= reach(t, i) + reach(t, j);
}
