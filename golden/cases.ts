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
import { type ArrayShape, elementCount, leafShapes, type Shape } from '../graphs/ir/shape.ts';
import { type Tensor, tensorOf, token, tupleValue, type Value } from '../graphs/ir/tensor.ts';
import { type Annotation, annotationOf } from './annotation.ts';
import { editedInputs } from './kinds/branch-inputs.ts';
import { chosenKinds } from './kinds/chosen-kinds.ts';
import { factsOf, type ModuleFacts } from './kinds/facts.ts';
import type { IndexUse, Range } from './kinds/index-ranges.ts';
import { type CaseKind, type CaseKindRow, caseKinds } from './kinds/kinds.ts';
import { withFactors } from './kinds/positive-definite.ts';
import { type Random, randomOf } from './kinds/random.ts';
import { type DrawFacts, type Integers, noFacts } from './kinds/request.ts';
import { drawnSizes, fixedSizes, type GivenSizes } from './kinds/sizes.ts';
import { varyNaNs } from './kinds/special-values.ts';

/** Values for every parameter of a module. */
export interface GoldenCase {
  /** `typical-1`: kind and seed. */
  readonly name: string;
  readonly kind: CaseKind;
  readonly seed: number;
  /** By parameter number. */
  readonly inputs: readonly Value[];
  /** Why the module is run on this kind, where it was chosen for it. */
  readonly why?: string;
}

/** What cases are drawn with, beside their kind and seed. */
export interface CaseOptions {
  /** Sizes of parameters, by name, whose shapes only bound them. */
  readonly sizes?: GivenSizes | undefined;
  /** Modules that run on the same inputs: what they mention is drawn, too. */
  readonly others?: readonly Module[];
  /** The facts of all of them, where they are known. */
  readonly facts?: ModuleFacts;
}

/**
 * The case of a kind and a seed; the same on every platform. Seeds that follow each other give small
 * tensors the values of a kind in turn.
 */
export function generateCase(
  module: Module,
  kind: CaseKind,
  seed: number,
  { sizes = {}, others = [], facts = factsOf(module, others) }: CaseOptions = {},
): GoldenCase {
  const fixed = fixedSizes(parametersOf(entryOf(module)), sizes);
  const turn = Math.max(0, seed - 1);
  const places = { float: 0, position: 0, integer: 0 };
  const inputs = parametersOf(entryOf(module)).map((parameter) => {
    let leaf = 0;
    return fill(parameter.shape, [], (shape, path) => {
      const annotation = annotationOf(parameter, leaf++);
      const random = randomOf(seed, kind, parameter.attrs.index, ...path);
      const sized = drawnSizes(shape, kind, seed, fixed);
      checkSize(sized, parameter);
      const use = facts.use(parameter.attrs.index, path);
      const dense = facts.dense.has(parameter.attrs.index);
      const family = isWhole(sized.type) ? (use ? 'position' : 'integer') : 'float';
      const place = places[family]++;
      const request = { kind, random, annotation, use, turn, place, facts, dense };
      return generateTensor(sized, request);
    });
  });
  const solvable = withFactors(module, inputs, kind, facts.factored);
  const { branches } = facts;
  const drawn = kind === 'branches' ? (branches[turn % Math.max(1, branches.length)] ?? []) : [];
  const free = new Set(
    parametersOf(entryOf(module))
      .filter(isFree)
      .map((p) => p.attrs.index),
  );
  const edits = drawn.filter((e) => free.has(e.parameter));
  return { name: `${kind}-${seed}`, kind, seed, inputs: editedInputs(solvable, edits) };
}

/** Whether no annotation says which values a parameter takes. */
function isFree(parameter: InstructionOf<'parameter'>): boolean {
  return leafShapes(parameter.shape).every((_, n) => annotationOf(parameter, n).kind === 'any');
}

function isWhole(type: ElementType): boolean {
  return !isFloat(type) && !isComplex(type);
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

/** The cases that a validation runs by default; `others` run on the same inputs. */
export function defaultCases(
  module: Module,
  seed: number,
  { sizes, others = [] }: CaseOptions = {},
): GoldenCase[] {
  const facts = factsOf(module, others);
  return chosenKinds(module, others, facts).flatMap(({ kind, cases, why }) =>
    Array.from({ length: cases }, (_, n) => ({
      ...generateCase(module, kind, seed + n, { sizes, others, facts }),
      why,
    })),
  );
}

/** What is drawn for one parameter. */
export interface TensorRequest {
  readonly kind: CaseKind;
  readonly random: Random;
  readonly annotation: Annotation;
  /** How the module uses an integer parameter. */
  readonly use?: IndexUse | undefined;
  /** Which draw of its kind, and which of the case's arrays this is, from 0. */
  readonly turn?: number;
  readonly place?: number;
  readonly facts?: DrawFacts;
  /** True where another factor is sparse. */
  readonly dense?: boolean;
}

/** Values of one array, all of them values of its type. */
export function generateTensor(shape: ArrayShape, request: TensorRequest): Tensor {
  const { type } = shape;
  const dims = shape.dims.map((d) => Math.max(d, 0));
  const numbers = (isWhole(type) ? integers : floats)({ ...shape, dims }, request);
  const drawn = tensorOf(type, dims, numbers);
  if (!isWhole(type)) varyNaNs(drawn);
  return drawn;
}

function requestOf(dims: readonly number[], request: TensorRequest) {
  const { random, turn = 0, place = 0, facts = noFacts } = request;
  const count = dims.reduce((n, d) => n * d, 1);
  return { count, row: dims.at(-1) ?? 1, random, turn, place, dims, facts };
}

function floats(shape: ArrayShape, request: TensorRequest): Float64Array {
  const { type } = shape;
  const { kind, random, annotation, dense = false } = request;
  const dims = isComplex(type) ? withParts(shape.dims) : shape.dims;
  const common = requestOf(dims, request);
  const special = annotation.kind === 'any' || annotation.kind === 'scale';
  const { floats: generate, unscaled }: CaseKindRow = caseKinds[kind];
  const drawn = generate({ ...common, special, format: floatFormat(type), dense });
  const fitted = fitTo(annotation, drawn, {
    ...{ kind, random, row: common.row, unscaled: unscaled === true },
  });
  const round = rounder(type);
  const signed = elementTypes[type].format?.signed ?? true;
  return fitted.map(signed ? round : (x) => round(Math.abs(x)));
}

/** Parts are drawn as elements: a row of complex numbers has twice as many. */
function withParts(dims: readonly number[]): readonly number[] {
  return [...dims.slice(0, -1), 2 * (dims.at(-1) ?? 1)];
}

interface Fit {
  readonly kind: CaseKind;
  readonly random: Random;
  readonly row: number;
  readonly unscaled: boolean;
}

/** Values as the annotation wants them. */
function fitTo(
  annotation: Annotation,
  values: Float64Array,
  { kind, random, row, unscaled }: Fit,
): Float64Array {
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

/** |x| over the power of two next above the sum of the row's magnitudes; all on one where all are 0. */
function probabilities(values: Float64Array, row: number): Float64Array {
  const sums: number[] = [];
  for (let at = 0; at < values.length; at += row) {
    sums.push(values.subarray(at, at + row).reduce((s, x) => s + Math.abs(x), 0));
  }
  return values.map((x, i) => {
    const sum = sums[Math.floor(i / row)]!;
    if (sum === 0) return i % row === 0 ? 1 : 0;
    return Math.abs(x) * 2 ** -Math.ceil(Math.log2(sum));
  });
}

function integers(shape: ArrayShape, request: TensorRequest): Integers {
  const { kind, annotation, use } = request;
  const { type } = shape;
  const isStated = annotation.kind === 'range';
  const stated = isStated ? { lo: annotation.lo, hi: annotation.hi + 1 } : use;
  const { lo, hi } = within(stated ?? defaultRange(type, kind), type);
  const { integers: generate }: CaseKindRow = caseKinds[kind];
  const free = stated === undefined && elementTypes[type].kind !== 'pred';
  const own = isStated ? undefined : use;
  return generate({ ...requestOf(shape.dims, request), type, lo, hi, free, use: own });
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
