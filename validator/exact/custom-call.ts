/** Custom calls whose target means a plain op. */
import { mapRows } from '../../graphs/ir/by-name.ts';
import {
  computationOf,
  type Instruction,
  type InstructionOf,
  rootOf,
} from '../../graphs/ir/module.ts';
import { tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { type Computes, customTargetOf, isCallOutside } from '../../graphs/ops/custom-targets.ts';
import { arrayResults } from '../reference/operands.ts';
import { evaluateInstruction } from '../reference/run.ts';
import { customCalls } from '../semantics/decompositions/custom-calls.ts';
import type { Expansion } from '../semantics/decompositions/decomposition.ts';
import { byDecomposition } from './by-decomposition.ts';
import { tensorOperand } from './core/broadcasting.ts';
import type { ExactContext, ExactRule } from './core/context.ts';
import type { ExactTuple, ExactValue } from './core/value.ts';
import { exactIfCertain, fromPlain, undecidedOf } from './core/without-error.ts';
import { approximateTopK, partialReduce } from './movement/approximate-top-k.ts';
import { sizedTo } from './movement/movement.ts';
import { topK } from './movement/sort.ts';

type CustomCall = ExactRule<'custom-call'>;

/** The operand, or the tuple of several. */
const identity: CustomCall = ({ shape }, operands) =>
  shape.kind === 'tuple' && operands[0]?.kind !== 'tuple'
    ? { kind: 'tuple', elements: operands }
    : operands[0]!;

const rows: Readonly<Record<Computes, CustomCall>> = {
  operand: identity,
  'top-k': best,
  'approximate-top-k': approximateTopK,
  'partial-reduce': partialReduce,
  'pad-to-static': padToStatic,
  'slice-to-dynamic': (i, [t]) => sizedTo(tensorOperand(t), arrayResults(i)[0].dims),
  'host-computation': passOn,
  threefry: (i, operands, context) => exactIfCertain(i as Instruction, operands, context),
  workspace: ({ shape }) => undecidedOf(shape),
  ...mapRows(customCalls.withWorkspace, computed),
  ...mapRows(customCalls.whole, byDecomposition<'custom-call'>),
};

/** The rule of the op that the target means; undecided where no rule is known for it. */
export const customCall: CustomCall = (instruction, operands, context) => {
  const target = instruction.attrs.custom_call_target;
  const known = customTargetOf(target);
  if (known) return rows[known.computes](instruction, operands, context);
  if (context.passing.host?.takesCalls && isCallOutside(instruction.attrs)) {
    return fromPlain(passOn(instruction, operands, context) as Value);
  }
  context.explainUndecided(`no budget rule for custom-call ${target}`);
  return undecidedOf(instruction.shape);
};

function padToStatic(
  instruction: InstructionOf<'custom-call'>,
  operands: readonly ExactValue[],
): ExactValue {
  const t = tensorOperand(operands[0]);
  const sizes = t.shape.dims.map((n) => fromPlain(tensorOf('s32', [], [n])));
  const whole = sizedTo(t, arrayResults(instruction)[0].dims);
  return { kind: 'tuple', elements: [whole, ...sizes] };
}

/** Handed on by the reference's own rule, which only passes values around. */
export function passOn(
  instruction: object,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  return evaluateInstruction(
    instruction as Instruction,
    operands as readonly Value[],
    context.passing,
  );
}

/** By the module of what is computed; the content of workspace is undefined. */
function computed(moduleOf: Expansion<'custom-call'>): CustomCall {
  return (i, operands, context) => {
    const module = moduleOf(
      i,
      operands.map((v) => tensorOperand(v).shape),
    );
    const { elements } = context.within(module).call(module.entry, operands) as ExactTuple;
    if (i.shape.kind !== 'tuple') return elements[0];
    const workspace = i.shape.elements.slice(elements.length).map(undecidedOf);
    return { kind: 'tuple', elements: [...elements, ...workspace] };
  };
}

function best(
  instruction: InstructionOf<'custom-call'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const k = arrayResults(instruction)[0].dims.at(-1) ?? 0;
  const { to_apply, called_computations } = instruction.attrs;
  const name = to_apply ?? called_computations[0];
  const root = name === undefined ? undefined : rootOf(computationOf(context.module, name));
  const largest = root?.opcode !== 'compare' || !root.attrs.direction.startsWith('L');
  return topK(instruction, tensorOperand(operands[0]), k, largest, context);
}
