/**
 * What the lowering of one ONNX node sees: its inputs as HLO instructions, its attributes by type,
 * the opset version, the values that must be known, and how to refuse with the node named.
 */
import { AssayError, type Diagnostic, type ErrorCode, fail } from '../../ir/diagnostic.ts';
import type { Instruction } from '../../ir/module.ts';
import type { ArrayShape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { dimsOf, type Hlo, rankOf, typeOf } from '../lowering/hlo.ts';
import type { AttributeProto, GraphProto, NodeProto } from './schema.ts';

/** Thrown where a value must be known; names the graph inputs that it depends on. */
export class NeedsConstant extends AssayError {
  readonly inputs: readonly string[];
  constructor(diagnostic: Diagnostic, inputs: readonly string[]) {
    super(diagnostic);
    this.inputs = inputs;
  }
}

/** Lowers one node; the result is one value an output, undefined for one that is not modelled. */
export type Lower = (c: NodeContext) => Instruction | readonly (Instruction | undefined)[];

/** One row an op. */
export type LowerTable = Readonly<Record<string, Lower>>;

/** How a node reaches the graph around it. */
export interface Surroundings {
  /** Tells the user what was assumed. */
  assume(what: string): void;
  /** Names of the graph inputs that an instruction depends on. */
  inputsOf(x: Instruction): readonly string[];
  /** The value of a name here, if there is one. */
  lookup(name: string): Instruction | undefined;
  /** The nodes of the graph that the node stands in. */
  siblings(): readonly NodeProto[];
  /** Shape that the graph declares for a value name, if it is static. */
  declared(name: string): ArrayShape | undefined;
  /** Lowers a subgraph in place, its inputs bound to values; gives its outputs. */
  inline(h: Hlo, graph: GraphProto, args: readonly Instruction[]): readonly Instruction[];
  /** Names that a subgraph takes from around it, with the values that they have here. */
  captures(graph: GraphProto): ReadonlyMap<string, Instruction>;
  /** As `inline`, in a computation of its own, with what it captures handed over by name. */
  isolated(
    h: Hlo,
    graph: GraphProto,
    args: readonly Instruction[],
    captured: ReadonlyMap<string, Instruction>,
  ): readonly Instruction[];
}

/** One node while its row lowers it; its errors name the node and the op. */
export class NodeContext {
  readonly h: Hlo;
  readonly node: NodeProto;
  /** Opset version of the node's domain. */
  readonly opset: number;
  /** Undefined for an optional input that is left out. */
  readonly inputs: readonly (Instruction | undefined)[];
  readonly around: Surroundings;

  constructor(
    h: Hlo,
    node: NodeProto,
    opset: number,
    inputs: readonly (Instruction | undefined)[],
    around: Surroundings,
  ) {
    this.h = h;
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
    this.around = around;
  }

  /** A required input. */
  input(k: number): Instruction {
    return this.inputs[k] ?? this.refuse(`input ${k} is missing`, 'onnx/bad-node');
  }

  /** Inputs from place k on, none of them left out. */
  rest(k = 0): Instruction[] {
    return this.inputs.slice(k).map((_, n) => this.input(k + n));
  }

  /** Whether an output is named, and so wanted. */
  wants(k: number): boolean {
    return !!this.node.output[k];
  }

  /** The static shape declared for an output, if any. */
  declared(k: number): ArrayShape | undefined {
    const name = this.node.output[k];
    return name ? this.around.declared(name) : undefined;
  }

  /** Fails with the node, the op and the opset named. */
  refuse(why: string, code: ErrorCode = 'onnx/unsupported'): never {
    return fail(code, `${describeNode(this.node, this.opset)}: ${why}`);
  }

  need(holds: boolean, why: string): void {
    if (!holds) this.refuse(why, 'onnx/bad-node');
  }

  attr(name: string): AttributeProto | undefined {
    return this.node.attribute.find((a) => a.name === name);
  }

  int(name: string): number | undefined;
  int(name: string, fallback: number): number;
  int(name: string, fallback?: number): number | undefined {
    const a = this.attr(name);
    return a ? Number(a.i ?? 0n) : fallback;
  }

  flag(name: string, fallback = false): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0;
  }

  float(name: string): number | undefined;
  float(name: string, fallback: number): number;
  /** Attributes are f32, and so are their defaults. */
  float(name: string, fallback?: number): number | undefined {
    const a = this.attr(name);
    return a ? (a.f ?? 0) : fallback && Math.fround(fallback);
  }

  string(name: string, fallback: string): string {
    const s = this.attr(name)?.s;
    return s ? new TextDecoder().decode(s) : fallback;
  }

  /** One of a list of words; any other is refused. */
  word<W extends string>(name: string, fallback: W, allowed: readonly W[]): W {
    const s = this.string(name, fallback) as W;
    return allowed.includes(s) ? s : this.refuse(`${name}="${s}" is none of ${allowed.join(', ')}`);
  }

  ints(name: string): number[] | undefined {
    return this.attr(name)?.ints.map(Number);
  }

  floats(name: string): readonly number[] | undefined {
    return this.attr(name)?.floats;
  }

  strings(name: string): string[] | undefined {
    return this.attr(name)?.strings.map((s) => new TextDecoder().decode(s));
  }

  graph(name: string): GraphProto {
    return this.attr(name)?.g ?? this.refuse(`the subgraph ${name} is missing`, 'onnx/bad-node');
  }

  /** The value of an input that must be known; undefined where the input is left out. */
  value(k: number): Tensor | undefined {
    const x = this.inputs[k];
    return x && this.knownOf(x, `"${this.node.input[k]}"`);
  }

  /** Tells the user what was assumed in lowering this node. */
  assume(what: string): void {
    this.around.assume(`${describeNode(this.node, this.opset)}: ${what}`);
  }

  /** The value of an instruction that must be known. */
  knownOf(x: Instruction, what: string): Tensor {
    const known = this.h.known(x);
    if (known) return known;
    const inputs = this.around.inputsOf(x);
    const on = inputs.length > 0 ? ` (it depends on the input ${inputs.join(', ')})` : '';
    const why = `${what} must be known when the model is imported${on}`;
    const remedy = 'make it an initializer, or fix the value of the input';
    const message = `${describeNode(this.node, this.opset)}: ${why}; ${remedy}`;
    throw new NeedsConstant({ code: 'onnx/needs-constant', message }, inputs);
  }

  /** As `value`, as numbers. */
  numbers(k: number): number[] | undefined {
    const t = this.value(k);
    return t && Array.from(t.data as ArrayLike<number | bigint>, Number);
  }

  /** As `numbers`, of an input that must be given. */
  list(k: number): number[] {
    this.input(k);
    return this.numbers(k)!;
  }

  /** As `axes`, where one of the two must be given. */
  axesOf(name: string, k: number): number[] {
    return this.axes(name, k) ?? this.refuse(`${name} is missing`, 'onnx/bad-node');
  }

  /** Integers from an attribute in older opsets, from an input in newer ones. */
  axes(name: string, k: number): number[] | undefined {
    return this.ints(name) ?? this.numbers(k);
  }

  /** A dimension number from 0, given one that may count from the end. */
  axis(axis: number, rank = rankOf(this.input(0))): number {
    const at = axis < 0 ? axis + rank : axis;
    this.need(at >= 0 && at < Math.max(rank, 1), `axis ${axis} is outside of rank ${rank}`);
    return at;
  }

  /** Sizes of a required input. */
  dims(k: number): readonly number[] {
    return dimsOf(this.input(k));
  }

  type(k: number) {
    return typeOf(this.input(k));
  }
}

/** `node "conv1" (Conv, opset 11)`. */
export function describeNode(node: NodeProto, opset: number): string {
  const name = node.name || node.output.find((o) => o) || '?';
  const domain = node.domain ? `${node.domain}.` : '';
  return `node "${name}" (${domain}${node.opType ?? '?'}, opset ${opset})`;
}
