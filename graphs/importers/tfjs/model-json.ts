/**
 * A tfjs GraphModel's model.json, checked before anything is made of it: the topology's nodes with
 * their inputs, and the weights with the bytes that each takes. What a hostile file can break ends
 * here, with the node or the weight named.
 */
import { byName } from '../../ir/by-name.ts';
import { fail } from '../../ir/diagnostic.ts';

/** A NodeDef of a GraphDef: its inputs are `node` or `node:index`; those of control are left out. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

/** An entry of the weights manifest; with `quantization` the bytes are of that type. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

/** One input or output of the signature. */
export interface SignatureEntry {
  readonly key: string;
  /** Node name, with `:index` where it has one. */
  readonly name: string;
  readonly shape: readonly number[] | undefined;
}

/** What was checked of model.json; `paths` are the shards in the order of their bytes. */
export interface ModelJson {
  readonly nodes: readonly NodeDef[];
  /** The topology as it stands in the file. */
  readonly topology: Readonly<Record<string, unknown>>;
  readonly weights: readonly WeightSpec[];
  readonly paths: readonly string[];
  readonly inputs: readonly SignatureEntry[];
  readonly outputs: readonly SignatureEntry[];
}

type Json = Readonly<Record<string, unknown>>;

const maxNodes = 200_000;
/** Inputs of one node. */
const maxInputs = 2 ** 14;
const maxRank = 64;
/** Elements of one weight; what is larger does not fit a file that could be read. */
const maxElements = 2 ** 31;

/** The checked model. Throws AssayError `tfjs/malformed` or `tfjs/unsupported-model`. */
export function readModelJson(source: unknown): ModelJson {
  const json = record(typeof source === 'string' ? parse(source) : source, 'the model');
  if (json.format === 'layers-model' || (json.modelTopology && isLayers(json.modelTopology))) {
    const remedy = 'convert it with --output_format=tfjs_graph_model';
    fail('tfjs/unsupported-model', `this is a layers model, not a graph model; ${remedy}`);
  }
  const topology = record(json.modelTopology, 'modelTopology');
  const nodes = list(topology.node, 'modelTopology.node').map(nodeOf);
  if (nodes.length > maxNodes) fail('tfjs/too-large', `more than ${maxNodes} nodes`);
  checkNames(nodes);
  const groups = list(json.weightsManifest ?? [], 'weightsManifest').map((g, k) =>
    record(g, `weightsManifest[${k}]`),
  );
  const metadata = json.userDefinedMetadata as Json | undefined;
  const signature = (metadata?.signature ?? json.signature ?? {}) as Json;
  return {
    nodes,
    topology,
    weights: groups.flatMap((g) => list(g.weights, 'weights').map(weightOf)),
    paths: groups.flatMap((g) => list(g.paths, 'paths').map((p) => text(p, 'a path of weights'))),
    inputs: entries(signature.inputs, 'inputs'),
    outputs: entries(signature.outputs, 'outputs'),
  };
}

const bytesPer: Readonly<Record<string, number>> = byName({
  float32: 4,
  int32: 4,
  complex64: 8,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
});

/** Checks that the weights fit the bytes that are there. */
export function checkWeights(weights: readonly WeightSpec[], available: number): void {
  let total = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    if (dtype === 'string') fail('tfjs/unsupported', `weight "${name}" holds strings`);
    const bytes = bytesPer[quantization?.dtype ?? dtype] ?? unknownType(name, dtype);
    total += bytes * shape.reduce((n, d) => n * d, 1);
    if (total > available) {
      const what = `weight "${name}" of shape [${shape}] ends at byte ${total}`;
      const remedy = 'is a shard missing or cut short?';
      fail('tfjs/weights', `${what}, but the shards hold ${available} bytes; ${remedy}`);
    }
  }
}

function unknownType(name: string, dtype: string): never {
  return fail('tfjs/weights', `weight "${name}" has the unknown type ${dtype}`);
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    return fail('tfjs/malformed', `model.json is no JSON: ${(error as Error).message}`);
  }
}

function isLayers(topology: unknown): boolean {
  return typeof topology === 'object' && topology !== null && 'model_config' in topology;
}

function nodeOf(value: unknown, k: number): NodeDef {
  const what = `node ${k}`;
  const node = record(value, what);
  const name = text(node.name, `the name of ${what}`);
  const inputs = list(node.input ?? [], `the inputs of node "${name}"`);
  if (inputs.length > maxInputs) {
    fail('tfjs/too-large', `node "${name}" has ${inputs.length} inputs; at most ${maxInputs}`);
  }
  return {
    name,
    op: text(node.op, `the op of node "${name}"`),
    input: inputs
      .map((input) => text(input, `an input of node "${name}"`))
      .filter((input) => !input.startsWith('^')),
    attr: checkedAttrs(node.attr ?? {}, name),
  };
}

function checkedAttrs(value: unknown, name: string): Json {
  const attrs = record(value, `the attributes of node "${name}"`);
  for (const [key, attr] of Object.entries(attrs)) {
    record(attr, `the attribute ${key} of node "${name}"`);
  }
  return attrs;
}

function checkNames(nodes: readonly NodeDef[]): void {
  const names = new Set(nodes.map((n) => n.name));
  if (names.has('__proto__')) fail('tfjs/malformed', 'a node is called __proto__');
  if (names.size < nodes.length) {
    const seen = new Set<string>();
    const twice = nodes.find(({ name }) => seen.size === seen.add(name).size);
    fail('tfjs/malformed', `two nodes are called "${twice!.name}"`);
  }
  for (const { name, input } of nodes) {
    const missing = input.find((i) => !names.has(nodeNameOf(i)));
    if (missing !== undefined) {
      fail('tfjs/malformed', `node "${name}" reads "${missing}", which no node computes`);
    }
  }
}

/** `conv` of `conv:0`. */
export function nodeNameOf(reference: string): string {
  return reference.split(':', 1)[0]!;
}

function weightOf(value: unknown): WeightSpec {
  const spec = record(value, 'a weight');
  const name = text(spec.name, 'the name of a weight');
  const shape = sizesOf(spec.shape, `the shape of weight "${name}"`).map((d) => {
    if (Number.isSafeInteger(d) && (d as number) >= 0) return d as number;
    return fail('tfjs/malformed', `weight "${name}" has a size of ${JSON.stringify(d)}`);
  });
  if (shape.reduce((n, d) => n * d, 1) > maxElements) {
    fail('tfjs/too-large', `weight "${name}" of shape [${shape}] has too many elements`);
  }
  const dtype = text(spec.dtype, `the type of weight "${name}"`);
  if (spec.quantization === undefined) return { name, shape, dtype };
  const quantization = record(spec.quantization, `the quantisation of weight "${name}"`);
  const quantized = text(quantization.dtype, `the quantised type of weight "${name}"`);
  return { name, shape, dtype, quantization: { ...quantization, dtype: quantized } };
}

function entries(value: unknown, what: string): readonly SignatureEntry[] {
  return Object.entries(record(value ?? {}, `the signature's ${what}`)).map(([key, entry]) => {
    const e = record(entry, `"${key}" of the signature`);
    return { key, name: text(e.name, `the name of "${key}"`), shape: shapeOf(e.tensorShape) };
  });
}

/** Sizes of a TensorShapeProto, -1 for an open one; undefined where there is none. */
export function shapeOf(value: unknown): readonly number[] | undefined {
  if (typeof value !== 'object' || value === null || 'unknownRank' in value) return undefined;
  const { dim } = value as { dim?: unknown };
  return sizesOf(dim ?? [], 'the sizes of a shape').map((d) => {
    const { size } = record(d, 'a size') as { size?: unknown };
    const n = Number(size ?? 0);
    return Number.isSafeInteger(n) && n >= -1 ? n : fail('tfjs/malformed', `${size} is no size`);
  });
}

function record(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  return fail('tfjs/malformed', `${what} is no JSON object; is this a tfjs model.json?`);
}

function sizesOf(value: unknown, what: string): readonly unknown[] {
  const sizes = list(value, what);
  if (sizes.length <= maxRank) return sizes;
  return fail('tfjs/too-large', `${what}: ${sizes.length} dimensions; at most ${maxRank}`);
}

function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail('tfjs/malformed', `${what}: a list is expected`);
}

function text(value: unknown, what: string): string {
  return typeof value === 'string' ? value : fail('tfjs/malformed', `${what} is no text`);
}
