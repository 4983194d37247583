/**
 * The order between acts: by tokens, by other operands and by control dependencies. A pass may order
 * what was not ordered; that two acts come to happen in any order, or in the other one, is a fault.
 */

import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  instructionOf,
} from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import type { Act } from '../../graphs/value-graph/acts.ts';
import type { ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';

/** Acts by number, with those that have happened before each. */
export type Past = ReadonlyMap<ValueNumber, ReadonlySet<ValueNumber>>;

/** Two acts whose order was lost: both as they are after the pass. */
export interface LostOrder {
  readonly first: readonly [before: Act, after: Act];
  readonly second: readonly [before: Act, after: Act];
}

/** Pairs of matched acts of which the first has to happen before the second, and need not any more. */
export function lostOrders(
  pairs: readonly (readonly [Act, Act])[],
  before: ValueGraph,
  after: ValueGraph,
): LostOrder[] {
  if (pairs.length < 2) return [];
  const [was, is] = [pastOf(before), pastOf(after)];
  const isScheduled = after.module.attributes.is_scheduled === 'true';
  const at = new Map(after.effects.map((n, k) => [n, k]));
  const precedes = (x: ValueNumber, y: ValueNumber) =>
    is.get(y)?.has(x) === true || (isScheduled && at.get(x)! < at.get(y)!);
  return pairs.flatMap((second): LostOrder[] => {
    const past = was.get(second[0].number);
    const lost = pairs.filter(
      ([b, a]) => past?.has(b.number) && !precedes(a.number, second[1].number),
    );
    const first = lost.at(-1);
    return first ? [{ first, second }] : [];
  });
}

type Acts = ReadonlySet<ValueNumber>;

const none: Acts = new Set();

/** What has happened once an instruction is done, and what of it its value brings along. */
interface Order {
  readonly done: Acts;
  /** Tokens bring along all; data bring along what add-dependency tied to them. */
  readonly brought: Acts;
}

const unordered: Order = { done: none, brought: none };

/** What has happened before each act of a flow, as far as its module says so. */
export function pastOf(valueGraph: ValueGraph): Past {
  const walk = new OrderWalk(valueGraph);
  walk.body(computationOf(valueGraph.module, valueGraph.module.entry), [], '', none);
  return walk.past;
}

class OrderWalk {
  readonly past = new Map<ValueNumber, Acts>();
  private readonly acts: Acts;
  private readonly valueGraph: ValueGraph;

  constructor(valueGraph: ValueGraph) {
    this.valueGraph = valueGraph;
    this.acts = new Set(valueGraph.effects);
  }

  /** Follows a body; `held`: what has happened before any of it. Returns the order of its root. */
  body(computation: Computation, args: readonly Order[], prefix: string, held: Acts): Order {
    const known = new Map<InstructionId, Order>();
    const of = (id: InstructionId) => known.get(id) ?? unordered;
    for (const i of computation.instructions) {
      const waits = joined([held, ...i.controlPredecessors.map((p) => of(p).done)]);
      const operands = i.operands.map(of);
      const order =
        i.opcode === 'parameter'
          ? (args[i.attrs.index] ?? unordered)
          : this.instruction(i, computation, { operands, waits, place: prefix + i.name });
      known.set(i.id, order);
    }
    return of(computation.root);
  }

  private instruction(
    i: Instruction,
    computation: Computation,
    { operands, waits, place }: { operands: readonly Order[]; waits: Acts; place: string },
  ): Order {
    const { module, frames, places } = this.valueGraph;
    const callee = runsOnly(i);
    if (callee !== undefined && frames.get(callee)?.includes(`${place}/`)) {
      return this.body(computationOf(module, callee), operands, `${place}/`, waits);
    }
    const brought = joined(operands.map((o) => o.brought));
    const before = joined([waits, brought]);
    const number = places.get(place);
    const acts = number !== undefined && this.acts.has(number);
    if (acts && !this.past.has(number)) this.past.set(number, before);
    const done = acts ? joined([before, new Set([number])]) : before;
    if (holdsToken(i.shape) || i.opcode === 'add-dependency') return { done, brought: done };
    const isPart = i.opcode === 'get-tuple-element';
    const isData = isPart && holdsToken(instructionOf(computation, i.operands[0]!).shape);
    return { done, brought: isData ? none : brought };
  }
}

function holdsToken(shape: Shape): boolean {
  return shape.kind === 'tuple' ? shape.elements.some(holdsToken) : shape.kind === 'token';
}

/** The computation that an instruction merely runs, which a flow sees through. */
function runsOnly(i: Instruction): string | undefined {
  if (i.opcode === 'call') return i.attrs.to_apply;
  return i.opcode === 'fusion' ? i.attrs.calls : undefined;
}

/** The union, shared where one of the sets holds all of the others. */
function joined(sets: readonly Acts[]): Acts {
  let all = none;
  for (const set of sets) {
    if (set === all || set.size === 0) continue;
    if (all.size === 0) all = set;
    else if ([...set].some((n) => !all.has(n))) all = new Set([...all, ...set]);
  }
  return all;
}
