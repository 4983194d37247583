/**
 * What a faithful implementation may compute lies inside both radii: sums in any order or tree, fused
 * or wider accumulation, roundings left out, whole ops in f64.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, randomOf } from '../golden/random.ts';
import { type ElementType, elementTypes, isComplex, isFloat } from '../graphs/ir/element-type.ts';
import { entryOf, type Instruction, type Module, rootOf } from '../graphs/ir/module.ts';
import { rounder } from '../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape } from '../graphs/ir/shape.ts';
import { type Tensor, tensorOf, type Value } from '../graphs/ir/tensor.ts';
import type { Opcode } from '../graphs/ops/table.ts';
import { parseModule } from '../graphs/text/parser.ts';
import { printModule } from '../graphs/text/printer.ts';
import { liftValue, runExact } from '../validator/exact/run.ts';
import { dotAlgorithm } from '../validator/reference/dot-algorithm.ts';
import { runReference } from '../validator/reference/run.ts';
import { inputsOf } from './cross/inputs.ts';
import { drawArithmetic, moduleOf, oneWay } from './support/laws/chains.ts';
import { withinReach } from './support/laws/draws.ts';
import { outside } from './support/laws/hold.ts';
import { everyWay, type TermList } from './support/laws/orders.ts';
import { draws } from './support/laws/runs.ts';
import { lawInstance } from './support/laws/table.ts';
import * as terms from './support/laws/terms.ts';

type TermsOf = (i: never, operands: readonly Tensor[]) => TermList[];

const summing = {
  dot: terms.dotTerms,
  convolution: terms.convolutionTerms,
  reduce: terms.reduceTerms,
  'reduce-window': terms.windowTerms,
  scatter: terms.scatterTerms,
} as const satisfies { readonly [O in Opcode]?: TermsOf };

type Summing = keyof typeof summing;

function drawn(opcode: Opcode, index: number) {
  const instance = lawInstance(draws.seed, opcode, index);
  const inputs = withinReach(inputsOf(instance, draws.seed, 'orders', opcode, index));
  return { ...instance, inputs };
}

/** Holds for that many instances, of those that the law is about. */
function holds(runs: number, law: (index: number) => string | undefined | 'other'): void {
  let held = 0;
  fc.assert(
    fc.property(fc.nat(), (index) => {
      const wrong = law(index);
      if (wrong === 'other') return;
      held++;
      expect(wrong, `instance ${index}`).toBeUndefined();
    }),
    { numRuns: draws.of(runs), seed: draws.seed, endOnFailure: true },
  );
  expect(held).toBeGreaterThan(0);
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

describe.each(Object.keys(summing) as Summing[])('%s', (opcode) => {
  it('in any order, fused or wider', () => {
    holds(60, (index) => {
      const { module, inputs } = drawn(opcode, index);
      const root = rootOf(entryOf(module));
      if (!sums(module, root)) return 'other';
      const random = randomOf(draws.seed, 'ways', index);
      const exact = runExact(module, inputs.map(liftValue)).value;
      const { type, dims } = root.shape as ArrayShape;
      const operands = inputs as readonly Tensor[];
      const lists = (summing[opcode] as TermsOf)(root as never, operands);
      const accumulator = accumulatorOf(root, operands);
      const ways = lists.map((list) => everyWay(list, accumulator, type, random));
      const results = ways[0]?.map((_, w) => ways.map((way) => way[w])) ?? [];
      return results
        .map((data) => outside(tensorOf(type, dims, data), exact, 'both'))
        .find((wrong) => wrong !== undefined);
    });
  });
});

it('elementwise arithmetic with roundings left out, its chains in any order', () => {
  const n = 24;
  holds(400, (index) => {
    const arithmetic = drawArithmetic(index);
    const random = randomOf(draws.seed, 'chains', index);
    const inputs = Array.from({ length: arithmetic.parameters }, () =>
      vector(arithmetic.type, n, random),
    );
    const module = moduleOf(arithmetic, n);
    const exact = runExact(module, inputs.map(liftValue)).value;
    const data = Array.from({ length: n }, (_, i) =>
      oneWay(
        arithmetic,
        inputs.map((t) => Number(t.data[i])),
        random,
      ),
    );
    const wrong = outside(tensorOf(arithmetic.type, [n], data), exact, 'both');
    return wrong && `${wrong}\n${printModule(module)}`;
  });
});

/** Numbers of moderate sizes: a product of nine stays inside the range of f16 and its subnormals. */
function vector(type: ElementType, n: number, random: Random): Tensor {
  const round = rounder(type);
  const draw = () => round(random.normal() * (random.uniform() < 0.2 ? 1.5 : 1));
  return tensorOf(type, [n], Array.from({ length: n }, draw));
}

/** Ops that compute, and do not name the type that they round to. */
const computed = [
  ...['exponential', 'log', 'logistic', 'tanh', 'sqrt', 'rsqrt', 'power', 'divide', 'atan2', 'erf'],
  ...['sine', 'cosine', 'tan', 'log-plus-one', 'exponential-minus-one', 'sign', 'abs', 'multiply'],
  ...['ragged-dot', 'scaled-dot', 'fft', 'cholesky', 'triangular-solve', 'map', 'call', 'fusion'],
  ...['batch-norm-training', 'batch-norm-inference', 'batch-norm-grad', 'select-and-scatter'],
] as const as readonly Opcode[];

describe.each(computed)('%s', (opcode) => {
  it('computed in f64 and rounded once', () => {
    holds(12, (index) => {
      const { module, inputs } = drawn(opcode, index);
      const root = rootOf(entryOf(module));
      const floating = [root.shape, ...inputs.flatMap((v) => (v.kind === 'tensor' ? v.shape : []))];
      if (!floating.some((s) => s.kind === 'tuple' || (s.kind === 'array' && narrow(s.type)))) {
        return 'other';
      }
      const exact = runExact(module, inputs.map(liftValue)).value;
      const wide = runReference(widened(module), inputs.map(asWide));
      const wrong = outside(roundedTo(wide, runReference(module, inputs)), exact, 'both');
      return wrong && `${wrong}\n${printModule(module)}`;
    });
  });
});

function narrow(type: ElementType): boolean {
  return (isFloat(type) || isComplex(type)) && type !== 'f64' && type !== 'c128';
}

/** The module with f64 and c128 in the place of every float and complex type. */
function widened(module: Module): Module {
  const text = printModule(module).replaceAll(/\b(\w+)\[/g, (whole, type) =>
    Object.hasOwn(elementTypes, type) && narrow(type as ElementType)
      ? `${type === 'c64' ? 'c128' : 'f64'}[`
      : whole,
  );
  return parseModule(text);
}

function asWide(value: Value): Value {
  if (value.kind !== 'tensor' || !narrow(value.shape.type)) return value;
  const type = value.shape.type === 'c64' ? 'c128' : 'f64';
  return {
    kind: 'tensor',
    shape: arrayShape(type, value.shape.dims),
    data: Float64Array.from(value.data as Float32Array),
  };
}

/** A wide value rounded to the types of another; what overflows there is no question of precision. */
function roundedTo(wide: Value, like: Value): Value {
  if (wide.kind === 'tuple' && like.kind === 'tuple') {
    return { kind: 'tuple', elements: wide.elements.map((e, k) => roundedTo(e, like.elements[k])) };
  }
  if (wide.kind !== 'tensor' || like.kind !== 'tensor' || !narrow(like.shape.type)) return wide;
  const round = rounder(like.shape.type);
  const data = (wide.data as Float64Array).map((x, i) =>
    Number.isFinite(like.data[i]) ? round(x) : Number(like.data[i]),
  );
  return tensorOf(like.shape.type, like.shape.dims, data);
}
