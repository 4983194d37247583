/**
 * The converter's view of a model: nodes with their parameters and attributes by tfjs's own op
 * table, and decoded weights. Weights pass through a backend that only holds them, which is taken
 * out again: nothing stays behind in tfjs.
 */

import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import {
  type BackendValues,
  type io,
  KernelBackend,
  registerBackend,
  removeBackend,
  type Tensor as TfTensor,
} from '@tensorflow/tfjs-core';
import { byName } from '../../ir/by-name.ts';
import { AssayError, fail } from '../../ir/diagnostic.ts';
import type { ElementType } from '../../ir/element-type.ts';
import { arrayShape } from '../../ir/shape.ts';
import { allocate, type Tensor, tensor } from '../../ir/tensor.ts';
import { checkWeights, type ModelJson } from './model-json.ts';

/** A node as the converter maps it. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Empty for an op that the converter does not know. */
  readonly category?: string;
  readonly inputNames: readonly string[];
  readonly inputParams: Readonly<Record<string, InputParam>>;
  readonly attrParams: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly rawAttrs?: Readonly<Record<string, unknown>>;
}

/**
 * Which inputs of a node are one of its parameters: from the start (0 if absent) up to the end,
 * which is not one of them (0 or absent: all the rest). Negative places count from the end.
 */
export interface InputParam {
  readonly type: string;
  readonly inputIndexStart?: number;
  readonly inputIndexEnd?: number;
}

/** The graph as tfjs's converter maps it: nodes and decoded weights by node name. */
export interface TfGraph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Names of nodes without users, for models without a signature. */
  readonly sinks: readonly string[];
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** Maps the topology and decodes the weights (uint8, uint16 and float16 ones included). */
export function readGraph(model: ModelJson, weights: Uint8Array): TfGraph {
  checkWeights(model.weights, weights.byteLength);
  registerBackend(holderName, () => new Holder(), 0);
  try {
    return mapped(model, weights);
  } catch (error) {
    if (error instanceof AssayError) throw error;
    return fail('tfjs/malformed', `the converter cannot read the model: ${String(error)}`);
  } finally {
    removeBackend(holderName);
  }
}

function mapped(model: ModelJson, weights: Uint8Array): TfGraph {
  const node = model.nodes.map((n) => ({ ...n, input: [...n.input], attr: { ...n.attr } }));
  const versions = { producer: 0, minConsumer: 0 };
  const artifacts = {
    modelTopology: { ...model.topology, library: undefined, node, versions },
    weightSpecs: model.weights as io.WeightsManifestEntry[],
    weightData: new Uint8Array(weights).buffer,
  };
  const loaded = loadGraphModelSync({ load: () => artifacts } as io.IOHandlerSync);
  try {
    return {
      nodes: new Map(Object.entries(nodesOf(loaded))),
      sinks: loaded.outputNodes,
      weights: new Map(Object.entries(loaded.weights).map(([name, [t]]) => [name, tensorOfTf(t!)])),
    };
  } finally {
    loaded.dispose();
  }
}

/**
 * The mapped nodes. The converter shows names, weights and signature, but neither its nodes nor the
 * mapper that makes them, so these come from a private field; its version is pinned for that.
 */
function nodesOf(loaded: object): Readonly<Record<string, GraphNode>> {
  const { executor } = loaded as { readonly executor?: { readonly graph?: MappedGraph } };
  const message = 'this version of @tensorflow/tfjs-converter keeps its nodes elsewhere';
  return executor?.graph?.nodes ?? fail('tfjs/converter', message);
}

interface MappedGraph {
  readonly nodes?: Readonly<Record<string, GraphNode>>;
}

const types: Readonly<Record<string, ElementType>> = byName({
  float32: 'f32',
  int32: 's32',
  bool: 'pred',
  complex64: 'c64',
});

/** The element type of a tfjs type; undefined for strings and resources. */
export function elementTypeOf(dtype: unknown): ElementType | undefined {
  return types[String(dtype)];
}

function tensorOfTf(t: TfTensor): Tensor {
  const type = elementTypeOf(t.dtype) ?? fail('tfjs/unsupported', `${t.dtype} weights`);
  const data = allocate(type, t.size);
  data.set(t.dataSync() as never);
  return tensor(arrayShape(type, t.shape), data);
}

const holderName = 'assay-weights';

/** A backend that keeps values as they are and computes nothing. */
class Holder extends KernelBackend {
  private readonly held = new WeakMap<object, BackendValues>();

  override write(values: BackendValues): object {
    const id = {};
    this.held.set(id, values);
    return id;
  }

  override readSync(id: object): BackendValues {
    return this.held.get(id)!;
  }

  override disposeData(id: object): boolean {
    return this.held.delete(id);
  }

  override numDataIds(): number {
    return 0;
  }

  override incRef(): void {}

  override refCount(): number {
    return 1;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override dispose(): void {}
}
