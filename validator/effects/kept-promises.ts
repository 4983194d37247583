/**
 * Promises that a pass invented and that are not so. Those that were there before are the business of
 * whoever made them; of the others the data of every case are asked, and indices that nothing but the
 * caller determines are sorted or unique by nobody's doing.
 */

import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { elementCount } from '../../graphs/ir/shape.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { uninterpreted } from '../localization/uninterpreted-calls.ts';
import { type RunOptions, runReference } from '../reference/run.ts';
import { SimulatedHost } from '../reference/simulated-host.ts';
import type { SessionCase } from '../validation/case.ts';
import { PromiseWatch } from './measured.ts';
import { indicesOf, newPromises, type Promised, type PromiseKind, promisesOf } from './promises.ts';

/** A promise that is not so. */
export interface BrokenPromise {
  readonly promise: Promised;
  readonly why: string;
  /** The first case that shows it; absent where none is needed. */
  readonly case?: SessionCase;
  /** The instruction of the same name before, where there is one. */
  readonly before: Promised['instruction'] | undefined;
}

/** What a promise is tried on. */
export interface PromiseContext {
  readonly numbering: Numbering;
  readonly cases: readonly SessionCase[];
  readonly options: RunOptions;
}

/** The promises of the module after that the one before does not make, and that do not hold. */
export function brokenPromises(
  before: ValueGraph,
  after: ValueGraph,
  { numbering, cases, options }: PromiseContext,
): BrokenPromise[] {
  const made = newPromises(before.module, after.module);
  if (made.length === 0) return [];
  const measured = contradicted(after.module, made, cases, options);
  const inherited = measured.size
    ? contradicted(before.module, promisesOf(before.module), cases, options)
    : new Map<Promised, Contradiction>();
  const lies = new Set([...inherited.keys()].map((p) => p.kind));
  const named = (p: Promised) =>
    before.module.computations
      .find((c) => c.name === p.computation.name)
      ?.instructions.find((i) => i.name === p.instruction.name);
  return made.flatMap((promise): BrokenPromise[] => {
    const found = lies.has(promise.kind) ? undefined : measured.get(promise);
    if (found) return [{ promise, ...found, before: named(promise) }];
    const isFree = !lies.has(promise.kind) && isUnfounded(promise, before, after, numbering);
    const why = 'the indices are the caller’s, and nothing before says so of them';
    return isFree ? [{ promise, why, before: named(promise) }] : [];
  });
}

interface Contradiction {
  readonly why: string;
  readonly case: SessionCase;
}

/** Of each promise that some case contradicts, the first that does. What does not run tells nothing. */
function contradicted(
  module: Module,
  promises: readonly Promised[],
  cases: readonly SessionCase[],
  options: RunOptions,
): ReadonlyMap<Promised, Contradiction> {
  const found = new Map<Promised, Contradiction>();
  for (const c of cases) {
    const left = promises.filter((p) => !found.has(p));
    if (left.length === 0) break;
    const observer = new PromiseWatch(left);
    try {
      const host = new SimulatedHost();
      runReference(module, c.inputs, { ...options, observer, host, uninterpreted });
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
    }
    for (const [p, why] of observer.broken) found.set(p, { why, case: c });
  }
  return found;
}

/** Whether a promise is of several indices that parameters alone determine, unheard of before. */
function isUnfounded(
  p: Promised,
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
): boolean {
  if (p.kind === 'known_trip_count') return false;
  const indices = indicesOf(p);
  const source = sourcesOf(p, after, numbering);
  const { shape } = indices;
  const vector = vectorSize(p);
  if (!source?.size || shape.kind !== 'array' || elementCount(shape) <= vector) return false;
  const known = promisesOf(before.module).filter((o) => o.kind === p.kind);
  return !known.some((o) => {
    const from = sourcesOf(o, before, numbering);
    return !from || [...source].some((n) => from.has(n));
  });
}

/** Elements of one index vector. */
function vectorSize({ instruction: i }: Promised): number {
  if (i.opcode === 'gather') return i.attrs.start_index_map.length;
  return i.opcode === 'scatter' ? i.attrs.scatter_dims_to_operand_dims.length : 1;
}

/** The parameters that indices are mere copies of; undefined where something else bears on them. */
function sourcesOf(
  p: Promised,
  valueGraph: ValueGraph,
  numbering: Numbering,
): Set<ValueNumber> | undefined {
  const [prefix] = valueGraph.frames.get(p.computation.name) ?? [];
  const start =
    prefix === undefined ? undefined : valueGraph.places.get(prefix + indicesOf(p).name);
  if (start === undefined) return undefined;
  const sources = new Set<ValueNumber>();
  const pending = new Set([start]);
  for (const n of pending) {
    const { instruction, operands } = numbering.term(n);
    const { opcode } = instruction;
    const copies = isIn(opcode, 'data-movement') || opcode === 'convert';
    if (opcode === 'parameter') sources.add(n);
    else if (copies && opcode !== 'gather' && operands.length > 0) {
      for (const o of operands) pending.add(o);
    } else return undefined;
  }
  return sources;
}

/** What a promise is, in words. */
export const promiseNames: Readonly<Record<PromiseKind, string>> = {
  unique_indices: 'unique_indices',
  indices_are_sorted: 'indices_are_sorted',
  known_trip_count: 'the trips of a loop',
};
