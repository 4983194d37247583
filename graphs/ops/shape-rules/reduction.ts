/** Shape rules of ops that combine many elements into one, and of the functions they call. */
import { type ArrayShape, type Shape, tupleShape } from '../../ir/shape.ts';
import {
  alike,
  arrayAt,
  arrayOf,
  arrays,
  compatible,
  dynamicOf,
  fitDims,
  type Given,
  isScalar,
  likeType,
  need,
  needInRange,
  needUnique,
  text,
  withType,
} from './checks.ts';

interface Applied {
  readonly to_apply: string;
}

/** One result stands alone, several are a tuple. */
export function oneOrTuple(shapes: readonly Shape[]): Shape {
  return shapes.length === 1 ? shapes[0]! : tupleShape(shapes);
}

const scalarOf = (shape: ArrayShape) => arrayOf(shape.type, []);

/**
 * Demands of a reducer (a₁ … aₙ, x₁ … xₙ) → (a₁ … aₙ) that it takes and gives scalars of the types
 * of the initial values and inputs, precisions aside; returns its result shapes.
 */
export function checkReducer(
  c: Given,
  computation: string,
  inits: readonly ArrayShape[],
  inputs: readonly ArrayShape[],
  label: string,
): readonly ArrayShape[] {
  const { parameters, result } = c.signature(computation);
  const n = inputs.length;
  const words = () => `${computation} is (${parameters.map(text).join(', ')}) -> ${text(result)}`;
  const results = result.kind === 'tuple' ? result.elements : [result];
  need(
    c,
    parameters.length === 2 * n,
    label,
    () => `the reducer must take ${2 * n} scalars; ${words()}`,
  );
  need(
    c,
    results.length === n && results.every(isScalar),
    label,
    () => `the reducer must give ${n} scalar${n > 1 ? 's in a tuple' : ''}; ${words()}`,
  );
  results.forEach((r, i) => {
    const expected = [scalarOf(inits[i]!), scalarOf(inputs[i]!)];
    need(
      c,
      compatible(r, parameters[i]!) && alike(r, expected[0]!) && alike(r, parameters[n + i]!),
      label,
      () => `parameters ${i} and ${n + i} and result ${i} must be ${text(expected[0])}; ${words()}`,
    );
    need(
      c,
      alike(expected[1]!, parameters[n + i]!),
      label,
      () => `parameter ${n + i} must be ${text(expected[1])}; ${words()}`,
    );
  });
  return results as readonly ArrayShape[];
}

/** The operands as inputs followed by as many initial values. */
export function inputsAndInits(
  c: Given,
  op: string,
  countLabel: string,
): readonly [readonly ArrayShape[], readonly ArrayShape[]] {
  const all = arrays(c, op);
  const n = all.length / 2;
  need(
    c,
    Number.isInteger(n),
    countLabel,
    () => `as many initial values as inputs are needed, got ${all.length} operands`,
  );
  return [all.slice(0, n), all.slice(n)];
}

/** Demands that all arrays have the sizes of the first. */
export function needOneSize(c: Given, shapes: readonly ArrayShape[], label: string): void {
  need(
    c,
    shapes.every((s) => fitDims(s.dims, shapes[0]!.dims)),
    label,
    () => `the inputs must have one size, got ${shapes.map(text).join(' and ')}`,
  );
}

/**
 * The sizes that are left, at the types that the reducer gives; a tuple where there are several
 * inputs.
 */
export function reduceShape(c: Given<Applied & { readonly dimensions: readonly number[] }>): Shape {
  const [inputs, inits] = inputsAndInits(c, 'reduce', 'reduce_c3');
  const { dimensions, to_apply } = c.attrs;
  const first = inputs[0]!;
  needOneSize(c, inputs, 'reduce_c1');
  needInRange(c, dimensions, first.dims.length, 'reduce_c4', 'dimensions');
  needUnique(c, dimensions, 'reduce_c5', 'dimensions');
  need(
    c,
    inits.every((s, i) => isScalar(s) && likeType(s.type, inputs[i]!.type)),
    'reduce_c2',
    () => `each initial value must be a scalar of its input's type, got ${inits.map(text)}`,
  );
  const results = checkReducer(c, to_apply, inits, inputs, 'reduce_c6');
  const kept = first.dims.map((_, d) => d).filter((d) => !dimensions.includes(d));
  const dynamic = dynamicOf(first);
  const dims = kept.map((d) => first.dims[d]!);
  const marks = kept.map((d) => dynamic[d]!);
  return oneOrTuple(results.map((r) => arrayOf(r.type, dims, marks)));
}

/** The operands' size at the type that the function gives. */
export function mapShape(c: Given<Applied>): Shape {
  const inputs = arrays(c, 'map');
  const { parameters, result } = c.signature(c.attrs.to_apply);
  const largest = inputs.find((s) => !isScalar(s)) ?? inputs[0]!;
  need(
    c,
    inputs.every((s) => isScalar(s) || fitDims(s.dims, largest.dims)),
    'map_c1',
    () => `the operands must have one size, got ${inputs.map(text).join(' and ')}`,
  );
  need(
    c,
    isScalar(result) &&
      parameters.length === inputs.length &&
      parameters.every((p, i) => alike(p, scalarOf(inputs[i]!))),
    'map_c4',
    () =>
      `${c.attrs.to_apply} must map scalars of ${inputs.map(text).join(', ')} to a scalar; ` +
      `it is (${parameters.map(text).join(', ')}) -> ${text(result)}`,
  );
  return withType(largest, (result as ArrayShape).type);
}

/** The operands' own shapes; the comparator takes two elements of each. */
export function sortShape(c: Given<Applied & { readonly dimensions: readonly number[] }>): Shape {
  const inputs = arrays(c, 'sort');
  const { dimensions, to_apply } = c.attrs;
  needOneSize(c, inputs, 'sort_c3');
  need(c, dimensions.length === 1, 'sort_x1', () => 'dimensions must name one dimension');
  needInRange(c, dimensions, inputs[0]!.dims.length, 'sort_c4', 'dimensions');
  const { parameters, result } = c.signature(to_apply);
  need(
    c,
    compatible(result, arrayOf('pred', [])) &&
      parameters.length === 2 * inputs.length &&
      parameters.every((p, i) => alike(p, scalarOf(inputs[i >> 1]!))),
    'sort_c5',
    () =>
      `${to_apply} must compare two scalars of each of ${inputs.map(text).join(', ')}; ` +
      `it is (${parameters.map(text).join(', ')}) -> ${text(result)}`,
  );
  return oneOrTuple(inputs);
}

/**
 * (values, indices): the operand with k elements along its last dimension, and s32 of that size.
 */
export function topkShape(c: Given<{ readonly k: number }>): Shape {
  const a = arrayAt(c, 0, 'topk');
  const last = a.dims.length - 1;
  const { k } = c.attrs;
  need(c, last >= 0, 'topk_c1', () => `the operand needs at least one dimension, got ${text(a)}`);
  need(
    c,
    k >= 0 && (a.dims[last] === -1 || k <= a.dims[last]!),
    'topk_c2',
    () => `k=${k} must lie in [0, ${a.dims[last]}], the last dimension of ${text(a)}`,
  );
  const dims = [...a.dims.slice(0, last), k];
  const dynamic = [...dynamicOf(a).slice(0, last), false];
  return tupleShape([arrayOf(a.type, dims, dynamic), arrayOf('s32', dims, dynamic)]);
}
