/**
 * Calls that nobody can see into: custom calls whose target is not known. One gives the same result
 * only where it is given the same operands, so its operands must correspond wherever it does, and
 * what is computed from its result is judged on arbitrary data.
 */
import { createHash } from 'node:crypto';
import { sampleValue } from '../../golden/kinds/sample.ts';
import { leafTensors } from '../../graphs/ir/tensor.ts';
import { isKnownTarget } from '../../graphs/ops/custom-targets.ts';
import {
  localKey,
  type Numbering,
  type ValueDefinition,
  type ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { Uninterpreted } from '../reference/context.ts';
import type { Correspondences } from './correspondences.ts';

/** Whether an instruction is such a call itself. */
export function isOpaqueCall({ instruction }: ValueDefinition): boolean {
  const { opcode, attrs } = instruction;
  return opcode === 'custom-call' && !isKnownTarget(attrs.custom_call_target);
}

/**
 * Arbitrary data that depend on the call and on every bit of its operands: modules that agree on
 * them agree for one such function, whatever it computes; that they differ tells nothing.
 */
export const uninterpreted: Uninterpreted = (instruction, operands) => {
  const hash = createHash('sha256').update(localKey(instruction));
  for (const { data } of operands.flatMap(leafTensors)) {
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return sampleValue(instruction.shape, hash.digest().readUIntBE(0, 6));
};

/** The same, telling afterwards which targets it stood for; undefined if none. */
export function standIn(): { readonly of: Uninterpreted; told(): string | undefined } {
  const targets = new Set<string>();
  return {
    of: (instruction, operands) => {
      targets.add(instruction.attrs.custom_call_target);
      return uninterpreted(instruction, operands);
    },
    told: () =>
      targets.size
        ? `what these custom calls compute, as arbitrary functions stand for them: ${[...targets].join(', ')}`
        : undefined,
  };
}

/**
 * Correspondences for the opaque calls of a changed module that are surely one and the same: the only ones of
 * their kind on either side, by name if there are several.
 */
export function addOpaqueCalls(
  correspondences: Correspondences,
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
): void {
  const calls = (of: ValueGraph, other: ValueGraph) =>
    [...of.position.keys()].filter(
      (n) => !other.position.has(n) && isOpaqueCall(numbering.term(n)),
    );
  const gone = calls(before, after);
  const made = gone.length ? calls(after, before) : [];
  const kind = (n: ValueNumber) => numbering.term(n).local;
  const named = (n: ValueNumber) => `${numbering.term(n).instruction.name} ${kind(n)}`;
  for (const key of [named, kind]) {
    const [from, to] = [singles(gone, key), singles(made, key)];
    for (const [k, b] of from) {
      const a = to.get(k);
      const isFree =
        a !== undefined && !correspondences.covers(b) && correspondences.of(a).length === 0;
      if (isFree) correspondences.add({ before: b, after: a, inferred: false });
    }
  }
}

/** The numbers that no other one shares its key with. */
function singles<K>(
  numbers: readonly ValueNumber[],
  key: (n: ValueNumber) => K,
): ReadonlyMap<K, ValueNumber> {
  const found = new Map<K, ValueNumber>();
  const several = new Set<K>();
  for (const n of numbers) {
    const k = key(n);
    if (found.has(k)) several.add(k);
    found.set(k, n);
  }
  for (const k of several) found.delete(k);
  return found;
}
