/**
 * Which values a sum reads after them, through tuples, loops, branches and calls: a backward walk over
 * the instructions, and for a module as a whole until nothing more is found.
 */
import { type Computation, type Module, parametersOf } from '../../../graphs/ir/module.ts';
import { calledBy } from '../../../graphs/ops/callees.ts';
import { type ChainLink, type ChainRole, rolesOf } from './sum-roles.ts';

/** The elements of a value that a sum reads; `whole` for all of it, which an array is. */
export type Demand = ReadonlySet<number>;

/** Stands for an array among the elements of a tuple. */
export const whole = -1;

/** By computation: what is read of its parameters by sums inside, and of its root by sums outside. */
export interface Demands {
  readonly parameters: readonly Demand[];
  readonly root: Demand;
}

/** Where the instructions of a called computation stand: parameters and root have sums as well. */
export interface Surroundings {
  readonly root: number;
  readonly demands: Demands;
}

type Found = Map<number, Set<number>>;

/** What sums read of each link's value, by key. */
export function demandsOf(
  links: readonly ChainLink[],
  roles: ReadonlyMap<number, ChainRole>,
  around?: Surroundings,
  onCall: (name: string, root: Demand) => void = () => {},
  within: (module: Module, name: string) => Demands | undefined = (module, name) =>
    moduleDemands(module).get(name),
): ReadonlyMap<number, Demand> {
  const found: Found = new Map();
  if (around) ask(found, around.root, around.demands.root);
  for (const link of [...links].reverse()) {
    const demand = found.get(link.key) ?? nothing;
    const role = roles.get(link.key);
    if (role) {
      const reads = role.role === 'add' || demand.has(whole);
      if (reads) for (const o of role.carried) ask(found, link.operands[o]!, all);
    } else inherit(link, demand, found, onCall, within);
  }
  return found;
}

const nothing: Demand = new Set();
const all: Demand = new Set([whole]);

function ask(found: Found, key: number, demand: Demand): void {
  if (demand.size === 0) return;
  const known = found.get(key);
  if (!known) found.set(key, new Set(demand));
  else for (const element of demand) known.add(element);
}

/** What an op that only passes values around reads of its operands. */
function inherit(
  { instruction: i, operands, module }: ChainLink,
  demand: Demand,
  found: Found,
  onCall: (name: string, root: Demand) => void,
  within: (module: Module, name: string) => Demands | undefined,
): void {
  const into = (name: string, root: Demand, from: readonly number[]) => {
    onCall(name, root);
    const inner = within(module, name);
    from.forEach((o, k) => {
      ask(found, o, inner?.parameters[k] ?? nothing);
    });
  };
  switch (i.opcode) {
    case 'tuple':
      operands.forEach((o, k) => {
        if (demand.has(k) || demand.has(whole)) ask(found, o, all);
      });
      break;
    case 'get-tuple-element':
      if (demand.size > 0) ask(found, operands[0]!, new Set([i.attrs.index]));
      break;
    case 'opt-barrier':
      ask(found, operands[0]!, demand);
      break;
    case 'while': {
      const state = within(module, i.attrs.body)?.parameters[0] ?? nothing;
      const root = new Set([...demand, ...state]);
      ask(found, operands[0]!, root);
      into(i.attrs.body, root, operands);
      break;
    }
    case 'call':
      into(i.attrs.to_apply, demand, operands);
      break;
    case 'fusion':
      into(i.attrs.calls, demand, operands);
      break;
    case 'conditional':
      calledBy(i).forEach((name, k) => {
        into(name, demand, operands.slice(k + 1, k + 2));
      });
      break;
    default:
  }
}

const known = new WeakMap<Module, ReadonlyMap<string, Demands>>();

/** Of every computation of a module that is called in its place: by loops, branches and calls. */
export function moduleDemands(module: Module): ReadonlyMap<string, Demands> {
  let demands = known.get(module);
  if (!demands) {
    demands = new Fixpoint(module).demands;
    known.set(module, demands);
  }
  return demands;
}

interface Growing {
  parameters: readonly Demand[];
  root: Set<number>;
}

/** Callers first, again and again while anything is added. */
class Fixpoint {
  readonly demands = new Map<string, Growing>();
  private grew = true;

  constructor(module: Module) {
    const bodies = [...module.computations]
      .reverse()
      .map((c) => ({ c, links: linksIn(c, module) }));
    const walks = bodies.map(({ c, links }) => ({ c, links, roles: rolesOf(links) }));
    while (this.grew) {
      this.grew = false;
      for (const { c, links, roles } of walks) this.walk(c, links, roles);
    }
  }

  private walk(
    c: Computation,
    links: readonly ChainLink[],
    roles: ReadonlyMap<number, ChainRole>,
  ): void {
    const own = this.of(c.name);
    const around = { root: c.root, demands: own };
    const onCall = (name: string, root: Demand) => {
      for (const element of root) this.add(this.of(name).root, element);
    };
    const found = demandsOf(links, roles, around, onCall, (_, name) => this.of(name));
    const parameters = parametersOf(c).map((p) => found.get(p.id) ?? nothing);
    const size = (of: readonly Demand[]) => of.reduce((n, d) => n + d.size, 0);
    if (size(parameters) > size(own.parameters)) this.grew = true;
    own.parameters = parameters;
  }

  private add(to: Set<number>, element: number): void {
    if (to.has(element)) return;
    to.add(element);
    this.grew = true;
  }

  private of(name: string): Growing {
    let own = this.demands.get(name);
    if (!own) {
      own = { parameters: [], root: new Set() };
      this.demands.set(name, own);
    }
    return own;
  }
}

/** The instructions of a computation as links. */
export function linksIn(computation: Computation, module: Module): ChainLink[] {
  return computation.instructions.map((instruction) => ({
    key: instruction.id,
    opcode: instruction.opcode,
    operands: instruction.operands,
    instruction,
    module,
  }));
}
