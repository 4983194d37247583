/**
 * Custom calls whose target nobody here knows: what stands for one is its target, its configuration
 * and the computations that it calls. A pass may drop one or bring its own, but not change what one
 * that was there is told.
 */

import type { Computation, Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import { sameShape } from '../../graphs/ir/shape.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import { isKnownTarget, isShardyNote } from '../../graphs/ops/custom-targets.ts';
import { localKey, Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';

/** A call of an unknown target, where it stands and what it is told. */
export interface UnknownCall extends PlacedInstruction {
  readonly target: string;
  /** What it is told, beside operands and called computations; shapes aside. */
  readonly told: string;
  readonly calls: readonly string[];
}

/** A call after the pass, and the one before that it was. */
export interface ChangedCall {
  readonly before: UnknownCall;
  readonly after: UnknownCall;
  /** `told`: it is told something else; `calls`: computations that it calls are written otherwise. */
  readonly what: 'told' | 'calls';
}

/** Unknown calls whose target is called before the pass as well, but not so. */
export function changedCalls(before: Module, after: Module): ChangedCall[] {
  if (before === after) return [];
  const [was, is] = [unknownCalls(before), unknownCalls(after)];
  if (was.length === 0 || is.length === 0) return [];
  const functions = functionKeys(before, after);
  const sameCalls = (b: UnknownCall, a: UnknownCall) =>
    functions(before, b.calls) === functions(after, a.calls);
  const taken = new Set<UnknownCall>();
  return is.flatMap((call): ChangedCall[] => {
    const same = was.filter((c) => c.target === call.target);
    const of = same.length ? same : renamed(call, was, is);
    const alike = of.filter((c) => c.told === call.told);
    if (of.length === 0 || alike.some((c) => sameCalls(c, call))) return [];
    const from = alike.length ? alike : of;
    const free = from.filter((c) => !taken.has(c));
    const named = free.find((c) => c.instruction.name === call.instruction.name);
    const partner = named ?? free[0] ?? from[0]!;
    taken.add(partner);
    return [{ before: partner, after: call, what: alike.length ? 'calls' : 'told' }];
  });
}

/** Calls of a target that is not called any more, in whose place this one stands. */
function renamed(
  call: UnknownCall,
  was: readonly UnknownCall[],
  is: readonly UnknownCall[],
): UnknownCall[] {
  const { name, shape, operands } = call.instruction;
  const kept = new Set(is.map((c) => c.target));
  const gone = was.filter(({ target, instruction: i }) => {
    return !kept.has(target) && sameShape(i.shape, shape) && i.operands.length === operands.length;
  });
  const named = gone.filter((c) => c.instruction.name === name);
  return gone.length === 1 ? gone : named;
}

function unknownCalls({ computations }: Module): UnknownCall[] {
  return computations.flatMap((computation) =>
    computation.instructions.flatMap((i) => (isUnknown(i) ? [unknownCall(i, computation)] : [])),
  );
}

type Call = InstructionOf<'custom-call'> & Instruction;

/** Targets that begin with two underscores are the compiler's own, which it configures as it goes. */
function isUnknown(i: Instruction): i is Call {
  if (i.opcode !== 'custom-call') return false;
  const { custom_call_target: target } = i.attrs;
  return !(target.startsWith('__') || isKnownTarget(target) || isShardyNote(target));
}

/** Side effects are judged as acts. */
function unknownCall(instruction: Call, computation: Computation): UnknownCall {
  const { attrs } = instruction;
  const bare = {
    ...instruction,
    shape: { kind: 'token' },
    attrs: { ...attrs, custom_call_has_side_effect: false },
  } as Instruction;
  const aliasing = (attrs.output_to_operand_aliasing ?? '').replace(/\s/g, '');
  return {
    ...{ instruction, computation, target: attrs.custom_call_target },
    told: `${localKey(bare)} ${aliasing} operands=${instruction.operands.length}`,
    calls: calledBy(instruction),
  };
}

/** Computations by what they compute and do, in one numbering for both modules. */
function functionKeys(...modules: readonly Module[]) {
  const numbering = new Numbering();
  const known = new Map(modules.map((m) => [m, new Map<string, string>()]));
  return (module: Module, names: readonly string[]): string =>
    names
      .map((name) => {
        const keys = known.get(module)!;
        let key = keys.get(name);
        if (key === undefined) {
          const { root, effects } = flowOf({ ...module, entry: name }, numbering);
          key = `${root}+${effects}`;
          keys.set(name, key);
        }
        return key;
      })
      .join(' ');
}
