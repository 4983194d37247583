/**
 * The loops of the exact mode over many elements give, to the bit, what the rules give element by
 * element: values, radii, shared radii and marks, for every mix of operands. Few elements go through
 * the rules alone, so a long run is held against its pieces.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { entryOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { ExactContext, ExactOptions } from '../../validator/exact/core/context.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { combine } from '../../validator/exact/elementwise/binary.ts';
import {
  type BinaryOpcode,
  binaryFunctions,
} from '../../validator/exact/elementwise/binary-functions.ts';
import {
  type DifferentiableOpcode,
  differentiableFunctions,
} from '../../validator/exact/elementwise/functions.ts';
import { differentiableOf } from '../../validator/exact/elementwise/unary.ts';
import { exactInstruction, makeExactContext } from '../../validator/exact/run.ts';
import { randomUniform } from '../../validator/reference/scalars/rounding-policy.ts';

const n = 1536;
const piece = 96;
const types: readonly ElementType[] = ['f32', 'bf16', 'f16', 'f64', 'f8e4m3fn'];

/** What an operand has: radii, shared radii, one element for all. */
interface Kind {
  readonly type: ElementType;
  readonly rough: boolean;
  readonly correlated: boolean;
  readonly scalar: boolean;
  /** How often there is something odd: a special value, a number near an end of the range. */
  readonly odd: number;
  readonly seed: number;
}

const oddities = [
  0,
  -0,
  Infinity,
  -Infinity,
  Number.NaN,
  2 ** -127,
  2 ** -126,
  1e38,
  -3.4e38,
  1e-300,
];

function operand({ type, rough, correlated, scalar, odd, seed }: Kind): ExactTensor {
  const uniform = randomUniform(seed);
  const size = scalar ? 1 : n;
  const round = rounder(type);
  const of = (make: (i: number) => number) =>
    Float64Array.from({ length: size }, (_, i) => make(i));
  const data = of(() => {
    if (uniform() < odd) return round(oddities[Math.floor(uniform() * oddities.length)]);
    const x = (uniform() - 0.5) * 2 ** Math.floor(uniform() * 8);
    return round(uniform() < 0.3 ? Math.round(x) : x);
  });
  const base = { kind: 'tensor', shape: arrayShape(type, scalar ? [] : [n]), data } as const;
  if (!rough) return base;
  const scale = () => 2 ** -Math.floor(uniform() * 38 - 4);
  const bound = of((i) => {
    const certain = uniform() < 0.2 || !Number.isFinite(data[i]);
    return certain ? 0 : uniform() < odd ? Infinity : Math.abs(data[i]) * scale() + 1e-9;
  });
  const deviation = of((i) => Math.min(bound[i], 1e30) * uniform());
  const radius = of((i) =>
    bound[i] > 0 && uniform() < 0.8 ? (uniform() - 0.5) * deviation[i] : 0,
  );
  return {
    ...base,
    bound,
    deviation,
    ...(correlated && { correlated: { radius, along: [true] } }),
  };
}

const kinds = fc.record<Kind>({
  type: fc.constantFrom(...types),
  rough: fc.boolean(),
  correlated: fc.boolean(),
  scalar: fc.boolean(),
  odd: fc.constantFrom(0, 0.002, 0.1),
  seed: fc.nat(),
});
const options = fc.constantFrom<ExactOptions>(
  {},
  { flush: false },
  { reciprocalDivision: true },
  { lambda: 3 },
);

const module = parseModule('HloModule m\nENTRY e { ROOT x = f32[] parameter(0) }');
const contextOf = (given: ExactOptions) => makeExactContext(module, given);

/** Elements from `at` on, as many as are taken at a time. */
function cut(t: ExactTensor, at: number, count: number): ExactTensor {
  if (t.data.length === 1) return t;
  const part = (a: Float64Array) => a.slice(at, at + count);
  return {
    kind: 'tensor',
    shape: arrayShape(t.shape.type, [count]),
    data: part(t.data as Float64Array),
    ...(t.bound && { bound: part(t.bound) }),
    ...(t.deviation && { deviation: part(t.deviation) }),
    ...(t.correlated && { correlated: { ...t.correlated, radius: part(t.correlated.radius) } }),
  };
}

/** Radii that are absent are zeros. */
function moments(t: ExactTensor) {
  const zeros = Array.from(t.data as Float64Array, () => 0);
  return {
    data: Array.from(t.data as Float64Array),
    bound: Array.from(t.bound ?? zeros),
    deviation: Array.from(t.deviation ?? zeros),
    correlated: Array.from(t.correlated?.radius ?? zeros),
    undecided: Array.from(t.undecided ?? zeros),
  };
}

function joined(parts: readonly ReturnType<typeof moments>[]) {
  const all = (pick: (f: ReturnType<typeof moments>) => number[]) => parts.flatMap(pick);
  return {
    data: all((f) => f.data),
    bound: all((f) => f.bound),
    deviation: all((f) => f.deviation),
    correlated: all((f) => f.correlated),
    undecided: all((f) => f.undecided),
  };
}

/** The whole at once, and piece by piece. */
function expectAgreement(
  tensors: readonly ExactTensor[],
  run: (all: readonly ExactTensor[]) => ExactTensor,
) {
  const whole = run(tensors);
  if (whole.data.length === 1) return;
  const pieces = Array.from({ length: n / piece }, (_, k) =>
    moments(run(tensors.map((t) => cut(t, k * piece, piece)))),
  );
  expect(moments(whole)).toEqual(joined(pieces));
}

const runs = { numRuns: 12 };

describe('many elements at once are what they are one by one:', () => {
  it.each(Object.keys(binaryFunctions) as BinaryOpcode[])('%s', (opcode) => {
    fc.assert(
      fc.property(kinds, kinds, options, (a, b, given) => {
        const context: ExactContext = contextOf(given);
        const both = [operand(a), operand({ ...b, type: a.type, scalar: b.scalar && !a.scalar })];
        expectAgreement(both, (all) => combine(opcode, a.type, all, false, context));
      }),
      runs,
    );
  });

  it.each(Object.keys(differentiableFunctions) as DifferentiableOpcode[])('%s', (opcode) => {
    fc.assert(
      fc.property(kinds, options, (kind, given) => {
        const context: ExactContext = contextOf(given);
        expectAgreement([operand({ ...kind, scalar: false })], ([t]) =>
          differentiableOf(opcode, t, kind.type, context),
        );
      }),
      runs,
    );
  });

  it.each(['add', 'multiply', 'divide', 'maximum'] as const)('%s of broadcast rows', (opcode) => {
    const [rows, columns] = [24, 64];
    fc.assert(
      fc.property(kinds, kinds, fc.boolean(), options, (a, b, byRow, given) => {
        const context: ExactContext = contextOf(given);
        const length = byRow ? rows : columns;
        const source = cut(operand({ ...b, type: a.type, scalar: false }), 0, length);
        const text = `HloModule m\nENTRY e { p = ${a.type}[${length}] parameter(0)
          ROOT b = ${a.type}[${rows},${columns}] broadcast(p), dimensions={${byRow ? 0 : 1}} }`;
        const { instructions } = entryOf(parseModule(text));
        const view = exactInstruction(instructions[1]!, [source], context) as ExactTensor;
        const whole = operand({ ...a, scalar: false });
        const shape = arrayShape(a.type, [rows, columns]);
        const common = whole.correlated && {
          correlated: { ...whole.correlated, along: [true, false] },
        };
        const left = { ...whole, shape, ...common };
        const elements = {
          ...exactInstruction(instructions[1]!, [source], context),
        } as ExactTensor;
        const run = (right: ExactTensor) => combine(opcode, a.type, [left, right], false, context);
        expect(moments(run(view))).toEqual(moments(run(elements)));
      }),
      runs,
    );
  });
});
