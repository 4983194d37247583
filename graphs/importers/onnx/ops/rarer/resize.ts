/**
 * Resize and Upsample, one axis after the other: nearest is a gather, linear and cubic a product
 * with the matrix of interpolation weights, which is known while importing.
 */

import { byName } from '../../../../ir/by-name.ts';
import { fail } from '../../../../ir/diagnostic.ts';
import { type ElementType, isFloat } from '../../../../ir/element-type.ts';
import type { Instruction } from '../../../../ir/module.ts';
import { rounder } from '../../../../ir/rounding.ts';
import { tensorOf } from '../../../../ir/tensor.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../../lowering/hlo.ts';
import { extreme } from '../../../lowering/neutral.ts';
import { takeRows } from '../../../lowering/take-rows.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';

/** One axis: its sizes and how a place in the output maps to a coordinate in the input. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** The part that tf_crop_and_resize cuts out, as fractions. */
  readonly roi: readonly [number, number];
}

const coordinates: Readonly<Record<string, (x: number, a: Axis) => number>> = byName({
  half_pixel: (x, a) => (x + 0.5) / a.scale - 0.5,
  half_pixel_symmetric: (x, a) => {
    const adjustment = a.to / (a.scale * a.from);
    return (a.from / 2) * (1 - adjustment) + (x + 0.5) / a.scale - 0.5;
  },
  pytorch_half_pixel: (x, a) => (a.to > 1 ? (x + 0.5) / a.scale - 0.5 : 0),
  align_corners: (x, a) => alignedCorners(x, a),
  asymmetric: (x, a) => x / a.scale,
  tf_half_pixel_for_nn: (x, a) => (x + 0.5) / a.scale,
  tf_crop_and_resize: (x, { from, to, roi: [start, end] }) =>
    to > 1
      ? start * (from - 1) + (x * (end - start) * (from - 1)) / (to - 1)
      : 0.5 * (start + end) * (from - 1),
});

/** With scales the last output sits where scale · size, not rounded down, puts it. */
function alignedCorners(x: number, { from, to, scale }: Axis): number {
  const length = scale * from;
  return to === 1 || length === 1 ? 0 : (x * (from - 1)) / (length - 1);
}

const nearest: Readonly<Record<string, (x: number) => number>> = byName({
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
  simple: (x) => Math.trunc(x),
});

type Kernel = (distance: number) => number;

const triangle: Kernel = (d) => Math.max(0, 1 - Math.abs(d));

/** Keys' cubic convolution with parameter a. */
const cubic =
  (a: number): Kernel =>
  (distance) => {
    const d = Math.abs(distance);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  };

interface Interpolation {
  readonly kernel: Kernel;
  /** Half the width of the kernel. */
  readonly reach: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
}

/** Weights of the inputs for an output at coordinate x; places outside count for the edge. */
function weightsAt(x: number, axis: Axis, i: Interpolation): number[] {
  const shrink = i.antialias ? Math.min(axis.scale, 1) : 1;
  const radius = i.reach / shrink;
  const weights = range(axis.from).map(() => 0);
  let sum = 0;
  for (let k = Math.ceil(x - radius); k <= Math.floor(x + radius); k++) {
    const outside = k < 0 || k >= axis.from;
    if (outside && i.excludeOutside) continue;
    const w = i.kernel((k - x) * shrink);
    weights[Math.max(0, Math.min(k, axis.from - 1))]! += w;
    sum += w;
  }
  return i.antialias || i.excludeOutside ? weights.map((w) => w / sum) : weights;
}

/** x with one axis multiplied by a matrix [to, from]. */
function applyMatrix(h: Hlo, x: Instruction, dim: number, rows: readonly (readonly number[])[]) {
  const type = isFloat(typeOf(x)) ? typeOf(x) : 'f32';
  const round = rounder(type);
  const dims = [rows.length, rows[0]?.length ?? 0];
  const matrix = h.constant(tensorOf(type, dims, rows.flat().map(round)));
  const y = h.op('dot', [h.convert(x, type), matrix], {
    lhs_contracting_dims: [dim],
    rhs_contracting_dims: [1],
  });
  return h.moveDim(y, rankOf(x) - 1, dim);
}

/** How a node resizes. */
interface Plan {
  readonly mode: string;
  readonly coordinate: (x: number, a: Axis) => number;
  readonly pick: (x: number) => number;
  readonly interpolation: Interpolation;
  /** The value outside of the input, for tf_crop_and_resize. */
  readonly outside: number | undefined;
}

/** Weights of a matrix that resizes an axis, and elements that it may come to: far beyond images. */
const [maxWeights, maxSize] = [2 ** 26, 2 ** 18];

function resizeAxis(h: Hlo, x: Instruction, dim: number, axis: Axis, plan: Plan): Instruction {
  if (axis.from * axis.to > maxWeights || axis.to > maxSize) {
    fail('onnx/too-large', `resizing ${axis.from} to ${axis.to} elements`);
  }
  const places = range(axis.to).map((k) => plan.coordinate(k, axis));
  if (plan.mode === 'nearest') {
    const clamp = (k: number) => Math.max(0, Math.min(k, axis.from - 1));
    return maskOutside(
      h,
      takeRows(
        h,
        x,
        dim,
        places.map((p) => clamp(plan.pick(p))),
      ),
      dim,
      places,
      axis,
      plan,
    );
  }
  const rows = places.map((p) => weightsAt(p, axis, plan.interpolation));
  return maskOutside(h, applyMatrix(h, x, dim, rows), dim, places, axis, plan);
}

function maskOutside(
  h: Hlo,
  y: Instruction,
  dim: number,
  places: readonly number[],
  axis: Axis,
  { outside }: Plan,
): Instruction {
  const beyond = places.map((p) => (p < 0 || p > axis.from - 1 ? 1 : 0));
  if (outside === undefined || !beyond.includes(1)) return y;
  const mask = h.constant(tensorOf('pred', [beyond.length], beyond));
  return h.select(h.broadcastInDim(mask, dimsOf(y), [dim]), outside, y);
}

/** Sizes and scales of all axes, from `scales` or `sizes` and the aspect ratio policy. */
function axesOf(c: NodeContext): Axis[] {
  const dims = c.dims(0);
  const [scaleInput, sizeInput] = c.opset < 11 ? [1, 3] : [2, 3];
  const axes = c.ints('axes')?.map((a) => c.axis(a)) ?? range(dims.length);
  const given = c.floats('scales') ?? c.numbers(scaleInput);
  const scales = given && given.length > 0 ? given : undefined;
  const sizes = scales ? undefined : c.numbers(sizeInput);
  if (!scales && !sizes) return c.refuse('neither scales nor sizes are given', 'onnx/bad-node');
  const kept = aspectScale(c, dims, axes, sizes);
  const roi = c.opset < 11 ? undefined : c.numbers(1);
  return dims.map((from, d) => {
    const k = axes.indexOf(d);
    if (k < 0) return { from, to: from, scale: 1, roi: [0, 1] };
    const part = [roi?.[k] ?? 0, roi?.[k + axes.length] ?? 1] as const;
    if (scales) return { from, to: Math.floor(from * scales[k]!), scale: scales[k]!, roi: part };
    const to = kept === undefined ? sizes![k]! : Math.floor(kept * from + 0.5);
    return { from, to, scale: kept ?? to / from, roi: part };
  });
}

/** One scale for all axes that keeps the aspect ratio, if the node asks for it. */
function aspectScale(
  c: NodeContext,
  dims: readonly number[],
  axes: readonly number[],
  sizes: readonly number[] | undefined,
): number | undefined {
  const policy = c.string('keep_aspect_ratio_policy', 'stretch');
  if (!sizes || policy === 'stretch') return undefined;
  const ratios = axes.map((d, k) => sizes[k]! / dims[d]!);
  return policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
}

function planOf(c: NodeContext): Plan {
  const mode = c.word('mode', 'nearest', ['nearest', 'linear', 'bilinear', 'cubic']);
  const old = c.opset < 11;
  const name = c.string('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const rounding = c.string('nearest_mode', old ? 'floor' : 'round_prefer_floor');
  return {
    mode,
    coordinate: coordinates[name] ?? c.refuse(`the coordinate mode ${name} is unknown`),
    pick: nearest[rounding] ?? c.refuse(`the rounding ${rounding} is unknown`),
    interpolation: {
      kernel: mode === 'cubic' ? cubic(c.float('cubic_coeff_a', -0.75)) : triangle,
      reach: mode === 'cubic' ? 2 : 1,
      antialias: c.flag('antialias'),
      excludeOutside: c.flag('exclude_outside'),
    },
    outside: name === 'tf_crop_and_resize' ? c.float('extrapolation_value', 0) : undefined,
  };
}

const resizeOp: Lower = (c) => {
  const x = c.input(0);
  const plan = planOf(c);
  const identity = (a: Axis) =>
    a.from === a.to && a.scale === 1 && a.roi[0] === 0 && a.roi[1] === 1;
  const y = axesOf(c).reduce(
    (part, axis, dim) => (identity(axis) ? part : resizeAxis(c.h, part, dim, axis, plan)),
    x,
  );
  return toType(c.h, y, typeOf(x));
};

/** Integers are rounded, and kept within their type. */
function toType(h: Hlo, y: Instruction, type: ElementType): Instruction {
  if (isFloat(type) || typeOf(y) === type) return h.convert(y, type);
  const [low, high] = (['lowest', 'highest'] as const).map((w) => Number(extreme(type, w)));
  const rounded = h.unary('round-nearest-even', y);
  return h.convert(h.max(h.min(rounded, high!), low!), type);
}

/** Rows by operator of the standard domain; Upsample is Resize with fewer attributes. */
export const resize: LowerTable = { Resize: resizeOp, Upsample: resizeOp };
