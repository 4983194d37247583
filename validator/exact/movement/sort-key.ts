/** Which operand a comparator sorts by, where it is a comparison of one function of two elements. */
import {
  type Computation,
  computationOf,
  type InstructionId,
  instructionsById,
  type Module,
  rootOf,
} from '../../../graphs/ir/module.ts';

/** The operand and the direction of a comparator. */
export interface SortKey {
  readonly operand: number;
  /** 1 ascending, -1 descending. */
  readonly sign: 1 | -1;
}

/**
 * The key of a comparator whose root compares something of parameter 2k with something of 2k + 1
 * (JAX canonicalises zeros and NaN first); undefined where several operands decide.
 */
export function sortKey(module: Module, name: string): SortKey | undefined {
  const computation = computationOf(module, name);
  const root = rootOf(computation);
  if (root.opcode !== 'compare' || !/^[LG]/.test(root.attrs.direction)) return undefined;
  const [left, right] = root.operands.map((id) => parametersUnder(computation, id));
  if (left.length !== 1 || right.length !== 1) return undefined;
  const operand = Math.floor(left[0] / 2);
  if (Math.floor(right[0] / 2) !== operand || left[0] === right[0]) return undefined;
  const ascending = root.attrs.direction.startsWith('L') === left[0] < right[0];
  return { operand, sign: ascending ? 1 : -1 };
}

function parametersUnder(computation: Computation, id: InstructionId): number[] {
  const byId = instructionsById(computation);
  const seen = new Set<InstructionId>();
  const found = new Set<number>();
  const pending = [id];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const i = byId.get(at)!;
    if (i.opcode === 'parameter') found.add(i.attrs.index);
    pending.push(...i.operands);
  }
  return [...found];
}
