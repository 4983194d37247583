/**
 * Sums that are kept side by side (rows, columns, windows, prefixes, scatter) are, to the bit, those of
 * the plain definition (term-sum.ts): over values with and without radii, undecided, special, denormal and dyadic.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { entryOf, type Module, rootOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import { powerFrom } from '../../../validator/exact/core/exactness.ts';
import { arithmeticOperand } from '../../../validator/exact/core/operand-flush.ts';
import { ResultBuilder } from '../../../validator/exact/core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../../../validator/exact/core/value.ts';
import { putExtremum } from '../../../validator/exact/folds/extremum.ts';
import { exactInstruction, makeExactContext } from '../../../validator/exact/run.ts';
import { scatterGroups } from '../../../validator/semantics/indexing/scatter-groups.ts';
import {
  windowPlaces as placesOf,
  windowReader,
} from '../../../validator/semantics/indexing/window.ts';
import { only, scalarOp, uniform } from '../../support/exact/exact.ts';
import { mixed, numbersOf, opening } from '../../support/exact/mixed-tensors.ts';
import { TermSum } from '../../support/exact/term-sum.ts';

const types = ['f32', 'bf16', 'f64', 'f8e4m3fn'] as const;

function run(module: Module, operands: readonly ExactValue[]): ExactTensor {
  return only(exactInstruction(rootOf(entryOf(module)), operands, makeExactContext(module)));
}

type Folded = 'add' | 'maximum' | 'minimum';

interface Windows {
  readonly dims: readonly number[];
  readonly window: readonly WindowDim[];
}

function windowModule(type: ElementType, opcode: Folded, { dims, window }: Windows): Module {
  const m = new ModuleBuilder('window');
  const to_apply = scalarOp(m, opcode, type);
  return m.entry((b) => {
    const given = [
      b.parameter('x', arrayShape(type, dims)),
      b.parameter('i', arrayShape(type, [])),
    ];
    return b.op('reduce-window', given, { window, to_apply });
  });
}

/** Every window by itself, as its list of elements. */
function plainWindows(
  module: Module,
  [given, init]: readonly ExactTensor[],
  { dims, window }: Windows,
  opcode: Folded = 'add',
): ExactTensor {
  const context = makeExactContext(module);
  const t = opcode === 'add' ? arithmeticOperand(given, context) : given;
  const numerics = context.numerics(t.shape.type);
  const places = dims.map((n, d) => placesOf(window[d], n));
  const count = places.reduce((a, b) => a * b, 1);
  const results = new ResultBuilder(count, numerics);
  const along = dims.map((_, d) => t.correlated?.along[d] ?? init.correlated?.along[d] ?? false);
  const linear = window.some((w, d) => w.size > 1 && along[d]);
  const sum = new TermSum(t, init, numerics, linear);
  const read = windowReader(window, dims, places);
  for (let r = 0; r < count; r++) {
    const place = places.map((n, d) => Math.floor(r / sizeAfter(places, d)) % n);
    const { base, count: n } = read(place);
    const terms = { start: 0, count: n, stride: 0, steps: base };
    const sign = opcode === 'maximum' ? 1 : -1;
    if (opcode === 'add') sum.put(results, r, terms);
    else putExtremum(results, r, t, init, sign, terms, context.lambda);
    const marks = base.subarray(0, n).some((i) => t.undecided?.[i] === 1);
    if (marks || init.undecided?.[0]) results.mark(r);
  }
  return results.finish(arrayShape(t.shape.type, places), along);
}

function sizeAfter(dims: readonly number[], d: number): number {
  return dims.slice(d + 1).reduce((a, b) => a * b, 1);
}

const plain = { stride: 1, padLow: 0, padHigh: 0, windowDilation: 1, baseDilation: 1 } as const;
const single: WindowDim = { ...plain, size: 1, reversal: false };

function randomWindow(next: () => number): WindowDim {
  if (next() < 0.3) return single;
  const upTo = (n: number) => Math.floor(next() * (n + 1));
  const size = 1 + upTo(3);
  const [padLow, padHigh] = [upTo(2), upTo(2)];
  const [stride, windowDilation, baseDilation] = [0, 1, 2].map(() => (next() < 0.7 ? 1 : 2));
  return { size, stride, padLow, padHigh, windowDilation, baseDilation, reversal: false };
}

describe.each(types)('folds in %s', (type) => {
  it('sums of windows are those of their elements', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = uniform(seed);
        const dims = [0, 1, 2].map(() => 2 + Math.floor(next() * 5));
        const given = { dims, window: dims.map(() => randomWindow(next)) };
        const operands = [mixed(type, dims, next), opening(type, next)];
        const module = windowModule(type, 'add', given);
        const found = numbersOf(run(module, operands));
        expect(found).toEqual(numbersOf(plainWindows(module, operands, given)));
      }),
      { numRuns: 30 },
    );
  });

  it.each(['maximum', 'minimum'] as const)(
    'the %s of windows is that of their elements',
    (opcode) => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const next = uniform(seed);
          const dims = [0, 1, 2].map(() => 2 + Math.floor(next() * 5));
          const given = { dims, window: dims.map(() => randomWindow(next)) };
          const operands = [mixed(type, dims, next), opening(type, next)];
          const module = windowModule(type, opcode, given);
          const found = numbersOf(run(module, operands));
          expect(found).toEqual(numbersOf(plainWindows(module, operands, given, opcode)));
        }),
        { numRuns: 30 },
      );
    },
  );

  it('sums of many windows are those of their elements, whatever has radii already', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = uniform(seed);
        const dims = [35, 60];
        const given = {
          dims,
          window: dims.map(() => ({ ...single, size: 1 + Math.floor(next() * 4) })),
        };
        const operands = [mixed(type, dims, next), opening(type, next)];
        const module = windowModule(type, 'add', given);
        const found = numbersOf(run(module, operands));
        expect(found).toEqual(numbersOf(plainWindows(module, operands, given)));
      }),
      { numRuns: 8 },
    );
  });

  it('sums of prefixes are those of their elements', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = uniform(seed);
        const dims = [0, 1, 2].map(() => 1 + Math.floor(next() * 6));
        const axis = Math.floor(next() * 3);
        const size = dims[axis];
        const window = dims.map((_, d) =>
          d === axis ? { ...single, size, padLow: size - 1 } : single,
        );
        const operands = [mixed(type, dims, next), opening(type, next)];
        const module = windowModule(type, 'add', { dims, window });
        const found = numbersOf(run(module, operands));
        expect(found).toEqual(numbersOf(plainWindows(module, operands, { dims, window })));
      }),
      { numRuns: 30 },
    );
  });
});

describe('the windows of a scatter', () => {
  it('hold, by group, what goes to each element, in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 20 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
        (starts, window) => {
          const windows = { starts: Int32Array.from(starts), window: Int32Array.from(window) };
          const groups = scatterGroups(windows, 16);
          const met = new Map<number, number[]>();
          starts.forEach((start, p) => {
            window.forEach((w, k) => {
              const before = met.get(start + w) ?? [];
              if (start >= 0) met.set(start + w, [...before, p * window.length + k]);
            });
          });
          const found = new Map<number, number[]>();
          groups.starts.forEach((start, g) => {
            const rows = groups.rows.subarray(groups.first[g], groups.first[g + 1]);
            groups.window.forEach((w, k) => {
              expect(found.has(start + w)).toBe(false);
              found.set(
                start + w,
                [...rows].map((row) => row + k),
              );
            });
          });
          expect([...found].sort(([a], [b]) => a - b)).toEqual([...met].sort(([a], [b]) => a - b));
        },
      ),
    );
  });

  it('leave alone what no update goes to, denormals included', () => {
    const module = scatterModule(3, 1);
    const x: ExactTensor = {
      kind: 'tensor',
      shape: arrayShape('f32', [3]),
      data: Float64Array.of(1e-40, 2, 3),
    };
    const u: ExactTensor = {
      kind: 'tensor',
      shape: arrayShape('f32', [1]),
      data: Float64Array.of(0.1),
    };
    const found = run(module, [x, tensorOf('s32', [1, 1], [1]) as ExactTensor, u]);
    expect(numbersOf(found)[0]).toEqual([1e-40, 0, 0, 0, 0]);
    expect(numbersOf(found)[2]).toEqual([3, 0, 0, 0, 0]);
  });
});

function scatterModule(n: number, m: number): Module {
  const builder = new ModuleBuilder('scatter');
  const to_apply = scalarOp(builder, 'add', 'f32');
  return builder.entry((b) => {
    const shapes = [arrayShape('f32', [n]), arrayShape('s32', [m, 1]), arrayShape('f32', [m])];
    const given = shapes.map((s, k) => b.parameter(`p${k}`, s));
    const attrs = { update_window_dims: [], inserted_window_dims: [0] };
    return b.op('scatter', given, {
      ...attrs,
      to_apply,
      scatter_dims_to_operand_dims: [0],
      index_vector_dim: 1,
    });
  });
}

it('the power of two from a number on', () => {
  const parts = fc.tuple(
    fc.integer({ min: -1074, max: 1022 }),
    fc.double({ min: 1, max: 2, noNaN: true }),
  );
  fc.assert(
    fc.property(parts, ([exponent, significand]) => {
      const x = significand * 2 ** exponent;
      const power = powerFrom(x);
      expect(power).toBeGreaterThanOrEqual(x);
      expect(power / 2).toBeLessThan(x);
      expect(Number.isInteger(Math.log2(power))).toBe(true);
    }),
  );
});
