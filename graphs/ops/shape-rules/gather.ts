/** Shape rules of ops that address an array by computed indices. */
import { isInteger } from '../../ir/element-type.ts';
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import {
  arrayAt,
  arrayOf,
  compatible,
  fits,
  type Given,
  isScalar,
  likeType,
  need,
  needInRange,
  needSorted,
  needUnique,
  text,
} from './checks.ts';

/** dynamic-slice and dynamic-update-slice: scalar start indices, or (older) one vector of them. */
function checkStarts(c: Given, a: ArrayShape, from: number, op: string, same: string): void {
  const starts = c.operands.slice(from);
  const rank = a.dims.length;
  const [first] = starts;
  const vector = first?.kind === 'array' && first.dims.length === 1;
  const words = () => `${text(a)} needs ${rank} scalar integer indices, got ${starts.map(text)}`;
  const count = op === 'dynamic_slice' ? `${op}_c2` : `${op}_c4`;
  if (vector) {
    need(c, starts.length === 1 && fits(first.dims[0]!, rank), count, words);
  } else {
    need(c, starts.length === rank, count, words);
  }
  for (const start of starts) {
    need(
      c,
      start.kind === 'array' && isInteger(start.type) && (vector || isScalar(start)),
      `${op}_i${from + 1}`,
      words,
    );
    need(c, compatible(first!, start), same, () => `the indices must have one type: ${words()}`);
  }
}

/** `dynamic_slice_sizes`, which must fit into the operand. */
export function dynamicSliceShape(
  c: Given<{ readonly dynamic_slice_sizes: readonly number[] }>,
): Shape {
  const op = 'dynamic_slice';
  const a = arrayAt(c, 0, op);
  const sizes = c.attrs.dynamic_slice_sizes;
  checkStarts(c, a, 1, op, `${op}_c3`);
  const words = () => `dynamic_slice_sizes={${sizes}} must fit into ${text(a)}`;
  need(c, sizes.length === a.dims.length, `${op}_c2`, words);
  need(
    c,
    sizes.every((s, d) => s >= 0 && (a.dims[d] === -1 || s <= a.dims[d]!)),
    `${op}_c4`,
    words,
  );
  const dynamic = sizes.map((s, d) => !!a.dynamic?.[d] && s > 1 && s === a.dims[d]);
  return arrayOf(a.type, sizes, dynamic);
}

/** The operand's own shape; the update must fit into it. */
export function dynamicUpdateSliceShape(c: Given): Shape {
  const op = 'dynamic_update_slice';
  const [a, update] = [arrayAt(c, 0, op), arrayAt(c, 1, op)];
  const pair = () => `got ${text(update)} into ${text(a)}`;
  checkStarts(c, a, 2, op, `${op}_c5`);
  need(
    c,
    update.dims.length === a.dims.length,
    `${op}_c3`,
    () => `the update must have the operand's rank, ${pair()}`,
  );
  need(
    c,
    likeType(update.type, a.type),
    `${op}_c2`,
    () => `the update must have the operand's element type, ${pair()}`,
  );
  need(
    c,
    update.dims.every((s, d) => a.dims[d] === -1 || s <= a.dims[d]!),
    `${op}_c6`,
    () => `the update must fit into the operand, ${pair()}`,
  );
  if (!update.dynamic) return a;
  const dynamic = a.dims.map(
    (s, d) => !!a.dynamic?.[d] || (!!update.dynamic?.[d] && s === update.dims[d]),
  );
  return arrayOf(a.type, a.dims, dynamic);
}

/** Dimension numbers of a gather, as XLA names them. */
export interface GatherDims {
  readonly offset_dims: readonly number[];
  readonly collapsed_slice_dims: readonly number[];
  readonly operand_batching_dims: readonly number[];
  readonly start_indices_batching_dims: readonly number[];
  readonly start_index_map: readonly number[];
  readonly index_vector_dim: number;
  readonly slice_sizes: readonly number[];
}

/** Sizes of the indices without their vectors, with those of the slices at `offset_dims`. */
export function gatherShape(c: Given<GatherDims>): Shape {
  const [a, indices] = [arrayAt(c, 0, 'gather'), arrayAt(c, 1, 'gather')];
  const d = c.attrs;
  const rank = a.dims.length;
  const indexDims = checkIndices(c, indices, d.index_vector_dim, 'gather_i2', 'gather_c2');
  const indexSize = indexDims[d.index_vector_dim]!;
  need(
    c,
    fits(d.start_index_map.length, indexSize),
    'gather_c3',
    () => `start_index_map={${d.start_index_map}} must name ${indexSize} dimensions`,
  );
  needSorted(c, d.offset_dims, 'gather_c4', 'offset_dims');
  needUnique(c, d.offset_dims, 'gather_c4', 'offset_dims');
  const resultRank = d.offset_dims.length + indexDims.length - 1;
  needInRange(c, d.offset_dims, resultRank, 'gather_c5', 'offset_dims');
  needInRange(c, d.collapsed_slice_dims, rank, 'gather_c8', 'collapsed_slice_dims');
  needSorted(c, d.collapsed_slice_dims, 'gather_c7', 'collapsed_slice_dims');
  needUnique(c, d.collapsed_slice_dims, 'gather_c6', 'collapsed_slice_dims');
  checkGatherBatch(c, rank, indexDims.length);
  checkSliceSizes(c, a);
  return gathered(a, indices, indexDims, d);
}

function checkGatherBatch(c: Given<GatherDims>, rank: number, indexRank: number): void {
  const d = c.attrs;
  const [own, theirs] = [d.operand_batching_dims, d.start_indices_batching_dims];
  need(
    c,
    own.length === theirs.length,
    'gather_c16',
    () => `operand_batching_dims={${own}} and start_indices_batching_dims={${theirs}} must pair up`,
  );
  needInRange(c, own, rank, 'gather_c11', 'operand_batching_dims');
  needSorted(c, own, 'gather_c10', 'operand_batching_dims');
  needUnique(c, own, 'gather_c6', 'operand_batching_dims');
  needInRange(c, theirs, indexRank, 'gather_c14', 'start_indices_batching_dims');
  needUnique(c, theirs, 'gather_c13', 'start_indices_batching_dims');
  needInRange(c, d.start_index_map, rank, 'gather_c19', 'start_index_map');
  needUnique(c, d.start_index_map, 'gather_c18', 'start_index_map');
}

function checkSliceSizes(c: Given<GatherDims>, a: ArrayShape): void {
  const { slice_sizes: sizes, ...d } = c.attrs;
  const rank = a.dims.length;
  need(
    c,
    sizes.length === rank,
    'gather_c20',
    () => `slice_sizes={${sizes}} must give ${rank} sizes for ${text(a)}`,
  );
  const said =
    d.offset_dims.length + d.collapsed_slice_dims.length + d.operand_batching_dims.length;
  need(
    c,
    said === rank,
    'gather_c1',
    () =>
      `offset_dims, collapsed_slice_dims and operand_batching_dims name ${said} dimensions, ` +
      `${text(a)} has ${rank}`,
  );
  need(
    c,
    sizes.every((s, i) => a.dims[i] === -1 || (s >= 0 && s <= a.dims[i]!)),
    'gather_c21',
    () => `slice_sizes={${sizes}} must fit into ${text(a)}`,
  );
  for (const [dims, label] of [
    [d.collapsed_slice_dims, 'gather_c9'],
    [d.operand_batching_dims, 'gather_c12'],
  ] as const) {
    need(
      c,
      dims.every((i) => sizes[i]! <= 1),
      label,
      () => `slice_sizes={${sizes}} must be 1 in dimensions {${dims}}, which the result drops`,
    );
  }
}

/** Batch sizes of the indices with the slice sizes put in at offset_dims. */
function gathered(
  a: ArrayShape,
  indices: ArrayShape,
  indexDims: readonly number[],
  d: GatherDims,
): ArrayShape {
  const dropped = new Set([...d.collapsed_slice_dims, ...d.operand_batching_dims]);
  const offsets = a.dims.map((_, i) => i).filter((i) => !dropped.has(i));
  const batch = indexDims.map((_, i) => i).filter((i) => i !== d.index_vector_dim);
  const dims: number[] = [];
  const dynamic: boolean[] = [];
  for (let i = 0, o = 0, b = 0; i < offsets.length + batch.length; i++) {
    if (d.offset_dims.includes(i)) {
      const from = offsets[o++]!;
      dims.push(d.slice_sizes[from]!);
      dynamic.push(!!a.dynamic?.[from] && d.slice_sizes[from] === a.dims[from]);
    } else {
      const from = batch[b++]!;
      dims.push(indexDims[from]!);
      dynamic.push(!!indices.dynamic?.[from]);
    }
  }
  return arrayOf(a.type, dims, dynamic);
}

/** Sizes of the indices, with the implied 1 where index_vector_dim stands behind them. */
export function checkIndices(
  c: Given,
  indices: ArrayShape,
  vectorDim: number,
  typeLabel: string,
  rangeLabel: string,
): readonly number[] {
  need(
    c,
    isInteger(indices.type),
    typeLabel,
    () => `the indices must be integers, got ${text(indices)}`,
  );
  need(
    c,
    vectorDim >= 0 && vectorDim <= indices.dims.length,
    rangeLabel,
    () => `index_vector_dim=${vectorDim} must lie in [0, ${indices.dims.length}]`,
  );
  return vectorDim === indices.dims.length ? [...indices.dims, 1] : indices.dims;
}
