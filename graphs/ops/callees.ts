/** What instructions call, and the order of computations within a module: callees before callers. */
import type { Computation, Instruction } from '../ir/module.ts';
import type { OpRow } from './row.ts';
import { opTable, rowOf } from './table.ts';

/** Attributes of each opcode that name computations. */
const callingAttrs: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<OpRow>(opTable as never).map(([opcode, { attrs }]) => [
    opcode,
    Object.keys(attrs).filter((key) => attrs[key]!.kind.startsWith('computation')),
  ]),
);

const none: readonly string[] = [];

/** Names of the computations that an instruction calls, in the order of its attributes. */
export function calledBy(instruction: Instruction<number>): readonly string[] {
  const keys = callingAttrs.get(instruction.opcode);
  if (!keys?.length) return none;
  const attrs = instruction.attrs as Readonly<Record<string, string | readonly string[]>>;
  return keys.flatMap((key) => attrs[key] ?? none);
}

/** The attributes of an instruction with its called computations renamed, each where it stands. */
export function renamedCallees(
  i: Instruction,
  rename: (name: string) => string,
): Record<string, unknown> {
  const attrs: Record<string, unknown> = { ...i.attrs };
  for (const [key, { kind }] of Object.entries(rowOf(i.opcode).attrs)) {
    const value = attrs[key];
    if (value === undefined) continue;
    if (kind === 'computation') attrs[key] = rename(value as string);
    if (kind === 'computations') attrs[key] = (value as string[]).map(rename);
  }
  return attrs;
}

const knownCallees = new WeakMap<Computation, readonly string[]>();

/** Names of the computations that a computation's instructions call, each once, in order. */
export function calleesOf(computation: Computation): readonly string[] {
  let callees = knownCallees.get(computation);
  if (!callees) {
    const names = new Set<string>();
    for (const i of computation.instructions) for (const name of calledBy(i)) names.add(name);
    callees = [...names];
    knownCallees.set(computation, callees);
  }
  return callees;
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
    const computation = all.get(name);
    if (computation) pending.push(...calleesOf(computation));
  }
  const names = [...all.keys()].filter((n) => reached.has(n));
  return postOrder(names, (n) => calleesOf(all.get(n)!)).map((n) => all.get(n)!);
}

/** Depth-first post-order without recursion. Nodes on a cycle are emitted once. */
function postOrder<T>(nodes: readonly T[], before: (node: T) => readonly T[]): T[] {
  const done = new Set<T>();
  const out: T[] = [];
  for (const start of nodes) {
    if (done.has(start)) continue;
    done.add(start);
    const rest = before(start);
    if (rest.every((node) => done.has(node))) {
      out.push(start);
      continue;
    }
    const stack: { node: T; rest: readonly T[]; at: number }[] = [{ node: start, rest, at: 0 }];
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
