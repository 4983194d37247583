/** Folds of data movement: where each element of the result comes from. */
import { elementTypes } from '../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type ArrayShape, rowMajorStrides } from '../../graphs/ir/shape.ts';
import { emptyTensor, type Tensor } from '../../graphs/ir/tensor.ts';

/** The same elements in another shape. */
export function foldReshape(i: Instruction, [x]: readonly Tensor[]): Tensor {
  return { kind: 'tensor', shape: plain(i), data: x!.data };
}

/** Element i of the result's dimension d is that of the operand's dimension dimensions[d]. */
export function foldTranspose(
  i: InstructionOf<'transpose'>,
  [x]: readonly Tensor[],
): Tensor | undefined {
  const strides = rowMajorStrides(x!.shape.dims);
  return strided(
    i,
    x!,
    0,
    i.attrs.dimensions.map((d) => strides[d]!),
  );
}

/** The operand's dimension d becomes dimensions[d]; along the others it repeats. */
export function foldBroadcast(
  i: InstructionOf<'broadcast'>,
  [x]: readonly Tensor[],
): Tensor | undefined {
  const { dims } = plain(i);
  const strides = rowMajorStrides(x!.shape.dims);
  const along = dims.map((_, d) => strides[i.attrs.dimensions.indexOf(d)] ?? 0);
  return strided(i, x!, 0, along);
}

/** Elements from start in steps of stride, dimension by dimension. */
export function foldSlice(i: InstructionOf<'slice'>, [x]: readonly Tensor[]): Tensor | undefined {
  const strides = rowMajorStrides(x!.shape.dims);
  const start = i.attrs.slice.reduce((n, s, d) => n + s.start * strides[d]!, 0);
  return strided(
    i,
    x!,
    start,
    i.attrs.slice.map((s, d) => s.stride * strides[d]!),
  );
}

/** The named dimensions from their ends. */
export function foldReverse(
  i: InstructionOf<'reverse'>,
  [x]: readonly Tensor[],
): Tensor | undefined {
  const { dims } = x!.shape;
  const strides = rowMajorStrides(dims);
  const isReversed = (d: number) => i.attrs.dimensions.includes(d);
  const start = dims.reduce((n, size, d) => n + (isReversed(d) ? (size - 1) * strides[d]! : 0), 0);
  return strided(
    i,
    x!,
    start,
    strides.map((s, d) => (isReversed(d) ? -s : s)),
  );
}

/** The operands one after another along one dimension. */
export function foldConcatenate(
  i: InstructionOf<'concatenate'>,
  operands: readonly Tensor[],
): Tensor | undefined {
  const { type, dims } = plain(i);
  if (elementTypes[type].kind === 'complex' || operands.some((t) => t.shape.type !== type)) {
    return undefined;
  }
  const result = emptyTensor(type, dims);
  const along = i.attrs.dimensions[0]!;
  const strides = rowMajorStrides(dims);
  let offset = 0;
  for (const x of operands) {
    const at = places(x.shape.dims, strides);
    x.data.forEach((v: number | bigint, n: number) => {
      result.data[offset + at(n)] = v as never;
    });
    offset += x.shape.dims[along]! * strides[along]!;
  }
  return result;
}

/** The numbers 0, 1, … along a dimension, if the type holds them. */
export function foldIota(i: InstructionOf<'iota'>): Tensor | undefined {
  const { type, dims } = plain(i);
  const { kind } = elementTypes[type];
  if (kind === 'complex' || kind === 'pred') return undefined;
  const result = emptyTensor(type, dims);
  const stride = rowMajorStrides(dims)[i.attrs.iota_dimension]!;
  const size = dims[i.attrs.iota_dimension]!;
  const isBig = typeof result.data[0] === 'bigint';
  for (let n = 0; n < result.data.length; n++) {
    const at = Math.floor(n / stride) % size;
    if (rounder(type)(at) !== at) return undefined;
    result.data[n] = (isBig ? BigInt(at) : at) as never;
  }
  return result;
}

/** result[r] = x[start + Σ r_d · strides_d] */
function strided(
  i: Instruction,
  x: Tensor,
  start: number,
  strides: readonly number[],
): Tensor | undefined {
  const { type, dims } = plain(i);
  if (elementTypes[type].kind === 'complex' || x.shape.type !== type) return undefined;
  const result = emptyTensor(type, dims);
  const at = places(dims, strides);
  for (let n = 0; n < result.data.length; n++) result.data[n] = x.data[start + at(n)] as never;
  return result;
}

/** From a row-major position in `dims` to Σ index_d · strides_d. */
function places(dims: readonly number[], strides: readonly number[]): (n: number) => number {
  const own = rowMajorStrides(dims);
  return (n) => {
    let place = 0;
    for (let d = 0; d < dims.length; d++) {
      place += (Math.floor(n / own[d]!) % dims[d]!) * strides[d]!;
    }
    return place;
  };
}

function plain(i: Instruction): ArrayShape {
  const { type, dims } = i.shape as ArrayShape;
  return { kind: 'array', type, dims };
}
