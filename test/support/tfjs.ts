/**
 * tfjs as the second opinion: a GraphModel run by the library itself on its plain CPU backend, and
 * small GraphModels written in code, so that an importer can be held against what tfjs computes.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import {
  env,
  type io,
  type NamedTensorMap,
  type Tensor as TfTensor,
  tensor,
} from '@tensorflow/tfjs-core';
import { importTfjs, weightPaths } from '../../graphs/importers/tfjs/import.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import {
  allocate,
  type Tensor,
  tensor as tensorValue,
  tupleValue,
  type Value,
} from '../../graphs/ir/tensor.ts';

/** Production mode: tfjs prints no advice. */
env().set('PROD', true);

/** A model.json as a document, and its shards joined. */
export interface TfjsModel {
  readonly modelJson: Readonly<Record<string, unknown>>;
  readonly weights: Uint8Array;
}

export function tfjsModelOf(file: string): TfjsModel {
  const text = readFileSync(file, 'utf8');
  const shards = weightPaths(text).map((path) => readFileSync(join(dirname(file), path)));
  return { modelJson: JSON.parse(text), weights: Buffer.concat(shards) };
}

export function importOf(model: TfjsModel, dims: Record<string, readonly number[]> = {}): Module {
  return importTfjs({ ...model, dims });
}

interface Signature {
  readonly inputs?: Readonly<Record<string, { readonly name: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly name: string }>>;
}

/** What tfjs computes; inputs and outputs in the order of the signature. */
export function runTfjs(model: TfjsModel, module: Module, inputs: readonly Value[]): Value {
  const { execute, dispose } = loadTfjs(model, module);
  const results = execute(inputs);
  dispose();
  return results.length === 1 ? results[0]! : tupleValue(results);
}

/** The model loaded by tfjs, to be run as often as one likes. */
export function loadTfjs(model: TfjsModel, module: Module) {
  const json = structuredClone(model.modelJson) as Record<string, unknown>;
  const groups = (json.weightsManifest ?? []) as { weights: io.WeightsManifestEntry[] }[];
  const artifacts = {
    ...json,
    modelTopology: { versions: {}, ...(json.modelTopology as object) },
    weightSpecs: groups.flatMap((g) => g.weights),
    weightData: new Uint8Array(model.weights).buffer,
  };
  const loaded = loadGraphModelSync({ load: () => artifacts } as unknown as io.IOHandlerSync);
  const metadata = json.userDefinedMetadata as { signature?: Signature } | undefined;
  const signature = metadata?.signature ?? (json.signature as Signature | undefined) ?? {};
  const names = Object.values(signature.inputs ?? {}).map((entry) => entry.name);
  const wanted = Object.values(signature.outputs ?? {}).map((entry) => entry.name);
  const execute = (inputs: readonly Value[]): Value[] => {
    const fed: NamedTensorMap = {};
    for (const [k, parameter] of parametersOf(entryOf(module)).entries()) {
      fed[(names[k] ?? parameter.name).split(':')[0]!] = toTf(inputs[k] as Tensor);
    }
    const found = loaded.execute(fed, wanted);
    return (Array.isArray(found) ? found : [found]).map(ofTf);
  };
  return { execute, dispose: () => loaded.dispose() };
}

const dtypes = { f32: 'float32', s32: 'int32', pred: 'bool' } as const;
const types = { float32: 'f32', int32: 's32', bool: 'pred' } as const;

function toTf({ shape, data }: Tensor): TfTensor {
  const dtype = dtypes[shape.type as keyof typeof dtypes];
  return tensor(data as Float32Array, [...shape.dims], dtype);
}

function ofTf(t: TfTensor): Value {
  const type = types[t.dtype as keyof typeof types];
  const data = allocate(type, t.size);
  data.set(t.dataSync() as never);
  return tensorValue(arrayShape(type, t.shape), data);
}

/** A node of a model written in code: op, inputs, attributes. */
export interface NodeSpec {
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** A constant of a model written in code. */
export interface ConstSpec {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly type?: 'float32' | 'int32' | 'bool';
}

/** A GraphModel from nodes, constants and the shapes of its inputs; outputs are named nodes. */
export function tfjsModel(parts: {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly inputTypes?: Readonly<Record<string, string>>;
  readonly constants?: Readonly<Record<string, ConstSpec>>;
  readonly nodes: Readonly<Record<string, NodeSpec>>;
  readonly outputs: readonly string[];
}): TfjsModel {
  const { inputs, inputTypes = {}, constants = {}, nodes, outputs } = parts;
  const dim = (dims: readonly number[]) => ({ dim: dims.map((size) => ({ size: String(size) })) });
  const entry = (name: string) => [name, { name }];
  const placeholders = Object.entries(inputs).map(([name, dims]) => ({
    name,
    op: 'Placeholder',
    attr: { dtype: { type: inputTypes[name] ?? 'DT_FLOAT' }, shape: { shape: dim(dims) } },
  }));
  const consts = Object.entries(constants);
  const weights = consts.map(([name, { dims, type = 'float32' }]) => {
    return { name, shape: dims, dtype: type };
  });
  const bytes = consts.map(([, { values, type = 'float32' }]) => {
    const kinds = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
    return new Uint8Array(new kinds[type](values).buffer);
  });
  const modelJson = {
    format: 'graph-model',
    signature: {
      inputs: Object.fromEntries(Object.keys(inputs).map(entry)),
      outputs: Object.fromEntries(outputs.map(entry)),
    },
    modelTopology: {
      node: [
        ...placeholders,
        ...consts.map(([name]) => ({ name, op: 'Const', attr: {} })),
        ...Object.entries(nodes).map(([name, node]) => ({ name, ...node })),
      ],
      versions: {},
    },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  return { modelJson, weights: Buffer.concat(bytes) };
}
