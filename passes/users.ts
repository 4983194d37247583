/** Who uses what within a computation, and which computations a pass should look at. */
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  instructionOf,
  type Module,
} from '../graphs/ir/module.ts';
import { calledBy } from '../graphs/ops/callees.ts';
import { isIn, type Opcode, opTable } from '../graphs/ops/table.ts';

type Users = ReadonlyMap<InstructionId, readonly Instruction[]>;

const knownUsers = new WeakMap<Computation, Users>();

/** Users of each instruction, one entry a use; unused instructions have none. */
export function usersOf(computation: Computation): Users {
  let users = knownUsers.get(computation);
  if (!users) {
    users = collectUsers(computation);
    knownUsers.set(computation, users);
  }
  return users;
}

function collectUsers(computation: Computation): Users {
  const users = new Map<InstructionId, Instruction[]>();
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
  return retypesFrom(i, (id) => instructionOf(c, id));
}

/** The same for an instruction whose operand is looked up otherwise. */
export function retypesFrom(i: Instruction, lookUp: (id: InstructionId) => Instruction): boolean {
  const [first] = i.operands;
  if (!isIn(i.opcode, 'data-movement') || i.shape.kind !== 'array') return false;
  const from = first === undefined ? i.shape : lookUp(first).shape;
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
    return called.length === 0 ? own(i) : called.map(ofComputation).reduce(either, own(i));
  };
  return of;
}

const none: Effects = { stays: false, random: false };

function either(a: Effects, b: Effects): Effects {
  return { stays: a.stays || b.stays, random: a.random || b.random };
}

function own(i: Instruction): Effects {
  if (i.opcode === 'custom-call') {
    return { stays: i.attrs.custom_call_has_side_effect, random: true };
  }
  return ownEffects.get(i.opcode) ?? none;
}

/** The ops that do more than give a value; what is foreign tells for itself. */
const ownEffects: ReadonlyMap<Opcode, Effects> = new Map(
  (Object.keys(opTable) as Opcode[]).flatMap((opcode): [Opcode, Effects][] => {
    const stays = (['side-effect', 'collective', 'async'] as const).some((g) => isIn(opcode, g));
    const random = isIn(opcode, 'random');
    return stays || random ? [[opcode, { stays, random }]] : [];
  }),
);
