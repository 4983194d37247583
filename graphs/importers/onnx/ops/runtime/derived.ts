/** One op as another with other operands and attributes: how ONNX Runtime's ops reuse ONNX's own. */
import type { Instruction } from '../../../../ir/module.ts';
import { NodeContext } from '../../node-context.ts';
import type { AttributeProto } from '../../schema.ts';

/** What the other op has in place of the node's own; what is absent stays the node's. */
export interface Derivation {
  readonly inputs?: readonly (Instruction | undefined)[];
  /** Attributes that replace those of the node: a number is an integer. */
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  /** Version of the standard domain whose meaning the op takes over. */
  readonly opset?: number;
  /** Names of the outputs, of which an empty one is not wanted. */
  readonly outputs?: readonly string[];
}

/** Recent enough for every op that is reused, and before the newest changed any. */
const usualOpset = 21;

/** The node as its op of the standard domain sees it. */
export function derived(c: NodeContext, d: Derivation): NodeContext {
  const replaced = Object.entries(d.attributes ?? {}).map(([name, v]) => attributeOf(name, v));
  const kept = c.node.attribute.filter((a) => !replaced.some((r) => r.name === a.name));
  const output = d.outputs ?? c.node.output;
  const node = { ...c.node, output, attribute: [...kept, ...replaced] };
  return new NodeContext(c.h, node, d.opset ?? usualOpset, d.inputs ?? c.inputs, c.around);
}

/** What a row of one output gives. */
export function single(result: Instruction | readonly (Instruction | undefined)[]): Instruction {
  return Array.isArray(result) ? result[0] : (result as Instruction);
}

function attributeOf(name: string, v: number | string | readonly number[]): AttributeProto {
  const none = { floats: [], ints: [], strings: [], graphs: [] };
  if (typeof v === 'number') return { ...none, name, i: BigInt(v) };
  if (typeof v === 'string') return { ...none, name, s: new TextEncoder().encode(v) };
  return { ...none, name, ints: v.map(BigInt) };
}
