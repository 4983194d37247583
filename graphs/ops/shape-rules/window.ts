/** Shape rules of ops that slide a window: its arithmetic, reduce-window, select-and-scatter. */
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import type { WindowDim } from '../attr.ts';
import {
  alike,
  arrayAt,
  arrayOf,
  compatible,
  dynamicOf,
  fitDims,
  type Given,
  isScalar,
  likeType,
  need,
  text,
  withType,
} from './checks.ts';
import { checkReducer, inputsAndInits, needOneSize, oneOrTuple } from './reduction.ts';

/** Labels of the constraints on a window. */
export interface WindowLabels {
  readonly rank: string;
  readonly size: string;
  readonly stride: string;
  readonly baseDilation: string;
  readonly windowDilation: string;
}

/** Extent of n elements `dilation` apart. */
function dilated(n: number, dilation: number): number {
  return n <= 0 ? 0 : (n - 1) * dilation + 1;
}

/** How many positions a window has along a dimension of this size; -1 if that is unbounded. */
export function windowCount(size: number, w: WindowDim): number {
  if (size === -1) return -1;
  const padded = w.padLow + dilated(size, w.baseDilation) + w.padHigh;
  const extent = dilated(w.size, w.windowDilation);
  return padded <= 0 || extent > padded ? 0 : Math.floor((padded - extent) / w.stride) + 1;
}

/** Result sizes of a window that slides over `dims`. */
export function windowedDims(
  c: Given,
  dims: readonly number[],
  window: readonly WindowDim[],
  labels: WindowLabels,
): readonly number[] {
  need(
    c,
    window.length === dims.length,
    labels.rank,
    () => `the window has ${window.length} dimensions, its operand [${dims}] has ${dims.length}`,
  );
  const positive = (field: keyof typeof fields) =>
    need(
      c,
      window.every((w) => w[field] > 0),
      labels[field],
      () => `${fields[field]} must be positive, got ${window.map((w) => w[field]).join('x')}`,
    );
  for (const field of Object.keys(fields) as (keyof typeof fields)[]) positive(field);
  return dims.map((d, i) => windowCount(d, window[i]!));
}

/** The positive fields of a window dimension by their names in HLO text. */
const fields = {
  size: 'window size',
  stride: 'window stride',
  baseDilation: 'window lhs_dilate',
  windowDilation: 'window rhs_dilate',
} as const;

interface Windowed {
  readonly window: readonly WindowDim[];
}

const reduceWindowLabels: WindowLabels = {
  rank: 'reduce_window_c4',
  size: 'reduce_window_c5',
  stride: 'reduce_window_c7',
  baseDilation: 'reduce_window_c9',
  windowDilation: 'reduce_window_c11',
};

/** One size a window place along each dimension, at the initial values' types. */
export function reduceWindowShape(c: Given<Windowed & { readonly to_apply: string }>): Shape {
  const op = 'reduce_window';
  const [inputs, inits] = inputsAndInits(c, op, `${op}_c1`);
  needOneSize(c, inputs, `${op}_c2`);
  need(
    c,
    inits.every((s, i) => isScalar(s) && likeType(s.type, inputs[i]!.type)),
    `${op}_c3`,
    () => `each initial value must be a scalar of its input's type, got ${inits.map(text)}`,
  );
  checkReducer(c, c.attrs.to_apply, inits, inputs, `${op}_c13`);
  const first = inputs[0]!;
  const dims = windowedDims(c, first.dims, c.attrs.window, reduceWindowLabels);
  return oneOrTuple(inits.map((s) => arrayOf(s.type, dims, dynamicOf(first))));
}

const selectAndScatterLabels: WindowLabels = {
  rank: 'select_and_scatter_c4',
  size: 'select_and_scatter_c5',
  stride: 'select_and_scatter_c7',
  baseDilation: 'select_and_scatter_x1',
  windowDilation: 'select_and_scatter_x2',
};

/** The shape of operand 0; the source has one element a window place. */
export function selectAndScatterShape(
  c: Given<Windowed & { readonly select: string; readonly scatter: string }>,
): Shape {
  const op = 'select_and_scatter';
  const [a, source, init] = [0, 1, 2].map((k) => arrayAt(c, k, op)) as [
    ArrayShape,
    ArrayShape,
    ArrayShape,
  ];
  const { select, scatter, window } = c.attrs;
  const { parameters, result } = c.signature(select);
  const element = arrayOf(a.type, []);
  need(
    c,
    parameters.length === 2 &&
      parameters.every((p) => alike(p, element)) &&
      compatible(result, arrayOf('pred', [])),
    `${op}_c9`,
    () =>
      `${select} must compare two ${text(element)}; ` +
      `it is (${parameters.map(text).join(', ')}) -> ${text(result)}`,
  );
  need(
    c,
    likeType(source.type, a.type),
    `${op}_c1`,
    () => `source must have the operand's type, got ${text(source)} for ${text(a)}`,
  );
  need(
    c,
    isScalar(init) && likeType(init.type, a.type),
    `${op}_c3`,
    () => `the initial value must be a scalar of the operand's type, got ${text(init)}`,
  );
  checkReducer(c, scatter, [init], [source], `${op}_c10`);
  const dims = windowedDims(c, a.dims, window, selectAndScatterLabels);
  need(
    c,
    fitDims(source.dims, dims),
    `${op}_c2`,
    () => `the window has [${dims}] positions in ${text(a)}, but source is ${text(source)}`,
  );
  return withType(a, a.type);
}
