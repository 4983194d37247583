/** Small models: the reference, to nearest and with random rounding, uses little of its budget. */
import { describe, expect, it } from 'vitest';
import { type ComputationBuilder, ModuleBuilder } from '../../graphs/build/builder.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import {
  alongLast,
  drawn,
  normal,
  reduceLast,
  scalarOp,
  uniform,
  useOf,
} from '../support/exact/exact.ts';

/** Adds the last dimension up in f32, as JAX does for narrower types. */
function sumLast({ b, type, add }: Kit, x: Instruction): Instruction {
  const to = (y: Instruction, t: ElementType) =>
    b.op('convert', [y], {}, { shape: arrayShape(t, (y.shape as ArrayShape).dims) });
  return to(reduceLast(b, to(x, 'f32'), 0, add), type);
}

interface Kit {
  readonly b: ComputationBuilder;
  readonly type: ElementType;
  readonly add: string;
  readonly max: string;
}

const [rows, width] = [24, 32];

function softmax(kit: Kit, x: Instruction): Instruction {
  const { b, max } = kit;
  const n = (x.shape as { dims: readonly number[] }).dims.at(-1)!;
  const top = reduceLast(b, x, -Infinity, max);
  const e = b.op('exponential', [b.op('subtract', [x, alongLast(b, top, n)])]);
  return b.op('divide', [e, alongLast(b, sumLast(kit, e), n)]);
}

function constantLike({ b, type }: Kit, value: number, dims: readonly number[]): Instruction {
  return b.broadcast(b.scalar(type, rounder(type)(value)), dims);
}

function layerNorm(kit: Kit, x: Instruction): Instruction {
  const { b } = kit;
  const mean = (y: Instruction) =>
    b.op('divide', [sumLast(kit, y), constantLike(kit, width, [rows])]);
  const centred = b.op('subtract', [x, alongLast(b, mean(x), width)]);
  const variance = mean(b.op('multiply', [centred, centred]));
  const scale = b.op('rsqrt', [b.op('add', [variance, constantLike(kit, 1e-5, [rows])])]);
  return b.op('multiply', [centred, alongLast(b, scale, width)]);
}

function gelu(kit: Kit, x: Instruction): Instruction {
  const { b } = kit;
  const c = (v: number) => constantLike(kit, v, [rows, width]);
  const cube = b.op('multiply', [b.op('multiply', [x, x]), x]);
  const inner = b.op('add', [x, b.op('multiply', [c(0.044715), cube])]);
  const t = b.op('tanh', [b.op('multiply', [c(Math.sqrt(2 / Math.PI)), inner])]);
  return b.op('multiply', [b.op('multiply', [c(0.5), x]), b.op('add', [t, c(1)])]);
}

const product = { lhs_contracting_dims: [1], rhs_contracting_dims: [0] };

function attention(kit: Kit, x: Instruction, weights: readonly Instruction[]): Instruction {
  const { b } = kit;
  const [q, k, v] = weights.slice(0, 3).map((w) => b.op('dot', [x, w], product));
  const scores = b.op('dot', [q, k], { lhs_contracting_dims: [1], rhs_contracting_dims: [1] });
  const scaled = b.op('multiply', [scores, constantLike(kit, width ** -0.5, [rows, rows])]);
  return b.op('dot', [softmax(kit, scaled), v], product);
}

/** Two blocks of attention, layer norm and gelu with residuals. */
function transformer(kit: Kit, x: Instruction, weights: readonly Instruction[]): Instruction {
  const { b } = kit;
  let state = x;
  for (let layer = 0; layer < 2; layer++) {
    state = b.op('add', [state, attention(kit, layerNorm(kit, state), weights)]);
    const hidden = gelu(kit, b.op('dot', [layerNorm(kit, state), weights[3]], product));
    state = b.op('add', [state, b.op('dot', [hidden, weights[4]], product)]);
  }
  return state;
}

type Model = (kit: Kit, x: Instruction, weights: readonly Instruction[]) => Instruction;
const models: Readonly<Record<string, Model>> = {
  softmax,
  'layer norm': layerNorm,
  gelu,
  attention,
  transformer,
};

function build(model: Model, type: ElementType): Module {
  const m = new ModuleBuilder('model');
  const [add, max] = [scalarOp(m, 'add', 'f32'), scalarOp(m, 'maximum', type)];
  return m.entry((b) => {
    const x = b.parameter('x', arrayShape(type, [rows, width]));
    const weights = [0, 1, 2, 3, 4].map((k) =>
      b.parameter(`w${k}`, arrayShape(type, [width, width])),
    );
    return model({ b, type, add, max }, x, weights);
  });
}

describe.each(['f32', 'bf16'] as const)('models in %s', (type) => {
  it.each(Object.keys(models))('%s: every faithful run is inside', (name) => {
    const module = build(models[name], type);
    for (let seed = 1; seed <= 3; seed++) {
      const next = uniform(seed);
      const inputs = [
        drawn(type, [rows, width], () => normal(next)),
        ...[0, 1, 2, 3, 4].map(() =>
          drawn(type, [width, width], () => normal(next) * width ** -0.5),
        ),
      ];
      const { value, reasons } = runExact(module, inputs.map(fromPlainValue));
      const use = useOf(runReference(module, inputs), value);
      expect(use.bound).toBeLessThanOrEqual(1);
      expect(use.budget).toBeLessThan(1);
      expect(use.undecided).toBe(0);
      for (const sample of [1, 2, 3]) {
        const random = runReference(module, inputs, { rounding: { seed: sample } });
        expect(useOf(random, value).deviation).toBeLessThan(1);
      }
      expect(reasons).toEqual([]);
    }
  });
});
