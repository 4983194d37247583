/**
 * The memory that the values of a run take at its peak, told from their shapes: of every computation
 * what is alive at each instruction, and what the computations that it calls need beside that.
 */

import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import {
  computationOf,
  entryOf,
  type Instruction,
  type InstructionId,
  type Module,
} from '../../graphs/ir/module.ts';
import { elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { lastUses } from '../semantics/lives.ts';

/** Bytes of an element of a type. */
export type Width = (type: ElementType) => number;

/** As the reference holds it: types narrower than f32 in f32, below a byte in a byte. */
export const referenceWidth: Width = (type) => {
  const { kind, bits } = elementTypes[type];
  if (kind === 'float') return bits === 64 ? 8 : 4;
  return Math.max(1, bits / 8);
};

/** As the exact mode holds it: values in f64, two radii and a mark for each of what rounds. */
export const exactWidth: Width = (type) => {
  const { kind } = elementTypes[type];
  if (kind === 'float') return 25;
  return kind === 'complex' ? 50 : referenceWidth(type) + 1;
};

/** Bytes at the worst moment, and the value to blame. */
export interface Peak {
  readonly bytes: number;
  /** The largest of the values that are alive then. */
  readonly largest: Instruction | undefined;
  readonly largestBytes: number;
}

const nothing: Peak = { bytes: 0, largest: undefined, largestBytes: 0 };

/** The peak of the entry computation, its parameters aside. */
export function peakOf(module: Module, width: Width): Peak {
  return computationPeak(module, module.entry, width, new Map());
}

/** Bytes of all parameters of the entry computation, and elements of the largest array of them. */
export function inputsOf(module: Module, width: Width) {
  const shapes = entryOf(module).instructions.flatMap((i) => {
    return i.opcode === 'parameter' ? [i.shape] : [];
  });
  const leaves = shapes.flatMap(leafShapes).map((leaf) => bytesOf(leaf, () => 1));
  return { bytes: shapes.reduce((n, s) => n + bytesOf(s, width), 0), largest: max(leaves) };
}

function computationPeak(
  module: Module,
  name: string,
  width: Width,
  done: Map<string, Peak>,
): Peak {
  const found = done.get(name);
  if (found) return found;
  const computation = computationOf(module, name);
  const ends = lastUses(computation);
  const alive = new Map<InstructionId, number>();
  let [held, peak] = [0, nothing];
  computation.instructions.forEach((i, n) => {
    const own = i.opcode === 'parameter' ? 0 : bytesOf(i.shape, width);
    const inner = calledBy(i).map((callee) => computationPeak(module, callee, width, done));
    const bytes = held + own + workingBytes(i) + max(inner.map((p) => p.bytes));
    if (bytes > peak.bytes) peak = { ...larger([peak, ...inner], i, own), bytes };
    alive.set(i.id, own);
    held += own;
    for (const id of ends[n]!) {
      held -= alive.get(id) ?? 0;
      alive.delete(id);
    }
  });
  done.set(name, peak);
  return peak;
}

/** Ops that list, beside their result, which element goes where. */
const listing: ReadonlySet<Opcode> = new Set(['gather', 'scatter', 'sort', 'topk']);

function workingBytes(i: Instruction): number {
  return listing.has(i.opcode) ? bytesOf(i.shape, () => bytesPerListed) : 0;
}

/** Numbers of source and target, in the lists and while they are made. */
const bytesPerListed = 16;

function larger(peaks: readonly Peak[], i: Instruction, own: number): Peak {
  const all = [...peaks, { bytes: 0, largest: i, largestBytes: own }];
  return all.reduce((a, b) => (b.largestBytes > a.largestBytes ? b : a));
}

function max(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0);
}

function bytesOf(shape: Shape, width: Width): number {
  return leafShapes(shape).reduce((n, leaf) => {
    if (leaf.kind === 'buffer') return n + bytesOf(leaf.array, width);
    return leaf.kind === 'array' ? n + Math.abs(elementCount(leaf)) * width(leaf.type) : n;
  }, 0);
}
