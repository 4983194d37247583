/** Who uses what within a computation, and which computations a pass should look at. */
import {
  type Computation,
  computationOf,
  type Instruction,
  instructionOf,
  type Module,
} from '../graphs/ir/module.ts';
import { calledBy } from '../graphs/ir/order.ts';
import { isIn, type Opcode } from '../graphs/ops/table.ts';

/** Users of each instruction, one entry a use; unused instructions have none. */
export function usersOf(computation: Computation): ReadonlyMap<number, readonly Instruction[]> {
  const users = new Map<number, Instruction[]>();
  for (const i of computation.instructions) {
    for (const o of i.operands) {
      const list = users.get(o);
      if (list) list.push(i);
      else users.set(o, [i]);
    }
  }
  return users;
}

/** Whether an op that moves data changes its element type as well, as mixed precision allows. */
export function retypes(i: Instruction, c: Computation): boolean {
  if (!isIn(i.opcode, 'data-movement') || i.shape.kind !== 'array') return false;
  const [first] = i.operands;
  const from = first === undefined ? i.shape : instructionOf(c, first).shape;
  return from.kind === 'array' && from.type !== i.shape.type;
}

/** Computations that are not the body of a fusion: what simplifications run on. */
export function nonFusionComputations(module: Module): readonly Computation[] {
  const fused = new Set<string>();
  for (const c of module.computations) {
    for (const i of c.instructions) if (i.opcode === 'fusion') fused.add(i.attrs.calls);
  }
  return module.computations.filter((c) => !fused.has(c.name));
}

const controlFlow: ReadonlySet<Opcode> = new Set<Opcode>(['call', 'while', 'conditional']);

/** True for call, while and conditional: their computations run as a whole, as code does. */
export function isControlFlow(i: Instruction): boolean {
  return controlFlow.has(i.opcode);
}

/** The entry and what it reaches through calls, loops and branches: code that runs as a whole. */
export function controlFlowComputations(module: Module): readonly Computation[] {
  const reached = new Set<string>();
  const pending = [module.entry];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const i of computationOf(module, name).instructions) {
      if (isControlFlow(i)) pending.push(...calledBy(i));
    }
  }
  return module.computations.filter((c) => reached.has(c.name));
}

/** What running an instruction does beside giving its value, called computations included. */
export interface Effects {
  /** Talks to devices, host or hidden state: must stay, and as often as it stands. */
  readonly stays: boolean;
  /** May give another value each time. */
  readonly random: boolean;
}

/** A function that tells the effects of instructions of a module. */
export function effectsIn(module: Module): (i: Instruction) => Effects {
  const known = new Map<string, Effects>();
  const ofComputation = (name: string): Effects => {
    const found = known.get(name);
    if (found) return found;
    known.set(name, none);
    const effects = computationOf(module, name).instructions.map(of).reduce(either, none);
    known.set(name, effects);
    return effects;
  };
  const of = (i: Instruction): Effects => {
    const called = calledBy(i);
    return called.length ? called.map(ofComputation).reduce(either, own(i)) : own(i);
  };
  return of;
}

const none: Effects = { stays: false, random: false };

function either(a: Effects, b: Effects): Effects {
  return { stays: a.stays || b.stays, random: a.random || b.random };
}

function own(i: Instruction): Effects {
  const foreign = i.opcode === 'custom-call';
  const stays =
    (foreign && i.attrs.custom_call_has_side_effect) ||
    isIn(i.opcode, 'side-effect') ||
    isIn(i.opcode, 'collective') ||
    isIn(i.opcode, 'async');
  return { stays, random: foreign || isIn(i.opcode, 'random') };
}
