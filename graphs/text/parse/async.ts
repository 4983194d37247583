/**
 * `op-start`, `op-update`, `op-done` for an op that has no such opcode of its own: short for
 * async-start and so on around a computation that holds nothing but the op.
 */
import type { Position } from '../../ir/diagnostic.ts';
import type { Computation, Instruction } from '../../ir/module.ts';
import type { Shape } from '../../ir/shape.ts';
import { type AttrSpecs, optional } from '../../ops/attr.ts';
import { isOpcode, type Opcode, rowOf } from '../../ops/table.ts';
import type { Scanner } from '../scanner.ts';
import { newScope, type ParseState } from './state.ts';

/** Such an opcode taken apart. */
export interface AsyncForm {
  readonly form: 'async-start' | 'async-update' | 'async-done';
  /** The op inside. */
  readonly opcode: Opcode;
}

const suffixes: Readonly<Record<string, AsyncForm['form']>> = {
  '-start': 'async-start',
  '-update': 'async-update',
  '-done': 'async-done',
};

const threadName = 'async_execution_thread';

/** What `word` is short for, if anything. */
export function asyncForm(word: string): AsyncForm | undefined {
  const cut = word.lastIndexOf('-');
  const form = suffixes[word.slice(cut)];
  const opcode = word.slice(0, cut);
  return cut > 0 && form && isOpcode(opcode) ? { form, opcode } : undefined;
}

/** Attributes that the short form takes: a start those of the op inside. */
export function asyncSpecs({ form, opcode }: AsyncForm): AttrSpecs {
  const thread = { [threadName]: optional('string') };
  return form === 'async-start' ? { ...rowOf(opcode).attrs, ...thread } : thread;
}

/** The parts of an instruction in short form. */
export interface ShortForm {
  readonly shape: Shape;
  readonly operands: readonly Instruction[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly extras: Readonly<Record<string, string>>;
  readonly at: number;
  readonly position: Position;
}

/** Attributes of the long form; for a start also makes the computation that it calls. */
export function wrapOperation(
  state: ParseState,
  { form, opcode }: AsyncForm,
  short: ShortForm,
): Readonly<Record<string, unknown>> {
  if (form !== 'async-start') {
    checkWrapped(state, opcode, short);
    return short.attrs;
  }
  const { [threadName]: thread, ...attrs } = short.attrs;
  const calls = wrapInComputation(state, opcode, { ...short, attrs }, thread as string | undefined);
  return { calls, ...(thread === undefined ? {} : { [threadName]: thread }) };
}

function checkWrapped(state: ParseState, opcode: Opcode, { operands, at }: ShortForm): void {
  let start = operands[0];
  while (start && start.opcode === 'async-update') start = state.instruction(start.operands[0]!);
  const s: Scanner = state.s;
  if (operands.length !== 1 || start?.opcode !== 'async-start') {
    s.fail('parse/async', 'its one operand must be an async-start or async-update', at);
  }
  const { calls } = start.attrs;
  const computation = state.computationsByName.get(calls);
  const root = computation && state.instruction(computation.root);
  if (root?.opcode === opcode) return;
  s.fail('parse/async', `%${start.name} started ${root?.opcode}, not ${opcode}`, at);
}

function wrapInComputation(
  state: ParseState,
  opcode: Opcode,
  short: ShortForm,
  thread: string | undefined,
): string {
  const { shape, operands, attrs, extras, at, position } = short;
  const result = shape.kind === 'tuple' ? shape.elements[1] : undefined;
  if (!result) {
    const form = '((operand shapes), result shape, ...)';
    return state.s.fail(
      'parse/async',
      `the start of an async op has a shape of the form ${form}`,
      at,
    );
  }
  const scope = newScope();
  const make = (parts: object): Instruction => {
    const common = { id: state.nextId(), controlPredecessors: [], position };
    const made = { ...common, ...parts } as unknown as Instruction;
    state.addInstruction(scope, made, at);
    return made;
  };
  const parameters = operands.map((operand, index) => {
    const name = `async_param.${index}`;
    const own = { opcode: 'parameter', operands: [], attrs: { index }, extras: {} };
    return make({ name, shape: operand.shape, ...own });
  });
  const inside = parameters.map((p) => p.id);
  const root = make({ name: 'async_op', opcode, shape: result, operands: inside, attrs, extras });
  const computation: Computation = {
    name: state.freshName('async_computation'),
    instructions: scope.instructions,
    root: root.id,
    extras: thread === undefined ? {} : { execution_thread: JSON.stringify(thread) },
  };
  state.addComputation(computation, at);
  return computation.name;
}
