/**
 * Laws of what a faithful implementation may compute: sums in any order or tree, fused or wider
 * accumulation, roundings left out, whole ops in f64. All of it lies inside both radii.
 */
import { type Random, randomOf } from '../../../golden/kinds/random.ts';
import { type ElementType, isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import {
  entryOf,
  type Instruction,
  type Module,
  parametersOf,
  rootOf,
} from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, leafShapes } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { dotAlgorithm } from '../../../validator/reference/ops/dot-algorithm.ts';
import { runReference } from '../../../validator/reference/run.ts';
import {
  batchNormGrad,
  batchNormInference,
  batchNormTraining,
} from '../../../validator/semantics/decompositions/batch-norm.ts';
import { cholesky } from '../../../validator/semantics/decompositions/cholesky.ts';
import type { Expansion } from '../../../validator/semantics/decompositions/decomposition.ts';
import { raggedDot } from '../../../validator/semantics/decompositions/ragged-dot.ts';
import { scaledDot } from '../../../validator/semantics/decompositions/scaled-dot.ts';
import { triangularSolve } from '../../../validator/semantics/decompositions/triangular-solve.ts';
import { drawArithmetic, isOperation, moduleOf, oneWay } from './chains.ts';
import { type Draw, judged, type Law, type Outcome } from './law.ts';
import { everyWay, type TermList } from './orders.ts';
import { faithfully } from './radii/faithful.ts';
import { outside } from './radii/hold.ts';
import { lawTable } from './table.ts';
import * as terms from './terms.ts';
import { asWide, isNarrow, roundedTo, widened } from './wide.ts';

type TermsOf = (i: never, operands: readonly Tensor[]) => TermList[];

const summing: { readonly [O in Opcode]?: TermsOf } = {
  dot: terms.dotTerms,
  convolution: terms.convolutionTerms,
  reduce: terms.reduceTerms,
  'reduce-window': terms.windowTerms,
  scatter: terms.scatterTerms,
};

/** Ops that name the type that they round to, read the bits of one, or know no floats. */
const notOfWiderTypes = new Set<Opcode>([
  'convert',
  'reduce-precision',
  'stochastic-convert',
  'bitcast',
  'bitcast-convert',
  'custom-call',
  'count-leading-zeros',
  'popcnt',
  'not',
  'and',
  'or',
  'xor',
  'shift-left',
  'shift-right-arithmetic',
  'shift-right-logical',
  'get-dimension-size',
  'partition-id',
  'replica-id',
  'rng-bit-generator',
]);

/** The plain ops that an op is made of: its formula, or what it calls. */
const stepwise: { readonly [O in Opcode]?: Expansion<O> | 'as it is' } = {
  'ragged-dot': raggedDot,
  'scaled-dot': scaledDot,
  cholesky,
  'triangular-solve': triangularSolve,
  'batch-norm-training': batchNormTraining,
  'batch-norm-inference': batchNormInference,
  'batch-norm-grad': batchNormGrad,
  map: 'as it is',
  call: 'as it is',
  fusion: 'as it is',
  while: 'as it is',
  conditional: 'as it is',
  'async-start': 'as it is',
  'async-update': 'as it is',
  'async-done': 'as it is',
};

export const orderLaws: readonly Law[] = [
  {
    name: 'orders',
    says: 'sums in any order or tree, fused or wider, lie inside the radii',
    runs: 60,
    applies: (opcode) => summing[opcode] !== undefined,
    hold: inAnyOrder,
  },
  {
    name: 'chains',
    says: 'arithmetic with roundings left out, its chains in any order, lies inside the radii',
    runs: 100,
    applies: isOperation,
    hold: inChains,
  },
  {
    name: 'steps',
    says: 'step by step, each rounded or not, its sums in any order, it lies inside the radii',
    runs: 20,
    applies: (opcode) => stepwise[opcode] !== undefined,
    hold: inSteps,
  },
  {
    name: 'wide',
    says: 'computed in f64 and rounded once, the result lies inside the radii',
    runs: 12,
    applies: isComputed,
    hold: inF64,
  },
];

function isComputed(opcode: Opcode): boolean {
  const row = lawTable[opcode];
  return !('none' in row) && row.kind !== 'moves' && !notOfWiderTypes.has(opcode);
}

function inAnyOrder(draw: Draw): Outcome {
  const root = rootOf(entryOf(draw.module));
  if (!sums(draw.module, root)) return 'other';
  const random = randomOf(draw.salt, 'ways');
  const { type, dims } = root.shape as ArrayShape;
  const operands = draw.inputs as readonly Tensor[];
  const lists = (summing[draw.opcode] as TermsOf)(root as never, operands);
  const accumulator = accumulatorOf(root, operands);
  const ways = lists.map((list) => everyWay(list, accumulator, type, random));
  const results = ways[0]?.map((_, w) => ways.map((way) => way[w])) ?? [];
  const wrong = results
    .map((data) => outside(tensorOf(type, dims, data), draw.exact, 'both'))
    .find((found) => found !== undefined);
  return judged(draw.exact, wrong);
}

/** Whether an instruction sums floats, and all its operands are of one type or accumulate wider. */
function sums(module: Module, root: Instruction): boolean {
  if (root.shape.kind !== 'array' || !isFloat(root.shape.type)) return false;
  const folded = module.computations.filter((c) => c.name !== module.entry);
  return folded.every((c) => rootOf(c).opcode === 'add') && !('algorithm' in root.attrs);
}

function accumulatorOf(root: Instruction, inputs: readonly Tensor[]): ElementType {
  const { type } = root.shape as ArrayShape;
  if (root.opcode !== 'dot' && root.opcode !== 'convolution') return type;
  return dotAlgorithm(
    inputs.map((t) => t.shape.type),
    type,
  ).accumulator;
}

function inChains({ opcode, salt }: Draw): Outcome {
  const n = 24;
  const arithmetic = drawArithmetic(salt, opcode);
  const random = randomOf(salt, 'chains');
  const inputs = Array.from({ length: arithmetic.parameters }, () =>
    vector(arithmetic.type, n, random),
  );
  const exact = runExact(moduleOf(arithmetic, n), inputs.map(fromPlainValue)).value;
  const data = Array.from({ length: n }, (_, i) =>
    oneWay(
      arithmetic,
      inputs.map((t) => Number(t.data[i])),
      random,
    ),
  );
  return judged(exact, outside(tensorOf(arithmetic.type, [n], data), exact, 'both'));
}

/** Numbers of moderate sizes: a product of nine stays inside the range of f16 and its subnormals. */
function vector(type: ElementType, n: number, random: Random): Tensor {
  const round = rounder(type);
  const draw = () => round(random.normal() * (random.uniform() < 0.2 ? 1.5 : 1));
  return tensorOf(type, [n], Array.from({ length: n }, draw));
}

function inSteps(draw: Draw): Outcome {
  const root = rootOf(entryOf(draw.module));
  if (!hasFloats(draw.module)) return 'other';
  const row = stepwise[draw.opcode];
  const operands = draw.inputs.map((v) => (v as Tensor).shape);
  const made = row === 'as it is' ? draw.module : (row as Expansion<Opcode>)(root, operands);
  const found = faithfully(made, draw.inputs, randomOf(draw.salt, 'steps'));
  return judged(draw.exact, outside(roundedTo(found, draw.reference), draw.exact, 'both'));
}

/** Whether an instance has floats at all. */
function hasFloats(module: Module): boolean {
  const leaves = parametersOf(entryOf(module)).flatMap(({ shape }) => leafShapes(shape));
  return leaves.some((s) => s.kind === 'array' && (isFloat(s.type) || isComplex(s.type)));
}

function inF64(draw: Draw): Outcome {
  const shapes = [rootOf(entryOf(draw.module)), ...parametersOf(entryOf(draw.module))];
  const leaves = shapes.flatMap(({ shape }) => leafShapes(shape));
  if (!leaves.some((s) => s.kind === 'array' && isNarrow(s.type))) return 'other';
  const wide = runReference(widened(draw.module), draw.inputs.map(asWide));
  return judged(draw.exact, outside(roundedTo(wide, draw.reference), draw.exact, 'both'));
}
