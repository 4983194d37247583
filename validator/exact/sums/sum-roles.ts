/**
 * What an op does to a sum: it adds, or it changes no more than place, sign, type or a factor that is
 * a power of two (which no rounding sees). Anything else ends a sum, a product with data above all.
 */
import { hasDynamicSizes } from '../../../graphs/ir/dynamic-sizes.ts';
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../../graphs/ir/module.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { reductionKindOf, roundedSum } from '../folds/reduction-kind.ts';

/** An instruction as a chain sees it: what it computes, and from which values. */
export interface ChainLink {
  readonly key: number;
  readonly opcode: Opcode;
  readonly operands: readonly number[];
  readonly instruction: Instruction<number>;
  /** The module that its called computations live in. */
  readonly module: Module;
}

/** What a link does in its chain, and which of its operands (by place) hold the chain so far. */
export interface ChainRole {
  readonly role: 'product' | 'add' | 'move' | 'scale';
  readonly link: ChainLink;
  readonly carried: readonly number[];
  /** Of a scale: the power of two. */
  readonly factor?: number;
}

/** The roles of all links that could be part of a sum. */
export function rolesOf(links: readonly ChainLink[]): Map<number, ChainRole> {
  const roles = new Map<number, ChainRole>();
  const constants = new Map<number, number>();
  for (const link of links) {
    noteConstant(link, constants);
    const role = roleOf(link, constants);
    if (role) roles.set(link.key, role);
  }
  return roles;
}

const allPlaces = [-1];

/** Operands that hold what is moved; allPlaces: all of them. */
const moves: Readonly<Partial<Record<Opcode, readonly number[]>>> = {
  bitcast: [0],
  broadcast: [0],
  concatenate: allPlaces,
  convert: [0],
  copy: [0],
  'dynamic-slice': [0],
  'dynamic-update-slice': [0, 1],
  gather: [0],
  negate: [0],
  pad: [0, 1],
  reshape: [0],
  reverse: [0],
  select: [1, 2],
  slice: [0],
  transpose: [0],
};

function roleOf(link: ChainLink, constants: ReadonlyMap<number, number>): ChainRole | undefined {
  const { opcode, operands, instruction } = link;
  if (!isReal(instruction)) return undefined;
  const carried = addends(link);
  if (carried) return { role: 'add', link, carried };
  if (hasDynamicSizes(link.module)) return undefined;
  const moved = moves[opcode];
  if (moved)
    return { role: 'move', link, carried: moved === allPlaces ? [...operands.keys()] : moved };
  if (opcode !== 'multiply' && opcode !== 'divide') return undefined;
  const [a, b] = operands.map((o) => constants.get(o));
  if (b !== undefined) {
    return { role: 'scale', link, carried: [0], factor: opcode === 'divide' ? 1 / b : b };
  }
  if (opcode === 'divide' || a === undefined) return undefined;
  return { role: 'scale', link, carried: [1], factor: a };
}

function isReal({ shape }: Instruction<number>): boolean {
  return shape.kind === 'array' && isFloat(shape.type) && !shape.dynamic?.includes(true);
}

/** The operands that an op adds up; none for products, whose factors are no sums to it. */
function addends({ opcode, operands, instruction, module }: ChainLink) {
  if (opcode === 'add' || opcode === 'subtract') return [0, 1];
  if (hasDynamicSizes(module)) return undefined;
  if (hasProducts(opcode)) return [];
  if (opcode === 'reduce' || opcode === 'reduce-window') {
    const { to_apply } = (instruction as Instruction & { opcode: 'reduce' }).attrs;
    if (operands.length !== 2) return undefined;
    const isSum = reductionKindOf(module, to_apply)?.opcode === 'add';
    return isSum || roundedSum(module, to_apply) ? [0, 1] : undefined;
  }
  if (instruction.opcode !== 'scatter' || operands.length !== 3) return undefined;
  return reductionKindOf(module, instruction.attrs.to_apply)?.opcode === 'add' ? [0, 2] : undefined;
}

/** Constants that are one power of two, or its negative, everywhere. */
function noteConstant({ key, instruction: i, operands }: ChainLink, known: Map<number, number>) {
  if (!isReal(i)) return;
  if (i.opcode === 'broadcast' || i.opcode === 'reshape') {
    const from = known.get(operands[0]!);
    if (from !== undefined) known.set(key, from);
  }
  if (i.opcode !== 'constant' || i.attrs.literal.kind !== 'tensor') return;
  const { data } = i.attrs.literal;
  const factor = Number(data[0]);
  if (isPower(Math.abs(factor)) && data.every((x: unknown) => Number(x) === factor)) {
    known.set(key, factor);
  }
}

/** A power of two that has an inverse. */
function isPower(x: number): boolean {
  return x > 2 ** -900 && x < 2 ** 900 && 2 ** Math.round(Math.log2(x)) === x;
}

/** Whether an op sums products of two operands. */
export function hasProducts(opcode: Opcode): boolean {
  return opcode === 'dot' || opcode === 'convolution';
}
