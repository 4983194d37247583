/**
 * What the shape rules share: the view a rule has of its instruction, comparisons of shapes with
 * XLA's leniency (dynamic marks and layouts aside, an unbounded size fits any), and the words in
 * which a violated constraint is told. Labels are `<opcode>_c<n>` and `<opcode>_i<n>` where
 * StableHLO's specification numbers the constraint or the operand (dot, broadcast and conditional
 * borrow the numbers of dot_general, broadcast_in_dim and case); `<opcode>_x<n>` is HLO's own.
 */
import { type ElementType, elementTypes, floatFormat } from '../../ir/element-type.ts';
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import type { Signature } from '../row.ts';

/** What a shape rule sees of an instruction whose attributes include A. */
export interface Given<A = object> {
  readonly operands: readonly Shape[];
  readonly attrs: A;
  readonly declared: Shape;
  readonly config?: string | undefined;
  signature(computation: string): Signature;
  check(holds: boolean, label: string, message: string): asserts holds;
}

/** Demands a constraint; the message is composed only if it is violated. */
export function need(
  c: Given,
  holds: boolean,
  label: string,
  message: () => string,
): asserts holds {
  c.check(holds, label, holds ? '' : message());
}

/** The k-th operand, which must be an array; labelled `<op>_i<k+1>`. */
export function arrayAt(c: Given, k: number, op: string): ArrayShape {
  return asArray(c, c.operands[k], `${op}_i${k + 1}`, `operand ${k}`);
}

/** All operands, which must be arrays. */
export function arrays(c: Given, op: string): readonly ArrayShape[] {
  return c.operands.map((s) => asArray(c, s, `${op}_i1`, 'each operand'));
}

/** The shape, which must be an array; `what` names it in the message. */
export function asArray(
  c: Given,
  shape: Shape | undefined,
  label: string,
  what: string,
): ArrayShape {
  need(c, shape?.kind === 'array', label, () => `${what} must be an array, got ${text(shape)}`);
  return shape as ArrayShape;
}

/** The declared shape, which must be an array. */
export function declaredArray(c: Given, label: string): ArrayShape {
  return asArray(c, c.declared, label, 'the result');
}

/** Demands that every number is a dimension of a shape of this rank. */
export function needInRange(
  c: Given,
  dims: readonly number[],
  rank: number,
  label: string,
  what: string,
): void {
  need(
    c,
    dims.every((d) => d >= 0 && d < rank),
    label,
    () => `${what} {${dims}} must lie in [0, ${rank})`,
  );
}

/** Demands that no number occurs twice. */
export function needUnique(c: Given, dims: readonly number[], label: string, what: string): void {
  need(
    c,
    new Set(dims).size === dims.length,
    label,
    () => `${what} {${dims}} must not name a dimension twice`,
  );
}

/** Demands ascending order. */
export function needSorted(c: Given, dims: readonly number[], label: string, what: string): void {
  need(
    c,
    dims.every((d, i) => i === 0 || dims[i - 1]! <= d),
    label,
    () => `${what} {${dims}} must be in ascending order`,
  );
}

/** Equal sizes, or one of them unbounded. */
export function fits(a: number, b: number): boolean {
  return a === b || a === -1 || b === -1;
}

/** Same rank and fitting sizes; element types, dynamic marks and layouts aside. */
export function fitDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => fits(d, b[i]!));
}

/** Whether it is an array of no dimensions, of any element type. */
export function isScalar(shape: Shape): boolean {
  return shape.kind === 'array' && shape.dims.length === 0;
}

/** The same type, or two floating-point types: XLA lets their precisions differ. */
export function likeType(a: ElementType, b: ElementType): boolean {
  return a === b || (elementTypes[a].kind === 'float' && elementTypes[b].kind === 'float');
}

/** Same shape with dynamic marks and layouts aside; `types` compares element types. */
export function compatible(
  a: Shape,
  b: Shape,
  types: (a: ElementType, b: ElementType) => boolean = Object.is,
): boolean {
  if (a.kind === 'array') {
    return b.kind === 'array' && types(a.type, b.type) && fitDims(a.dims, b.dims);
  }
  if (a.kind === 'tuple') {
    return (
      b.kind === 'tuple' &&
      a.elements.length === b.elements.length &&
      a.elements.every((e, i) => compatible(e, b.elements[i]!, types))
    );
  }
  if (a.kind === 'buffer') return b.kind === 'buffer' && compatible(a.array, b.array, types);
  return a.kind === b.kind;
}

/** Compatible, floating-point precisions aside. */
export function alike(a: Shape, b: Shape): boolean {
  return compatible(a, b, likeType);
}

/** The type that represents both: the wider range first, then the longer significand. */
export function higherPrecision(a: ElementType, b: ElementType): ElementType {
  if (a === b || elementTypes[a].kind !== 'float' || elementTypes[b].kind !== 'float') return a;
  const [fa, fb] = [floatFormat(a), floatFormat(b)];
  const byRange = fa.maxFinite - fb.maxFinite;
  return (byRange || fa.precision - fb.precision) >= 0 ? a : b;
}

/** The declared element type (an op may accumulate wider), else what the operands suggest. */
export function declaredType(c: Given, otherwise: ElementType): ElementType {
  return c.declared.kind === 'array' ? c.declared.type : otherwise;
}

/** An array shape; `dynamic` is left out where no dimension is. */
export function arrayOf(
  type: ElementType,
  dims: readonly number[],
  dynamic: readonly boolean[] = [],
): ArrayShape {
  return dynamic.includes(true)
    ? { kind: 'array', type, dims, dynamic }
    : { kind: 'array', type, dims };
}

/** The same shape with another element type. */
export function withType(shape: ArrayShape, type: ElementType): ArrayShape {
  return shape.type === type ? shape : { ...shape, type };
}

/** Which of the dimensions are dynamic, one flag each. */
export function dynamicOf(shape: ArrayShape): readonly boolean[] {
  return shape.dims.map((_, d) => !!shape.dynamic?.[d]);
}

/** A shape in words of an error message, without layout: `f32[2,<=3]`, `(s32[], token[])`. */
export function text(shape: Shape | undefined): string {
  if (!shape) return 'nothing';
  if (shape.kind === 'tuple') return `(${shape.elements.map(text).join(', ')})`;
  if (shape.kind === 'buffer') return `b(${text(shape.array)})`;
  if (shape.kind !== 'array') return `${shape.kind}[]`;
  const size = (d: number, i: number) => `${shape.dynamic?.[i] ? '<=' : ''}${d === -1 ? '?' : d}`;
  return `${shape.type}[${shape.dims.map(size)}]`;
}
