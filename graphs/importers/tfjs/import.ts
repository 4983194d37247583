/**
 * tfjs GraphModels (model.json and its weights) to HLO modules. The inputs of the signature become
 * parameters, its outputs the result (a tuple if there are several), both in the order of the file.
 */

import { ModuleBuilder } from '../../build/builder.ts';
import { ownOf } from '../../ir/by-name.ts';
import { fail, inFile } from '../../ir/diagnostic.ts';
import type { Module } from '../../ir/module.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../ir/shape.ts';
import { shellWord } from '../../text/shell-word.ts';
import { Hlo, type SharedState } from '../lowering/hlo.ts';
import { prune } from '../lowering/prune.ts';
import { GraphLowering } from './graph-lowering.ts';
import { type ModelJson, nodeNameOf, readModelJson, shapeOf } from './model-json.ts';
import { elementTypeOf, type GraphNode, readGraph, type TfGraph } from './read-graph.ts';

/** A GraphModel in memory: the caller reads the files and joins the shards. */
export interface TfjsSource {
  /** The parsed document, or its text. */
  readonly modelJson: unknown;
  /** All shards joined in the order of `weightPaths`. */
  readonly weights: Uint8Array;
  /** Name of the file, for error messages. */
  readonly file?: string;
  /** Sizes of inputs, by the signature's key or the node's name. */
  readonly dims?: Readonly<Record<string, readonly number[]>>;
  /** Told what is assumed. */
  readonly onNote?: (note: string) => void;
}

/** Elements of one input; more is surely a damaged model. */
const maxInputElements = 2 ** 28;

/**
 * The module of a GraphModel. A batch size that is left open becomes 1 unless `dims` says otherwise.
 *
 * @throws AssayError `tfjs/…` naming the node, its op and what would help.
 */
export function importTfjs(source: TfjsSource): Module {
  try {
    return lowered(source);
  } catch (error) {
    throw source.file === undefined ? error : inFile(error, source.file);
  }
}

/** The weight files that a model.json names, in order; relative to its folder. */
export function weightPaths(modelJson: unknown): readonly string[] {
  return readModelJson(modelJson).paths;
}

function lowered(source: TfjsSource): Module {
  const model = readModelJson(source.modelJson);
  const graph = readGraph(model, source.weights);
  const inputs = inputsOf(model, graph);
  for (const name of Object.keys(source.dims ?? {})) checkKnown(name, inputs);
  const builder = new ModuleBuilder('tfjs');
  const module = builder.entry((b) => {
    const shared: SharedState = {
      module: builder,
      names: new Set(['main']),
      reducers: new Map(),
      spent: { elements: 0 },
    };
    const h = new Hlo(shared, b);
    const lowering = new GraphLowering(h, graph);
    for (const input of inputs) {
      const shape = inputShape(input, source);
      lowering.bind(input.node.name, h.parameter(identifier(input.key), shape));
    }
    const outputs = outputsOf(model, graph).map((name) => lowering.value(name));
    return outputs.length === 1 ? outputs[0]! : h.tuple(outputs);
  });
  return prune(module);
}

interface Input {
  readonly key: string;
  readonly node: GraphNode;
  /** From the node, else from the signature. */
  readonly dims: readonly number[] | undefined;
}

/** The signature's inputs, then placeholders that it does not name. */
function inputsOf(model: ModelJson, graph: TfGraph): readonly Input[] {
  const named = model.inputs.map((entry): Input => {
    const node = graph.nodes.get(nodeNameOf(entry.name));
    if (!node) return fail('tfjs/malformed', `the signature's input "${entry.key}" is no node`);
    return { key: entry.key, node, dims: declaredShape(node) ?? entry.shape };
  });
  const known = new Set(named.map((i) => i.node.name));
  if (known.size < named.length) fail('tfjs/malformed', 'two inputs of the signature are one node');
  const rest = [...graph.nodes.values()].filter((n) => n.op === 'Placeholder');
  const others = rest.filter((n) => !known.has(n.name));
  return [...named, ...others.map((node) => ({ key: node.name, node, dims: declaredShape(node) }))];
}

function declaredShape(node: GraphNode): readonly number[] | undefined {
  const attr = node.rawAttrs?.shape as { readonly shape?: unknown } | undefined;
  return shapeOf(attr?.shape);
}

function outputsOf(model: ModelJson, graph: TfGraph): readonly string[] {
  const names = model.outputs.length ? model.outputs.map((o) => o.name) : graph.sinks;
  return names.length ? names : fail('tfjs/malformed', 'the model has no output');
}

function checkKnown(name: string, inputs: readonly Input[]): void {
  if (inputs.some((i) => i.key === name || i.node.name === name)) return;
  const known = inputs.map((i) => i.key).join(', ');
  fail('tfjs/no-input', `the model has no input "${name}"; it has ${known}`);
}

function inputShape({ key, node, dims }: Input, source: TfjsSource): ArrayShape {
  const dtype = node.attrParams.dtype?.value ?? 'float32';
  const type = elementTypeOf(dtype) ?? fail('tfjs/unsupported', `input "${key}" holds ${dtype}`);
  const given = ownOf(source.dims ?? {}, key) ?? ownOf(source.dims ?? {}, node.name);
  const shape = arrayShape(type, given ? fitted(key, given, dims) : closed(key, dims, source));
  if (shape.dims.some((d) => d < 0) || elementCount(shape) > maxInputElements) {
    fail('tfjs/too-large', `input "${key}" of shape [${shape.dims}] has too many elements`);
  }
  return shape;
}

/** The sizes given, where they agree with those that the model fixes. */
function fitted(
  key: string,
  given: readonly number[],
  dims: readonly number[] | undefined,
): readonly number[] {
  const fits = !dims || (dims.length === given.length && dims.every(agrees));
  function agrees(d: number, k: number): boolean {
    return d === -1 || d === given[k];
  }
  if (fits) return given;
  const open = dims.map((d) => (d === -1 ? '?' : d)).join('x');
  return fail('tfjs/bad-shape', `input "${key}" is ${open}; ${given.join('x')} does not fit`);
}

/** The sizes of the model, an open batch size taken as 1. */
function closed(
  key: string,
  dims: readonly number[] | undefined,
  { onNote }: TfjsSource,
): readonly number[] {
  const remedy = `give its sizes (--refine ${shellWord(`${key}=${openText(dims)}`)})`;
  if (!dims) return fail('tfjs/dynamic', `input "${key}" has no shape; ${remedy}`);
  if (dims.slice(1).includes(-1)) {
    const open = dims.map((d) => (d === -1 ? '?' : d)).join('x');
    return fail('tfjs/dynamic', `input "${key}" is ${open}; ${remedy}`);
  }
  if (dims[0] !== -1) return dims;
  onNote?.(`the batch size of input "${key}" is open and taken as 1; --refine sets another`);
  return [1, ...dims.slice(1)];
}

function openText(dims: readonly number[] | undefined): string {
  return (dims ?? [1, 224, 224, 3]).map((d, k) => (d === -1 ? (k ? 224 : 1) : d)).join('x');
}

/** A name that HLO text can hold. */
function identifier(name: string): string {
  const plain = name.replace(/[^\w.-]+/g, '_').replace(/^[^A-Za-z_]+/, '');
  return plain || 'input';
}
