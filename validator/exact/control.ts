/**
 * Ops that structure a module. Values pass through as they are; a branch or loop that turns on an
 * undecided value leaves everything that it gives undecided.
 */

import type { Instruction, InstructionOf } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { communication as rowsOfCommunication } from '../../graphs/ops/communication.ts';
import type { structure as rowsOfStructure } from '../../graphs/ops/structure.ts';
import { turnWork } from '../limits/work.ts';
import {
  actsOutside,
  hostOpcodes,
  communication as referenceOfCommunication,
} from '../reference/ops/communication.ts';
import { branchOf } from '../reference/ops/control.ts';
import { evaluateInstruction, placed } from '../reference/run.ts';
import { tensorOperand } from './core/broadcasting.ts';
import type { ExactContext, ExactRow, ExactRows } from './core/context.ts';
import type { ExactTensor, ExactValue } from './core/value.ts';
import { exactIfCertain, fromPlain, undecidedOf } from './core/without-error.ts';
import { customCall, passOn } from './custom-call.ts';
import { raggedAllToAll } from './movement/ragged-exchange.ts';
import { rng } from './movement/random.ts';

type CommunicationOpcode = keyof typeof rowsOfCommunication;

const hidden = { undecided: 'its values depend on the target and on what ran before' };

/** Rules by opcode. */
export const structure: ExactRows<keyof typeof rowsOfStructure> = {
  parameter: { undecided: 'its value comes from the caller' },
  constant: (i, _, context) => fromPlain(evaluateInstruction(i, [], context.reference)),
  tuple: passOn,
  'get-tuple-element': passOn,
  call: (i, operands, context) => context.callConsuming(i.attrs.to_apply, operands),
  fusion: (i, operands, context) => context.callConsuming(i.attrs.calls, operands),
  while: whileLoop,
  conditional,
  'custom-call': customCall,
  domain: passOn,
  'opt-barrier': passOn,
  'after-all': passOn,
  'add-dependency': passOn,
  rng,
  'rng-bit-generator': exactIfCertain,
  'rng-get-and-update-state': hidden,
};

/** On one device: as the reference, whose rules hand operands on; only one of them lays rows. */
const handedOn = Object.fromEntries(
  Object.entries(referenceOfCommunication).map(([opcode, row]): [string, ExactRow<never>] => [
    opcode,
    isTold(opcode) ? byHost : typeof row === 'function' ? passOn : { undecided: row.refused },
  ]),
) as unknown as ExactRows<CommunicationOpcode>;

function isTold(opcode: string): boolean {
  return (hostOpcodes as readonly string[]).includes(opcode);
}

/** By the world outside, where there is one. */
function byHost(
  instruction: object,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const i = instruction as Instruction;
  if (context.passing.host) return fromPlain(passOn(i, operands, context) as Value);
  context.explainUndecided(`${i.opcode}: ${actsOutside}`);
  return undecidedOf(i.shape);
}

/**
 * Rules by opcode, on one device: what acts outside asks the host, and is undecided without one.
 */
export const communication: ExactRows<CommunicationOpcode> = {
  ...handedOn,
  'ragged-all-to-all': raggedAllToAll,
};

/** The state stands in `state` alone, so that each turn's can die during the next. */
function whileLoop(
  instruction: InstructionOf<'while'>,
  state: ExactValue[],
  context: ExactContext,
): ExactValue {
  const { condition, body } = instruction.attrs;
  const work = turnWork(context.module, instruction);
  return placedIn(instruction, () =>
    context.reference.loops.run(context.limits, work, (turn) => {
      for (let n = 0; ; n++) {
        const goesOn = decide(context.call(condition, state));
        if (goesOn === undefined) return undecided(instruction, context);
        if (goesOn === 0) return state[0];
        turn(n);
        state[0] = context.callConsuming(body, state.splice(0));
      }
    }),
  );
}

/** An error about a loop names it; those of instructions inside name themselves. */
function placedIn<T>(instruction: Instruction, loop: () => T): T {
  try {
    return loop();
  } catch (error) {
    throw placed(error, instruction);
  }
}

/** The value of a scalar pred or index; undefined where it is undecided. */
function decide(value: ExactValue): number | undefined {
  const t: ExactTensor = tensorOperand(value);
  return t.undecided?.[0] ? undefined : Number(t.data[0]);
}

function conditional(
  instruction: InstructionOf<'conditional'>,
  operands: ExactValue[],
  context: ExactContext,
): ExactValue {
  if (decide(operands[0]) === undefined) return undecided(instruction, context);
  const { computation, operand } = branchOf(instruction, operands as readonly Value[]);
  const argument = operands.splice(operand, 1);
  operands.length = 0;
  return context.callConsuming(computation, argument);
}

function undecided(
  instruction: InstructionOf<'while' | 'conditional'>,
  context: ExactContext,
): ExactValue {
  context.explainUndecided(`${instruction.opcode} ${instruction.name} turns on an undecided value`);
  return undecidedOf(instruction.shape);
}
