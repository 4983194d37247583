/** Evaluation of custom calls whose target means a plain op; every other target is refused. */
import { mapRows } from '../../../graphs/ir/by-name.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { computationOf, type InstructionOf, rootOf } from '../../../graphs/ir/module.ts';
import { type Shape, sameDims } from '../../../graphs/ir/shape.ts';
import { type TupleValue, tensorOf, tupleValue, type Value } from '../../../graphs/ir/tensor.ts';
import {
  type Computes,
  customTargetOf,
  isCallOutside,
} from '../../../graphs/ops/custom-targets.ts';
import { customCalls } from '../../semantics/decompositions/custom-calls.ts';
import type { Expansion } from '../../semantics/decompositions/decomposition.ts';
import { byExpansion } from '../by-decomposition.ts';
import type { EvalContext, Evaluate } from '../context.ts';
import {
  arrayResult,
  arrayResults,
  bundled,
  result,
  storage,
  tensorAt,
  tensors,
} from '../operands.ts';
import { threefry2x32 } from '../threefry.ts';
import { approximateTopK, partialReduce } from './approximate-top-k.ts';
import { sizedTo } from './movement.ts';
import { topK } from './sort.ts';

type Call = InstructionOf<'custom-call'>;
type CustomCall = Evaluate<'custom-call'>;

const rows: Readonly<Record<Computes, CustomCall>> = {
  operand: identity,
  'top-k': exactTopK,
  'approximate-top-k': approximateTopK,
  'partial-reduce': partialReduce,
  'pad-to-static': padToStatic,
  'slice-to-dynamic': (i, operands) => sizedTo(tensorAt(operands, 0), arrayResult(i).dims),
  'host-computation': elsewhere,
  threefry,
  workspace,
  ...mapRows(customCalls.withWorkspace, computed),
  ...mapRows(customCalls.whole, byExpansion<'custom-call'>),
};

/**
 * What the target means; else what the host or `uninterpreted` answers. @throws AssayError
 * `run/unsupported` for a target that neither answers for.
 */
export function customCall(
  i: InstructionOf<'custom-call'>,
  operands: Value[],
  context: EvalContext,
): Value {
  const target = i.attrs.custom_call_target;
  const known = customTargetOf(target);
  if (!known) {
    if (context.host?.takesCalls && isCallOutside(i.attrs)) return context.host.act(i, operands);
    if (context.uninterpreted) return context.uninterpreted(i, operands);
    return fail('run/unsupported', `custom-call: the target ${target} is not known`);
  }
  return rows[known.computes](i, operands, context);
}

/** The operand, or the tuple of several, unless the annotation cuts one in pieces. */
function identity(i: Call, operands: readonly Value[]): Value {
  const declared = i.shape.kind === 'buffer' ? i.shape.array : i.shape;
  if (declared.kind !== 'tuple' || operands[0]?.kind === 'tuple')
    return uncut(operands[0]!, declared);
  return tupleValue(operands.map((x, k) => uncut(x, declared.elements[k]!)));
}

function uncut(value: Value, declared: Shape): Value {
  const isPlain = declared.kind === 'array' && !declared.dynamic?.includes(true);
  const isWhole = value.kind !== 'tensor' || !isPlain || sameDims(value.shape, declared);
  return isWhole ? value : fail('run/unsupported', 'it divides its operand among devices');
}

function exactTopK(
  i: InstructionOf<'custom-call'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const k = arrayResults(i)[0].dims.at(-1) ?? 0;
  return topK(tensorAt(operands, 0), k, isDescending(i, context));
}

/** (the array up to its bounds, its sizes …); what lies past these may be anything, zeros here. */
function padToStatic(i: InstructionOf<'custom-call'>, operands: readonly Value[]): Value {
  const t = tensorAt(operands, 0);
  const sizes = t.shape.dims.map((n) => tensorOf('s32', [], [n]));
  return tupleValue([sizedTo(t, arrayResults(i)[0].dims), ...sizes]);
}

/** Its computation, run on the host. */
function elsewhere(
  i: InstructionOf<'custom-call'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const [name] = i.attrs.called_computations;
  if (name === undefined) fail('run/unsupported', 'it calls no computation');
  return context.call(name, operands);
}

/** Scratch memory, which nothing may read: zeros. */
function workspace(i: InstructionOf<'custom-call'>): Value {
  return bundled(
    i,
    arrayResults(i).map((s) => result(s, storage(s))),
  );
}

/** By the module of what is computed; workspace, which nothing may read, is zero. */
function computed(moduleOf: Expansion<'custom-call'>): CustomCall {
  return (i, operands, context) => {
    const shapes = arrayResults(i);
    const all = tensors(operands);
    const module = moduleOf(
      i,
      all.map((t) => t.shape),
    );
    const { elements } = context.within(module).call(module.entry, all) as TupleValue;
    const scratch = shapes.slice(elements.length).map((s) => result(s, storage(s)));
    return i.shape.kind === 'tuple' ? tupleValue([...elements, ...scratch]) : elements[0];
  };
}

/** The hash of every pair of counter words under its pair of key words: operands (k₀, k₁, x₀, x₁). */
function threefry(i: InstructionOf<'custom-call'>, operands: readonly Value[]): Value {
  const shapes = arrayResults(i);
  const [k0, k1, x0, x1] = [0, 1, 2, 3].map((k) => tensorAt(operands, k).data as Uint32Array);
  const [first, second] = shapes.map((s) => storage(s));
  for (let e = 0; e < first.length; e++) {
    [first[e], second[e]] = threefry2x32(k0[e], k1[e], x0[e], x1[e]);
  }
  return bundled(i, [result(shapes[0], first), result(shapes[1], second)]);
}

/** The comparator says which is best: the root's direction, largest where there is none. */
function isDescending(i: InstructionOf<'custom-call'>, context: EvalContext): boolean {
  const name = i.attrs.to_apply ?? i.attrs.called_computations[0];
  if (name === undefined) return true;
  const root = rootOf(computationOf(context.module, name));
  return root.opcode !== 'compare' || !root.attrs.direction.startsWith('L');
}
