/** Loops of a known or bounded number of steps as HLO `while`, and what they carry along. */

import { fail } from '../../ir/diagnostic.ts';
import type { Instruction } from '../../ir/module.ts';
import { sameShape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { dimsOf, type Hlo, range, rankOf } from '../lowering/hlo.ts';

/** One step: the next state from the step's number (s64) and the state. */
export type Step = (
  h: Hlo,
  index: Instruction,
  state: readonly Instruction[],
) => readonly Instruction[];

/** How a loop may end before its last step. */
export interface LoopOptions {
  /** Place in the state of a flag that ends the loop when it is false. */
  readonly flag?: number;
}

/** Runs `step` for index 0 … count − 1; without a count until the flag is false. */
export function loop(
  h: Hlo,
  count: Instruction | undefined,
  state: readonly Instruction[],
  step: Step,
  { flag }: LoopOptions = {},
): Instruction[] {
  const limit = count ?? h.scalar('s64', 2n ** 62n);
  const init = h.tuple([h.scalar('s64', 0), limit, ...state]);
  const parts = (inner: Hlo) => {
    const all = inner.parameter('state', init.shape);
    return range(state.length + 2).map((k) => inner.element(all, k));
  };
  const body = h.computation('loop_body', (inner) => {
    const [index, most, ...now] = parts(inner) as [Instruction, Instruction, ...Instruction[]];
    const next = step(inner, index, now);
    next.forEach((v, k) => {
      if (!sameShape(v.shape, state[k]!.shape)) {
        fail('onnx/loop-shape', `value ${k} of the loop changes its shape from step to step`);
      }
    });
    return inner.tuple([inner.add(index, 1), most, ...next]);
  });
  const condition = h.computation('loop_condition', (inner) => {
    const [index, most, ...now] = parts(inner) as [Instruction, Instruction, ...Instruction[]];
    const below = inner.compare('LT', index, most);
    return flag === undefined ? below : inner.and(below, now[flag]!);
  });
  const result = h.op('while', [init], { body, condition });
  return range(state.length, 2).map((k) => h.element(result, k));
}

/** What a computation takes from around it: constants are made anew, the rest is handed over. */
export interface Closure {
  readonly operands: readonly Instruction[];
  /** The captured values inside, given what stands for the operands there. */
  inside(h: Hlo, operands: readonly Instruction[]): ReadonlyMap<string, Instruction>;
}

/**
 * Values that a body reads from outside: those that are known become constants inside, the others
 * are carried along as operands, in the order of `captured`.
 */
export function closureOf(h: Hlo, captured: ReadonlyMap<string, Instruction>): Closure {
  const known = new Map<string, Tensor>();
  const passed = new Map<string, Instruction>();
  for (const [name, value] of captured) {
    const tensor = h.known(value);
    if (tensor) known.set(name, tensor);
    else passed.set(name, value);
  }
  return {
    operands: [...passed.values()],
    inside: (inner, operands) =>
      new Map([
        ...[...passed.keys()].map((name, k) => [name, operands[k]!] as const),
        ...[...known].map(([name, tensor]) => [name, inner.constant(tensor)] as const),
      ]),
  };
}

function startsAt(h: Hlo, x: Instruction, axis: number, index: Instruction): Instruction[] {
  return range(rankOf(x)).map((k) => (k === axis ? index : h.scalar('s64', 0)));
}

/** x[index] along an axis, the axis dropped; the index (s64) may be computed. */
export function sliceAt(h: Hlo, x: Instruction, axis: number, index: Instruction): Instruction {
  const sizes = dimsOf(x).map((d, k) => (k === axis ? 1 : d));
  const attrs = { dynamic_slice_sizes: sizes };
  const row = h.op('dynamic-slice', [x, ...startsAt(h, x, axis, index)], attrs);
  return h.reshape(
    row,
    sizes.filter((_, k) => k !== axis),
  );
}

/** x with x[index] along an axis replaced. */
export function updateAt(
  h: Hlo,
  x: Instruction,
  axis: number,
  index: Instruction,
  value: Instruction,
): Instruction {
  const sizes = dimsOf(x).map((d, k) => (k === axis ? 1 : d));
  const row = h.reshape(value, sizes);
  return h.op('dynamic-update-slice', [x, row, ...startsAt(h, x, axis, index)]);
}
