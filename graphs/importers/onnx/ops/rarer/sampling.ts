/**
 * Sampling at computed places: GridSample, AffineGrid, RoiAlign, DeformConv. Everything comes down
 * to gathers at integer coordinates and weights from the fractions.
 */
import { byName } from '../../../../ir/by-name.ts';
import type { Instruction } from '../../../../ir/module.ts';
import { rounder } from '../../../../ir/rounding.ts';
import { tensorOf } from '../../../../ir/tensor.ts';
import { dimsOf, type Hlo, product, range, typeOf } from '../../../lowering/hlo.ts';
import { matmul } from '../../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';

/** x[batch, :, c₁, …, cₖ] for x [N, C, spatial…]; batch and coordinates are s64 [R, P]. */
function pick(h: Hlo, x: Instruction, batch: Instruction, at: readonly Instruction[]): Instruction {
  const dims = dimsOf(x);
  const columns = [batch, ...at].map((v) => h.reshape(v, [...dimsOf(v), 1]));
  const indexed = [0, ...range(dims.length - 2, 2)];
  return h.op('gather', [x, h.concat(columns, 2)], {
    offset_dims: [1],
    collapsed_slice_dims: indexed,
    start_index_map: indexed,
    index_vector_dim: 2,
    slice_sizes: dims.map((d, k) => (k === 1 ? d : 1)),
  });
}

/** What stands outside of the input. */
interface Border {
  readonly padding: 'zeros' | 'border' | 'reflection';
  readonly alignCorners: boolean;
}

/** An integer coordinate (as a float) mirrored at the borders of a dimension. */
function reflect(h: Hlo, at: Instruction, size: number, { alignCorners }: Border): Instruction {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return h.fullLike(at, 0);
  const away = h.unary('abs', h.sub(at, low));
  const folded = h.binary('remainder', away, h.fullLike(away, 2 * span));
  const back = h.select(h.compare('GT', folded, span), h.sub(2 * span, folded), folded);
  return h.add(back, low);
}

/** Values at integer coordinates [R, P] given as floats; [R, C, P]. */
function valuesAt(
  h: Hlo,
  x: Instruction,
  batch: Instruction,
  at: readonly Instruction[],
  border: Border,
): Instruction {
  const sizes = dimsOf(x).slice(2);
  const inside = at.map((v, k) => {
    const mirrored = border.padding === 'reflection' ? reflect(h, v, sizes[k]!, border) : v;
    return h.max(h.min(mirrored, sizes[k]! - 1), 0);
  });
  const values = pick(
    h,
    x,
    batch,
    inside.map((v) => h.convert(v, 's64')),
  );
  if (border.padding !== 'zeros') return values;
  const hit = at
    .map((v, k) => h.and(h.compare('GE', v, 0), h.compare('LE', v, sizes[k]! - 1)))
    .reduce((a, b) => h.and(a, b));
  return h.select(h.broadcastInDim(hit, dimsOf(values), [0, 2]), values, 0);
}

/** One tap of an interpolation along a dimension: where, and with which weight. */
interface Tap {
  readonly at: Instruction;
  readonly weight: Instruction | undefined;
}

/** Keys' cubic weight with a = −0.75 at a distance (0 ≤ d < 2), `far` for 1 ≤ d. */
function cubicWeight(h: Hlo, d: Instruction, far: boolean): Instruction {
  const a = -0.75;
  const terms = far ? [a, -5 * a, 8 * a, -4 * a] : [a + 2, -(a + 3), 0, 1];
  return terms.slice(1).reduce((sum, t) => h.add(h.mul(sum, d), t), h.fullLike(d, terms[0]!));
}

const taps: Readonly<Record<string, (h: Hlo, x: Instruction) => Tap[]>> = byName({
  nearest: (h, x) => [{ at: h.unary('round-nearest-even', x), weight: undefined }],
  linear: (h, x) => {
    const low = h.unary('floor', x);
    const part = h.sub(x, low);
    return [
      { at: low, weight: h.sub(1, part) },
      { at: h.add(low, 1), weight: part },
    ];
  },
  cubic: (h, x) => {
    const low = h.unary('floor', x);
    const part = h.sub(x, low);
    return [-1, 0, 1, 2].map((k) => {
      const distance = k <= 0 ? h.sub(part, k) : h.sub(k, part);
      return { at: h.add(low, k), weight: cubicWeight(h, distance, k === -1 || k === 2) };
    });
  },
});

/** Every combination of one tap a dimension. */
function combinations(perDim: readonly (readonly Tap[])[]): (readonly Tap[])[] {
  return perDim.reduce<(readonly Tap[])[]>(
    (all, own) => all.flatMap((c) => own.map((t) => [...c, t])),
    [[]],
  );
}

/** The weighted values of all combinations of taps, each [R, C, P]. */
function weighted(
  h: Hlo,
  x: Instruction,
  batch: Instruction,
  perDim: readonly (readonly Tap[])[],
  border: Border,
): Instruction[] {
  return combinations(perDim).map((combination) => {
    const values = valuesAt(
      h,
      x,
      batch,
      combination.map((t) => t.at),
      border,
    );
    const weights = combination.flatMap((t) => t.weight ?? []);
    if (weights.length === 0) return values;
    const weight = h.convert(
      weights.reduce((a, b) => h.mul(a, b)),
      typeOf(x),
    );
    return h.mul(values, h.broadcastInDim(weight, dimsOf(values), [0, 2]));
  });
}

function sum(h: Hlo, parts: readonly Instruction[]): Instruction {
  return parts.reduce((a, b) => h.add(a, b));
}

/** The number of the batch at every point of [N, P]. */
function batchNumbers(h: Hlo, n: number, points: number): Instruction {
  return h.iota('s64', [n, points], 0);
}

const modes: Readonly<Record<string, string>> = byName({ bilinear: 'linear', bicubic: 'cubic' });

/** Places that one point of a grid may read: cubic in five dimensions. */
const maxTaps = 4 ** 5;

const gridSample: Lower = (c) => {
  const { h } = c;
  const [x, grid] = [c.input(0), c.input(1)];
  const places = dimsOf(grid).slice(1, -1);
  const [n, points, k] = [dimsOf(x)[0]!, product(places), dimsOf(grid).at(-1)!];
  const flat = h.reshape(grid, [n, points, k]);
  const given = c.string('mode', c.opset < 20 ? 'bilinear' : 'linear');
  const tapsOf = taps[modes[given] ?? given] ?? c.refuse(`the mode ${given} is unknown`);
  const border: Border = {
    padding: c.word('padding_mode', 'zeros', ['zeros', 'border', 'reflection']),
    alignCorners: c.flag('align_corners'),
  };
  const spatial = dimsOf(x).length - 2;
  c.need(k === spatial, `the grid has ${k} coordinates, the input ${spatial} dimensions`);
  const perDim = range(k).map((dim) => {
    const normal = h.reshape(h.sliceDim(flat, 2, k - 1 - dim, k - dim), [n, points]);
    return tapsOf(h, denormalise(h, normal, dimsOf(x)[dim + 2]!, border.alignCorners));
  });
  const combined = product(perDim.map((own) => own.length));
  if (combined > maxTaps) c.refuse(`each point reads ${combined} places, more than ${maxTaps}`);
  const parts = weighted(h, x, batchNumbers(h, n, points), perDim, border);
  return h.reshape(sum(h, parts), [n, dimsOf(x)[1]!, ...places]);
};

/** From [−1, 1] to places of a dimension: of its corners' centres, or of its outer edges. */
function denormalise(h: Hlo, x: Instruction, size: number, alignCorners: boolean): Instruction {
  const moved = h.add(x, 1);
  if (alignCorners) return h.mul(h.div(moved, 2), size - 1);
  return h.div(h.sub(h.mul(moved, size), 1), 2);
}

/** θ [N, k, k + 1] applied to a regular grid over [−1, 1]; coordinates from the last dimension. */
const affineGrid: Lower = (c) => {
  const { h } = c;
  const theta = c.input(0);
  const [n, , ...sizes] = c.list(1) as [number, number, ...number[]];
  const k = sizes.length;
  const type = typeOf(theta);
  const axis = (size: number) => {
    const aligned = c.flag('align_corners');
    return range(size).map((i) =>
      aligned ? (size === 1 ? -1 : -1 + (2 * i) / (size - 1)) : (2 * i + 1) / size - 1,
    );
  };
  const columns = range(k).map((d) => {
    const dim = k - 1 - d;
    const values = axis(sizes[dim]!).map(rounder(type));
    return h.broadcastInDim(h.constant(tensorOf(type, [values.length], values)), sizes, [dim]);
  });
  const points = product(sizes);
  const rows = [...columns, h.full(type, sizes, 1)].map((v) => h.reshape(v, [1, points]));
  const grid = h.broadcast(h.concat(rows, 0), [n, k + 1, points]);
  return h.reshape(h.transpose(matmul(h, theta, grid), [0, 2, 1]), [n, ...sizes, k]);
};

/** Regions [R, 4] with their batch numbers, and how finely each bin is sampled. */
interface Regions {
  readonly rois: Instruction;
  readonly batch: Instruction;
  readonly samples: readonly [number, number];
}

const roiAlign: Lower = (c) => {
  const { h } = c;
  const [rois, batch] = [c.input(1), h.convert(c.input(2), 's64')];
  const ratio = c.int('sampling_ratio', 0);
  if (ratio > 0) return alignRegions(c, { rois, batch, samples: [ratio, ratio] });
  const known = c.list(1);
  const scale = c.float('spatial_scale', 1);
  const parts = range(dimsOf(rois)[0]!).map((r) => {
    const [x1, y1, x2, y2] = known.slice(4 * r, 4 * r + 4).map((v) => v * scale) as Corners;
    const least = halfPixel(c) ? 0 : 1;
    const bins = (size: number, n: number) => Math.max(1, Math.ceil(Math.max(size, least) / n));
    const samples = [
      bins(y2 - y1, c.int('output_height', 1)),
      bins(x2 - x1, c.int('output_width', 1)),
    ] as const;
    const own = { rois: h.sliceDim(rois, 0, r, r + 1), batch: h.sliceDim(batch, 0, r, r + 1) };
    return alignRegions(c, { ...own, samples });
  });
  return h.concat(parts, 0);
};

type Corners = [x1: number, y1: number, x2: number, y2: number];

function halfPixel(c: NodeContext): boolean {
  const fallback = c.opset < 16 ? 'output_half_pixel' : 'half_pixel';
  return c.string('coordinate_transformation_mode', fallback) === 'half_pixel';
}

/** Pools bilinear samples of every bin: their mean, or the largest weighted neighbour. */
function alignRegions(c: NodeContext, { rois, batch, samples }: Regions): Instruction {
  const { h } = c;
  const x = c.input(0);
  const bins = [c.int('output_height', 1), c.int('output_width', 1)];
  const n = dimsOf(rois)[0]!;
  const grid = [bins[0]!, samples[0], bins[1]!, samples[1]];
  const points = product(grid);
  const offset = halfPixel(c) ? 0.5 : 0;
  const corner = (k: number) => {
    const column = h.reshape(h.sliceDim(rois, 1, k, k + 1), [n]);
    return h.sub(h.mul(column, c.float('spatial_scale', 1)), offset);
  };
  const places = [0, 1].map((d) => {
    const [start, end] = [corner(1 - d), corner(3 - d)];
    const length = offset ? h.sub(end, start) : h.max(h.sub(end, start), 1);
    const steps = h.add(h.iota(typeOf(rois), grid, 2 * d + 1), 0.5);
    const cell = h.add(h.div(steps, samples[d]!), h.iota(typeOf(rois), grid, 2 * d));
    const fraction = h.reshape(h.div(cell, bins[d]!), [1, points]);
    const column = (v: Instruction) => h.reshape(v, [n, 1]);
    return h.add(h.mul(column(length), fraction), column(start));
  });
  const numbers = h.broadcastInDim(batch, [n, points], [0]);
  const parts = regionTaps(h, x, numbers, places);
  const max = c.word('mode', 'avg', ['avg', 'max']) === 'max';
  const value = max ? parts.reduce((a, b) => h.max(a, b)) : sum(h, parts);
  const shaped = h.reshape(value, [n, dimsOf(x)[1]!, ...grid]);
  const pooled = h.reduce(max ? 'maximum' : 'add', shaped, [3, 5]);
  return max ? pooled : h.div(pooled, samples[0] * samples[1]);
}

/** The four weighted neighbours; places more than one element outside count as zero. */
function regionTaps(
  h: Hlo,
  x: Instruction,
  batch: Instruction,
  places: readonly Instruction[],
): Instruction[] {
  const sizes = dimsOf(x).slice(2);
  const inside = places
    .map((p, k) => h.and(h.compare('GE', p, -1), h.compare('LE', p, sizes[k]!)))
    .reduce((a, b) => h.and(a, b));
  const perDim = places.map((p, k) => taps.linear!(h, h.max(h.min(p, sizes[k]! - 1), 0)));
  const parts = weighted(h, x, batch, perDim, { padding: 'border', alignCorners: true });
  return parts.map((v) => h.select(h.broadcastInDim(inside, dimsOf(v), [0, 2]), v, 0));
}

/** Convolution whose taps are displaced by offsets, and weighted by a mask. */
const deformConv: Lower = (c) => {
  const { h } = c;
  const [x, kernel, offset] = [c.input(0), c.input(1), c.input(2)];
  const [n, channels] = dimsOf(x) as [number, number];
  const [outputs, , kh, kw] = dimsOf(kernel) as [number, number, number, number];
  const [oh, ow] = dimsOf(offset).slice(2) as [number, number];
  const [groups, offsetGroups] = [c.int('group', 1), c.int('offset_group', 1)];
  const grid = [n, offsetGroups, kh * kw, 2, oh * ow];
  const moved = h.reshape(offset, grid);
  const mask = c.inputs[4] && h.reshape(c.input(4), [n, offsetGroups, kh * kw, oh * ow]);
  const columns = range(offsetGroups).map((g) => {
    const own = channels / offsetGroups;
    const part = h.sliceDim(x, 1, g * own, (g + 1) * own);
    const values = deformedColumns(c, part, h.sliceDim(moved, 1, g, g + 1), [kh, kw, oh, ow]);
    if (!mask) return values;
    const weight = h.reshape(h.sliceDim(mask, 1, g, g + 1), [n, 1, kh * kw * oh * ow]);
    return h.mul(values, weight);
  });
  const all = h.reshape(h.concat(columns, 1), [n, groups, (channels / groups) * kh * kw, oh * ow]);
  const rows = h.reshape(kernel, [groups, outputs / groups, (channels / groups) * kh * kw]);
  const y = h.op('dot', [all, rows], {
    lhs_batch_dims: [1],
    rhs_batch_dims: [0],
    lhs_contracting_dims: [2],
    rhs_contracting_dims: [2],
  });
  const result = h.reshape(h.transpose(y, [1, 0, 3, 2]), [n, outputs, oh, ow]);
  return c.inputs[3] ? h.add(result, h.reshape(c.input(3), [outputs, 1, 1])) : result;
};

/** Samples for every kernel element and output place: [N, C, kh · kw · oh · ow]. */
function deformedColumns(
  c: NodeContext,
  x: Instruction,
  offset: Instruction,
  [kh, kw, oh, ow]: readonly [number, number, number, number],
): Instruction {
  const { h } = c;
  const n = dimsOf(x)[0]!;
  const type = typeOf(offset);
  const [strides, dilations] = [c.ints('strides') ?? [1, 1], c.ints('dilations') ?? [1, 1]];
  const pads = c.ints('pads') ?? [0, 0, 0, 0];
  const grid = [kh, kw, oh, ow];
  const perDim = [0, 1].map((d) => {
    const kernelPlace = h.mul(h.iota(type, grid, d), dilations[d]!);
    const outputPlace = h.mul(h.iota(type, grid, d + 2), strides[d]!);
    const base = h.sub(h.add(kernelPlace, outputPlace), pads[d]!);
    const shift = h.reshape(h.sliceDim(offset, 3, d, d + 1), [n, product(grid)]);
    return taps.linear!(h, h.add(h.reshape(base, [1, product(grid)]), shift));
  });
  const batch = batchNumbers(h, n, product(grid));
  return sum(h, weighted(h, x, batch, perDim, { padding: 'zeros', alignCorners: true }));
}

/** Columns [N, C · kernel, places] added up where they came from in the image. */
const col2Im: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const [image, block] = [c.list(1), c.list(2)];
  const k = image.length;
  const ones = range(k).map(() => 1);
  const [strides, dilations] = [c.ints('strides') ?? ones, c.ints('dilations') ?? ones];
  const pads = c.ints('pads') ?? range(2 * k).map(() => 0);
  const places = image.map((size, d) => {
    const extent = (block[d]! - 1) * dilations[d]! + 1;
    return Math.floor((size + pads[d]! + pads[d + k]! - extent) / strides[d]!) + 1;
  });
  const n = dimsOf(x)[0]!;
  const taken = product(block);
  const channels = dimsOf(x)[1]! / taken;
  const split = h.reshape(x, [n, channels, taken, ...places]);
  const parts = range(taken).map((t) => {
    const own = h.reshape(h.sliceDim(split, 2, t, t + 1), [n, channels, ...places]);
    const at = coordinate(block, t);
    const low = at.map((v, d) => v * dilations[d]! - pads[d]!);
    const spread = places.map((p, d) => (p - 1) * strides[d]! + 1);
    const high = image.map((size, d) => size - low[d]! - spread[d]!);
    return h.pad(own, 0, [0, 0, ...low], [0, 0, ...high], [0, 0, ...strides.map((s) => s - 1)]);
  });
  return sum(h, parts);
};

function coordinate(dims: readonly number[], flat: number): number[] {
  const at = [...dims];
  for (let d = dims.length - 1, rest = flat; d >= 0; rest = Math.floor(rest / dims[d]!), d--) {
    at[d] = rest % dims[d]!;
  }
  return at;
}

/** Rows by operator of the standard domain. */
export const sampling: LowerTable = {
  AffineGrid: affineGrid,
  Col2Im: col2Im,
  DeformConv: deformConv,
  GridSample: gridSample,
  RoiAlign: roiAlign,
};
