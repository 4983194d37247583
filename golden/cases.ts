/**
 * Golden cases: values for the parameters of a module, drawn from a seed. Each leaf of each
 * parameter has a stream of its own, so that adding a parameter leaves the others as they were.
 */

import { fail } from '../graphs/ir/diagnostic.ts';
import {
  type ElementType,
  elementTypes,
  floatFormat,
  isComplex,
  isFloat,
} from '../graphs/ir/element-type.ts';
import { entryOf, type InstructionOf, type Module, parametersOf } from '../graphs/ir/module.ts';
import { rounder } from '../graphs/ir/rounding.ts';
import { type ArrayShape, elementCount, type Shape } from '../graphs/ir/shape.ts';
import { type Tensor, tensorOf, token, tupleValue, type Value } from '../graphs/ir/tensor.ts';
import { type Annotation, annotationOf } from './annotation.ts';
import { kindsFor } from './chosen-kinds.ts';
import { indexRanges, type Range } from './index-ranges.ts';
import { type CaseKind, type CaseKindRow, caseKinds } from './kinds.ts';
import { type Random, randomOf } from './random.ts';
import { drawnSizes, fixedSizes, type GivenSizes } from './sizes.ts';

/** Values for every parameter of a module. */
export interface GoldenCase {
  /** `typical-1`: kind and seed. */
  readonly name: string;
  readonly kind: CaseKind;
  readonly seed: number;
  /** By parameter number. */
  readonly inputs: readonly Value[];
}

/**
 * The case of a kind and a seed; the same on every platform. `sizes` fixes those of parameters, by
 * name, whose shapes only bound them.
 */
export function generateCase(
  module: Module,
  kind: CaseKind,
  seed: number,
  sizes: GivenSizes = {},
): GoldenCase {
  const ranges = indexRanges(module);
  const fixed = fixedSizes(parametersOf(entryOf(module)), sizes);
  const inputs = parametersOf(entryOf(module)).map((parameter) => {
    let leaf = 0;
    return fill(parameter.shape, [], (shape, path) => {
      const annotation = annotationOf(parameter, leaf++);
      const random = randomOf(seed, kind, parameter.attrs.index, ...path);
      const sized = drawnSizes(shape, kind, seed, fixed);
      checkSize(sized, parameter);
      const range = ranges(parameter.attrs.index, path);
      return generateTensor(sized, { kind, random, annotation, ...(range && { range }) });
    });
  });
  return { name: `${kind}-${seed}`, kind, seed, inputs };
}

/** Elements of one generated array: drawn as doubles, several copies of which must fit the heap. */
const maxElements = 2 ** 26;

/** Refuses an array by name before anything of it is drawn. */
function checkSize(shape: ArrayShape, { name, position }: InstructionOf<'parameter'>): void {
  if (elementCount(shape) <= maxElements) return;
  const size = `${shape.type}[${shape.dims}]`;
  const most = `generated inputs have at most ${maxElements} elements an array; record this one`;
  fail('golden/too-large', `%${name} is ${size}: ${most}`, position && { position });
}

/** The cases that a validation runs by default. */
export function defaultCases(module: Module, seed: number): GoldenCase[] {
  return kindsFor(module).map((kind) => generateCase(module, kind, seed));
}

export interface TensorRequest {
  readonly kind: CaseKind;
  readonly random: Random;
  readonly annotation: Annotation;
  /** What the module's use of an integer parameter allows. */
  readonly range?: Range;
}

/** Values of one array, all of them values of its type. */
export function generateTensor(shape: ArrayShape, request: TensorRequest): Tensor {
  const { type } = shape;
  const dims = shape.dims.map((d) => Math.max(d, 0));
  const numbers = (isFloat(type) || isComplex(type) ? floats : integers)(
    { ...shape, dims },
    request,
  );
  return tensorOf(type, dims, numbers);
}

function floats(shape: ArrayShape, { kind, random, annotation }: TensorRequest): number[] {
  const { type } = shape;
  const dims = isComplex(type) ? [...shape.dims, 2] : shape.dims;
  const count = elementCount({ ...shape, dims });
  const row = dims.at(-1) ?? 1;
  const special = annotation.kind === 'any' || annotation.kind === 'scale';
  const request = { count, row, random, special, format: floatFormat(type) };
  const { floats: generate, unscaled }: CaseKindRow = caseKinds[kind];
  const drawn = generate(request);
  const fitted = fitTo(annotation, drawn, { kind, random, row, unscaled: unscaled === true });
  const round = rounder(type);
  const signed = elementTypes[type].format?.signed ?? true;
  return fitted.map((x) => round(signed ? x : Math.abs(x)));
}

interface Fit {
  readonly kind: CaseKind;
  readonly random: Random;
  readonly row: number;
  readonly unscaled: boolean;
}

/** Values as the annotation wants them. */
function fitTo(annotation: Annotation, values: number[], { kind, random, row, unscaled }: Fit) {
  switch (annotation.kind) {
    case 'any':
      return values;
    case 'positive':
      return values.map((x) => (x === 0 ? 1 : Math.abs(x)));
    case 'probability':
      return probabilities(values, row);
    case 'weight':
    case 'scale':
      return unscaled ? values : values.map((x) => x * annotation.factor);
    case 'range': {
      const { lo, hi } = annotation;
      if (kind === 'typical') return values.map(() => lo + random.uniform() * (hi - lo));
      return values.map((x) => Math.min(Math.max(x, lo), hi));
    }
  }
}

/** |x| over the power of two next above the sum of the row's magnitudes. */
function probabilities(values: readonly number[], row: number): number[] {
  const scales: number[] = [];
  for (let at = 0; at < values.length; at += row) {
    const sum = values.slice(at, at + row).reduce((s, x) => s + Math.abs(x), 0);
    scales.push(sum > 0 ? 2 ** -Math.ceil(Math.log2(sum)) : 1);
  }
  return values.map((x, i) => Math.abs(x) * scales[Math.floor(i / row)]!);
}

function integers(shape: ArrayShape, { kind, random, annotation, range }: TensorRequest): number[] {
  const stated = annotation.kind === 'range' ? { lo: annotation.lo, hi: annotation.hi + 1 } : range;
  const { lo, hi } = within(stated ?? defaultRange(shape.type, kind), shape.type);
  const count = elementCount(shape);
  const { integers: generate }: CaseKindRow = caseKinds[kind];
  return generate({ count, row: shape.dims.at(-1) ?? 1, random, lo, hi });
}

/** Everything for small types and for u32 and u64 (keys, bits); the ends of the others at extremes. */
function defaultRange(type: ElementType, kind: CaseKind): Range {
  const all = typeRange(type);
  const { kind: family, bits } = elementTypes[type];
  if (bits <= 8 || (family === 'unsigned' && bits >= 32) || kind === 'extremes') return all;
  return { lo: Math.max(all.lo, -1000), hi: 1001 };
}

/** A range cut to what the type holds; at least one value wide. */
function within(range: Range, type: ElementType): Range {
  const all = typeRange(type);
  const lo = Math.min(Math.max(range.lo, all.lo), all.hi - 1);
  return { lo, hi: Math.max(lo + 1, Math.min(range.hi, all.hi)) };
}

function typeRange(type: ElementType): Range {
  const { kind, bits } = elementTypes[type];
  if (kind === 'pred') return { lo: 0, hi: 2 };
  const size = 2 ** Math.min(bits, 53);
  return kind === 'signed' ? { lo: -size / 2, hi: size / 2 } : { lo: 0, hi: size };
}

type MakeLeaf = (shape: ArrayShape, path: readonly number[]) => Value;

function fill(shape: Shape, path: readonly number[], make: MakeLeaf): Value {
  if (shape.kind === 'tuple') {
    return tupleValue(shape.elements.map((e, i) => fill(e, [...path, i], make)));
  }
  if (shape.kind === 'array') return make(shape, path);
  return shape.kind === 'buffer' ? make(shape.array, path) : token;
}
