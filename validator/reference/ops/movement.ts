/** Evaluation of the ops that move data: the index map of validator/semantics/indexing, applied. */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { elementTypes } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { rounder, wrapper } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../../graphs/ir/shape.ts';
import { emptyTensor, type Tensor, tensorOf, type Value } from '../../../graphs/ir/tensor.ts';
import type { movement as rows } from '../../../graphs/ops/movement.ts';
import { applyMove } from '../../semantics/indexing/move.ts';
import { type MoveOpcode, moveOf, resizeMove } from '../../semantics/indexing/moves.ts';
import { logicalAtPhysical, physicalAtLogical } from '../../semantics/indexing/physical.ts';
import { stridedIndices } from '../../semantics/loops/strides.ts';
import type { EvalContext, EvalRow } from '../context.ts';
import { operandShape } from '../operand-shape.ts';
import { arrayResult, relabelled, result, tensorAt } from '../operands.ts';
import { bitsOf, tensorOfBits } from '../scalars/bits.ts';
import { classOf, widthOf } from '../scalars/scalar.ts';

type Family = { readonly [O in keyof typeof rows]: EvalRow<O> };

/** Rows of the movement family. */
export const movement: Family = {
  bitcast,
  'bitcast-convert': bitcastConvert,
  broadcast: move,
  concatenate: move,
  copy: sameData,
  'dynamic-reshape': sameData,
  'dynamic-slice': move,
  'dynamic-update-slice': move,
  gather: move,
  'get-dimension-size': dimensionSize,
  iota,
  pad: move,
  reshape: sameData,
  reverse: move,
  'set-dimension-size': setDimensionSize,
  slice: move,
  transpose: move,
};

/** Result elements are operand elements, by the op's index map. */
function move<O extends MoveOpcode>(i: InstructionOf<O>, operands: readonly Value[]): Tensor {
  const shape = arrayResult(i);
  const all = operands.map((_, k) => tensorAt(operands, k));
  const map = moveOf(
    i as InstructionOf<MoveOpcode>,
    all.map((t) => t.shape),
    all,
  );
  return result(
    shape,
    applyMove(
      map,
      all.map((t) => t.data),
      widthOf(shape.type),
    ),
  );
}

/** Row-major order stays: the data is the operand's own. */
function sameData(
  i: InstructionOf<'copy' | 'dynamic-reshape' | 'reshape'>,
  operands: readonly Value[],
): Value {
  if (i.shape.kind !== 'array') return operands[0];
  const { type, dims } = arrayResult(i);
  return relabelled(tensorAt(operands, 0), type, dims);
}

function iota(i: InstructionOf<'iota'>): Tensor {
  const shape = arrayResult(i);
  const along = i.attrs.iota_dimension;
  const at = stridedIndices(
    shape.dims,
    shape.dims.map((_, d) => +(d === along)),
  );
  return tensorOf(shape.type, shape.dims, numbersOf(shape, at));
}

/** Counts as elements of the type, integers wrapped; complex ones with imaginary part 0. */
function numbersOf(shape: ArrayShape, at: Int32Array): Iterable<number> {
  const kind = classOf(shape.type);
  const floating = kind === 'float' || kind === 'complex';
  const wrap = kind === 'narrow' ? wrapper(shape.type) : (x: number) => x;
  const round = floating ? rounder(shape.type) : wrap;
  const values = Array.from(at, round);
  return kind === 'complex' ? values.flatMap((x) => [x, 0]) : values;
}

function dimensionSize(i: InstructionOf<'get-dimension-size'>, operands: readonly Value[]): Tensor {
  return tensorOf('s32', [], [tensorAt(operands, 0).shape.dims[i.attrs.dimensions[0]]]);
}

/** The first elements; what a larger size adds may hold anything, and holds zeros here. */
function setDimensionSize(
  i: InstructionOf<'set-dimension-size'>,
  operands: readonly Value[],
): Tensor {
  return sizedTo(tensorAt(operands, 0), arrayResult(i).dims);
}

/** The tensor cut to these sizes, or with zeros up to them. */
export function sizedTo(t: Tensor, dims: readonly number[]): Tensor {
  const { type } = t.shape;
  const map = resizeMove(t.shape.dims, dims);
  const zero = emptyTensor(type, [1]).data;
  return result(arrayShape(type, dims), applyMove(map, [t.data, zero], widthOf(type)));
}

/** The same bits as another type; a trailing dimension takes up a difference in width. */
function bitcastConvert(i: InstructionOf<'bitcast-convert'>, operands: readonly Value[]): Tensor {
  const shape = arrayResult(i);
  const operand = tensorAt(operands, 0);
  if (operand.shape.type === shape.type) return relabelled(operand, shape.type, shape.dims);
  return tensorOfBits(shape, bitsOf(operand));
}

/** The operand's elements in the order of its memory, their bits cut anew, put where they belong. */
function acrossWidths(operand: Tensor, from: ArrayShape, to: ArrayShape): Tensor {
  const flat = (shape: ArrayShape) => arrayShape(shape.type, [elementCount(shape)]);
  const inOrder = (source: Int32Array, t: Tensor) =>
    applyMove({ dims: [], source }, [t.data], widthOf(t.shape.type));
  const memory = result(flat(from), inOrder(logicalAtPhysical(from), operand));
  return result(to, inOrder(physicalAtLogical(to), tensorOfBits(flat(to), bitsOf(memory))));
}

/** The operand's memory read under the result's layout and type. */
function bitcast(
  i: InstructionOf<'bitcast'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  if (i.shape.kind !== 'array') return operands[0];
  const shape = arrayResult(i);
  const operand = tensorAt(operands, 0);
  const from = operandShape(context, i, 0) ?? operand.shape;
  const physical = from.kind === 'array' ? from : operand.shape;
  const bits = (of: ArrayShape) => elementCount(of) * elementTypes[of.type].bits;
  if (bits(physical) !== bits(shape)) {
    fail('run/unsupported', `${bits(physical)} bits cannot be read as ${bits(shape)} bits`);
  }
  if (elementTypes[physical.type].bits !== elementTypes[shape.type].bits) {
    return acrossWidths(operand, physical, shape);
  }
  const map = moveOf(i, [physical], operands);
  const moved = applyMove(map, [operand.data], widthOf(operand.shape.type));
  const same = result({ kind: 'array', type: physical.type, dims: shape.dims }, moved);
  return physical.type === shape.type ? same : tensorOfBits(shape, bitsOf(same));
}
