/** Evaluation of custom calls whose target means a plain op; every other target is refused. */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { computationOf, type InstructionOf, rootOf } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { EvalContext, Evaluate } from './context.ts';
import { arrayResults, tensorAt } from './operands.ts';
import { topK } from './sort.ts';

type CustomCall = Evaluate<'custom-call'>;

const identity: CustomCall = (_, operands) => operands[0];

/** On one device annotations of sharding and placement change nothing. */
const targets: Readonly<Record<string, CustomCall>> = {
  TopK: exactTopK,
  Sharding: identity,
  SPMDFullToShardShape: identity,
  SPMDShardToFullShape: identity,
  ShardBarrierFrom: identity,
  ShardBarrierTo: identity,
  MoveToHost: identity,
  MoveToDevice: identity,
  annotate_device_placement: identity,
};

export function customCall(
  i: InstructionOf<'custom-call'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const target = i.attrs.custom_call_target;
  if (!Object.hasOwn(targets, target)) {
    return fail('run/unsupported', `custom-call: the target ${target} is not known`);
  }
  return targets[target](i, operands, context);
}

function exactTopK(
  i: InstructionOf<'custom-call'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const k = arrayResults(i)[0].dims.at(-1) ?? 0;
  return topK(tensorAt(operands, 0), k, isDescending(i, context));
}

/** The comparator says which is best: the root's direction, largest where there is none. */
function isDescending(i: InstructionOf<'custom-call'>, context: EvalContext): boolean {
  const name = i.attrs.to_apply ?? i.attrs.called_computations[0];
  if (name === undefined) return true;
  const root = rootOf(computationOf(context.module, name));
  return root.opcode !== 'compare' || !root.attrs.direction.startsWith('L');
}
