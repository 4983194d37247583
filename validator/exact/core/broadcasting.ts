/**
 * Elements of operands that may be scalars: HLO's select and clamp mix scalars with arrays, and a
 * computation on scalars is run on many sets of arguments at once.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../../graphs/ir/shape.ts';
import type { TensorData } from '../../../graphs/ir/tensor.ts';
import { lazyBroadcastOf } from './lazy-broadcast.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** The tensor behind a value; a tuple or token is an error of the module. */
export function tensorOperand(value: ExactValue | undefined): ExactTensor {
  if (value?.kind !== 'tensor') return fail('run/bad-operand', 'the operand must be an array');
  return value;
}

/** Entries of data per element. */
export function partsOf(type: ElementType): 1 | 2 {
  return elementTypes[type].kind === 'complex' ? 2 : 1;
}

/** Number of elements; a complex one counts once. */
export function sizeOf(t: ExactTensor): number {
  if (lazyBroadcastOf(t)) return elementCount(t.shape);
  return t.data.length / partsOf(t.shape.type);
}

/** Result dimensions of an elementwise op: those of an operand that is not a scalar, if any. */
export function commonDims(operands: readonly ExactTensor[]): readonly number[] {
  return (operands.find((t) => t.shape.dims.length > 0) ?? operands[0]).shape.dims;
}

/** The shape of an elementwise result: declared type, common dimensions. */
export function resultShape(type: ElementType, operands: readonly ExactTensor[]): ArrayShape {
  return arrayShape(type, commonDims(operands));
}

/** The step from one element to the next: 0 for a scalar among arrays. */
export function stepOf(t: ExactTensor, n: number): 0 | 1 {
  return sizeOf(t) === 1 && n !== 1 ? 0 : 1;
}

/** Along which dimensions the result's shared errors may be one: wherever an operand's are. */
export function commonAlong(
  operands: readonly ExactTensor[],
  dims: readonly number[],
): readonly boolean[] {
  const correlated = operands.filter((t) => t.correlated || (t.bound && stepOf(t, 2) === 0));
  return dims.map((_, d) =>
    correlated.some((t) => (t.shape.dims.length === dims.length ? !!t.correlated?.along[d] : true)),
  );
}

/** Marks of the elements that depend on an undecided one; undefined where there are none. */
export function mergedMarks(operands: readonly ExactTensor[], n: number): Uint8Array | undefined {
  let out: Uint8Array | undefined;
  for (const t of operands) {
    if (!t.undecided) continue;
    out ??= new Uint8Array(n);
    const step = stepOf(t, n);
    for (let i = 0; i < n; i++) if (t.undecided[i * step]) out[i] = 1;
  }
  return out;
}

/** Arrays of a tensor's elements; those of radii and marks may be absent. */
export interface ElementArrays {
  readonly data: TensorData;
  readonly bound?: Float64Array | undefined;
  readonly deviation?: Float64Array | undefined;
  /** Of the correlated errors. */
  readonly radius?: Float64Array | undefined;
  readonly undecided?: Uint8Array | undefined;
}

/** The tensor of these arrays; `along` tells where correlated errors, if any, may be one. */
export function exactTensor(
  shape: ArrayShape,
  { data, bound, deviation, radius, undecided }: ElementArrays,
  along: readonly boolean[],
): ExactTensor {
  return {
    kind: 'tensor',
    shape,
    data,
    ...(bound && { bound }),
    ...(deviation && { deviation }),
    ...(radius && { correlated: { radius, along } }),
    ...(undecided && hasMarks(undecided) && { undecided }),
  };
}

/** Copies of a tensor's radii, to be widened; zeros where it has none. */
export function copiedRadii({ data, bound, deviation }: ExactTensor) {
  const copied = (radii?: Float64Array) => radii?.slice() ?? new Float64Array(data.length);
  return { bound: copied(bound), deviation: copied(deviation) };
}

/** Whether any element is marked. */
export function hasMarks(marks: Uint8Array): boolean {
  return marks.some((m) => m !== 0);
}

/** The tensor with further elements marked as undecided, if any are. */
export function markUndecided(t: ExactTensor, marks: Uint8Array | undefined): ExactTensor {
  if (!marks || !hasMarks(marks)) return t;
  const old = t.undecided;
  return { ...t, undecided: old ? marks.map((m, i) => m | old[i]) : marks };
}
