/** Laws of the exact mode that hold for every elementwise op and every float type. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { entryOf, rootOf } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { oracleRoundoff } from '../../../validator/exact/core/numerics.ts';
import { deviationAt, effectiveRadius } from '../../../validator/exact/core/radius.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { binaryFunctions } from '../../../validator/exact/elementwise/binary-functions.ts';
import { differentiableFunctions } from '../../../validator/exact/elementwise/functions.ts';
import { exactInstruction, makeExactContext } from '../../../validator/exact/run.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { drawn, exactOf, normal, only, single, uniform, useOf } from '../../support/exact/exact.ts';

const floatTypes = ['f64', 'f32', 'bf16', 'f16', 'f8e4m3fn', 'f8e5m2'] as const;
const smoothOps = Object.keys(differentiableFunctions) as (keyof typeof differentiableFunctions)[];
const binaryOps = Object.keys(binaryFunctions) as (keyof typeof binaryFunctions)[];
const n = 64;
/** Room for the rounding of the radii themselves, which are f64. */
const noise = 64 * oracleRoundoff;

/** Numbers of all sizes: near 1, tiny, huge, zero, equal to one another. */
function anyNumber(next: () => number): number {
  const kind = Math.floor(next() * 6);
  if (kind === 0) return Math.round(normal(next) * 4) / 4;
  if (kind === 1) return normal(next) * 2 ** (Math.floor(next() * 60) - 30);
  if (kind === 2) return normal(next) * 2 ** -127;
  return normal(next);
}

/** A tensor whose elements have radii of a share of their size. */
function withRadii(type: ElementType, draw: () => number, share: number): ExactTensor {
  const data = Float64Array.from({ length: n }, () => rounder(type)(draw()));
  const bound = data.map((v) => Math.abs(v) * share);
  return {
    kind: 'tensor',
    shape: arrayShape(type, [n]),
    data,
    bound,
    deviation: bound,
  };
}

describe.each(floatTypes)('elementwise ops on %s', (type) => {
  const shape = arrayShape(type, [n]);

  it.each([...smoothOps, ...binaryOps])('%s: the reference lies inside both radii', (opcode) => {
    const arity = opcode in binaryFunctions ? 2 : 1;
    const module = single(opcode, new Array(arity).fill(shape));
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = uniform(seed);
        const inputs = Array.from({ length: arity }, () => drawn(type, [n], () => anyNumber(next)));
        const use = useOf(runReference(module, inputs), exactOf(module, inputs));
        expect(use.bound).toBeLessThanOrEqual(1);
        expect(use.budget).toBeLessThanOrEqual(1);
        expect(use.undecided).toBeLessThan(n);
      }),
      { numRuns: 12 },
    );
  });
});

describe.each(['f32', 'bf16'] as const)('inherited radii on %s', (type) => {
  const shape = arrayShape(type, [n]);

  it.each([...smoothOps, ...binaryOps])(
    '%s: operands moved within their radii stay inside',
    (opcode) => {
      const arity = opcode in binaryFunctions ? 2 : 1;
      const module = single(opcode, new Array(arity).fill(shape));
      const root = rootOf(entryOf(module));
      const context = makeExactContext(module);
      fc.assert(
        fc.property(fc.integer(), fc.constantFrom(1e-6, 1e-3, 0.1, 0.9, 3), (seed, share) => {
          const next = uniform(seed);
          const operands = Array.from({ length: arity }, () =>
            withRadii(type, () => anyNumber(next), share),
          );
          const exact = only(exactInstruction(root, operands, context));
          const moved = operands.map((t) =>
            tensorOf(
              type,
              [n],
              (t.data as Float64Array).map((v, i) =>
                inward(type, v, t.bound![i] * (2 * next() - 1)),
              ),
            ),
          );
          const use = useOf(runReference(module, moved), exact);
          expect(use.bound).toBeLessThanOrEqual(1);
          expect(use.budget).toBeLessThanOrEqual(1);
        }),
        { numRuns: 20 },
      );
    },
  );

  it.each([...smoothOps, ...binaryOps])(
    '%s: wider operands never give a narrower result',
    (opcode) => {
      const arity = opcode in binaryFunctions ? 2 : 1;
      const module = single(opcode, new Array(arity).fill(shape));
      const root = rootOf(entryOf(module));
      const context = makeExactContext(module);
      fc.assert(
        fc.property(fc.integer(), fc.double({ min: 1, max: 50, noNaN: true }), (seed, factor) => {
          const operands = (share: number) => {
            const next = uniform(seed);
            return Array.from({ length: arity }, () =>
              withRadii(type, () => anyNumber(next), share),
            );
          };
          const narrow = only(exactInstruction(root, operands(1e-3), context));
          const wide = only(exactInstruction(root, operands(1e-3 * factor), context));
          for (let i = 0; i < n; i++) {
            if (wide.undecided?.[i] || !Number.isFinite(wide.data[i])) continue;
            expect(narrow.undecided?.[i] ?? 0).toBe(0);
            const room = noise * Math.abs(Number(wide.data[i]));
            expect(effectiveRadius(wide, i) * (1 + noise) + room).toBeGreaterThanOrEqual(
              effectiveRadius(narrow, i),
            );
            expect(deviationAt(wide, i) * (1 + noise) + room).toBeGreaterThanOrEqual(
              deviationAt(narrow, i),
            );
          }
        }),
        { numRuns: 12 },
      );
    },
  );
});

/** v moved by at most d and rounded to the type, towards v. */
function inward(type: ElementType, v: number, d: number): number {
  const round = rounder(type);
  if (d === 0) return v;
  const moved = round(v + d);
  return Math.abs(moved - v) <= Math.abs(d) && Number.isFinite(moved) ? moved : v;
}
