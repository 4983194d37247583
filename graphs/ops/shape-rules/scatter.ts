/** Shape rule of scatter. */
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import {
  arrayOf,
  asArray,
  fits,
  type Given,
  likeType,
  need,
  needInRange,
  needSorted,
  needUnique,
  text,
} from './checks.ts';
import { checkIndices } from './gather.ts';
import { checkReducer, needOneSize, oneOrTuple } from './reduction.ts';

interface ScatterDims {
  readonly update_window_dims: readonly number[];
  readonly inserted_window_dims: readonly number[];
  readonly input_batching_dims: readonly number[];
  readonly scatter_indices_batching_dims: readonly number[];
  readonly scatter_dims_to_operand_dims: readonly number[];
  readonly index_vector_dim: number;
  readonly to_apply: string;
}

/** The inputs' own shapes; inputs, indices and updates are the operands in this order. */
export function scatterShape(c: Given<ScatterDims>): Shape {
  const n = (c.operands.length - 1) / 2;
  need(
    c,
    Number.isInteger(n),
    'scatter_c5',
    () => `as many updates as inputs around the indices, got ${c.operands.length} operands`,
  );
  const [inputs, indices, updates] = operandsOf(c, n);
  const d = c.attrs;
  needOneSize(c, inputs, 'scatter_c1');
  needOneSize(c, updates, 'scatter_c3');
  const indexDims = checkIndices(c, indices, d.index_vector_dim, 'scatter_i2', 'scatter_c22');
  checkWindowDims(c, inputs[0]!, updates[0]!, indexDims);
  checkIndexMap(c, inputs[0]!, indexDims);
  checkUpdateSizes(c, inputs[0]!, updates[0]!, indexDims);
  need(
    c,
    updates.every((u, i) => likeType(u.type, inputs[i]!.type)),
    'scatter_c6',
    () => `updates must have the types of inputs, got ${updates.map(text)} for ${inputs.map(text)}`,
  );
  const inits = inputs.map((s) => arrayOf(s.type, []));
  checkReducer(c, d.to_apply, inits, updates, 'scatter_c23');
  return oneOrTuple(inputs);
}

function operandsOf(
  c: Given,
  n: number,
): [readonly ArrayShape[], ArrayShape, readonly ArrayShape[]] {
  const at = (k: number, label: string) => asArray(c, c.operands[k], label, `operand ${k}`);
  const run = (from: number, label: string) =>
    Array.from({ length: n }, (_, i) => at(from + i, label));
  return [run(0, 'scatter_i1'), at(n, 'scatter_i2'), run(n + 1, 'scatter_i3')];
}

function checkWindowDims(
  c: Given<ScatterDims>,
  a: ArrayShape,
  update: ArrayShape,
  indexDims: readonly number[],
): void {
  const d = c.attrs;
  const rank = a.dims.length;
  const wanted = indexDims.length - 1 + d.update_window_dims.length;
  need(
    c,
    update.dims.length === wanted,
    'scatter_c4',
    () => `updates must have ${wanted} dimensions (batch and window), got ${text(update)}`,
  );
  needSorted(c, d.update_window_dims, 'scatter_c7', 'update_window_dims');
  needUnique(c, d.update_window_dims, 'scatter_c7', 'update_window_dims');
  needInRange(c, d.update_window_dims, wanted, 'scatter_c8', 'update_window_dims');
  needSorted(c, d.inserted_window_dims, 'scatter_c10', 'inserted_window_dims');
  needUnique(c, d.inserted_window_dims, 'scatter_c9', 'inserted_window_dims');
  needInRange(c, d.inserted_window_dims, rank, 'scatter_c11', 'inserted_window_dims');
  needSorted(c, d.input_batching_dims, 'scatter_c12', 'input_batching_dims');
  needUnique(c, d.input_batching_dims, 'scatter_c9', 'input_batching_dims');
  needInRange(c, d.input_batching_dims, rank, 'scatter_c13', 'input_batching_dims');
  const said =
    d.update_window_dims.length + d.inserted_window_dims.length + d.input_batching_dims.length;
  need(
    c,
    said === rank,
    'scatter_c2',
    () =>
      `update_window_dims, inserted_window_dims and input_batching_dims name ${said} ` +
      `dimensions, ${text(a)} has ${rank}`,
  );
}

function checkIndexMap(c: Given<ScatterDims>, a: ArrayShape, indexDims: readonly number[]): void {
  const d = c.attrs;
  const [own, theirs] = [d.input_batching_dims, d.scatter_indices_batching_dims];
  const size = indexDims[d.index_vector_dim]!;
  const map = d.scatter_dims_to_operand_dims;
  need(
    c,
    fits(map.length, size),
    'scatter_c19',
    () => `scatter_dims_to_operand_dims={${map}} must name ${size} dimensions`,
  );
  needInRange(c, map, a.dims.length, 'scatter_c21', 'scatter_dims_to_operand_dims');
  needUnique(c, map, 'scatter_c20', 'scatter_dims_to_operand_dims');
  need(
    c,
    own.length === theirs.length,
    'scatter_c17',
    () => `input_batching_dims={${own}} and scatter_indices_batching_dims={${theirs}} must pair up`,
  );
  needInRange(c, theirs, indexDims.length, 'scatter_c15', 'scatter_indices_batching_dims');
  needUnique(c, theirs, 'scatter_c14', 'scatter_indices_batching_dims');
}

function checkUpdateSizes(
  c: Given<ScatterDims>,
  a: ArrayShape,
  update: ArrayShape,
  indexDims: readonly number[],
): void {
  const d = c.attrs;
  const dropped = new Set([...d.inserted_window_dims, ...d.input_batching_dims]);
  const windows = a.dims.filter((_, i) => !dropped.has(i));
  const batch = indexDims.filter((_, i) => i !== d.index_vector_dim);
  const words = () => `updates ${text(update)} into ${text(a)} at indices [${indexDims}]`;
  need(
    c,
    d.update_window_dims.every((u, i) => windows[i] === -1 || update.dims[u]! <= windows[i]!),
    'scatter_c4',
    () => `the window sizes of updates must fit into [${windows}]: ${words()}`,
  );
  const sizes = update.dims.filter((_, i) => !d.update_window_dims.includes(i));
  need(
    c,
    sizes.every((s, i) => fits(s, batch[i]!)),
    'scatter_c4',
    () => `the batch sizes of updates must be [${batch}]: ${words()}`,
  );
}
