/**
 * Random numbers of the ops that keep a hidden state: rng and rng-get-and-update-state. XLA leaves
 * their values to the target; any value of the distribution is right. Here they are drawn from a
 * seed: each execution of an instruction has a stream of its own, by the instruction's name and by
 * how often it ran before, so that the order among instructions does not matter.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type Tensor, tensorOf, type Value } from '../../../graphs/ir/tensor.ts';
import type { EvalContext } from '../context.ts';
import { seedOf } from '../elided.ts';
import { arrayResult, result, storage, tensorAt } from '../operands.ts';
import { randomUniform } from '../scalars/rounding-policy.ts';
import { classOf } from '../scalars/scalar.ts';

/** What a run of a module keeps beside its values. */
export interface HiddenState {
  /** Uniform numbers in [0, 1) for the next execution of an instruction of this name. */
  uniform(name: string): () => number;
  /** The 128-bit state, which then moves on by `delta`. */
  advance(delta: bigint): bigint;
}

/** Hidden state as it is at the start of a run. */
export function hiddenState(seed: number): HiddenState {
  const executions = new Map<string, number>();
  const word = randomUniform(seedOf('state', seed));
  let state = [0, 1, 2, 3].reduce((s) => (s << 32n) | BigInt(Math.floor(word() * 2 ** 32)), 0n);
  return {
    uniform(name) {
      const n = executions.get(name) ?? 0;
      executions.set(name, n + 1);
      return doubleUniform(randomUniform(seedOf(`${name} ${n}`, seed)));
    },
    advance(delta) {
      const before = state;
      state = BigInt.asUintN(128, state + delta);
      return before;
    },
  };
}

/** 53 random bits instead of 32. */
function doubleUniform(uniform: () => number): () => number {
  return () =>
    (Math.floor(uniform() * 2 ** 27) * 2 ** 26 + Math.floor(uniform() * 2 ** 26)) / 2 ** 53;
}

/** rng_uniform: [a, b) (a where that is empty); rng_normal: mean a, standard deviation b. */
export function rng(
  i: InstructionOf<'rng'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const shape = arrayResult(i);
  const { type } = shape;
  const [a, b] = [0, 1].map((k) => tensorAt(operands, k).data[0]);
  const kind = classOf(type);
  if (kind === 'complex') fail('run/unsupported', `random numbers as ${type}`);
  const uniform = context.hidden.uniform(i.name);
  const draw =
    kind !== 'float'
      ? wholeNumbers(BigInt(a), BigInt(b), type, uniform)
      : i.attrs.distribution === 'rng_normal'
        ? normal(Number(a), Number(b), type, uniform)
        : between(Number(a), Number(b), type, uniform);
  const data = storage(shape);
  for (let e = 0; e < data.length; e++) data[e] = draw() as never;
  return result(shape, data);
}

function between(a: number, b: number, type: ElementType, uniform: () => number): () => number {
  const round = rounder(type);
  return () => {
    const u = uniform();
    const x = round(a * (1 - u) + b * u);
    return x >= a && x < b ? x : a;
  };
}

/** Box and Muller 1958. */
function normal(mean: number, deviation: number, type: ElementType, uniform: () => number) {
  const round = rounder(type);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return round(mean + deviation * radius * Math.cos(2 * Math.PI * uniform()));
  };
}

function wholeNumbers(a: bigint, b: bigint, type: ElementType, uniform: () => number) {
  const wide = elementTypes[type].bits === 64;
  const bits = () =>
    (BigInt(Math.floor(uniform() * 2 ** 53)) << 53n) | BigInt(Math.floor(uniform() * 2 ** 53));
  return () => {
    const x = b > a ? a + ((bits() * (b - a)) >> 106n) : a;
    return wide ? x : Number(x);
  };
}

/** The state before it moves on, low word first. */
export function rngState(
  i: InstructionOf<'rng-get-and-update-state'>,
  _: readonly Value[],
  context: EvalContext,
): Tensor {
  const state = context.hidden.advance(BigInt(i.attrs.delta));
  return tensorOf('u64', [2], [BigInt.asUintN(64, state), state >> 64n]);
}
