/**
 * What the lowering of one tfjs node sees: its inputs and attributes by the converter's parameter
 * names, the numbers that must be known while importing, and how to refuse with the node named.
 */
import { type ErrorCode, fail } from '../../ir/diagnostic.ts';
import type { ElementType } from '../../ir/element-type.ts';
import type { Instruction } from '../../ir/module.ts';
import { type Dims, dimsOf, type Hlo, rankOf, typeOf } from '../lowering/hlo.ts';
import { elementTypeOf, type GraphNode, type InputParam } from './read-graph.ts';

/** Lowers one node; an output that is not modelled is undefined. */
export type Lower = (c: NodeContext) => Instruction | readonly (Instruction | undefined)[];

/** One row an op. */
export type LowerTable = Readonly<Record<string, Lower>>;

/** How types mix: the wider of two is computed in. */
const widths: readonly ElementType[] = ['pred', 's32', 'f32', 'c64'];

/** One node while its row lowers it; its inputs are in the order of the node. */
export class NodeContext {
  readonly h: Hlo;
  readonly node: GraphNode;
  readonly inputs: readonly Instruction[];

  constructor(h: Hlo, node: GraphNode, inputs: readonly Instruction[]) {
    this.h = h;
    this.node = node;
    this.inputs = inputs;
  }

  /** Fails with the node and the op named. */
  refuse(why: string, code: ErrorCode = 'tfjs/unsupported'): never {
    return fail(code, `${describeNode(this.node)}: ${why}`);
  }

  need(holds: boolean, why: string): void {
    if (!holds) this.refuse(why, 'tfjs/bad-node');
  }

  /** A required input. */
  tensor(name: string): Instruction {
    return this.optional(name) ?? this.refuse(`input ${name} is missing`, 'tfjs/bad-node');
  }

  optional(name: string): Instruction | undefined {
    const param = this.node.inputParams[name];
    return param && this.inputs[startOf(param, this.inputs.length)];
  }

  /** A list of inputs. */
  tensors(name: string): readonly Instruction[] {
    const param = this.node.inputParams[name];
    if (!param) return [];
    return this.inputs.slice(startOf(param, this.inputs.length), param.inputIndexEnd || undefined);
  }

  /** Numbers from an input, whose value must be known, or from an attribute, in row-major order. */
  optionalNumbers(name: string): number[] | undefined {
    const x = this.optional(name);
    if (!x) return this.attrNumbers(name);
    const known = this.h.known(x);
    if (known) return Array.from(known.data as ArrayLike<number | bigint>, Number);
    const remedy = 'export the model with fixed sizes, or make it a constant';
    return this.refuse(
      `${name} must be known when the model is imported, but it is computed from inputs; ${remedy}`,
      'tfjs/needs-constant',
    );
  }

  numbers(name: string): number[] {
    return this.optionalNumbers(name) ?? this.refuse(`${name} is missing`, 'tfjs/bad-node');
  }

  number(name: string): number {
    const [value] = this.numbers(name);
    if (value !== undefined && !Number.isNaN(value)) return value;
    return this.refuse(`${name} is no number`, 'tfjs/bad-node');
  }

  private attrNumbers(name: string): number[] | undefined {
    const value = this.node.attrParams[name]?.value;
    if (value === undefined || value === null) return undefined;
    return (Array.isArray(value) ? value : [value]).map(Number);
  }

  flag(name: string): boolean {
    return this.node.attrParams[name]?.value === true;
  }

  /** Text in small letters. */
  word<W extends string>(name: string, fallback: W, allowed: readonly W[]): W {
    const value = (this.node.attrParams[name]?.value ?? fallback) as W;
    if (allowed.includes(value)) return value;
    return this.refuse(`${name}="${value}" is none of ${allowed.join(', ')}`);
  }

  words(name: string): readonly string[] {
    return (this.node.attrParams[name]?.value ?? []) as readonly string[];
  }

  /** The element type that an attribute names. */
  elementType(name: string): ElementType | undefined {
    return elementTypeOf(this.node.attrParams[name]?.value);
  }

  /** An attribute of the file that the converter's table leaves out. */
  raw(name: string): { readonly s?: unknown; readonly i?: unknown; readonly b?: unknown } {
    return (this.node.rawAttrs?.[name] ?? {}) as object;
  }

  /** Whether a layout attribute says that channels come second. */
  channelsFirst(): boolean {
    return this.word('dataFormat', 'nhwc', formats).startsWith('nc');
  }

  /** The layout as the file has it, for ops of which the converter's table leaves it out. */
  layout(): string {
    const { s } = this.raw('data_format');
    if (Array.isArray(s)) return String.fromCharCode(...s.map(Number));
    return typeof s === 'string' ? atob(s) : 'NHWC';
  }

  /** Refuses channels-first data, which tfjs does not know for this op. */
  channelsLastOnly(): void {
    const layout = this.layout();
    if (!layout.startsWith('NC')) return;
    this.refuse(`the layout ${layout} is not supported; export the model with channels last`);
  }

  /** Inputs in the widest of their types. */
  promoted(...xs: readonly Instruction[]): Instruction[] {
    const type = widths[Math.max(...xs.map((x) => widths.indexOf(typeOf(x))))] ?? typeOf(xs[0]!);
    return xs.map((x) => this.h.convert(x, type));
  }

  /** A float type to compute in: integers and truth values become f32. */
  float(x: Instruction): Instruction {
    return widths.indexOf(typeOf(x)) < widths.indexOf('f32') ? this.h.convert(x, 'f32') : x;
  }

  dims(name: string): Dims {
    return dimsOf(this.tensor(name));
  }

  /** A dimension number from 0, given one that may count from the end. */
  axis(axis: number, rank: number): number {
    const at = axis < 0 ? axis + rank : axis;
    const inside = Number.isInteger(at) && at >= 0 && at < Math.max(rank, 1);
    this.need(inside, `axis ${axis} is outside of rank ${rank}`);
    return at;
  }

  /** Dimension numbers of x; all of them where none is given. */
  axes(name: string, x: Instruction): number[] {
    const rank = rankOf(x);
    const given = this.optionalNumbers(name);
    if (!given) return dimsOf(x).map((_, k) => k);
    return [...new Set(given.map((a) => this.axis(a, rank)))].sort((a, b) => a - b);
  }
}

const formats = ['nhwc', 'nchw', 'nwc', 'ncw', 'ndhwc', 'ncdhw'] as const;

function startOf({ inputIndexStart = 0 }: InputParam, count: number): number {
  return inputIndexStart < 0 ? inputIndexStart + count : inputIndexStart;
}

/** `node "conv1" (Conv2D)`. */
export function describeNode(node: GraphNode): string {
  return `node "${node.name}" (${node.op})`;
}
