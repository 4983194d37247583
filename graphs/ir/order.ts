/** Orders: operands before users within a computation, callees before callers within a module. */
import type { OpRow } from '../ops/row.ts';
import { opTable } from '../ops/table.ts';
import type { Computation, Instruction } from './module.ts';

/** Attributes of each opcode that name computations. */
const callingAttrs: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<OpRow>(opTable as never).map(([opcode, { attrs }]) => [
    opcode,
    Object.keys(attrs).filter((key) => attrs[key]!.kind.startsWith('computation')),
  ]),
);

const none: readonly string[] = [];

/** Names of the computations that an instruction calls, in the order of its attributes. */
export function calledBy(instruction: Instruction): readonly string[] {
  const keys = callingAttrs.get(instruction.opcode);
  if (!keys?.length) return none;
  const attrs = instruction.attrs as Readonly<Record<string, string | readonly string[]>>;
  return keys.flatMap((key) => attrs[key] ?? none);
}

/** The computations reachable from the entry, callees first, otherwise in the order given. */
export function orderComputations(
  all: ReadonlyMap<string, Computation>,
  entry: string,
): Computation[] {
  const reached = new Set<string>();
  const pending = [entry];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const i of all.get(name)?.instructions ?? []) pending.push(...calledBy(i));
  }
  const names = [...all.keys()].filter((n) => reached.has(n));
  return postOrder(names, (n) => all.get(n)!.instructions.flatMap(calledBy)).map(
    (n) => all.get(n)!,
  );
}

/** Instructions with operands and control predecessors first, otherwise in the order given. */
export function orderInstructions(instructions: readonly Instruction[]): Instruction[] {
  const byId = new Map(instructions.map((i) => [i.id, i]));
  const before = (id: number) => {
    const { operands, controlPredecessors } = byId.get(id)!;
    return controlPredecessors.length ? [...operands, ...controlPredecessors] : operands;
  };
  return postOrder([...byId.keys()], before).map((id) => byId.get(id)!);
}

/** Depth-first post-order without recursion. Nodes on a cycle are emitted once. */
function postOrder<T>(nodes: readonly T[], before: (node: T) => readonly T[]): T[] {
  const done = new Set<T>();
  const out: T[] = [];
  for (const start of nodes) {
    if (done.has(start)) continue;
    done.add(start);
    const stack: { node: T; rest: readonly T[]; at: number }[] = [
      { node: start, rest: before(start), at: 0 },
    ];
    while (stack.length) {
      const top = stack[stack.length - 1]!;
      if (top.at === top.rest.length) {
        out.push(top.node);
        stack.pop();
        continue;
      }
      const next = top.rest[top.at++]!;
      if (done.has(next)) continue;
      done.add(next);
      stack.push({ node: next, rest: before(next), at: 0 });
    }
  }
  return out;
}
