/** Orders: operands before users within a computation, callees before callers within a module. */
import type { OpRow } from '../ops/row.ts';
import { opTable } from '../ops/table.ts';
import { idIndex } from './id-index.ts';
import type { Computation, Instruction, InstructionId } from './module.ts';

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

/**
 * Instructions with operands and control predecessors first, otherwise in the order given: the
 * post-order of postOrder() over places in the list, where a list already in order costs little.
 */
export function orderInstructions(instructions: readonly Instruction[]): Instruction[] {
  const { place } = idIndex(instructions);
  const reached = new Uint8Array(instructions.length);
  const out: Instruction[] = [];
  const stack: { readonly place: number; at: number }[] = [];
  for (let start = 0; start < instructions.length; start++) {
    if (reached[start]) continue;
    reached[start] = 1;
    stack.push({ place: start, at: 0 });
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const i = instructions[top.place]!;
      const needed = nextNeeded(i, top, reached, place);
      if (needed === undefined) {
        out.push(i);
        stack.pop();
        continue;
      }
      reached[needed] = 1;
      stack.push({ place: needed, at: 0 });
    }
  }
  return out;
}

/** Place of the next instruction that one waits for; undefined where all have been reached. */
function nextNeeded(
  { operands, controlPredecessors }: Instruction,
  top: { at: number },
  reached: Uint8Array,
  place: (id: InstructionId) => number,
): number | undefined {
  const count = operands.length + controlPredecessors.length;
  while (top.at < count) {
    const at = top.at++;
    const id = at < operands.length ? operands[at]! : controlPredecessors[at - operands.length]!;
    const needed = place(id);
    if (needed < 0) throw new RangeError(`no instruction #${id} to put before its user`);
    if (!reached[needed]) return needed;
  }
  return undefined;
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
