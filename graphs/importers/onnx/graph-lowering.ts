/**
 * Lowering a graph: its names bound to HLO instructions, node after node by the op tables, with
 * functions expanded and subgraphs lowered in place or into computations of their own.
 */
import { AssayError, fail } from '../../ir/diagnostic.ts';
import type { Instruction } from '../../ir/module.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../ir/shape.ts';
import type { Hlo } from '../lowering/hlo.ts';
import { describeNode, NodeContext, type Surroundings } from './node-context.ts';
import { opTables } from './ops/table.ts';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, ValueInfo } from './schema.ts';
import {
  type ExternalReader,
  elementTypeOf,
  tensorOfProto,
  tensorOfSparse,
} from './tensor-data.ts';

/** What all graphs of a model share while they are lowered. */
export interface ModelContext {
  /** Opset versions by domain; the standard domain is the empty string. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Functions of the model by `domain:name`. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly external?: ExternalReader;
  /** Hears what was assumed. */
  readonly onNote?: (note: string) => void;
  /** What has been lowered so far: functions that call functions grow exponentially. */
  readonly budget: { nodes: number; depth: number };
}

const maxNodes = 100_000;
const maxDepth = 48;

type Nodes = Pick<GraphProto, 'node'> & Partial<GraphProto>;

/**
 * One graph or function body; names that it does not define are looked up in the graphs around it.
 */
export class GraphLowering {
  readonly h: Hlo;
  private readonly context: ModelContext;
  private readonly graph: Nodes;
  private readonly outer: GraphLowering | undefined;
  private readonly values = new Map<string, Instruction>();
  private readonly parameters: Map<number, string>;

  constructor(context: ModelContext, h: Hlo, graph: Nodes, outer?: GraphLowering) {
    this.context = context;
    this.h = h;
    this.graph = graph;
    this.outer = outer;
    this.parameters = outer && outer.h === h ? outer.parameters : new Map();
  }

  bind(name: string, value: Instruction): void {
    this.values.set(name, value);
  }

  bindParameter(name: string, value: Instruction): void {
    this.parameters.set(value.id, name);
    this.bind(name, value);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  bindInitializers(): void {
    const { initializer = [], sparseInitializer = [] } = this.graph;
    for (const t of initializer) {
      this.bind(t.name ?? '', this.h.constant(tensorOfProto(t, this.context.external)));
    }
    for (const t of sparseInitializer) {
      this.bind(t.values?.name ?? '', this.h.constant(tensorOfSparse(t, this.context.external)));
    }
  }

  /** Lowers all nodes; the graph's outputs in order. */
  run(): Instruction[] {
    const { budget } = this.context;
    if (budget.depth >= maxDepth) fail('onnx/too-deep', `graphs nest deeper than ${maxDepth}`);
    budget.depth++;
    try {
      for (const node of this.graph.node) this.lower(node);
    } finally {
      budget.depth--;
    }
    return (this.graph.output ?? []).map((o) => this.output(o));
  }

  private output({ name = '' }: ValueInfo): Instruction {
    return (
      this.lookup(name) ?? fail('onnx/undefined', `the graph's output "${name}" is never produced`)
    );
  }

  lookup(name: string): Instruction | undefined {
    const own = this.values.get(name);
    if (own || !this.outer || this.outer.h !== this.h) return own;
    return this.outer.lookup(name);
  }

  private lower(node: NodeProto): void {
    const { budget, opsets } = this.context;
    if (++budget.nodes > maxNodes) fail('onnx/too-large', `more than ${maxNodes} nodes`);
    const domain = !node.domain || node.domain === 'ai.onnx' ? '' : node.domain;
    const opset = opsets.get(domain) ?? 1;
    try {
      this.dispatch(node, domain, opset);
    } catch (error) {
      throw named(error, node, opset);
    }
  }

  private dispatch(node: NodeProto, domain: string, opset: number): void {
    const inputs = node.input.map((name) => (name ? this.operand(name) : undefined));
    const type = node.opType ?? '';
    const local = this.context.functions.get(`${domain}:${type}`);
    if (local) {
      this.assign(node, this.expand(local, node, inputs));
      return;
    }
    const tables = opTables[domain];
    const row = tables && Object.hasOwn(tables, type) ? tables[type] : undefined;
    const c = new NodeContext(this.h, node, opset, inputs, this.surroundings());
    if (!row) {
      c.refuse('this op is not supported; is the model that defines it complete?', unknownOp);
      return;
    }
    const metadata = `{op_type="${plainText(type)}" op_name="${plainText(node.name ?? '')}"}`;
    this.h.extras = { metadata };
    const result = row(c);
    this.assign(node, Array.isArray(result) ? result : [result as Instruction]);
  }

  private operand(name: string): Instruction {
    const why = 'is used before it is produced; the graph is cyclic, unsorted or incomplete';
    return this.lookup(name) ?? fail('onnx/undefined', `value "${name}" ${why}`);
  }

  private assign(node: NodeProto, results: readonly (Instruction | undefined)[]): void {
    for (const [k, name] of node.output.entries()) {
      if (!name) continue;
      const value = results[k] ?? fail('onnx/unsupported', `output ${k} is not modelled`);
      if (this.values.has(name)) fail('onnx/malformed', `value "${name}" is produced twice`);
      this.bind(name, value);
    }
  }

  /** A function of the model, its nodes in place of the call. */
  private expand(
    f: FunctionProto,
    node: NodeProto,
    inputs: readonly (Instruction | undefined)[],
  ): readonly Instruction[] {
    const opsets = new Map(this.context.opsets);
    for (const o of f.opsetImport) opsets.set(o.domain ?? '', Number(o.version ?? 0n));
    const given = new Map<string, AttributeProto>();
    for (const a of [...f.attributeProto, ...node.attribute]) given.set(a.name ?? '', a);
    const output = f.output.map((name) => ({ name }));
    const graph = { node: f.node.map((n) => resolveAttributes(n, given)), output };
    const inner = new GraphLowering({ ...this.context, opsets }, this.h, graph);
    for (const [k, value] of inputs.entries()) if (value) inner.bind(f.input[k] ?? '', value);
    for (const [id, name] of this.parameters) inner.parameters.set(id, name);
    return inner.run();
  }

  private surroundings(): Surroundings {
    return {
      inputsOf: (x) => this.inputsOf(x),
      assume: (what) => this.context.onNote?.(what),
      lookup: (name) => this.lookup(name),
      siblings: () => this.graph.node,
      declared: (name) => this.declaredShape(name),
      inline: (h, graph, args) => this.subgraph(h, graph, args, new Map()),
      captures: (graph) => this.captures(graph),
      isolated: (h, graph, args, captured) => this.subgraph(h, graph, args, captured),
    };
  }

  private subgraph(
    h: Hlo,
    graph: GraphProto,
    args: readonly Instruction[],
    captured: ReadonlyMap<string, Instruction>,
  ): readonly Instruction[] {
    const inner = new GraphLowering(this.context, h, graph, this);
    for (const [name, value] of captured) inner.bind(name, value);
    inner.bindInitializers();
    for (const [k, input] of graph.input.entries()) inner.bind(input.name ?? '', args[k]!);
    return inner.run();
  }

  private captures(graph: GraphProto): ReadonlyMap<string, Instruction> {
    const found = new Map<string, Instruction>();
    for (const name of freeNames(graph)) {
      const value = this.lookup(name);
      if (value) found.set(name, value);
    }
    return found;
  }

  private inputsOf(x: Instruction): readonly string[] {
    return this.h.parametersUnder(x).flatMap((id) => this.parameters.get(id) ?? []);
  }

  private declaredShape(name: string): ArrayShape | undefined {
    const { valueInfo = [], output = [] } = this.graph;
    const info = [...output, ...valueInfo].find((v) => v.name === name)?.type?.tensorType;
    const dims = info?.shape?.dim.map((d) => d.dimValue);
    if (!info || !dims || dims.includes(undefined)) return undefined;
    const shape = arrayShape(elementTypeOf(info.elemType, `value "${name}"`), dims.map(Number));
    return elementCount(shape) < 2 ** 31 ? shape : undefined;
  }
}

const unknownOp = 'onnx/unsupported-op';

/** Names that a graph uses but does not define. */
export function freeNames(graph: GraphProto): readonly string[] {
  const own = new Set<string>();
  const free = new Set<string>();
  for (const v of [...graph.input, ...graph.initializer]) own.add(v.name ?? '');
  for (const node of graph.node) {
    const inner = node.attribute.flatMap((a) => [...(a.g ? [a.g] : []), ...a.graphs]);
    for (const name of [...node.input, ...inner.flatMap(freeNames)]) {
      if (name && !own.has(name)) free.add(name);
    }
    for (const name of node.output) own.add(name);
  }
  for (const { name = '' } of graph.output) if (!own.has(name)) free.add(name);
  return [...free];
}

/** The node with the attributes that refer to those of the call filled in, subgraphs included. */
function resolveAttributes(node: NodeProto, given: ReadonlyMap<string, AttributeProto>): NodeProto {
  const attribute = node.attribute.flatMap((a): AttributeProto[] => {
    if (a.refAttrName) {
      const value = given.get(a.refAttrName);
      return value ? [{ ...value, name: a.name ?? '' }] : [];
    }
    if (!a.g) return [a];
    return [{ ...a, g: { ...a.g, node: a.g.node.map((n) => resolveAttributes(n, given)) } }];
  });
  return { ...node, attribute };
}

/**
 * The error with the node named. A row that comes upon something undefined or out of range was
 * given a node that its op does not allow: rows check what gives wrong values, not every count.
 */
function named(error: unknown, node: NodeProto, opset: number): unknown {
  if (error instanceof AssayError) {
    if (error.message.startsWith('node "')) return error;
    const message = `${describeNode(node, opset)}: ${error.message}`;
    return new AssayError({ ...error.diagnostic, message }, error.blame);
  }
  if (!(error instanceof TypeError || error instanceof RangeError)) return error;
  const why = `does not fit the definition of its op (${error.message})`;
  return new AssayError({ code: 'onnx/bad-node', message: `${describeNode(node, opset)} ${why}` });
}

function plainText(text: string): string {
  return text.replace(/["\\\n]/g, '_');
}
