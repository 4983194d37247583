/**
 * What running a module will cost, told from its shapes before anything is allocated: so that a
 * module too large for a bound is refused at once, and a loop ends before it takes for ever.
 */

import {
  computationOf,
  type Instruction,
  type InstructionOf,
  instructionsById,
  type Module,
} from '../../graphs/ir/module.ts';
import { elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { WindowDim } from '../../graphs/ops/attr.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { maxCallDepth } from './limits.ts';

/** What a module costs, counted in f64. */
export interface Work {
  /** Elements of the largest value, dynamic dimensions at their bounds. */
  readonly largest: number;
  readonly largestAt?: Instruction;
  /** Elements that the largest window covers. */
  readonly taps: number;
  readonly tapsAt?: Instruction;
  /** How deep computations call each other. */
  readonly calls: number;
  /** Elements read and written, multiply-adds and calls; loops of unknown length count once. */
  readonly total: number;
  /** The costliest round of a loop whose length the text does not tell; 0 if there is none. */
  readonly round: number;
  /** How deep such loops are nested. */
  readonly depth: number;
  /** Rounds of the longest loop whose length the text tells. */
  readonly known: number;
}

/**
 * What an instruction costs apart from its elements: looking it up, making its result. Weights are
 * measured, in visits of one element by both modes of evaluation (about 0.1 µs).
 */
const perInstruction = 128;

/** A computation run for one element of many: what its instructions cost there, of the above. */
const perElement = 1 / 32;

/** The cost of running the entry computation once. */
export function workOf(module: Module): Work {
  const known = works.get(module);
  if (known) return known;
  const work = computationWork(module, module.entry, new Map(), 0);
  works.set(module, work);
  return work;
}

/** What one turn of a loop costs, loops of unknown length inside it counted once. */
export function turnWork(module: Module, loop: InstructionOf<'while'>): number {
  const known = turns.get(module) ?? new Map<string, Work>();
  turns.set(module, known);
  const { condition, body } = loop.attrs;
  return [condition, body].reduce((n, c) => n + computationWork(module, c, known, 0).total, 0);
}

const turns = new WeakMap<Module, Map<string, Work>>();

/** Modules are values: what one costs is told once. */
const works = new WeakMap<Module, Work>();

/** The instruction of the entry computation that costs most, and all that it calls. */
export function costliestOf(module: Module): Instruction | undefined {
  const done = new Map<string, Work>();
  const parts = partsOf(module, module.entry, done, 0);
  const { instructions } = computationOf(module, module.entry);
  const at = parts.reduce((best, w, n) => (w.total > parts[best]!.total ? n : best), 0);
  return instructions[at];
}

/**
 * Rounds that a loop may take so that loops of unknown length stay within `maxWork` in all, and none
 * takes more than `maxRounds`. Those of known length are part of the total, and run to their end.
 */
export function roundsWithin(
  { round, depth, known }: Work,
  maxWork: number,
  maxRounds: number,
): number {
  const rounds = round === 0 ? 1 : (maxWork / round) ** (1 / depth);
  return Math.ceil(Math.max(1, Math.min(rounds, maxRounds), known + 1));
}

function computationWork(
  module: Module,
  name: string,
  done: Map<string, Work>,
  above: number,
): Work {
  const found = done.get(name);
  if (found) return found;
  if (above > maxCallDepth) return { ...nothing, calls: 1 };
  const work = partsOf(module, name, done, above).reduce(joined, nothing);
  const counted = { ...work, calls: work.calls + 1 };
  done.set(name, counted);
  return counted;
}

function partsOf(module: Module, name: string, done: Map<string, Work>, above: number): Work[] {
  const computation = computationOf(module, name);
  const byId = instructionsById(computation);
  return computation.instructions.map((i) => {
    const operands = i.operands.map((o) => byId.get(o)!.shape);
    return instructionWork(i, operands, (callee) =>
      computationWork(module, callee, done, above + 1),
    );
  });
}

function instructionWork(
  i: Instruction,
  operands: readonly Shape[],
  callee: (name: string) => Work,
): Work {
  const [out, read] = [sizeOf(i.shape), operands.reduce((n, s) => n + sizeOf(s), 0)];
  const called = calledBy(i).map(callee).reduce(joined, nothing);
  const trips = tripCount(i);
  const isOpen = i.opcode === 'while' && trips === undefined;
  const row = costs[i.opcode] as Cost<Opcode> | undefined;
  const own = row ? row(i as never, operands, { out, read }) : 0;
  const times = trips ?? (callsEach.has(i.opcode) ? read * perElement : 1);
  const largest = leafShapes(i.shape).reduce((n, leaf) => Math.max(n, leafSize(leaf)), 0);
  const taps = tapsOf(i, operands);
  return {
    ...joined(called, { ...nothing, largest, largestAt: i, taps, tapsAt: i }),
    total: perInstruction + out + read + own + times * called.total,
    round: isOpen ? Math.max(called.total, called.round) : called.round,
    depth: called.depth + (isOpen ? 1 : 0),
    known: Math.max(called.known, trips ?? 0),
  };
}

const nothing: Work = {
  ...{ largest: 0, taps: 0, calls: 0 },
  ...{ total: 0, round: 0, depth: 0, known: 0 },
};

function joined(a: Work, b: Work): Work {
  const [largest, taps] = [a.largest < b.largest ? b : a, a.taps < b.taps ? b : a];
  return {
    ...{ largest: largest.largest, taps: taps.taps, calls: Math.max(a.calls, b.calls) },
    ...(largest.largestAt && { largestAt: largest.largestAt }),
    ...(taps.tapsAt && { tapsAt: taps.tapsAt }),
    total: a.total + b.total,
    round: Math.max(a.round, b.round),
    depth: Math.max(a.depth, b.depth),
    known: Math.max(a.known, b.known),
  };
}

/** Elements that one window covers, or the steps over which it slides a dimension. */
function tapsOf(i: Instruction, operands: readonly Shape[]): number {
  const window = 'window' in i.attrs ? (i.attrs.window as readonly WindowDim[]) : [];
  if (i.opcode === 'convolution') {
    const features = i.attrs.dim_labels.kernelOutputFeature;
    return sizeOf(operands[1]!) / Math.max(1, dimOf(operands[1], features));
  }
  return product(window.map((w) => w.size));
}

/** Ops that call a computation for every element that they read. */
const callsEach: ReadonlySet<Opcode> = new Set([
  'reduce',
  'reduce-window',
  'map',
  'scatter',
  'select-and-scatter',
  'sort',
]);

interface Sizes {
  readonly out: number;
  readonly read: number;
}

type Cost<O extends Opcode> = (
  i: InstructionOf<O>,
  operands: readonly Shape[],
  sizes: Sizes,
) => number;

/** Multiply-adds and comparisons of the ops that do more than visit each element once. */
const costs: { readonly [O in Opcode]?: Cost<O> } = {
  dot: (i, [lhs], { out }) => out * product(i.attrs.lhs_contracting_dims.map((d) => dimOf(lhs, d))),
  convolution: (i, [, kernel], { out }) => {
    const features = dimOf(kernel, i.attrs.dim_labels.kernelOutputFeature);
    return features === 0 ? 0 : (out * sizeOf(kernel!)) / features;
  },
  'ragged-dot': (_, operands, { out }) => productCost(operands, out),
  'scaled-dot': (_, operands, { out }) => productCost(operands, out),
  'custom-call': (_, operands, { out }) => productCost(operands, out),
  'reduce-window': (i, _, { out }) => out * product(i.attrs.window.map((w) => w.size)),
  'select-and-scatter': (i, operands) =>
    sizeOf(operands[1]!) * product(i.attrs.window.map((w) => w.size)),
  sort: (_, __, { out }) => 4 * out * Math.log2(out + 2),
  fft: (i, _, { out }) => 4 * out * i.attrs.fft_length.reduce((n, l) => n + l, 0),
  cholesky: (_, [a], { out }) => 8 * out * dimOf(a, -1),
  'triangular-solve': (_, [a], { out }) => 8 * out * dimOf(a, -1),
};

/** √(|a|·|b|·|out|): the multiply-adds of a product of matrices, no matter how it is laid out. */
function productCost(operands: readonly Shape[], out: number): number {
  const [a = 0, b = 0] = operands.map(sizeOf);
  return Math.sqrt(a * b * out);
}

function dimOf(shape: Shape | undefined, d: number): number {
  return (shape?.kind === 'array' && shape.dims.at(d)) || 0;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((n, d) => n * d, 1);
}

function sizeOf(shape: Shape): number {
  return leafShapes(shape).reduce((n, leaf) => n + leafSize(leaf), 0);
}

function leafSize(leaf: Shape): number {
  if (leaf.kind === 'buffer') return leafSize(leaf.array);
  return leaf.kind === 'array' ? Math.abs(elementCount(leaf)) : 0;
}

/** Rounds of a loop, where XLA wrote them into its backend_config. */
function tripCount(i: Instruction): number | undefined {
  if (i.opcode !== 'while') return undefined;
  const known = /"known_trip_count"\s*:\s*\{\s*"n"\s*:\s*"?(\d+)/.exec(
    i.extras.backend_config ?? '',
  );
  return known ? Number(known[1]) : undefined;
}
