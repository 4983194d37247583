/** Sums of reduce, along any dimensions, are, to the bit, those of the plain definition (term-sum.ts). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { entryOf, type Module, rootOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import type { ExactOptions } from '../../../validator/exact/core/context.ts';
import { arithmeticOperand } from '../../../validator/exact/core/operand-flush.ts';
import { ResultBuilder } from '../../../validator/exact/core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../../../validator/exact/core/value.ts';
import { groupsOf } from '../../../validator/exact/folds/groups.ts';
import { exactInstruction, makeExactContext } from '../../../validator/exact/run.ts';
import { reducedSums } from '../../../validator/exact/sums/placed-sums.ts';
import { only, scalarOp, uniform } from '../../support/exact/exact.ts';
import { mixed, numbersOf, opening } from '../../support/exact/mixed-tensors.ts';
import { TermSum } from '../../support/exact/term-sum.ts';

const types = ['f32', 'bf16', 'f64', 'f8e4m3fn'] as const;

function run(module: Module, operands: readonly ExactValue[]): ExactTensor {
  return only(exactInstruction(rootOf(entryOf(module)), operands, makeExactContext(module)));
}

function sizeAfter(dims: readonly number[], d: number): number {
  return dims.slice(d + 1).reduce((a, b) => a * b, 1);
}

/** A reduction of some dimensions, and the elements of each result. */
function reduction(type: ElementType, dims: readonly number[], dimensions: readonly number[]) {
  const m = new ModuleBuilder('reduce');
  const to_apply = scalarOp(m, 'add', type);
  const module = m.entry((b) => {
    const given = [
      b.parameter('x', arrayShape(type, dims)),
      b.parameter('i', arrayShape(type, [])),
    ];
    return b.op('reduce', given, { dimensions, to_apply });
  });
  const kept = dims.map((_, d) => d).filter((d) => !dimensions.includes(d));
  const placesOfResult = new Map<number, number[]>();
  for (let at = 0; at < sizeAfter(dims, -1); at++) {
    const place = (d: number) => Math.floor(at / sizeAfter(dims, d)) % dims[d]!;
    const r = kept.reduce((n, d) => n * dims[d]! + place(d), 0);
    placesOfResult.set(r, [...(placesOfResult.get(r) ?? []), at]);
  }
  return { module, kept, places: placesOfResult };
}

function plainReduction(
  { module, kept, places }: ReturnType<typeof reduction>,
  [given, init]: readonly ExactTensor[],
  options: ExactOptions = {},
): ExactTensor {
  const context = makeExactContext(module, options);
  const t = arithmeticOperand(given, context);
  const numerics = context.numerics(t.shape.type);
  const results = new ResultBuilder(places.size, numerics);
  const along = t.shape.dims.map((_, d) => t.correlated?.along[d] ?? false);
  const linear = along.some((a, d) => a && !kept.includes(d));
  const sum = new TermSum(t, init, numerics, linear);
  for (const [r, steps] of places) {
    sum.put(results, r, {
      start: 0,
      count: steps.length,
      stride: 0,
      steps: Int32Array.from(steps),
    });
    if (init.undecided?.[0] || steps.some((at) => t.undecided?.[at])) results.mark(r);
  }
  const dims = kept.map((d) => t.shape.dims[d]!);
  return results.finish(
    arrayShape(t.shape.type, dims),
    kept.map((d) => along[d]!),
  );
}

/** The engine's own results, before the run narrows them. */
function engineReduction(
  { module, kept, places }: ReturnType<typeof reduction>,
  [given, init]: readonly ExactTensor[],
  options: ExactOptions,
): ExactTensor {
  const context = makeExactContext(module, options);
  const t = arithmeticOperand(given, context);
  const numerics = context.numerics(t.shape.type);
  const { dims } = t.shape;
  const reduced = dims.map((_, d) => d).filter((d) => !kept.includes(d));
  const results = new ResultBuilder(places.size, numerics);
  const along = (d: number) => t.correlated?.along[d] ?? false;
  const use = { results, numerics, linear: reduced.some(along) };
  reducedSums(t, init, groupsOf(dims, kept, reduced).rows!, use);
  return results.finish(
    arrayShape(
      t.shape.type,
      kept.map((d) => dims[d]!),
    ),
    kept.map(along),
  );
}

/** Rows, columns, outer and inner dimensions at once, all of them; short and long, few and many. */
const reductions = [
  { dims: [7, 5], dimensions: [1] },
  { dims: [7, 5], dimensions: [0] },
  { dims: [3, 4, 5], dimensions: [0, 2] },
  { dims: [3, 4, 5], dimensions: [0, 1, 2] },
  { dims: [700, 3], dimensions: [1] },
  { dims: [3, 700], dimensions: [1] },
  { dims: [40, 30], dimensions: [0] },
  { dims: [6, 20, 10], dimensions: [0, 2] },
] as const;

describe.each(types)('sums of reduce in %s', (type) => {
  it.each(reductions)('of $dims along $dimensions are those of their elements', (of) => {
    const reduced = reduction(type, of.dims, of.dimensions);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = uniform(seed);
        const operands = [mixed(type, of.dims, next), opening(type, next)];
        const found = numbersOf(run(reduced.module, operands));
        expect(found).toEqual(numbersOf(plainReduction(reduced, operands)));
      }),
      { numRuns: 12 },
    );
  });

  it.each(reductions)('of $dims along $dimensions, where bf16 may hold partial sums', (of) => {
    const reduced = reduction(type, of.dims, of.dimensions);
    const options = { computeType: 'bf16' } as const;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = uniform(seed);
        const operands = [mixed(type, of.dims, next), opening(type, next)];
        const found = numbersOf(engineReduction(reduced, operands, options));
        expect(found).toEqual(numbersOf(plainReduction(reduced, operands, options)));
      }),
      { numRuns: 6 },
    );
  });
});
