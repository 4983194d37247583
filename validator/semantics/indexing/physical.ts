/**
 * Physical order: where a layout puts the elements. Only bitcast looks at it; tiling and memory
 * spaces (the layout's properties) are not modelled, since they change padding, not order of values
 * as HLO defines bitcast between them.
 */
import { type ArrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { stridedIndices } from '../loops/strides.ts';

/** For every physical position the row-major logical index of the element that lies there. */
export function logicalAtPhysical(shape: ArrayShape): Int32Array {
  const majorToMinor = [...minorToMajorOf(shape)].reverse();
  const strides = rowMajorStrides(shape.dims);
  return stridedIndices(
    majorToMinor.map((d) => shape.dims[d]),
    majorToMinor.map((d) => strides[d]),
  );
}

/** For every row-major logical index the physical position of the element. */
export function physicalAtLogical(shape: ArrayShape): Int32Array {
  const strides = new Array<number>(shape.dims.length);
  let stride = 1;
  for (const d of minorToMajorOf(shape)) {
    strides[d] = stride;
    stride *= shape.dims[d];
  }
  return stridedIndices(shape.dims, strides);
}

/** True where the layout, if there is one, is the row-major order. */
export function isRowMajor(shape: ArrayShape): boolean {
  const order = minorToMajorOf(shape).filter((d) => shape.dims[d] !== 1);
  return order.every((d, i) => i === 0 || d < order[i - 1]);
}

function minorToMajorOf(shape: ArrayShape): readonly number[] {
  const given = shape.layout?.minorToMajor;
  if (given && given.length === shape.dims.length) return given;
  return shape.dims.map((_, d) => shape.dims.length - 1 - d);
}
