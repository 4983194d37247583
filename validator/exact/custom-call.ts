/** Custom calls whose target means a plain op. */
import { byName } from '../../graphs/ir/by-name.ts';
import {
  computationOf,
  type Instruction,
  type InstructionOf,
  type Module,
  rootOf,
} from '../../graphs/ir/module.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { arrayResults } from '../reference/operands.ts';
import { isCallOutside } from '../reference/ops/custom-call.ts';
import { evaluateInstruction } from '../reference/run.ts';
import { blockScaling } from '../semantics/decompositions/block-scaling.ts';
import {
  convolutionModule,
  convolutionTargets,
} from '../semantics/decompositions/cudnn-convolution.ts';
import { gemmModule, gemmTargets } from '../semantics/decompositions/gemm.ts';
import { lapack } from '../semantics/decompositions/lapack.ts';
import { byDecomposition } from './by-decomposition.ts';
import { tensorOperand } from './core/broadcasting.ts';
import type { ExactContext } from './core/context.ts';
import type { ExactTuple, ExactValue } from './core/value.ts';
import { exactIfCertain, fromPlain, undecidedOf } from './core/without-error.ts';
import { approximateTopK, partialReduce } from './movement/approximate-top-k.ts';
import { sizedTo } from './movement/movement.ts';
import { topK } from './movement/sort.ts';

type Call = InstructionOf<'custom-call'>;

type CustomCall = (
  instruction: InstructionOf<'custom-call'>,
  operands: readonly ExactValue[],
  context: ExactContext,
) => ExactValue;

/** The operand, or the tuple of several. */
const identity: CustomCall = ({ shape }, operands) =>
  shape.kind === 'tuple' && operands[0]?.kind !== 'tuple'
    ? { kind: 'tuple', elements: operands }
    : operands[0]!;

const targets: Readonly<Record<string, CustomCall>> = byName({
  TopK: best,
  ApproxTopK: approximateTopK,
  PartialReduce: partialReduce,
  Sharding: identity,
  SPMDFullToShardShape: identity,
  SPMDShardToFullShape: identity,
  'xla.sdy.FuncResultSharding': identity,
  'xla.sdy.GlobalToLocalShape': identity,
  'xla.sdy.LocalToGlobalShape': identity,
  ShardBarrierFrom: identity,
  ShardBarrierTo: identity,
  MoveToHost: identity,
  MoveToDevice: identity,
  annotate_device_placement: identity,
  LayoutConstraint: identity,
  AssumeGatherIndicesInBound: identity,
  Pin: identity,
  Unpin: identity,
  PadToStatic: padToStatic,
  SliceToDynamic: (i, [t]) => sizedTo(tensorOperand(t), arrayResults(i)[0].dims),
  HostExecute: passOn,
  AllocateBuffer: ({ shape }) => undecidedOf(shape),
  cuda_threefry2x32: (i, operands, context) => exactIfCertain(i as Instruction, operands, context),
  __custom_kernel_fusion$workspace: ({ shape }) => undecidedOf(shape),
  ...Object.fromEntries(gemmTargets.map((target) => [target, computed(gemmModule)])),
  ...Object.fromEntries(convolutionTargets.map((t) => [t, computed(convolutionModule)])),
  ...Object.fromEntries(Object.entries(blockScaling).map(([t, of]) => [t, byDecomposition(of)])),
  ...Object.fromEntries(Object.entries(lapack).map(([t, of]) => [t, byDecomposition(of)])),
});

export const customCall: CustomCall = (instruction, operands, context) => {
  const target = instruction.attrs.custom_call_target;
  if (Object.hasOwn(targets, target)) return targets[target](instruction, operands, context);
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

/** By the reference's own rule, which only calls. */
function passOn(
  instruction: InstructionOf<'custom-call'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  return evaluateInstruction(instruction, operands as readonly Value[], context.passing);
}

/** By the module of what is computed; the content of workspace is undefined. */
function computed(moduleOf: (i: Call, operands: readonly ArrayShape[]) => Module): CustomCall {
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
