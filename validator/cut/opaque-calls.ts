/**
 * Calls that nobody can see into: custom calls whose target is not known. One gives the same result
 * only where it is given the same operands, so its operands must correspond wherever it does, and
 * what is computed from its result is judged on arbitrary data.
 */
import type { Flow } from '../../graphs/flow/flow.ts';
import type { Numbering, Term } from '../../graphs/flow/numbering.ts';
import { isKnownTarget } from '../reference/custom-call.ts';
import type { Claims } from './claims.ts';

export function isOpaqueCall({ instruction }: Term): boolean {
  const { opcode, attrs } = instruction;
  return opcode === 'custom-call' && !isKnownTarget(attrs.custom_call_target);
}

/**
 * Claims for the opaque calls of a changed module that are surely one and the same: the only ones of
 * their kind on either side, by name if there are several.
 */
export function addOpaqueCalls(
  claims: Claims,
  before: Flow,
  after: Flow,
  numbering: Numbering,
): void {
  const calls = (of: Flow, other: Flow) =>
    [...of.position.keys()].filter(
      (n) => !other.position.has(n) && isOpaqueCall(numbering.term(n)),
    );
  const gone = calls(before, after);
  const made = gone.length ? calls(after, before) : [];
  const kind = (n: number) => numbering.term(n).local;
  const named = (n: number) => `${numbering.term(n).instruction.name} ${kind(n)}`;
  for (const key of [named, kind]) {
    const [from, to] = [singles(gone, key), singles(made, key)];
    for (const [k, b] of from) {
      const a = to.get(k);
      const isFree = a !== undefined && !claims.covers(b) && claims.of(a).length === 0;
      if (isFree) claims.add({ before: b, after: a, inferred: false });
    }
  }
}

/** The numbers that no other one shares its key with. */
function singles<K>(numbers: readonly number[], key: (n: number) => K): ReadonlyMap<K, number> {
  const found = new Map<K, number>();
  const several = new Set<K>();
  for (const n of numbers) {
    const k = key(n);
    if (found.has(k)) several.add(k);
    found.set(k, n);
  }
  for (const k of several) found.delete(k);
  return found;
}
