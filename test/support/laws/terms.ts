/**
 * The terms of every result of an instruction that sums: which elements meet comes from
 * validator/semantics/indexing, whose maps have tests of their own.
 */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { dotDims } from '../../../validator/semantics/indexing/dot-dims.ts';
import { scatterTargets, scatterWindows } from '../../../validator/semantics/indexing/scatter.ts';
import { forEachCoordinate, windowReader } from '../../../validator/semantics/indexing/window.ts';
import { otherDims, stridedIndices } from '../../../validator/semantics/loops/strides.ts';
import type { TermList } from './orders.ts';

type Operands = readonly Tensor[];

const number = (t: Tensor, i: number) => Number(t.data[i]);
const numbers = (t: Tensor, at: Iterable<number>) => Array.from(at, (i) => number(t, i));

/** Σ over the contracted positions of a·b. */
export function dotTerms({ attrs }: InstructionOf<'dot'>, [a, b]: Operands): TermList[] {
  const { batch, m, n, k, lhs, rhs } = dotDims(attrs, a.shape.dims, b.shape.dims);
  const row = (t: Tensor, index: Int32Array, r: number) =>
    numbers(t, index.subarray(r * k, (r + 1) * k));
  return Array.from({ length: batch * m * n }, (_, i) => {
    const group = Math.floor(i / (m * n));
    const [p, q] = [group * m + (Math.floor(i / n) % m), group * n + (i % n)];
    return { a: row(a, lhs, p), b: row(b, rhs, q) };
  });
}

/** The initial value and all elements along the reduced dimensions. */
export function reduceTerms({ attrs }: InstructionOf<'reduce'>, [x, init]: Operands): TermList[] {
  const { dims } = x.shape;
  const strides = rowMajorStrides(dims);
  const walk = (of: readonly number[]) =>
    stridedIndices(
      of.map((d) => dims[d]),
      of.map((d) => strides[d]),
    );
  const steps = walk(attrs.dimensions);
  const starts = walk(otherDims(dims.length, attrs.dimensions));
  return Array.from(starts, (start) =>
    withInit(
      init,
      Array.from(steps, (s) => number(x, start + s)),
    ),
  );
}

/** The initial value and the elements under the window. */
export function windowTerms(
  { attrs, shape }: InstructionOf<'reduce-window'>,
  [x, init]: Operands,
): TermList[] {
  const { dims } = shape as ArrayShape;
  const read = windowReader(attrs.window, x.shape.dims, dims);
  const out: TermList[] = [];
  forEachCoordinate(dims, (place, r) => {
    const { base, count } = read(place);
    out[r] = withInit(init, numbers(x, base.subarray(0, count)));
  });
  return out;
}

/** The operand and the updates that go to it. */
export function scatterTerms(
  { attrs }: InstructionOf<'scatter'>,
  [operand, indices, updates]: Operands,
): TermList[] {
  const targets = scatterTargets(scatterWindows(attrs, operand.shape, indices, updates.shape));
  const lists = Array.from({ length: operand.data.length }, (_, t) => [number(operand, t)]);
  targets.forEach((t, u) => {
    if (t >= 0) lists[t].push(number(updates, u));
  });
  return lists.map((a) => ({ a }));
}

/** Elements under the window times those of the kernel, over the features of a group. */
export function convolutionTerms(
  { attrs, shape }: InstructionOf<'convolution'>,
  [x, kernel]: Operands,
): TermList[] {
  const { dim_labels: at, window, feature_group_count, batch_group_count } = attrs;
  const { dims } = shape as ArrayShape;
  const [strides, weights] = [rowMajorStrides(x.shape.dims), rowMajorStrides(kernel.shape.dims)];
  const sizes = at.inputSpatial.map((d) => x.shape.dims[d]);
  const places = at.outputSpatial.map((d) => dims[d]);
  const read = windowReader(window, sizes, places);
  const inputAt = stridedIndices(
    sizes,
    at.inputSpatial.map((d) => strides[d]),
  );
  const kernelAt = stridedIndices(
    window.map((w) => w.size),
    at.kernelSpatial.map((d) => weights[d]),
  );
  const features = kernel.shape.dims[at.kernelInputFeature];
  const outputs = kernel.shape.dims[at.kernelOutputFeature];
  const batches = x.shape.dims[at.inputBatch] / batch_group_count;
  const out: TermList[] = [];
  forEachCoordinate(dims, (place, r) => {
    const o = place[at.outputFeature];
    const group = Math.floor((o * feature_group_count) / outputs);
    const batch = place[at.outputBatch] + batches * Math.floor((o * batch_group_count) / outputs);
    const { base, position, count } = read(at.outputSpatial.map((d) => place[d]));
    const [a, b]: [number[], number[]] = [[], []];
    for (let j = 0; j < count; j++) {
      for (let c = 0; c < features; c++) {
        const feature = (group * features + c) * strides[at.inputFeature];
        const from = batch * strides[at.inputBatch] + inputAt[base[j]] + feature;
        const weight = o * weights[at.kernelOutputFeature] + c * weights[at.kernelInputFeature];
        a.push(number(x, from));
        b.push(number(kernel, weight + kernelAt[position[j]]));
      }
    }
    out[r] = { a, b };
  });
  return out;
}

function withInit(init: Tensor, a: readonly number[]): TermList {
  const first = number(init, 0);
  return { a: first === 0 ? a : [first, ...a] };
}
