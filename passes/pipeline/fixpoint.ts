/**
 * Repeating an edit until nothing changes. Each sweep reads a finished module; the records of the
 * sweeps are composed into one from the first module to the last.
 */

import type { DraftResult, Replacement } from '../../graphs/build/draft.ts';
import { type Contract, weaker } from '../../graphs/ir/contract.ts';
import { type InstructionId, instructionsById, type Module } from '../../graphs/ir/module.ts';

/** Sweeps until a sweep changes nothing, at most `limit` times. */
export function fixpoint(
  module: Module,
  sweep: (module: Module) => DraftResult,
  limit = 20,
): DraftResult {
  let result: DraftResult = { module, changed: false, replacements: [] };
  for (let n = 0; n < limit; n++) {
    const next = sweep(result.module);
    if (!next.changed) break;
    result = n === 0 ? next : composeResults(module, result, next);
  }
  return result;
}

/** The result of one edit and of a second one on what the first made. */
export function composeResults(
  before: Module,
  first: DraftResult,
  second: DraftResult,
): DraftResult {
  return {
    module: second.module,
    changed: first.changed || second.changed,
    replacements: composeReplacements(
      before,
      first.replacements,
      second.replacements,
      second.module,
    ),
  };
}

/**
 * The record from the module before the first edit to the one after the second. Pairs whose values
 * do not occur at both ends are left out: what was made and replaced again has no counterpart.
 */
export function composeReplacements(
  before: Module,
  first: readonly Replacement[],
  second: readonly Replacement[],
  after: Module,
): Replacement[] {
  const hasBefore = membership(before);
  const hasAfter = membership(after);
  const next = new Map(second.filter((r) => !r.use).map((r) => [key(r.computation, r.before), r]));
  const carried = first.map((r) => {
    const then = next.get(key(r.computation, r.after));
    return then ? withContract({ ...r, after: then.after }, joint(r, then)) : r;
  });
  return [...carried, ...second].filter(
    (r) => hasBefore(r.computation, r.before) && hasAfter(r.computation, r.after),
  );
}

/** What two rewrites promise together; no promise of its own where both have the pass's. */
function joint(a: Replacement, b: Replacement): Contract | undefined {
  if (!a.contract || !b.contract) return undefined;
  return weaker(a.contract, b.contract);
}

function withContract(r: Replacement, contract: Contract | undefined): Replacement {
  const { contract: _, ...rest } = r;
  return contract ? { ...rest, contract } : rest;
}

function key(computation: string, id: InstructionId): string {
  return `${id} ${computation}`;
}

function membership(module: Module): (computation: string, id: InstructionId) => boolean {
  const computations = new Map(module.computations.map((c) => [c.name, c]));
  return (computation, id) => {
    const c = computations.get(computation);
    return c !== undefined && instructionsById(c).has(id);
  };
}
