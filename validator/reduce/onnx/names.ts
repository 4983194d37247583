/** A model with numbered names: of its nodes and values, those inside bodies among them. */
import type {
  AttributeProto,
  GraphProto,
  NodeProto,
  ValueInfo,
} from '../../../graphs/importers/onnx/schema.ts';
import { graphOf, type ModelSpecimen, withGraph } from './model-specimen.ts';

/** Operators keep their names, those of the model's own functions too. */
export function withoutModelNames(specimen: ModelSpecimen): ModelSpecimen {
  const numbered = new Map<string, string>([['', '']]);
  const rename = (name = '') => {
    const made = numbered.get(name) ?? `v${numbered.size - 1}`;
    numbered.set(name, made);
    return made;
  };
  const graph = renamedGraph(graphOf(specimen), rename);
  const inputs = new Map([...specimen.inputs].map(([name, t]) => [rename(name), t]));
  return { ...withGraph(specimen, graph), inputs };
}

type Rename = (name?: string) => string;

function renamedGraph(graph: GraphProto, rename: Rename): GraphProto {
  const info = (v: ValueInfo) => ({ ...v, name: rename(v.name) });
  return {
    name: 'redacted',
    input: graph.input.map(info),
    output: graph.output.map(info),
    valueInfo: graph.valueInfo.map(info),
    initializer: graph.initializer.map((t) => ({ ...t, name: rename(t.name) })),
    sparseInitializer: graph.sparseInitializer.map(({ values, ...rest }) => ({
      ...rest,
      ...(values && { values: { ...values, name: rename(values.name) } }),
    })),
    node: graph.node.map((node, k) => renamedNode(node, k, rename)),
  };
}

function renamedNode(node: NodeProto, k: number, rename: Rename): NodeProto {
  const attribute = node.attribute.map(
    (a): AttributeProto => ({
      ...a,
      ...(a.g && { g: renamedGraph(a.g, rename) }),
      graphs: a.graphs.map((g) => renamedGraph(g, rename)),
    }),
  );
  const [input, output] = [node.input.map(rename), node.output.map(rename)];
  return { ...node, name: `n${k}`, input, output, attribute };
}
