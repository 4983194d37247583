/** Layer normalisations of ONNX Runtime: simplified, after a sum, and of embeddings. */
import { elementTypes } from '../../../../ir/element-type.ts';
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { wrapIndices } from '../indexing.ts';
import { normalization } from '../normalization.ts';

interface Normalised {
  readonly y: Instruction;
  readonly mean: Instruction;
  readonly inverse: Instruction;
}

/** The type that a normalisation computes in: f32 for narrower floats. */
const widened = (h: Hlo, x: Instruction) =>
  elementTypes[typeOf(x)].bits < 32 ? h.convert(x, 'f32') : x;

/** (x − E x) / √(Var x + ε) over dimensions; without the mean where it is simplified. */
function normalised(
  h: Hlo,
  x: Instruction,
  dims: readonly number[],
  epsilon: number,
  simplified = false,
): Normalised {
  const mean = h.meanKeep(x, dims);
  const centred = simplified ? x : h.sub(x, mean);
  const variance = h.meanKeep(h.mul(centred, centred), dims);
  const inverse = h.div(1, h.unary('sqrt', h.add(variance, epsilon)));
  return { y: h.mul(centred, inverse), mean, inverse };
}

/** γ y + β, in the type of y, given back in the type of `like`. */
function affine(c: NodeContext, y: Instruction, gamma: Instruction, beta?: Instruction) {
  const { h } = c;
  const wide = (x: Instruction) => h.convert(x, typeOf(y));
  const scaled = h.mul(y, wide(gamma));
  return beta ? h.add(scaled, wide(beta)) : scaled;
}

/** Of ONNX before it was named RMSNormalization; its second output is 1/√(E x² + ε). */
const simplifiedLayerNorm: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const axis = c.axis(c.int('axis', -1));
  const dims = range(rankOf(x) - axis, axis);
  const { y, inverse } = normalised(h, widened(h, x), dims, c.float('epsilon', 1e-5), true);
  return [h.convert(affine(c, y, c.input(1)), c.type(1)), inverse];
};

/** The normalisation of x + skip (+ bias), which is an output too. */
const skipLayerNorm =
  (simplified: boolean): Lower =>
  (c) => {
    const { h } = c;
    const beta = simplified ? undefined : c.inputs[3];
    const bias = c.inputs[simplified ? 3 : 4];
    const type = c.type(0);
    const parts = [c.input(0), skipOf(c), ...(bias ? [bias] : [])].map((x) => widened(h, x));
    const sum = parts.reduce((a, b) => h.add(a, b));
    const last = [rankOf(sum) - 1];
    const found = normalised(h, sum, last, c.float('epsilon', 1e-12), simplified);
    const y = h.convert(affine(c, found.y, c.input(2), beta), type);
    return [y, found.mean, found.inverse, h.convert(sum, type)];
  };

/** The skip connection, which may be one for the whole batch. */
function skipOf(c: NodeContext): Instruction {
  const skip = c.input(1);
  return c.h.broadcast(skip, c.dims(0));
}

/** Rows of a table [rows, width] by indices [b, s]. */
function rowsOf(h: Hlo, table: Instruction, indices: Instruction): Instruction {
  const [rows, width] = dimsOf(table) as [number, number];
  const n = rankOf(indices);
  return h.op('gather', [table, wrapIndices(h, indices, rows)], {
    offset_dims: [n],
    collapsed_slice_dims: [0],
    start_index_map: [0],
    index_vector_dim: n,
    slice_sizes: [1, width],
  });
}

/** Words, positions and segments looked up, added and normalised; and how long each row is. */
const embedLayerNorm: Lower = (c) => {
  const { h } = c;
  const ids = c.input(0);
  const [b, s] = dimsOf(ids) as [number, number];
  const places = c.inputs[8] ? h.broadcast(c.input(8), [b, s]) : h.iota('s64', [b, s], 1);
  const words = rowsOf(h, c.input(2), ids);
  const placed = h.add(words, rowsOf(h, c.input(3), places));
  const segments = c.inputs[1];
  const sum = segments ? h.add(placed, rowsOf(h, c.input(4), segments)) : placed;
  const { y } = normalised(h, widened(h, sum), [2], c.float('epsilon', 1e-12));
  const mask = c.inputs[7];
  const lengths = mask ? h.reduce('add', h.convert(mask, 's32'), [1]) : h.full('s32', [b], 0);
  return [h.convert(affine(c, y, c.input(5), c.input(6)), typeOf(sum)), lengths, sum];
};

/** Rows by operator of `com.microsoft`. */
export const layerNorms: LowerTable = {
  EmbedLayerNormalization: embedLayerNorm,
  LayerNormalization: normalization.LayerNormalization!,
  SimplifiedLayerNormalization: simplifiedLayerNorm,
  SkipLayerNormalization: skipLayerNorm(false),
  SkipSimplifiedLayerNormalization: skipLayerNorm(true),
};
