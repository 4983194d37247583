/**
 * Where inside a loop, a branch or a reducer two instructions differ: called computations are held
 * against each other by value number, and the first instruction that only the later one has is named.
 */

import type { Instruction, Module } from '../../graphs/ir/module.ts';
import type { AttrSpecs } from '../../graphs/ops/attr.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import { rowOf } from '../../graphs/ops/table.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import type { Region } from '../localization/regions.ts';
import { namesOf } from './region-module.ts';
import { sourceOfNumber } from './source-line.ts';

/** The first instruction inside that differs. */
export interface InnerDifference {
  /** From below the caller down: `body/while.2/body/add.7`. */
  readonly path: string;
  readonly source?: string;
}

/** How deep loops within loops are followed. */
const maxDepth = 16;

/** What of the computations that two numbers call differs first; undefined where it is not there. */
export function innerDifference(
  before: ValueNumber,
  after: ValueNumber,
  numbering: Numbering,
  depth = 0,
): InnerDifference | undefined {
  const [b, a] = [numbering.term(before), numbering.term(after)];
  const called = calledBy(a.instruction);
  const counterparts = calledBy(b.instruction);
  const alike = a.instruction.opcode === b.instruction.opcode;
  if (!alike || called.length !== counterparts.length || depth > maxDepth) return undefined;
  const labels = calleeLabels(a.instruction);
  for (const [n, name] of called.entries()) {
    const sides = { before: bodyOf(b.module, counterparts[n]!), after: bodyOf(a.module, name) };
    const found = firstDifference(sides, numbering, depth);
    if (found) return { ...found, path: `${labels[n]}/${found.path}` };
  }
  return undefined;
}

interface Bodies {
  readonly before: Module;
  readonly after: Module;
}

function bodyOf(module: Module, entry: string): Module {
  return { ...module, entry };
}

function firstDifference(
  bodies: Bodies,
  numbering: Numbering,
  depth: number,
): InnerDifference | undefined {
  const before = flowOf(bodies.before, numbering);
  const after = flowOf(bodies.after, numbering);
  const first = after.order.find((n) => !before.position.has(n));
  if (first === undefined && before.root === after.root) return undefined;
  const at = first ?? after.root;
  const name = namesOf(after)(at) ?? numbering.term(at).instruction.name;
  const left = before.order.filter((n) => !after.position.has(n));
  const within = innerOf(at, left, numbering, depth);
  if (within) return { ...within, path: `${name}/${within.path}` };
  const source = sourceOfNumber(after, at);
  return { path: name, ...(source && { source }) };
}

/** What differs inside a number, held against the first of the same op that only the other side has. */
function innerOf(
  after: ValueNumber,
  others: readonly ValueNumber[],
  numbering: Numbering,
  depth: number,
): InnerDifference | undefined {
  const { instruction } = numbering.term(after);
  if (calledBy(instruction).length === 0) return undefined;
  const { opcode } = instruction;
  const before = others.find((n) => numbering.term(n).instruction.opcode === opcode);
  return before === undefined ? undefined : innerDifference(before, after, numbering, depth + 1);
}

/** The difference inside the loop, branch or reducer whose result a region is. */
export function regionInside(
  { before, after }: Region,
  numbering: Numbering,
): (InnerDifference & { readonly caller: ValueNumber }) | undefined {
  const [b, a] = [projected(before, numbering), projected(after, numbering)];
  const found = innerDifference(b, a, numbering);
  return found && { ...found, caller: a };
}

/** The difference inside a loop, branch or reducer at which the sides of a region part. */
export function partingInside(
  { beforeCone, afterCone }: Region,
  numbering: Numbering,
): (InnerDifference & { readonly caller: ValueNumber }) | undefined {
  const [inBefore, inAfter] = [new Set(beforeCone), new Set(afterCone)];
  const caller = afterCone.find((n) => !inBefore.has(n));
  if (caller === undefined) return undefined;
  const others = beforeCone.filter((n) => !inAfter.has(n));
  const found = innerOf(caller, others, numbering, 0);
  return found && { ...found, caller };
}

/** What a value is a part of. */
function projected(n: ValueNumber, numbering: Numbering): ValueNumber {
  let at = n;
  for (;;) {
    const { instruction, operands } = numbering.term(at);
    if (instruction.opcode !== 'get-tuple-element') return at;
    at = operands[0]!;
  }
}

/** Names of the attributes by which an instruction calls, in the order of calledBy. */
function calleeLabels({ opcode, attrs }: Instruction<number>): string[] {
  const specs: AttrSpecs = rowOf(opcode).attrs;
  const values = attrs as Readonly<Record<string, string | readonly string[] | undefined>>;
  return Object.keys(specs).flatMap((key) => {
    const value = specs[key]!.kind.startsWith('computation') ? values[key] : undefined;
    if (value === undefined) return [];
    return typeof value === 'string' ? [key] : value.map((_, n) => `${key}.${n}`);
  });
}
