/**
 * Laws of the exact mode over the whole op table: every opcode that the reference runs, on random
 * instances (test/cross/generators), inputs of every golden kind, and random radii.
 * ASSAY_LAW_RUNS multiplies the draws, ASSAY_LAW_SEED changes them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateCase } from '../golden/cases.ts';
import { AssayError } from '../graphs/ir/diagnostic.ts';
import { isFloat } from '../graphs/ir/element-type.ts';
import { entryOf, type Module } from '../graphs/ir/module.ts';
import type { Value } from '../graphs/ir/tensor.ts';
import { type Opcode, opTable } from '../graphs/ops/table.ts';
import { printModule } from '../graphs/text/printer.ts';
import { liftValue, runExact } from '../validator/exact/run.ts';
import { exactTable } from '../validator/exact/table.ts';
import type { ExactValue } from '../validator/exact/value.ts';
import { runReference } from '../validator/reference/run.ts';
import { evalTable } from '../validator/reference/table.ts';
import type { Instance } from './cross/gen.ts';
import { inputsOf } from './cross/inputs.ts';
import { moved, uncertain, widerThan, withinReach } from './support/laws/draws.ts';
import { outside, shrunk, uncertainElement } from './support/laws/hold.ts';
import { draws } from './support/laws/runs.ts';
import { isOnLattice, movedRadii, unsharedRadii } from './support/laws/special-inputs.ts';
import { type Kind, lawInstance, lawTable } from './support/laws/table.ts';

const opcodes = Object.keys(opTable) as Opcode[];
const drawn = opcodes.filter((o) => !('none' in lawTable[o]));
const ofKind = (...kinds: Kind[]) =>
  drawn.filter((o) => kinds.some((kind) => (lawTable[o] as { kind?: Kind }).kind === kind));

interface Draw extends Instance {
  readonly inputs: readonly Value[];
  readonly seed: number;
}

function drawOf(opcode: Opcode, index: number): Draw {
  const instance = lawInstance(draws.seed, opcode, index);
  const inputs = withinReach(inputsOf(instance, draws.seed, opcode, index));
  return { ...instance, inputs, seed: index };
}

/** Holds a law for instances of an opcode; it says what is wrong, or nothing. */
function check(opcode: Opcode, runs: number, law: (draw: Draw) => string | undefined): void {
  let held = 0;
  fc.assert(
    fc.property(fc.nat(), (index) => {
      const draw = drawOf(opcode, index);
      try {
        const wrong = law(draw);
        expect(wrong, `instance ${index}\n${printModule(draw.module)}`).toBeUndefined();
        held++;
      } catch (error) {
        if (!isUnsupported(error)) throw error;
      }
    }),
    { numRuns: draws.of(runs), seed: draws.seed, endOnFailure: true },
  );
  expect(held).toBeGreaterThan(0);
}

/**
 * Some ops have no meaning for some of the types that their rows let pass (maxima of complex numbers),
 * nor for indices that were moved out of range.
 */
function isUnsupported(error: unknown): boolean {
  const codes = ['run/unsupported', 'run/bad-operand'];
  return error instanceof AssayError && codes.includes(error.diagnostic.code);
}

const exactly = ({ module }: Draw, inputs: readonly ExactValue[]) => runExact(module, inputs).value;

it('the exact mode has a rule for what the reference runs, and the table an instance', () => {
  const without = (table: object) =>
    Object.entries(table).flatMap(([o, row]) => (typeof row === 'function' ? [] : [o]));
  const unrun = without(evalTable);
  const drawnFromSeed = ['rng-get-and-update-state'];
  expect(without(exactTable).sort()).toEqual([...unrun, ...drawnFromSeed].sort());
  expect(unrun.filter((o) => o !== 'parameter' && drawn.includes(o as Opcode))).toEqual([]);
});

describe.each(drawn)('%s', (opcode) => {
  it('the reference is inside the radii', () => {
    check(opcode, 10, (draw) => {
      const exact = exactly(draw, draw.inputs.map(liftValue));
      return outside(runReference(draw.module, draw.inputs), exact, 'both');
    });
  });

  it('inputs anywhere inside their radii give results inside the radii, or undecided ones', () => {
    check(opcode, 8, (draw) => {
      const given = uncertain(draw.inputs, draw.seed);
      const exact = exactly(draw, given);
      const at = (how: 'corners' | 'independent') =>
        runReference(draw.module, moved(given, draw.inputs, how, draw.seed));
      return (
        outside(runReference(draw.module, draw.inputs), exact, 'both') ??
        outside(at('corners'), exact, 'worst') ??
        outside(at('independent'), exact, 'both')
      );
    });
  });

  it('wider inputs give no narrower radius, and decide nothing', () => {
    check(opcode, 8, (draw) => {
      const narrow = unsharedRadii(uncertain(draw.inputs, draw.seed));
      const wide = widerThan(narrow, draw.seed);
      const [certain, a, b] = [draw.inputs.map(liftValue), narrow, wide].map((x) =>
        exactly(draw, x),
      );
      const rules = { decides: withHulls.has(opcode) };
      const radii = withSharedErrors.has(opcode) ? 'worst' : 'both';
      return shrunk(certain, a, 'worst', rules) ?? shrunk(a, b, radii, rules);
    });
  });
});

/** Formulas inside which errors are shared: two that cancelled need not when one of them grows. */
const withSharedErrors = new Set<Opcode>([
  'ragged-dot',
  'scaled-dot',
  'fft',
  'cholesky',
  'triangular-solve',
  'batch-norm-training',
  'batch-norm-inference',
  'batch-norm-grad',
  'reduce',
  'reduce-window',
  'select-and-scatter',
]);

/**
 * Ops that choose: where the choice is open and the branches are apart, the result is undecided; where
 * wider intervals meet, it is decided, and its radius covers both.
 */
const withHulls = new Set<Opcode>(['select', 'ragged-dot', 'reduce', 'stochastic-convert']);

/** f8e8m0fnu has no zero and no sign: hardly any result is one of its numbers. */
const hasScaleType = (module: Module) => printModule(module).includes('f8e8m0fnu');

describe('without radii', () => {
  it.each(ofKind('moves'))('%s gives none', (opcode) => {
    check(opcode, 10, (draw) => uncertainElement(exactly(draw, draw.inputs.map(liftValue))));
  });

  it.each(ofKind('selects'))('%s gives none on numbers that nobody takes for zero', (opcode) => {
    check(opcode, 10, (draw) => {
      if (hasScaleType(draw.module)) return undefined;
      const { inputs } = generateCase(draw.module, 'lattice', draw.seed);
      const chosen = inputs.map((value, k) => draw.given[k] ?? value);
      runReference(draw.module, chosen);
      return uncertainElement(exactly(draw, chosen.map(liftValue)));
    });
  });

  it.each(ofKind('linear'))('%s gives none on lattices', (opcode) => {
    check(opcode, 30, (draw) => {
      const { inputs } = generateCase(draw.module, 'lattice', draw.seed);
      const chosen = inputs.map((value, k) => draw.given[k] ?? value);
      if (!isOnLattice(draw.module, chosen)) return undefined;
      return uncertainElement(exactly(draw, chosen.map(liftValue)));
    });
  });
});

describe('radii go where the data go', () => {
  it.each(ofKind('moves'))('%s', (opcode) => {
    check(opcode, 10, (draw) => {
      if (hasScaleType(draw.module)) return undefined;
      if (entryOf(draw.module).instructions.some((i) => i.opcode === 'convert')) return undefined;
      const radii = movedRadii(draw.inputs, draw.seed);
      const exact = exactly(draw, radii.exact);
      const wanted = runReference(draw.module, radii.asData);
      return radii.differ(exact, wanted, isFloat);
    });
  });
});
