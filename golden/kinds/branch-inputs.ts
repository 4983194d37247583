/**
 * Inputs that take a branch or a loop: where a predicate is a comparison with a constant, an index or
 * a combination of such, it is solved backwards for the parameters that it reads. A solution is a
 * proposal; whether it takes the branch shows when the module runs.
 */

import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../graphs/ir/element-type.ts';
import { computationOf, type InstructionOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { elementCount } from '../../graphs/ir/shape.ts';
import { tensorOf, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import {
  Numbering,
  type ValueDefinition,
  type ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';

/** All elements of a leaf of a parameter become a value. */
export interface Edit {
  readonly parameter: number;
  /** Indices into nested tuples, outermost first; empty for a parameter that is an array. */
  readonly path: readonly number[];
  readonly value: number;
}

type Edits = readonly Edit[];

/** More branches than these are left to chance. */
const maxWays = 8;

const known = new WeakMap<Module, readonly Edits[]>();

/**
 * Edits of the inputs, one list a case: between them each branch of each conditional is taken, each
 * loop entered and passed by, as far as predicates can be solved; inside loops, in the first round.
 */
export function branchInputs(module: Module): readonly Edits[] {
  const found = known.get(module) ?? solved(module);
  known.set(module, found);
  return found;
}

function solved(module: Module): readonly Edits[] {
  if (!module.computations.some((c) => c.instructions.some(branches))) return [];
  const numbering = new Numbering();
  return casesOf(module, new Solver(numbering), numbering);
}

/** Edits that take the ways of an entry, which a solver knows the parameters of. */
function casesOf(module: Module, solver: Solver, numbering: Numbering): readonly Edits[] {
  const { order } = flowOf(module, numbering);
  const sites = order
    .map((n) => waysOf(numbering.term(n), solver, numbering))
    .filter((w) => w.length > 0);
  const cases = Math.min(maxWays, Math.max(0, ...sites.map((ways) => ways.length)));
  return Array.from({ length: cases }, (_, k) =>
    sites.reduce<Edits>((all, ways) => joined(all, ways[k % ways.length]!), []),
  );
}

/** The inputs with these edits, numbers rounded to the types of the leaves. */
export function editedInputs(inputs: readonly Value[], edits: readonly Edit[]): readonly Value[] {
  return inputs.map((value, index) => {
    const own = edits.filter((e) => e.parameter === index);
    return own.reduce((v, { path, value: x }) => withPart(v, path, x), value);
  });
}

function withPart(value: Value, [first, ...rest]: readonly number[], x: number): Value {
  if (value.kind === 'tuple' && first !== undefined) {
    return tupleValue(value.elements.map((e, k) => (k === first ? withPart(e, rest, x) : e)));
  }
  if (value.kind !== 'tensor' || first !== undefined) return value;
  const { type, dims } = value.shape;
  return tensorOf(type, dims, Array(elementCount(value.shape)).fill(held(type, x)));
}

/** The nearest value of a type; an integer goes to the end of its range where it is beyond. */
function held(type: ElementType, x: number): number {
  if (isFloat(type) || isComplex(type)) return rounder(type)(x);
  const { kind, bits } = elementTypes[type];
  if (kind === 'pred') return x === 0 ? 0 : 1;
  const [least, most] = kind === 'signed' ? [-(2 ** (bits - 1)), 2 ** (bits - 1)] : [0, 2 ** bits];
  return Math.max(least, Math.min(Math.round(x), most - Math.max(1, most / 2 ** 53)));
}

function branches({ opcode }: { readonly opcode: string }): boolean {
  return opcode === 'conditional' || opcode === 'while';
}

/** Branches and loops that lie deeper in others are not followed. */
const maxDepth = 4;

/** For each way on from a conditional or a loop that can be solved, the edits that take it. */
function waysOf(
  { instruction, operands, module }: ValueDefinition,
  solver: Solver,
  numbering: Numbering,
) {
  const [first] = operands as readonly [ValueNumber];
  const inside = (entry: string, scope: Scope) =>
    casesOf({ ...module, entry }, new Solver(numbering, scope), numbering);
  const within = (taken: Edits | undefined, inner: () => readonly Edits[]): readonly Edits[] => {
    if (!taken || taken.length === 0) return [];
    const further = solver.depth < maxDepth ? inner() : [];
    return further.length > 0 ? further.map((edits) => joined(taken, edits)) : [taken];
  };
  if (instruction.opcode === 'conditional') {
    const { shape } = numbering.term(first).instruction;
    const isIndex = shape.kind === 'array' && shape.type !== 'pred';
    return calledBy(instruction).flatMap((branch, k) =>
      within(solver.want(first, isIndex ? k : 1 - k), () =>
        inside(branch, { outer: solver, argument: operands[k + 1]!, loops: false }),
      ),
    );
  }
  if (instruction.opcode !== 'while') return [];
  const { condition, body } = instruction.attrs;
  const scope = { outer: solver, argument: first, loops: true };
  const { root } = flowOf({ ...module, entry: condition }, numbering);
  const goes = (value: number) => new Solver(numbering, scope).want(root, value);
  return [...within(goes(1), () => inside(body, scope)), ...within(goes(0), () => [])];
}

/** Edits that follow from both lists; the first has the say where they disagree. */
function joined(a: Edits, b: Edits): Edits {
  const key = (e: Edit) => `${e.parameter}.${e.path}`;
  const taken = new Set(a.map(key));
  return [...a, ...b.filter((e) => !taken.has(key(e)))];
}

/** What a called computation is given: a number that the solver of the caller knows. */
interface Scope {
  readonly outer: Solver;
  readonly argument: ValueNumber;
  /** Whether it is run again on what it makes. */
  readonly loops: boolean;
}

/** Solves for parameters of the entry, through what branches and loops are given to start from. */
class Solver {
  private readonly numbering: Numbering;
  private readonly scope: Scope | undefined;
  readonly depth: number;

  constructor(numbering: Numbering, scope?: Scope) {
    this.numbering = numbering;
    this.scope = scope;
    this.depth = scope ? scope.outer.depth + 1 : 0;
  }

  /** Edits with which all elements of a number come to a value; undefined where there is no telling. */
  want(n: ValueNumber, value: number): Edits | undefined {
    const { instruction: i, operands } = this.numbering.term(n);
    const [a, b] = operands as readonly [ValueNumber, ValueNumber];
    if (i.opcode === 'parameter') return this.parameter(i, [], value);
    if (i.opcode === 'get-tuple-element') return this.element(n, [], value);
    if (handOn.has(i.opcode)) return this.want(a, value);
    if (i.opcode === 'not') return this.want(a, 1 - value);
    if (i.opcode === 'negate') return this.want(a, -value);
    if (i.opcode === 'compare') return this.compare(i.attrs.direction, [a, b], value === 1);
    if (i.opcode === 'reduce') return this.folded(n, value);
    if (i.opcode === 'multiply' && a === b)
      return value < 0 ? undefined : this.want(a, Math.sqrt(value));
    if (i.opcode === 'and' || i.opcode === 'or') return this.both([a, b], value);
    return this.inverted(i.opcode, [a, b], value);
  }

  private parameter(
    i: InstructionOf<'parameter', number>,
    path: readonly number[],
    value: number,
  ): Edits | undefined {
    if (!this.scope) return [{ parameter: i.attrs.index, path, value }];
    return this.scope.outer.part(this.scope.argument, path, value);
  }

  /** A part of a tuple that a parameter is, or that a tuple is made of. */
  part(n: ValueNumber, path: readonly number[], value: number): Edits | undefined {
    const [first, ...rest] = path;
    if (first === undefined) return this.want(n, value);
    const { instruction: i, operands } = this.numbering.term(n);
    if (i.opcode === 'tuple') return this.part(operands[first]!, rest, value);
    return i.opcode === 'parameter' ? this.parameter(i, path, value) : undefined;
  }

  private element(n: ValueNumber, path: readonly number[], value: number): Edits | undefined {
    const { instruction: i, operands } = this.numbering.term(n);
    if (i.opcode !== 'get-tuple-element') return this.part(n, path, value);
    return this.element(operands[0]!, [i.attrs.index, ...path], value);
  }

  private compare(direction: string, sides: readonly [ValueNumber, ValueNumber], holds: boolean) {
    const wanted = holds ? direction : opposite[direction]!;
    const [a, b] = sides;
    const [left, right] = sides.map((n) => this.constant(n));
    if (right !== undefined) return this.want(a, beside(wanted, right));
    if (left !== undefined) return this.want(b, beside(mirrored[wanted]!, left));
    // of two numbers that are free, one that only differs may keep a loop going for ever
    if (wanted === 'NE' && this.scope?.loops) return undefined;
    const first = this.want(b, 1);
    const second = this.want(a, beside(wanted, 1));
    return first && second && joined(first, second);
  }

  /** Both operands as they must be for all of `and`, or none of `or`; else one or the other. */
  private both([a, b]: readonly [ValueNumber, ValueNumber], value: number): Edits | undefined {
    const [first, second] = [this.want(a, value), this.want(b, value)];
    if (!first || !second) return first ?? second;
    return joined(first, second);
  }

  /** The one array that is folded, all elements alike: each has its share of a sum. */
  private folded(n: ValueNumber, value: number): Edits | undefined {
    const { instruction: i, operands, module } = this.numbering.term(n);
    const [array, start] = operands;
    if (i.opcode !== 'reduce' || operands.length !== 2) return undefined;
    const { instruction: of } = this.numbering.term(array!);
    if (of.shape.kind !== 'array' || i.shape.kind !== 'array') return undefined;
    const { opcode } = rootOf(computationOf(module, i.attrs.to_apply));
    const terms = elementCount(of.shape) / Math.max(1, elementCount(i.shape));
    if (opcode !== 'add') return keepsOne.has(opcode) ? this.want(array!, value) : undefined;
    const share = (value - (this.constant(start!) ?? 0)) / terms;
    return Number.isFinite(share) ? this.want(array!, share) : undefined;
  }

  /** The operand of a sum or product with a constant. */
  private inverted(opcode: string, [a, b]: readonly [ValueNumber, ValueNumber], value: number) {
    if (b === undefined) {
      const solution = turned[opcode]?.(value) ?? Number.NaN;
      return Number.isNaN(solution) ? undefined : this.want(a, solution);
    }
    const [left, right] = [this.constant(a), this.constant(b)];
    const known = right ?? left;
    const inverse = inverses[opcode];
    if (known === undefined || !inverse) return undefined;
    const solution = inverse(value, known, right !== undefined);
    return Number.isFinite(solution) ? this.want(right !== undefined ? a : b, solution) : undefined;
  }

  /** The number that all elements are, where they are one and no parameter has a say in it. */
  constant(n: ValueNumber): number | undefined {
    const { instruction: i, operands } = this.numbering.term(n);
    if (handOn.has(i.opcode)) return this.constant(operands[0]!);
    if (i.opcode === 'get-tuple-element' && this.scope) {
      const { instruction: of } = this.numbering.term(operands[0]!);
      const state = this.numbering.term(this.scope.argument);
      const isState = of.opcode === 'parameter' && state.instruction.opcode === 'tuple';
      const start = state.operands[i.attrs.index];
      return isState && start !== undefined ? this.scope.outer.constant(start) : undefined;
    }
    if (i.opcode !== 'constant' || i.attrs.literal.kind !== 'tensor') return undefined;
    const { data } = i.attrs.literal;
    const first = Number(data[0]);
    return data.length > 0 && data.every((x: number | bigint) => Number(x) === first)
      ? first
      : undefined;
  }
}

/** Ops whose elements are all the value that all elements of the first operand are. */
const handOn: ReadonlySet<string> = new Set([
  ...['convert', 'copy', 'bitcast', 'reshape', 'broadcast', 'transpose', 'reverse'],
  ...['slice', 'dynamic-slice', 'gather', 'opt-barrier', 'abs', 'floor', 'ceil'],
]);

/** Ops whose result over equal elements is that element. */
const keepsOne: ReadonlySet<string> = new Set(['maximum', 'minimum', 'and', 'or']);

const inverses: Readonly<
  Record<string, (value: number, known: number, isSecond: boolean) => number>
> = {
  add: (v, k) => v - k,
  subtract: (v, k, isSecond) => (isSecond ? v + k : k - v),
  multiply: (v, k) => v / k,
  divide: (v, k, isSecond) => (isSecond ? v * k : k / v),
  maximum: (v) => v,
  minimum: (v) => v,
  remainder: (v) => v,
  clamp: (v) => v,
  and: (v) => v,
  xor: (v, k) => Number(BigInt.asIntN(64, BigInt(Math.trunc(v)) ^ BigInt(Math.trunc(k)))),
  'shift-left': (v, k, isSecond) => (isSecond ? v / 2 ** k : Number.NaN),
  'shift-right-logical': (v, k, isSecond) => (isSecond ? v * 2 ** k : Number.NaN),
  'shift-right-arithmetic': (v, k, isSecond) => (isSecond ? v * 2 ** k : Number.NaN),
};

/** Functions of one operand, turned round. */
const turned: Readonly<Record<string, (value: number) => number>> = {
  sqrt: (v) => v * v,
  'is-finite': (v) => (v === 0 ? Infinity : 1),
};

const opposite: Readonly<Record<string, string>> = {
  ...{ EQ: 'NE', NE: 'EQ', LT: 'GE', GE: 'LT', GT: 'LE', LE: 'GT' },
};

const mirrored: Readonly<Record<string, string>> = {
  ...{ EQ: 'EQ', NE: 'NE', LT: 'GT', GT: 'LT', GE: 'LE', LE: 'GE' },
};

/** A number that stands in a relation to another one. */
function beside(direction: string, x: number): number {
  const step = Math.max(1, Math.abs(x) / 2);
  if (direction === 'LT') return x - step;
  return direction === 'GT' || direction === 'NE' ? x + step : x;
}
