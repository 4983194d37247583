/** Evaluation of the ops that structure a module: tuples, calls, loops, branches, constants. */

import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { token, tupleValue, type Value } from '../../../graphs/ir/tensor.ts';
import type { structure as rows } from '../../../graphs/ops/structure.ts';
import { turnWork } from '../../limits/work.ts';
import type { EvalContext, EvalRow } from '../context.ts';
import { elidedValue } from '../elided.ts';
import { tensorAt } from '../operands.ts';
import { customCall } from './custom-call.ts';
import { rng, rngState } from './random.ts';
import { rngBitGenerator } from './rng-bit-generator.ts';

type Family = { readonly [O in keyof typeof rows]: EvalRow<O> };

/** Rows of the structure family. */
export const structure: Family = {
  parameter: { refused: 'its value comes from the caller' },
  constant: (i, _, context) => {
    const { literal } = i.attrs;
    return literal.kind === 'elided' ? elidedValue(i, context.literalSeed ?? 0) : literal;
  },
  tuple: (_, operands) => tupleValue(operands),
  'get-tuple-element': (i, operands) => tupleElement(operands[0], i.attrs.index),
  call: (i, operands, context) => context.callConsuming(i.attrs.to_apply, operands),
  fusion: (i, operands, context) => context.callConsuming(i.attrs.calls, operands),
  while: whileLoop,
  conditional,
  'custom-call': customCall,
  domain: (_, operands) => operands[0],
  'opt-barrier': (_, operands) => operands[0],
  'after-all': () => token,
  'add-dependency': (_, operands) => operands[0],
  rng,
  'rng-bit-generator': rngBitGenerator,
  'rng-get-and-update-state': rngState,
};

/** Element k of a tuple value. */
export function tupleElement(value: Value, k: number): Value {
  if (value.kind !== 'tuple' || k >= value.elements.length) {
    return fail('run/bad-operand', `a tuple with an element ${k} is needed, got a ${value.kind}`);
  }
  return value.elements[k];
}

/** The state stands in `state` alone, so that each turn's can die during the next. */
function whileLoop(i: InstructionOf<'while'>, state: Value[], context: EvalContext): Value {
  const work = turnWork(context.module, i);
  return context.loops.run(context.limits, work, (turn) => {
    for (let n = 0; isTrue(context.call(i.attrs.condition, state)); n++) {
      turn(n);
      state[0] = context.callConsuming(i.attrs.body, state.splice(0));
    }
    return state[0];
  });
}

/** Whether a pred[] holds; any number but 0 does. */
export function isTrue(value: Value): boolean {
  return Number(tensorAt([value], 0).data[0]) !== 0;
}

function conditional(
  i: InstructionOf<'conditional'>,
  operands: Value[],
  context: EvalContext,
): Value {
  const { computation, operand } = branchOf(i, operands);
  const argument = operands.splice(operand, 1);
  operands.length = 0;
  return context.callConsuming(computation, argument);
}

/** Branch k runs on operand k + 1; an index out of range means the last branch. */
export function branchOf(
  i: InstructionOf<'conditional'>,
  operands: readonly Value[],
): { readonly computation: string; readonly operand: number } {
  const { branch_computations, true_computation, false_computation } = i.attrs;
  const selector = tensorAt(operands, 0);
  const isPred = selector.shape.type === 'pred';
  const branches = branch_computations ?? [true_computation ?? '', false_computation ?? ''];
  const index = isPred ? (isTrue(selector) ? 0 : 1) : Number(selector.data[0]);
  const branch = index >= 0 && index < branches.length ? index : branches.length - 1;
  return { computation: branches[branch], operand: branch + 1 };
}
