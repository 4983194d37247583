/**
 * Lowering a mapped graph: from the outputs back to what they need, operands first, each node by
 * its row. The walk keeps its own stack, so depth is bounded by the file alone, and a cycle ends it.
 */
import { AssayError, fail } from '../../ir/diagnostic.ts';
import type { Instruction } from '../../ir/module.ts';
import { type Hlo, product, shapeOf } from '../lowering/hlo.ts';
import { nodeNameOf } from './model-json.ts';
import { describeNode, NodeContext } from './node-context.ts';
import { lowerTable, refusal } from './ops/table.ts';
import type { GraphNode, TfGraph } from './read-graph.ts';

type Results = readonly (Instruction | undefined)[];

/** Lowers what is asked for and what that needs; what no output reads is never looked at. */
export class GraphLowering {
  private readonly h: Hlo;
  private readonly graph: TfGraph;
  private readonly results = new Map<string, Results>();

  constructor(h: Hlo, graph: TfGraph) {
    this.h = h;
    this.graph = graph;
  }

  /** Gives a placeholder its value. */
  bind(name: string, value: Instruction): void {
    this.results.set(name, [value]);
  }

  /** The value that a reference (`node` or `node:index`) stands for. */
  value(reference: string): Instruction {
    this.lowerAll(nodeNameOf(reference));
    return this.lookup(reference);
  }

  private lookup(reference: string): Instruction {
    const index = Number(/:(\d+)$/.exec(reference)?.[1] ?? 0);
    const found = this.results.get(nodeNameOf(reference))?.[index];
    if (found) return found;
    const node = this.graph.nodes.get(nodeNameOf(reference))!;
    return fail('tfjs/unsupported', `${describeNode(node)}: its output ${index} is not modelled`);
  }

  private lowerAll(root: string): void {
    const open = new Set<string>();
    const stack = [root];
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      if (this.results.has(name)) {
        stack.pop();
      } else if (open.delete(name)) {
        this.results.set(name, this.lower(this.graph.nodes.get(name)!));
      } else {
        const node = this.graph.nodes.get(name) ?? unknownNode(name);
        refuseUnknown(node);
        open.add(name);
        stack.push(...this.needed(node, open));
      }
    }
  }

  /** Nodes to be lowered before this one; none of them may be waiting for it. */
  private needed(node: GraphNode, open: ReadonlySet<string>): readonly string[] {
    const names = new Set(node.inputNames.map(nodeNameOf));
    const needed = [...names].filter((name) => !this.results.has(name));
    const loop = needed.find((name) => open.has(name));
    if (loop === undefined) return needed;
    const message = `it depends on its own result through "${loop}"`;
    return fail('tfjs/cycle', `${describeNode(node)}: ${message}`);
  }

  private lower(node: GraphNode): Results {
    const operands = node.op === 'NoOp' ? [] : node.inputNames;
    const metadata = `{op_type="${escaped(node.op)}" op_name="${escaped(node.name)}"}`;
    this.h.extras = { metadata };
    try {
      return this.dispatch(
        node,
        operands.map((name) => this.lookup(name)),
      );
    } catch (error) {
      throw named(error, node);
    } finally {
      this.h.extras = {};
    }
  }

  private dispatch(node: GraphNode, inputs: readonly Instruction[]): Results {
    if (node.op === 'Const') return [this.constant(node)];
    if (node.op === 'NoOp') return [];
    const c = new NodeContext(this.h, node, inputs);
    const result = lowerTable[node.op]!(c);
    const all: Results = Array.isArray(result) ? result : [result as Instruction];
    for (const x of all) if (x) checkSize(c, x);
    return all;
  }

  private constant(node: GraphNode): Instruction {
    const value = this.graph.weights.get(node.name);
    if (value) return this.h.constant(value);
    const message = `${describeNode(node)}: the weights hold no value of this name`;
    return fail('tfjs/weights', `${message}; is an entry of weightsManifest missing?`);
  }
}

/** Before what it needs: the loops of TF1 are cycles of ops that are told by their names. */
function refuseUnknown(node: GraphNode): void {
  const { op } = node;
  if (op === 'Const' || op === 'NoOp' || Object.hasOwn(lowerTable, op)) return;
  fail('tfjs/unsupported', `${describeNode(node)}: ${refusal(op)}`);
}

/** Elements and dimensions of one value; what is larger can neither be run nor be meant. */
const maxElements = 2 ** 40;
const maxRank = 64;

function checkSize(c: NodeContext, x: Instruction): void {
  const { dims } = shapeOf(x);
  if (dims.length > maxRank) c.refuse(`its result has ${dims.length} dimensions`, 'tfjs/too-large');
  if (product(dims) <= maxElements) return;
  c.refuse(`its result of shape [${dims}] has too many elements`, 'tfjs/too-large');
}

function unknownNode(name: string): never {
  return fail('tfjs/malformed', `the signature names "${name}", which no node computes`);
}

/** The same error with the node named; one that shapes caused has a code of this format. */
function named(error: unknown, node: GraphNode): unknown {
  if (!(error instanceof AssayError)) return error;
  const { diagnostic, blame } = error;
  const code = diagnostic.code.startsWith('tfjs/') ? diagnostic.code : 'tfjs/bad-node';
  const placed = diagnostic.message.startsWith('node "');
  const message = placed ? diagnostic.message : `${describeNode(node)}: ${diagnostic.message}`;
  return new AssayError({ ...diagnostic, code, message }, blame);
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/[^ -~]/g, '?');
}
