/**
 * The kinds of golden inputs that a module is run on by default, each with the reason: those that
 * every module is, and those that what it holds asks for. A mean asks for values of a large mean and
 * a small spread, which one-pass variances and sums that cancel do not survive; a gather for
 * positions outside; a square for values whose squares overflow.
 */

import { elementTypes, floatFormat, isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import {
  computationOf,
  entryOf,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  instructionsById,
  type Module,
  parametersOf,
  rootOf,
} from '../../graphs/ir/module.ts';
import { elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { annotationOf } from '../annotation.ts';
import { factsOf, type ModuleFacts } from './facts.ts';
import { hotTurns } from './float-kinds.ts';
import { type CaseKind, caseKinds, defaultKinds } from './kinds.ts';
import { smallTensor } from './request.ts';
import { sparseTurns } from './sparse-positions.ts';
import { specialTurns, wholeTurns } from './special-values.ts';
import { isLong } from './sums.ts';

/** A kind that modules are run on, how often, and why. */
export interface ChosenKind {
  readonly kind: CaseKind;
  /** Cases of successive seeds. */
  readonly cases: number;
  readonly why: string;
}

/** The default kinds of one module, or of several that run on the same inputs. */
export function kindsFor(module: Module, ...others: readonly Module[]): readonly CaseKind[] {
  return chosenKinds(module, others).map((c) => c.kind);
}

/** The default kinds with their numbers of cases and their reasons. */
export function chosenKinds(
  module: Module,
  others: readonly Module[] = [],
  facts: ModuleFacts = factsOf(module, others),
): readonly ChosenKind[] {
  const all = [module, ...others];
  const known = { all, facts, inputs: inputsOf(module, facts) };
  const most = cheap / workOf(all);
  return (Object.keys(caseKinds) as CaseKind[]).flatMap((kind) => {
    const why = defaultKinds.includes(kind) ? 'every module' : asks[kind]?.(known);
    if (why === undefined) return [];
    const { turns, least } = turnsOf(kind, known);
    const affordable = Math.floor(kind === 'sparse' ? sparseShare * most : most);
    const cases = Math.min(turns, Math.max(affordable, least), mostTurns[kind] ?? usualTurns);
    return [{ kind, why, cases }];
  });
}

/** Elements that a module may compute, over all cases of a kind, without being called costly. */
const cheap = 2 ** 14;
/** More cases of a kind are not run. */
const usualTurns = 48;
const mostTurns: { readonly [K in CaseKind]?: number } = {
  sparse: 24,
  'one-hot': 96,
  specials: 68,
};
/** A sum of many terms in a narrow type shows only those of them that are there. */
const sparseShare = 32;

/** Elements of all results, as a measure of what a case costs. */
function workOf(modules: readonly Module[]): number {
  const sizes = modules.flatMap((m) =>
    m.computations.flatMap((c) => c.instructions.map((i) => sizeOf(i.shape))),
  );
  return sizes.reduce((sum, n) => sum + n, 1);
}

function sizeOf(shape: Shape): number {
  return leafShapes(shape).reduce((n, s) => n + (s.kind === 'array' ? elementCount(s) : 1), 0);
}

/** The arrays that a module takes, as far as their values are free. */
interface Inputs {
  /** Sizes of float arrays in which special values have a place. */
  readonly special: readonly number[];
  /** Sizes of integer arrays that are positions and the like, and what makes them so. */
  readonly positions: readonly { readonly size: number; readonly by: string }[];
  /** Sizes of integer arrays that nothing bounds. */
  readonly integers: readonly number[];
}

function inputsOf(module: Module, facts: ModuleFacts): Inputs {
  const found = {
    special: [] as number[],
    positions: [] as { size: number; by: string }[],
    integers: [] as number[],
  };
  for (const parameter of parametersOf(entryOf(module))) {
    for (const [leaf, { shape, path }] of leavesOf(parameter.shape).entries()) {
      const { kind } = annotationOf(parameter, leaf);
      if (shape.kind !== 'array' || (kind !== 'any' && kind !== 'scale')) continue;
      const size = elementCount(shape);
      if (isFloat(shape.type) || isComplex(shape.type)) found.special.push(size);
      else if (elementTypes[shape.type].kind !== 'pred') {
        const use = facts.use(parameter.attrs.index, path);
        if (!use) found.integers.push(size);
        else if (use.outside !== 'none') found.positions.push({ size, by: use.by });
      }
    }
  }
  return found;
}

function leavesOf(shape: Shape, path: readonly number[] = []): readonly Leaf[] {
  if (shape.kind !== 'tuple') return [{ shape, path }];
  return shape.elements.flatMap((e, n) => leavesOf(e, [...path, n]));
}

interface Leaf {
  readonly shape: Shape;
  readonly path: readonly number[];
}

interface Known {
  readonly all: readonly Module[];
  readonly facts: ModuleFacts;
  readonly inputs: Inputs;
}

const asks: { readonly [K in CaseKind]?: (known: Known) => string | undefined } = {
  offset: ({ all }) => (all.some(hasMean) ? 'a mean or a variance is taken' : undefined),
  sparse: ({ facts: { sum } }) =>
    sum && isLong(sum) ? `${sum.by} sums ${sum.terms} terms` : undefined,
  wide: ({ all, facts, inputs }) => {
    if (inputs.special.length === 0) return undefined;
    return (
      firstOf(all, leavesRange) ?? (facts.pairSums ? 'sums of two terms may overflow' : undefined)
    );
  },
  'one-hot': ({ all }) => firstOf(all, selects),
  'out-of-range': ({ inputs: { positions } }) =>
    positions.length ? `${positions[0]!.by} is given positions` : undefined,
  branches: ({ facts }) =>
    facts.branches.length ? 'predicates of branches and loops can be solved' : undefined,
  constants: ({ facts: { mentions }, inputs: { special, integers, positions } }) =>
    mentions.length && special.length + integers.length + positions.length
      ? `${mentions[0]!.by} has ${mentions[0]!.value}`
      : undefined,
};

/** How many cases a kind takes to show all that it holds, and how many at the least. */
function turnsOf(kind: CaseKind, { all, facts, inputs }: Known): { turns: number; least: number } {
  const small = (sizes: readonly number[]) => sizes.filter((n) => n < smallTensor && n > 0);
  const over = (sizes: readonly number[], values: number) =>
    Math.max(1, ...small(sizes).map((n) => Math.ceil(values / n)));
  const positions = inputs.positions.map((p) => p.size);
  const isConverted = firstOf(all, fromWhole) !== undefined;
  const whole = (values: number) => (isConverted ? over(inputs.integers, values) : 1);
  switch (kind) {
    case 'specials': {
      const pairs = inputs.special.length > 1;
      const isFolded = firstOf(all, folds) !== undefined;
      const turns = inputs.special.map((n) =>
        Math.max(specialTurns(n, pairs), isFolded ? wholeTurns(n) : 1),
      );
      return { turns: Math.max(1, ...turns), least: small(inputs.special).length ? 4 : 1 };
    }
    case 'sparse':
      return { turns: sparseTurns(facts), least: 1 };
    case 'branches':
      return { turns: facts.branches.length, least: facts.branches.length };
    case 'near-ties':
      return { turns: 1 + 2 * Math.max(over(inputs.special, 24), whole(24)), least: 1 };
    case 'one-hot':
      return { turns: hotRounds(all), least: 4 };
    case 'wide':
      return { turns: Math.min(4, inputs.special.length) * over(inputs.special, 16), least: 1 };
    case 'extremes':
      return { turns: Math.max(over(inputs.integers, 28), over(inputs.special, 64)), least: 1 };
    case 'out-of-range':
      return { turns: over(positions, 26), least: over(positions, 2) };
    case 'constants': {
      const sizes = [...inputs.special, ...inputs.integers, ...positions];
      const values = 1 + 4 * facts.mentions.length;
      return { turns: small(sizes).length ? values : 1, least: 1 };
    }
    default:
      return { turns: 1, least: 1 };
  }
}

/** Turns until each place of a row of the first module's parameters was unlike the others. */
function hotRounds([module]: readonly Module[]): number {
  const lines = parametersOf(entryOf(module!)).map(({ shape }) => {
    if (shape.kind !== 'array' || elementCount(shape) === 0) return 1;
    const row = shape.dims.at(-1) ?? 1;
    return hotTurns(row, elementCount(shape) / row);
  });
  return Math.max(1, ...lines);
}

type ById = ReadonlyMap<InstructionId, Instruction>;
const folding: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['reduce', 'reduce-window', 'select-and-scatter'] as const),
]);

/** What is folded from a start value, which whole arrays of one kind tell apart. */
function folds({ opcode }: Instruction): string | undefined {
  return folding.has(opcode) ? 'folds' : undefined;
}

/** What a fold that is no sum loses shows where one element is unlike the others. */
function selects(i: Instruction, _: ById, module: Module): string | undefined {
  if (i.opcode !== 'reduce' && i.opcode !== 'reduce-window') return undefined;
  return adds(i, module) ? undefined : 'may lose an element';
}

type Ask = (i: Instruction, byId: ById, module: Module) => string | undefined;

/** The first instruction of which something is to be said. */
function firstOf(modules: readonly Module[], ask: Ask): string | undefined {
  for (const module of modules) {
    for (const c of module.computations) {
      const byId = instructionsById(c);
      for (const i of c.instructions) {
        const found = ask(i, byId, module);
        if (found) return `${i.opcode} %${i.name} ${found}`;
      }
    }
  }
  return undefined;
}

const growing: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['exponential', 'exponential-minus-one', 'log', 'log-plus-one', 'logistic', 'tanh'] as const),
  ...(['power', 'sqrt', 'rsqrt', 'cbrt', 'cosh', 'sinh', 'erf', 'divide', 'atan2'] as const),
]);

/** Ops whose results leave the range of their type, or lose all digits, where operands are large. */
function leavesRange(i: Instruction, byId: ById): string | undefined {
  if (i.shape.kind !== 'array') return undefined;
  const { type } = i.shape;
  const sources = i.operands.map((o) => sourceOf(o, byId));
  const from = i.opcode === 'convert' ? byId.get(i.operands[0]!)!.shape : undefined;
  if (from?.kind === 'array' && isFloat(from.type)) {
    const rounds = isFloat(type) && floatFormat(type).maxFinite >= floatFormat(from.type).maxFinite;
    return rounds ? undefined : `to ${type} has a smaller range`;
  }
  if (isComplex(type) && (i.opcode === 'multiply' || i.opcode === 'divide')) return 'squares parts';
  if (!isFloat(type)) return undefined;
  if (i.opcode === 'reduce-precision') return 'may have a smaller range';
  if (growing.has(i.opcode)) return 'may leave the range of its type';
  if (i.opcode !== 'multiply') return undefined;
  if (sources[0]!.id === sources[1]!.id) return 'squares';
  return sources.some((s) => s.opcode === 'multiply' && isVaried(s, byId)) && isVaried(i, byId)
    ? 'is a product of three'
    : undefined;
}

/** What rounds whole numbers. */
function fromWhole(i: Instruction, byId: ById): string | undefined {
  const from = i.opcode === 'convert' ? byId.get(i.operands[0]!)!.shape : undefined;
  if (from?.kind !== 'array' || isFloat(from.type)) return undefined;
  return i.shape.kind === 'array' && isFloat(i.shape.type) ? 'rounds' : undefined;
}

/** Whether no factor is a constant. */
function isVaried(i: Instruction, byId: ById): boolean {
  return i.operands.every((o) => sourceOf(o, byId).opcode !== 'constant');
}

/** Whether somewhere a sum is divided by a constant, or a batch is normalised. */
export function hasMean(module: Module): boolean {
  return module.computations.some((c) => {
    const byId = instructionsById(c);
    return c.instructions.some(
      (i) => i.opcode === 'batch-norm-training' || isScaledSum(i, byId, module),
    );
  });
}

function isScaledSum(i: Instruction, byId: ById, module: Module): boolean {
  if (i.opcode !== 'divide' && i.opcode !== 'multiply') return false;
  const sources = i.operands.map((o) => sourceOf(o, byId));
  const hasConstant = sources.some((s) => s.opcode === 'constant');
  return hasConstant && sources.some((s) => s.opcode === 'reduce' && adds(s, module));
}

function adds({ attrs }: InstructionOf<'reduce' | 'reduce-window'>, module: Module): boolean {
  return rootOf(computationOf(module, attrs.to_apply)).opcode === 'add';
}

const passing: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['broadcast', 'reshape', 'convert', 'copy', 'bitcast', 'transpose'] as const),
]);

/** What a value is, movement and conversion aside. */
function sourceOf(id: InstructionId, byId: ById): Instruction {
  let at = byId.get(id)!;
  while (passing.has(at.opcode)) at = byId.get(at.operands[0]!)!;
  return at;
}
