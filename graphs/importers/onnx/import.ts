/**
 * ONNX models to HLO modules. Every input without an initialiser becomes a parameter, the outputs
 * the result (a tuple if there are several); nodes are lowered in order by the tables in ops/.
 */

import { ModuleBuilder } from '../../build/builder.ts';
import { ownOf } from '../../ir/by-name.ts';
import { fail, inFile } from '../../ir/diagnostic.ts';
import type { Instruction, Module } from '../../ir/module.ts';
import { type Pins, pinned } from '../../ir/pin.ts';
import { type ArrayShape, arrayShape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { shellWord } from '../../text/shell-word.ts';
import { Hlo, type SharedState } from '../lowering/hlo.ts';
import { prune } from '../lowering/prune.ts';
import { GraphLowering, type ModelContext } from './graph-lowering.ts';
import { NeedsConstant } from './node-context.ts';
import { decodeModel, type GraphProto, type ModelProto, type ValueInfo } from './schema.ts';
import { checkedDims, type ExternalReader, elementTypeOf } from './tensor-data.ts';

/** What the model leaves open, and what is beside its file. */
export interface OnnxOptions {
  /** Name of the file, for error messages. */
  readonly file?: string;
  /** Reads external data by the name that the model gives; the caller confines it to a folder. */
  readonly external?: ExternalReader;
  /** Sizes of symbolic dimensions. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Sizes of whole inputs, where the model leaves them open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Values of inputs; used only for inputs that shapes depend on, which are then constants. */
  readonly values?: Readonly<Record<string, Tensor>>;
  /** Names of inputs to fix at their `values` in any case. */
  readonly fixed?: readonly string[];
  /** Numbers that inputs are fixed to, before anything is lowered; see Pins. */
  readonly pins?: Pins;
  /** Makes every array that a node gives a result, by its name, in place of the graph's outputs. */
  readonly everyValue?: true;
  /** Hears what was assumed, for the user to read. */
  readonly onNote?: (note: string) => void;
}

/** The module, and the model's own names in the order of parameters and results. */
export interface OnnxModule {
  readonly module: Module;
  /** Names of the inputs that are parameters, in order; those that were fixed are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The module of an ONNX model.
 *
 * @throws AssayError `onnx/...` naming the node, the op, its opset and what would help.
 */
export function importOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Module {
  return importOnnxModel(bytes, options).module;
}

/** As `importOnnx`, with the names of inputs and outputs as the model writes them. */
export function importOnnxModel(bytes: Uint8Array, options: OnnxOptions = {}): OnnxModule {
  try {
    return importFixing(decodeModel(bytes), options, new Set(options.fixed));
  } catch (error) {
    throw options.file === undefined ? error : inFile(error, options.file);
  }
}

/** The names of sizes that a model's inputs leave open. */
export function symbolicSizes(bytes: Uint8Array, file: string): readonly string[] {
  try {
    const inputs = decodeModel(bytes).graph?.input ?? [];
    const dims = inputs.flatMap((i) => i.type?.tensorType?.shape?.dim ?? []);
    return [...new Set(dims.flatMap(({ dimParam }) => (dimParam ? [dimParam] : [])))];
  } catch (error) {
    throw inFile(error, file);
  }
}

/** Tries with the given inputs fixed; an input that proves to be needed is fixed too. */
function importFixing(
  model: ModelProto,
  options: OnnxOptions,
  fixed: ReadonlySet<string>,
): OnnxModule {
  try {
    return importOnce(model, options, fixed);
  } catch (error) {
    if (!(error instanceof NeedsConstant) || error.inputs.length === 0) throw error;
    const more = error.inputs.filter((name) => !fixed.has(name));
    if (more.length === 0 || more.some((name) => !options.values?.[name])) throw error;
    return importFixing(model, options, new Set([...fixed, ...more]));
  }
}

function importOnce(
  model: ModelProto,
  options: OnnxOptions,
  fixed: ReadonlySet<string>,
): OnnxModule {
  const graph =
    model.graph ?? fail('onnx/malformed', 'the file holds no graph; is it an ONNX model?');
  const context = modelContext(model, options);
  const builder = new ModuleBuilder(identifier(graph.name || 'onnx', 'onnx'));
  const inputs: string[] = [];
  let outputs = graph.output.map((o) => o.name ?? '');
  const module = builder.entry((b) => {
    const shared: SharedState = {
      module: builder,
      names: new Set(['main']),
      reducers: new Map(),
      spent: { elements: 0 },
    };
    const lowering = new GraphLowering(context, new Hlo(shared, b), graph);
    lowering.bindInitializers();
    checkPins(graph, options);
    for (const input of graph.input) {
      if (lowering.has(input.name ?? '')) continue;
      bindInput(lowering, input, options, fixed, inputs);
    }
    if (!options.everyValue) return rootOf(lowering, graph);
    const values = valuesOf(lowering, graph);
    outputs = [...values.keys()];
    return lowering.h.tuple([...values.values()]);
  });
  return { module: prune(module), inputs, outputs };
}

function bindInput(
  lowering: GraphLowering,
  input: ValueInfo,
  options: OnnxOptions,
  fixed: ReadonlySet<string>,
  parameters: string[],
): void {
  const name = input.name ?? '';
  const shape = inputShape(input, options);
  const value =
    pinOf(name, shape, options) ?? (fixed.has(name) ? options.values?.[name] : undefined);
  if (value) {
    lowering.bind(name, lowering.h.constant(value, identifier(name, 'fixed')));
    return;
  }
  const made = lowering.h.parameter(identifier(name, 'input'), shape);
  lowering.bindParameter(name, made);
  parameters.push(name);
}

function pinOf(name: string, shape: ArrayShape, { pins = {} }: OnnxOptions): Tensor | undefined {
  return Object.hasOwn(pins, name) ? pinned(name, shape, pins[name]!) : undefined;
}

/** Refuses pins of inputs that the graph does not have. */
function checkPins({ input }: GraphProto, { pins = {} }: OnnxOptions): void {
  for (const name of Object.keys(pins)) {
    if (input.some((i) => i.name === name)) continue;
    const known = input.map((i) => i.name).join(', ') || 'none';
    fail('input/unknown', `there is no input ${name} to set; there are: ${known}`);
  }
}

function rootOf(lowering: GraphLowering, graph: GraphProto): Instruction {
  const results = lowering.run();
  if (results.length === 0) fail('onnx/malformed', `graph "${graph.name ?? ''}" has no outputs`);
  results.forEach((x, k) => {
    const what = `output "${graph.output[k]?.name ?? k}" is a sequence`;
    if (x.shape.kind !== 'array')
      fail('onnx/unsupported-type', `${what}; only tensors are given back`);
  });
  return results.length === 1 ? results[0]! : lowering.h.tuple(results);
}

/** The arrays that the graph's own nodes give, by name. */
function valuesOf(lowering: GraphLowering, { node }: GraphProto): ReadonlyMap<string, Instruction> {
  lowering.run();
  const names = node.flatMap(({ output }) => output);
  const found = names.map((name) => [name, lowering.lookup(name)] as const);
  return new Map(found.flatMap(([name, x]) => (x?.shape.kind === 'array' ? [[name, x]] : [])));
}

function modelContext(model: ModelProto, options: OnnxOptions): ModelContext {
  const opsets = new Map(
    model.opsetImport.map((o) => [normalDomain(o.domain), Number(o.version ?? 0n)] as const),
  );
  const functions = new Map(
    model.functions.map((f) => [`${normalDomain(f.domain)}:${f.name ?? ''}`, f] as const),
  );
  return {
    opsets,
    functions,
    budget: { nodes: 0, depth: 0 },
    ...(options.external && { external: options.external }),
    ...(options.onNote && { onNote: options.onNote }),
  };
}

function normalDomain(domain: string | undefined): string {
  return !domain || domain === 'ai.onnx' ? '' : domain;
}

/**
 * The shape of an input, with the sizes that the options give.
 *
 * @throws AssayError `onnx/dynamic` where a size is open
 */
export function inputShape(input: ValueInfo, options: OnnxOptions): ArrayShape {
  const name = input.name ?? '';
  const what = `input "${name}"`;
  const type = input.type?.tensorType;
  if (!type) {
    const kind = (['sequenceType', 'optionalType', 'mapType', 'sparseTensorType'] as const).find(
      (k) => input.type?.[k],
    );
    const said = (kind ?? 'unknownType').replace('Type', '');
    return fail('onnx/unsupported-type', `${what} is of a ${said} type; only tensors import`);
  }
  const element = elementTypeOf(type.elemType, what);
  const given = ownOf(options.shapes ?? {}, name);
  if (given) return arrayShape(element, given);
  if (!type.shape) {
    const remedy = `give its sizes, e.g. --refine ${shellWord(`${name}=1x3`)} (shapes)`;
    return fail('onnx/dynamic', `${what} has no shape; ${remedy}`);
  }
  const dims = type.shape.dim.map((d, k) => {
    if (d.dimValue !== undefined && d.dimValue !== -1n) return d.dimValue;
    const size = d.dimParam === undefined ? undefined : ownOf(options.dims ?? {}, d.dimParam);
    if (size !== undefined) return BigInt(size);
    const symbol = d.dimParam ? `is "${d.dimParam}"` : 'is open';
    const remedy = d.dimParam
      ? `give it, e.g. --refine ${shellWord(`${d.dimParam}=1`)} (dims)`
      : `give all sizes, e.g. --refine ${shellWord(`${name}=1x3`)} (shapes)`;
    return fail('onnx/dynamic', `size ${k} of ${what} ${symbol}; ${remedy}`);
  });
  return arrayShape(element, checkedDims(dims, what));
}

/** A name that HLO text can hold. */
function identifier(name: string, otherwise: string): string {
  const plain = name.replace(/[^\w.-]+/g, '_').replace(/^[^A-Za-z_]+/, '');
  return plain || otherwise;
}
