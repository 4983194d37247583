/**
 * One simulated device: evaluates a computation instruction by instruction, and pauses where it has
 * to wait for others. What involves no other device is evaluated by the reference as it is.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import { tensorOf, token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import type { EvalContext } from '../reference/context.ts';
import { padded } from '../reference/ops/communication.ts';
import { branchOf, isTrue } from '../reference/ops/control.ts';
import { evaluateInstruction } from '../reference/run.ts';
import { lastUses } from '../semantics/lives.ts';
import { type Collective, isCollective } from './collectives.ts';
import type { Grid } from './grid.ts';
import { placing } from './placing.ts';
import { type Mailbox, postReceive, send } from './transfers.ts';

/** What a device waits for: the others of a collective, or a message. */
export type Request =
  | { readonly kind: 'meeting'; readonly at: Collective; readonly operands: readonly Value[] }
  | { readonly kind: 'message'; readonly at: Instruction; readonly ticket: number };

/** A paused evaluation: yields what it waits for, is resumed with the value, returns the result. */
export type Evaluation = Generator<Request, Value, Value>;

/** Told what a device computes by itself, in computations in which devices meet. */
export type Observe = (at: Instruction, operands: readonly Value[], value: Value) => void;

/** One device and what it runs with. */
export interface Device {
  /** Flattened id. */
  readonly id: number;
  readonly grid: Grid;
  readonly context: EvalContext;
  readonly mailbox: Mailbox;
  /** Computations in which a device must be told from another, or wait for it. */
  readonly crossing: ReadonlySet<string>;
  readonly observe?: Observe;
}

/** Evaluates a computation on a device. */
export function* evaluate(name: string, args: readonly Value[], device: Device): Evaluation {
  const { context, crossing } = device;
  if (!crossing.has(name)) return context.call(name, args);
  const computation = computationOf(context.module, name);
  const values = new Map<InstructionId, Value>();
  const ends = lastUses(computation);
  for (const [n, i] of computation.instructions.entries()) {
    const operands = i.operands.map((o) => values.get(o)!);
    const value =
      i.opcode === 'parameter' ? args[i.attrs.index] : yield* instruction(i, operands, device);
    values.set(i.id, value);
    for (const id of ends[n]) values.delete(id);
  }
  return values.get(computation.root)!;
}

function* instruction(i: Instruction, operands: readonly Value[], device: Device): Evaluation {
  if (isCollective(i)) return yield { kind: 'meeting', at: i, operands };
  if (i.opcode === 'recv-done') {
    return yield { kind: 'message', at: i, ticket: ticketOf(operands[0]) };
  }
  const own = ownRows[i.opcode] as Row<Value> | undefined;
  if (own) return placing(i, () => own(i as never, operands, device));
  const call = callRows[i.opcode] as Row<Evaluation> | undefined;
  const crosses = call && calledBy(i).some((name) => device.crossing.has(name));
  if (crosses) return yield* call(i as never, operands, device);
  const value = evaluateInstruction(i, operands, device.context);
  device.observe?.(i, operands, value);
  return value;
}

type Row<Result, O extends Opcode = Opcode> = (
  i: InstructionOf<O>,
  operands: readonly Value[],
  device: Device,
) => Result;

type Rows<Result> = { readonly [O in Opcode]?: Row<Result, O> };

/** The ops whose value is a device's own. */
const ownRows: Rows<Value> = {
  'replica-id': (_, __, { id, grid }) => tensorOf('u32', [], [Math.floor(id / grid.partitions)]),
  'partition-id': (_, __, { id, grid }) => tensorOf('u32', [], [id % grid.partitions]),
  send: (i, operands, { id, grid, mailbox }) => send(i, operands, id, grid, mailbox),
  'send-done': () => token,
  recv: (i, _, { id, grid, mailbox }) => postReceive(i, id, grid, mailbox),
};

/** The ops that run computations as a whole. */
const callRows: Rows<Evaluation> = {
  call: (i, operands, device) => evaluate(i.attrs.to_apply, operands, device),
  fusion: (i, operands, device) => evaluate(i.attrs.calls, operands, device),
  conditional: (i, operands, device) => {
    const { computation, operand } = branchOf(i, operands);
    return evaluate(computation, [operands[operand]], device);
  },
  while: whileLoop,
  'async-start': function* (i, operands, device) {
    const value = yield* evaluate(i.attrs.calls, operands, device);
    return padded(i.shape, [tupleValue(operands), value]);
  },
};

function* whileLoop(
  i: InstructionOf<'while'>,
  operands: readonly Value[],
  device: Device,
): Evaluation {
  const { condition, body } = i.attrs;
  let [state] = operands;
  for (let n = 0; isTrue(yield* evaluate(condition, [state], device)); n++) {
    if (n >= device.context.limits.maxIterations) {
      const message = `the loop still runs after ${n} iterations`;
      placing(i as Instruction, () => fail('run/no-termination', message));
    }
    state = yield* evaluate(body, [state], device);
  }
  return state;
}

/** The number of the receipt that a recv put in its context; -1 for what no recv gave. */
function ticketOf(state: Value): number {
  const context = state.kind === 'tuple' ? state.elements[1] : undefined;
  return context?.kind === 'tensor' ? Number(context.data[0]) : -1;
}

/** Names of the computations that reach an op at which devices differ or wait. */
export function crossingComputations(module: Module): ReadonlySet<string> {
  const crossing = new Set<string>();
  const crosses = (i: Instruction) =>
    isCollective(i) ||
    i.opcode === 'recv-done' ||
    Object.hasOwn(ownRows, i.opcode) ||
    (Object.hasOwn(callRows, i.opcode) && calledBy(i).some((name) => crossing.has(name)));
  const add = ({ name, instructions }: Computation) => {
    if (instructions.some(crosses)) crossing.add(name);
  };
  for (let before = -1; before < crossing.size; ) {
    before = crossing.size;
    module.computations.forEach(add);
  }
  return crossing;
}
