/**
 * Fewer nodes: a subset of a model's nodes is a model of its own, in which what it reads from outside is
 * an input with the value that the reference computed on the same inputs.
 */
import { freeNames } from '../../../graphs/importers/onnx/graph-lowering.ts';
import type { AttributeProto, NodeProto } from '../../../graphs/importers/onnx/schema.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../reference/run.ts';
import type { Parts } from '../reducible.ts';
import {
  graphOf,
  importedModel,
  isConstant,
  type ModelSpecimen,
  settled,
  valueInfo,
  withGraph,
} from './model-specimen.ts';

type Values = ReadonlyMap<string, Tensor>;

/**
 * Takes a model apart; constants are no items and come with what reads them.
 *
 * @throws AssayError where the model does not run on its inputs
 */
export function nodesOf(specimen: ModelSpecimen): Parts<ModelSpecimen, NodeProto> {
  const values = valuesOf(specimen);
  return {
    items: graphOf(specimen).node.filter((node) => !isConstant(node)),
    of: (kept) => partOf(specimen, values, new Set(kept)),
  };
}

/** Every array of a model by its name: its inputs, and what its nodes give on them. */
export function valuesOf(specimen: ModelSpecimen): Values {
  const { module, inputs, outputs } = importedModel(specimen, { everyValue: true });
  const result = runReference(
    module,
    inputs.map((name) => specimen.inputs.get(name)!),
  );
  const values = new Map(specimen.inputs);
  if (result.kind !== 'tuple') return values;
  for (const [k, value] of result.elements.entries()) {
    if (value.kind === 'tensor') values.set(outputs[k]!, value);
  }
  return values;
}

function partOf(
  specimen: ModelSpecimen,
  values: Values,
  kept: ReadonlySet<NodeProto>,
): ModelSpecimen | undefined {
  if (kept.size === 0) return undefined;
  const graph = graphOf(specimen);
  const inside = graph.node.filter((node) => kept.has(node));
  const read = new Set(inside.flatMap(namesRead));
  const isRead = (name?: string) => name !== undefined && read.has(name);
  const constants = graph.node.filter((n) => isConstant(n) && n.output.some(isRead));
  const node = graph.node.filter((n) => kept.has(n) || constants.includes(n));
  const initializer = graph.initializer.filter((t) => isRead(t.name));
  const sparseInitializer = graph.sparseInitializer.filter((t) => isRead(t.values?.name));
  const given = new Set([
    ...node.flatMap((n) => n.output),
    ...initializer.map((t) => t.name),
    ...sparseInitializer.map((t) => t.values?.name),
  ]);
  const cut = [...read].filter((name) => !given.has(name));
  const inputs = new Map<string, Tensor>();
  for (const name of cut) {
    const value = values.get(name);
    if (!value) return undefined;
    inputs.set(name, value);
  }
  const isResult = new Set(graph.output.map(({ name }) => name));
  const results = inside
    .flatMap((n) => n.output)
    .filter((name) => name && (isResult.has(name) || !read.has(name)) && values.has(name));
  if (results.length === 0) return undefined;
  const parts = {
    ...{ node, initializer, sparseInitializer, valueInfo: [] },
    input: cut.map((name) => valueInfo(name, values.get(name)!.shape)),
    output: results.map((name) => ({ name })),
  };
  return settled({ ...withGraph(specimen, parts), inputs });
}

/** Names that a node reads, those inside its subgraphs among them. */
function namesRead({ input, attribute }: NodeProto): readonly string[] {
  const graphs = attribute.flatMap((a) => [...(a.g ? [a.g] : []), ...a.graphs]);
  return [...input, ...graphs.flatMap(freeNames)].filter((name) => name !== '');
}

/**
 * What is easier to read: without one of several outputs, without an attribute of a node, with what a
 * branch or a function leaves out.
 */
export function simplerModels(specimen: ModelSpecimen): readonly ModelSpecimen[] {
  const { node, output } = graphOf(specimen);
  const fewer =
    output.length < 2
      ? []
      : output.map((_, k) => withGraph(specimen, { output: output.toSpliced(k, 1) }));
  const barer = node.flatMap((n, k) => {
    if (isConstant(n)) return [];
    return n.attribute
      .filter((a) => !isBody(a))
      .map((a) => {
        const attribute = n.attribute.filter((other) => other !== a);
        return withGraph(specimen, { node: node.with(k, { ...n, attribute }) });
      });
  });
  return [...fewer, ...barer].flatMap((made) => settled(made) ?? []);
}

function isBody({ g, graphs }: AttributeProto): boolean {
  return g !== undefined || graphs.length > 0;
}
