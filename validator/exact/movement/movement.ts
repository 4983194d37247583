/**
 * Ops that move data: values, radii and marks go by the same index map. A broadcast makes errors
 * shared: what was one element's own error is now common to all its copies.
 */

import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { movement as rowsOfMovement } from '../../../graphs/ops/movement.ts';
import { operandShape } from '../../reference/operand-shape.ts';
import { evaluateInstruction } from '../../reference/run.ts';
import { type Move, takesFromMany } from '../../semantics/indexing/move.ts';
import { type MoveOpcode, moveOf, resizeMove } from '../../semantics/indexing/moves.ts';
import { markUndecided, partsOf, sizeOf, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext, ExactRows } from '../core/context.ts';
import { repeated, repeatsInto } from '../core/lazy-broadcast.ts';
import { inheritsSizes } from '../core/operand-flush.ts';
import { mergeCorrelated } from '../core/radius.ts';
import { resultAlong } from '../core/shared-dims.ts';
import type { CorrelatedError, ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, fromPlain, toPlain, undecidedOf } from '../core/without-error.ts';
import { applyIndexMap } from './apply-index-map.ts';
import { gatherMarks } from './gather-marks.ts';

type Rows = ExactRows<keyof typeof rowsOfMovement>;

/** Rules by opcode. */
export const movement: Rows = {
  bitcast,
  'bitcast-convert': bitcastConvert,
  broadcast,
  concatenate: move,
  copy: same,
  'dynamic-reshape': same,
  'dynamic-slice': (i, operands, context) => whereDecided(i, operands, operands.slice(1), context),
  'dynamic-update-slice': (i, operands, context) =>
    whereDecided(i, operands, operands.slice(2), context),
  gather: (i, operands, context) =>
    markUndecided(move(i, operands, context), gatherMarks(i, operands)),
  'get-dimension-size': (i, [t]) =>
    fromPlain(tensorOf('s32', [], [tensorOperand(t).shape.dims[i.attrs.dimensions[0]]])),
  iota: (i, _, context) => fromPlain(evaluateInstruction(i, [], context.reference)),
  pad: move,
  reshape: same,
  reverse: move,
  'set-dimension-size': (i, [t]) => sizedTo(tensorOperand(t), (i.shape as ArrayShape).dims),
  slice: move,
  transpose: move,
};

/** Undecided as a whole where an index is. */
function whereDecided(
  instruction: InstructionOf<'dynamic-slice' | 'dynamic-update-slice'>,
  operands: readonly ExactValue[],
  indices: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  if (indices.some((v) => tensorOperand(v).undecided)) return undecidedOf(instruction.shape);
  return move(instruction, operands, context);
}

function move<O extends MoveOpcode>(
  instruction: InstructionOf<O>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const tensors = operands.map(tensorOperand);
  const shapes = tensors.map((t, k) => {
    if (instruction.opcode !== 'bitcast') return t.shape;
    const declared = operandShape(context.reference, instruction as Instruction, k);
    return declared?.kind === 'array' ? declared : t.shape;
  });
  const map = moveOf(instruction as InstructionOf<MoveOpcode>, shapes, tensors);
  return moved(map, tensors, instruction as Instruction);
}

function moved(map: Move, tensors: readonly ExactTensor[], instruction: Instruction): ExactTensor {
  const sources = takesFromMany(map) ? tensors : [tensors[0]];
  const along = resultAlong(instruction, sources);
  return applyIndexMap(map, sources, instruction.shape as ArrayShape, along);
}

function broadcast(
  instruction: InstructionOf<'broadcast'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const t = tensorOperand(operands[0]);
  const { dims } = instruction.shape as ArrayShape;
  const grows = dims.reduce((a, b) => a * b, 1) > sizeOf(t);
  const source = grows ? allErrorsShared(t) : t;
  const make = () => move(instruction, [source], context);
  const lazyBroadcast = grows && repeatsInto(source, instruction.attrs.dimensions, dims);
  if (!lazyBroadcast) return make();
  return repeated(
    lazyBroadcast,
    instruction.shape as ArrayShape,
    resultAlong(instruction, [source]),
    make,
  );
}

/**
 * Own errors joined to the shared ones. Dimensions along which the operand's errors were shared
 * count on only where those errors are the larger part.
 */
function allErrorsShared(t: ExactTensor): ExactTensor {
  const { deviation, correlated } = t;
  if (!deviation) return t;
  const never = t.shape.dims.map(() => false);
  const radius = deviation.map((l, i) =>
    correlated ? mergeCorrelated(correlated.radius[i], l) : l,
  );
  const dominant = correlated && sumOfSquares(correlated.radius) > sumOfSquares(deviation);
  const common: CorrelatedError = { radius, along: dominant ? correlated.along : never };
  return { ...t, deviation: new Float64Array(radius.length), correlated: common };
}

function sumOfSquares(a: Float64Array): number {
  return a.reduce((sum, x) => sum + x * x, 0);
}

/** Row-major order stays, so all arrays do. */
function same(
  instruction: InstructionOf<'copy' | 'dynamic-reshape' | 'reshape'>,
  operands: readonly ExactValue[],
): ExactValue {
  if (instruction.shape.kind !== 'array') return operands[0];
  const t = tensorOperand(operands[0]);
  const { shape } = instruction;
  const along = t.correlated && resultAlong(instruction, [t]);
  const correlated = t.correlated && { correlated: { ...t.correlated, along: along! } };
  return inheritsSizes({ ...t, shape, ...correlated }, [t]);
}

/** Cut to these sizes; what a larger size adds may be anything. */
export function sizedTo(t: ExactTensor, dims: readonly number[]): ExactTensor {
  const shape = arrayShape(t.shape.type, dims);
  const map = resizeMove(t.shape.dims, dims);
  const anything = undecidedOf(arrayShape(t.shape.type, [1])) as ExactTensor;
  const along = t.correlated?.along ?? dims.map(() => true);
  return applyIndexMap(map, [t, anything], shape, along);
}

function bitcast(
  instruction: InstructionOf<'bitcast'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  if (instruction.shape.kind !== 'array') return operands[0];
  const t = tensorOperand(operands[0]);
  if (t.shape.type !== instruction.shape.type)
    return exactIfCertain(instruction, operands, context);
  return move(instruction, operands, context);
}

/** The bits of a value are known where the value is; elsewhere they are undecided. */
function bitcastConvert(
  instruction: InstructionOf<'bitcast-convert'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const t = tensorOperand(operands[0]);
  const shape = instruction.shape as ArrayShape;
  const value = tensorOperand(
    fromPlain(
      evaluateInstruction(
        { ...instruction, shape: { ...shape, dims: bitDims(t, shape) } },
        [toPlain(t)],
        context.reference,
      ),
    ),
  );
  const uncertain = isFloat(t.shape.type) || isComplex(t.shape.type) ? t.bound : undefined;
  if (!uncertain && !t.undecided) return value;
  const [n, m] = [sizeOf(t), sizeOf(value)];
  const marks = new Uint8Array(m);
  const parts = partsOf(t.shape.type);
  for (let i = 0; i < m; i++) {
    const from = n === 0 ? 0 : Math.floor((i * n) / m);
    const to = Math.max(from + 1, Math.floor(((i + 1) * n) / m));
    for (let j = from; j < to; j++) {
      if (t.undecided?.[j]) marks[i] = 1;
      for (let p = 0; p < parts; p++) if (uncertain && uncertain[j * parts + p] > 0) marks[i] = 1;
    }
  }
  return markUndecided(value, marks);
}

/** The declared sizes, or those of a batch of scalars. */
function bitDims(t: ExactTensor, shape: ArrayShape): readonly number[] {
  return shape.dims.length === 0 ? t.shape.dims : shape.dims;
}
