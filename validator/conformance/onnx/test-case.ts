/**
 * One test of ONNX's suites: a folder with model.onnx and test_data_set_N holding input_K.pb and
 * output_K.pb. Inputs fix what shapes depend on; what remains is run by the reference.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { importOnnxModel } from '../../../graphs/formats/onnx/import.ts';
import {
  decodeModel,
  decodeTensorProto,
  type GraphProto,
} from '../../../graphs/formats/onnx/schema.ts';
import { tensorOfProto } from '../../../graphs/formats/onnx/tensor-data.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { leafTensors, type Tensor } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../reference/run.ts';
import { compareTensors } from './tolerance.ts';

export type Outcome = 'passed' | 'failed' | 'unsupported';

export interface CaseResult {
  readonly name: string;
  /** Op type of the model's first node; with the domain, unless it is the standard one. */
  readonly op: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** Worst distance to the expected outputs, in units in the last place. */
  readonly ulps: number;
  /** Inputs that were made constants because shapes depend on them. */
  readonly fixed: readonly string[];
}

/** Folders below `dir` that hold a model.onnx with test data, in order. */
export function findTests(dir: string): readonly string[] {
  if (existsSync(join(dir, 'model.onnx'))) return [dir];
  const entries = readdirSync(dir, { withFileTypes: true });
  const folders = entries.filter((e) => e.isDirectory()).map((e) => e.name);
  return folders.sort().flatMap((name) => findTests(join(dir, name)));
}

/** Runs one test on all of its data sets. */
export function runTest(folder: string): CaseResult {
  const name = basename(folder);
  let op = '?';
  try {
    const bytes = readFileSync(join(folder, 'model.onnx'));
    const graph = decodeModel(bytes).graph;
    op = opOf(graph);
    const sets = readdirSync(folder).filter((f) => f.startsWith('test_data_set_'));
    let [ulps, fixed]: [number, readonly string[]] = [0, []];
    for (const set of sets.sort()) {
      const result = runDataSet(bytes, graph, join(folder, set));
      ulps = Math.max(ulps, result.ulps);
      fixed = result.fixed;
      if (result.reason !== undefined) {
        return { name, op, outcome: 'failed', reason: `${set}: ${result.reason}`, ulps, fixed };
      }
    }
    if (sets.length === 0) throw new AssayError({ code: 'onnx/no-data', message: 'no test data' });
    return { name, op, outcome: 'passed', ulps, fixed };
  } catch (error) {
    return { name, op, ulps: 0, fixed: [], ...outcomeOf(error) };
  }
}

/** What is refused by name is unsupported; anything else that goes wrong is a failure. */
function outcomeOf(error: unknown): Pick<CaseResult, 'outcome' | 'reason'> {
  if (!(error instanceof AssayError)) {
    return {
      outcome: 'failed',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
  const { code } = error.diagnostic;
  const outcome = unsupportedCodes.has(code) ? 'unsupported' : 'failed';
  return { outcome, reason: `${error.message} [${code}]` };
}

const unsupportedCodes: ReadonlySet<string> = new Set([
  'onnx/unsupported',
  'onnx/unsupported-op',
  'onnx/unsupported-type',
  'onnx/random',
  'onnx/dynamic',
  'onnx/no-data',
  'run/unsupported',
]);

function opOf(graph: GraphProto | undefined): string {
  const node = graph?.node[0];
  if (!node) return '?';
  return node.domain && node.domain !== 'ai.onnx'
    ? `${node.domain}.${node.opType}`
    : `${node.opType}`;
}

interface DataSetResult {
  readonly reason?: string;
  readonly ulps: number;
  readonly fixed: readonly string[];
}

function runDataSet(
  bytes: Uint8Array,
  graph: GraphProto | undefined,
  folder: string,
): DataSetResult {
  const given = givenInputs(graph, folder);
  const shapes = Object.fromEntries(
    Object.entries(given).map(([name, t]) => [name, t.shape.dims] as const),
  );
  const { module, inputs } = importOnnxModel(bytes, { shapes, values: given });
  const values = inputs.map((name) => given[name]!);
  const fixed = Object.keys(given).filter((name) => !inputs.includes(name));
  const outputs = leafTensors(runReference(module, values));
  const compared = outputs.map((t, k) => compareTensors(t, readTensor(folder, `output_${k}.pb`)));
  const reason = compared.flatMap(({ reason }, k) => (reason ? [`output ${k} ${reason}`] : []))[0];
  const ulps = Math.max(0, ...compared.map((r) => r.ulps));
  return { ulps, fixed, ...(reason !== undefined && { reason }) };
}

/** The data set's inputs by name: file K belongs to the K-th input without an initializer. */
export function givenInputs(
  graph: GraphProto | undefined,
  folder: string,
): Readonly<Record<string, Tensor>> {
  const own = new Set(graph?.initializer.map((t) => t.name));
  const names = (graph?.input ?? []).flatMap(({ name = '', type }) =>
    own.has(name) && !existsFor(graph, folder) ? [] : type ? [name] : [],
  );
  const entries = names.flatMap((name, k) => {
    const tensorType = graph?.input.find((i) => i.name === name)?.type?.tensorType;
    if (!tensorType || tensorType.elemType === 8) return [];
    return existsSync(join(folder, `input_${k}.pb`))
      ? [[name, readTensor(folder, `input_${k}.pb`)] as const]
      : [];
  });
  return Object.fromEntries(entries);
}

/** Whether there is a file for every input, those with initializers included. */
function existsFor(graph: GraphProto | undefined, folder: string): boolean {
  return existsSync(join(folder, `input_${(graph?.input.length ?? 0) - 1}.pb`));
}

function readTensor(folder: string, file: string): Tensor {
  return tensorOfProto(decodeTensorProto(readFileSync(join(folder, file))));
}
