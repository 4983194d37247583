/**
 * A kind of fault: a small module, and the wrong one that a slip in a pass would make of it. Both are
 * text, drawn over element types, shapes and constants; `before` and `after` follow the lines that
 * they share.
 */
import type { Contract } from '../../../graphs/ir/contract.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';

/** The two modules of a fault, as text. */
export interface Texts {
  readonly before: string;
  readonly after: string;
}

export type DrawFault = (d: Draws) => Texts;

export interface Fault {
  readonly family: string;
  readonly name: string;
  /** What the wrong rewrite claims to be. */
  readonly contract: Contract;
  readonly draw: DrawFault;
}

/** The kinds of a family that claim the same. */
export function faultsOf(
  family: string,
  contract: Contract,
  kinds: Readonly<Record<string, DrawFault>>,
): readonly Fault[] {
  return Object.entries(kinds).map(([name, draw]) => ({ family, name, contract, draw }));
}

/** `f32[4,2]`. */
export function array(type: ElementType, ...dims: readonly number[]): string {
  return `${type}[${dims}]`;
}

/** Two modules that share their first lines and called computations. */
export function texts(
  head: string,
  before: string,
  after: string,
  computations: readonly string[] = [],
): Texts {
  const module = (lines: string) =>
    ['HloModule reach', ...computations, `ENTRY main {\n${head}\n${lines}\n}`].join('\n\n');
  return { before: module(before), after: module(after) };
}

/** Parameters `names`, all of one shape, from parameter number `from` on. */
export function parameters(shape: string, names: readonly string[], from = 0): string {
  return names.map((name, k) => `${name} = ${shape} parameter(${from + k})`).join('\n');
}

/** A constant in every element of a shape. */
export function filled(name: string, shape: string, value: number | string): string {
  const type = shape.slice(0, shape.indexOf('['));
  return [
    `${name}.scalar = ${type}[] constant(${value})`,
    `${name} = ${shape} broadcast(${name}.scalar), dimensions={}`,
  ].join('\n');
}

/** A computation of two scalars. */
export function combiner(name: string, type: ElementType, opcode: string): string {
  const scalars = parameters(`${type}[]`, ['a', 'b']);
  return `${name} {\n${scalars}\nROOT r = ${type}[] ${opcode}(a, b)\n}`;
}

export const floats: readonly ElementType[] = ['f32', 'f32', 'bf16', 'f16', 'f64'];
export const signed: readonly ElementType[] = ['s32', 's32', 's8', 's16', 's64'];
export const unsigned: readonly ElementType[] = ['u8', 'u16', 'u32', 'u64'];
