/** An ONNX model and the inputs on which it shows a fault, as it is reduced: sizes fixed, data inside. */
import { createHash } from 'node:crypto';
import { protoOfTensor } from '../../../graphs/importers/onnx/encode-tensor.ts';
import {
  importOnnxModel,
  inputShape,
  type OnnxModule,
  type OnnxOptions,
} from '../../../graphs/importers/onnx/import.ts';
import { NeedsConstant } from '../../../graphs/importers/onnx/node-context.ts';
import {
  decodeModel,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfo,
} from '../../../graphs/importers/onnx/schema.ts';
import { tensorOfProto, typeNumberOf } from '../../../graphs/importers/onnx/tensor-data.ts';
import { AssayError, fail } from '../../../graphs/ir/diagnostic.ts';
import { entryOf, rootOf } from '../../../graphs/ir/module.ts';
import { pinned } from '../../../graphs/ir/pin.ts';
import { type ArrayShape, leafShapes } from '../../../graphs/ir/shape.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import type { GateInput } from '../../gate/job.ts';
import { countsOf, type Size } from '../reducible.ts';

/** A model and its inputs, by the model's names of them. */
export interface ModelSpecimen {
  readonly model: ModelProto;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/**
 * The specimen of a model file: sizes that it leaves open are those of the inputs, inputs that are fixed
 * are initialisers, and data beside the file lie in it.
 *
 * @param inputs by the names that the import gives
 * @throws AssayError where the model cannot be read
 */
export function modelSpecimen(
  bytes: Uint8Array,
  options: OnnxOptions,
  inputs: ReadonlyMap<string, Tensor>,
): ModelSpecimen {
  const model = withDataInside(decodeModel(bytes), options);
  const graph = model.graph ?? fail('onnx/malformed', 'the file holds no graph');
  const own = new Set(graph.initializer.map((t) => t.name));
  const fixed = graph.input.filter(({ name = '' }) => !inputs.has(name) && !own.has(name));
  const initializer = [...graph.initializer, ...fixed.map((input) => fixedInput(input, options))];
  const input = [...inputs].map(([name, { shape }]) => valueInfo(name, shape));
  const made = { ...graph, initializer, input, valueInfo: [] };
  const specimen = { model: { ...model, graph: made }, inputs };
  return settled(specimen) ?? fail('onnx/malformed', 'the model does not read back');
}

function fixedInput(input: ValueInfo, options: OnnxOptions): TensorProto {
  const { name = '' } = input;
  const pin = options.pins?.[name] ?? fail('onnx/input', `input "${name}" has no value`);
  return protoOfTensor(name, pinned(name, inputShape(input, options), pin));
}

/** A declaration of an array. */
export function valueInfo(name: string, { type, dims }: ArrayShape): ValueInfo {
  const elemType = typeNumberOf(type) ?? fail('onnx/unsupported-type', `ONNX has no ${type}`);
  const dim = dims.map((d) => ({ dimValue: BigInt(d) }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function withDataInside(model: ModelProto, { external }: OnnxOptions): ModelProto {
  const inside = (t: TensorProto) =>
    t.dataLocation === 1 ? protoOfTensor(t.name ?? '', tensorOfProto(t, external)) : t;
  const ofGraph = (graph: GraphProto): GraphProto => ({
    ...graph,
    initializer: graph.initializer.map(inside),
    node: graph.node.map(ofNode),
  });
  const ofNode = (node: NodeProto): NodeProto => ({
    ...node,
    attribute: node.attribute.map((a) => ({
      ...a,
      ...(a.t && { t: inside(a.t) }),
      ...(a.g && { g: ofGraph(a.g) }),
      graphs: a.graphs.map(ofGraph),
    })),
  });
  return model.graph ? { ...model, graph: ofGraph(model.graph) } : model;
}

/**
 * The specimen with its outputs declared, and inputs that sizes hang on made initialisers; undefined where
 * it is no model that can be read.
 */
export function settled(specimen: ModelSpecimen): ModelSpecimen | undefined {
  try {
    const { module, outputs } = importedModel(specimen);
    if (verifyModule(module).length) return undefined;
    const shapes = leafShapes(rootOf(entryOf(module)).shape);
    const output = outputs.map((name, k) => valueInfo(name, shapes[k] as ArrayShape));
    return withGraph(specimen, { output });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    if (!(error instanceof AssayError)) throw error;
    const names = error instanceof NeedsConstant ? error.inputs : [];
    return names.length ? settled(withInitializers(specimen, names)) : undefined;
  }
}

function withInitializers(
  { model, inputs }: ModelSpecimen,
  names: readonly string[],
): ModelSpecimen {
  const graph = graphOf({ model, inputs });
  const made = names.map((name) => protoOfTensor(name, inputs.get(name)!));
  const rest = new Map([...inputs].filter(([name]) => !names.includes(name)));
  const input = graph.input.filter(({ name = '' }) => rest.has(name));
  const initializer = [...graph.initializer, ...made];
  return { model: { ...model, graph: { ...graph, input, initializer } }, inputs: rest };
}

/** The model as a module. */
export function importedModel(specimen: ModelSpecimen, options: OnnxOptions = {}): OnnxModule {
  return importOnnxModel(encodeModel(specimen.model), options);
}

/** The model as a file. */
export function modelBytes({ model }: ModelSpecimen): Uint8Array {
  return encodeModel(model);
}

/** The graph of a specimen. */
export function graphOf({ model }: ModelSpecimen): GraphProto {
  return model.graph!;
}

/** The specimen with parts of its graph exchanged. */
export function withGraph(specimen: ModelSpecimen, parts: Partial<GraphProto>): ModelSpecimen {
  const { model } = specimen;
  return { ...specimen, model: { ...model, graph: { ...model.graph!, ...parts } } };
}

/** Whether a node is its own value: it comes with what reads it. */
export function isConstant({ opType, domain = '' }: NodeProto): boolean {
  return opType === 'Constant' && (domain === '' || domain === 'ai.onnx');
}

/** Counts nodes that are no constants, and numbers of inputs, initialisers and constants. */
export function modelSizeOf(specimen: ModelSpecimen): Size {
  const { node, initializer } = graphOf(specimen);
  const constants = node.filter(isConstant).flatMap((n) => n.attribute.flatMap((a) => a.t ?? []));
  const tensors = [...initializer, ...constants].map((t) => tensorOfProto(t));
  return {
    instructions: node.length - node.filter(isConstant).length,
    ...countsOf([...specimen.inputs.values(), ...tensors]),
  };
}

/** The specimen by its content. */
export function modelKeyOf({ model, inputs }: ModelSpecimen): string {
  const hash = createHash('sha256').update(encodeModel(model));
  for (const [name, { shape, data }] of inputs) {
    hash.update(`${name} ${shape.type}[${shape.dims}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** The model as a gate takes it, with its inputs as the one case. */
export function gateInputOf(specimen: ModelSpecimen): GateInput {
  const { module, inputs, outputs } = importedModel(specimen);
  const values = inputs.map((name) => specimen.inputs.get(name)!);
  return {
    ...{ module, names: { inputs, outputs }, bytes: encodeModel(specimen.model) },
    cases: [{ name: 'recorded', inputs: values, options: '--inputs inputs.safetensors' }],
  };
}
