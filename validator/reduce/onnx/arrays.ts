/** The arrays of a model: exchanged one by one, or made smaller along a dimension wherever it stands. */
import { protoOfTensor } from '../../../graphs/importers/onnx/encode-tensor.ts';
import type {
  AttributeProto,
  NodeProto,
  TensorProto,
} from '../../../graphs/importers/onnx/schema.ts';
import { tensorOfProto } from '../../../graphs/importers/onnx/tensor-data.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { tensor } from '../../../graphs/ir/tensor.ts';
import { type Resize, type Slot, sizeAfter } from '../reducible.ts';
import { leadingBlock } from '../values.ts';
import {
  graphOf,
  isConstant,
  type ModelSpecimen,
  settled,
  valueInfo,
  withGraph,
} from './model-specimen.ts';

/** The arrays of the inputs, then those of the initialisers. */
export function modelSlotsOf(specimen: ModelSpecimen): readonly Slot<ModelSpecimen>[] {
  const { initializer } = graphOf(specimen);
  const ofInputs = [...specimen.inputs].map(([name, own], k) => ({
    what: `input ${k}`,
    tensor: own,
    with: (t: Tensor) => ({ ...specimen, inputs: new Map(specimen.inputs).set(name, t) }),
  }));
  const ofInitializers = initializer.map((proto, k) => ({
    what: `constant ${k}`,
    tensor: tensorOfProto(proto),
    with: (t: Tensor) => {
      const made = protoOfTensor(proto.name ?? '', t);
      return withGraph(specimen, { initializer: initializer.with(k, made) });
    },
  }));
  return [...ofInputs, ...ofInitializers];
}

/** Sizes above 1 of inputs and initialisers, the largest first. */
export function modelSizesIn(specimen: ModelSpecimen): readonly number[] {
  const { initializer } = graphOf(specimen);
  const dims = [
    ...[...specimen.inputs.values()].flatMap(({ shape }) => shape.dims),
    ...initializer.filter((t) => !isShapeLike(t)).flatMap((t) => t.dims.map(Number)),
  ];
  return [...new Set(dims.filter((d) => d > 1))].sort((a, b) => b - a);
}

/** With one size exchanged, in arrays and in what holds sizes as numbers. */
export function resizedModel(specimen: ModelSpecimen, resize: Resize): ModelSpecimen | undefined {
  const graph = graphOf(specimen);
  const size = (d: number) => sizeAfter(d, resize);
  const inputs = new Map([...specimen.inputs].map(([name, t]) => [name, resizedTensor(t, size)]));
  const made = withGraph(specimen, {
    input: [...inputs].map(([name, { shape }]) => valueInfo(name, shape)),
    initializer: graph.initializer.map((t) => resizedProto(t, size)),
    node: graph.node.map((n) => resizedNode(n, size)),
  });
  return settled({ ...made, inputs });
}

function resizedTensor(t: Tensor, size: (d: number) => number): Tensor {
  return leadingBlock(t, t.shape.dims.map(size));
}

/** A short list of integers may be a shape, axes or a permutation: numbers, not a dimension. */
function isShapeLike({ dataType, dims }: TensorProto): boolean {
  return dataType === 7 && dims.length <= 1 && (dims[0] ?? 1n) <= 16n;
}

function resizedProto(proto: TensorProto, size: (d: number) => number): TensorProto {
  const t = tensorOfProto(proto);
  if (!isShapeLike(proto)) return protoOfTensor(proto.name ?? '', resizedTensor(t, size));
  const data = (t.data as BigInt64Array).map((d) => BigInt(size(Number(d))));
  return protoOfTensor(proto.name ?? '', tensor(t.shape, data));
}

/** Attributes that hold sizes. */
const sizeAttributes: ReadonlySet<string> = new Set([
  ...['kernel_shape', 'hidden_size', 'output_shape', 'shape', 'split'],
]);

function resizedNode(node: NodeProto, size: (d: number) => number): NodeProto {
  const resized = (a: AttributeProto): AttributeProto => {
    if (isConstant(node) && a.t) return { ...a, t: resizedProto(a.t, size) };
    if (!sizeAttributes.has(a.name ?? '')) return a;
    const number = (n: bigint) => BigInt(size(Number(n)));
    return { ...a, ints: a.ints.map(number), ...(a.i !== undefined && { i: number(a.i) }) };
  };
  return { ...node, attribute: node.attribute.map(resized) };
}
