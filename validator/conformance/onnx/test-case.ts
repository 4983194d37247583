/**
 * One test of ONNX's suites: a folder with model.onnx and test_data_set_N holding input_K.pb and
 * output_K.pb. Inputs fix what shapes depend on; what remains is run by the reference.
 */

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readRegular } from '../../../golden/store/files.ts';
import { importOnnxModel, type OnnxModule } from '../../../graphs/importers/onnx/import.ts';
import {
  decodeModel,
  decodeTensorProto,
  type GraphProto,
} from '../../../graphs/importers/onnx/schema.ts';
import { tensorOfProto } from '../../../graphs/importers/onnx/tensor-data.ts';
import { ownOf } from '../../../graphs/ir/by-name.ts';
import { AssayError, fail } from '../../../graphs/ir/diagnostic.ts';
import { leafTensors, type Tensor } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../reference/run.ts';
import type { TestResult } from '../report.ts';
import { compareTensors, type Tolerance, toleranceOf } from './tolerance.ts';

/** A model and what its test data say about the inputs. */
export interface LoadedTest {
  readonly bytes: Uint8Array;
  readonly graph: GraphProto | undefined;
  /** Op type of the first node; with the domain, unless it is the standard one. */
  readonly op: string;
  /** Folders of data sets, in order. */
  readonly dataSets: readonly string[];
}

/** Runs one test on all of its data sets; nothing is thrown. */
export function runTest(folder: string): TestResult {
  const file = folder;
  const found: { op: string; ulps: number[] } = { op: basename(folder), ulps: [] };
  const result = (outcome: TestResult['outcome'], reason: string): TestResult => {
    const { op, ulps } = found;
    return { file, test: '', outcome, reason, ops: [op], ulps: ulps.map((ulp) => ({ op, ulp })) };
  };
  try {
    const test = loadTest(folder);
    found.op = test.op;
    for (const set of test.dataSets) {
      const { reason, ulps } = runDataSet(test, set, ownTolerance(folder));
      found.ulps.push(...ulps);
      if (reason !== undefined) return result('failed', `${basename(set)}: ${reason}`);
    }
    return result('passed', '');
  } catch (error) {
    return result(...outcomeOf(error));
  }
}

/** A test as it lies in its folder. @throws AssayError `onnx/no-data` where it has no data set. */
export function loadTest(folder: string): LoadedTest {
  const bytes = readRegular(join(folder, 'model.onnx'));
  const { graph } = decodeModel(bytes);
  const sets = readdirSync(folder).filter((name) => name.startsWith('test_data_set_'));
  if (sets.length === 0) fail('onnx/no-data', 'there are no test data beside the model');
  const dataSets = sets.sort().map((name) => join(folder, name));
  return { bytes, graph, op: opOf(graph), dataSets };
}

/** The model for a data set: sizes from its inputs, and values where shapes depend on them. */
export function importFor(
  { bytes, graph }: LoadedTest,
  dataSet: string,
  fixed: readonly string[] = [],
): OnnxModule & { readonly given: Readonly<Record<string, Tensor>> } {
  const given = givenInputs(graph, dataSet);
  const shapes = Object.fromEntries(
    Object.entries(given).map(([name, t]) => [name, t.shape.dims] as const),
  );
  return { ...importOnnxModel(bytes, { shapes, values: given, fixed }), given };
}

/** What is refused by name is unsupported; anything else that goes wrong is a failure. */
function outcomeOf(error: unknown): [TestResult['outcome'], string] {
  if (!(error instanceof AssayError)) {
    return ['failed', error instanceof Error ? `internal fault: ${error.message}` : String(error)];
  }
  const { code } = error.diagnostic;
  if (!unsupportedCodes.has(code)) return ['failed', `${error.message} [${code}]`];
  return ['unsupported', error.message.replace(/^node "[^"]*" \(([\w.]+), opset \d+\)/, '$1')];
}

const unsupportedCodes: ReadonlySet<string> = new Set([
  'onnx/unsupported',
  'onnx/unsupported-op',
  'onnx/unsupported-type',
  'lowering/unsupported-type',
  'onnx/random',
  'onnx/dynamic',
  'onnx/no-data',
  'run/unsupported',
]);

function opOf(graph: GraphProto | undefined): string {
  const { domain = '', opType = '?' } = graph?.node[0] ?? {};
  return domain && domain !== 'ai.onnx' ? `${domain}.${opType}` : opType;
}

/** Tolerances that a test brings along in data.json, as onnx/backend/test/loader reads them. */
function ownTolerance(folder: string): Partial<Tolerance> {
  const file = join(folder, 'data.json');
  if (!existsSync(file)) return {};
  const { rtol, atol } = JSON.parse(new TextDecoder().decode(readRegular(file))) as Record<
    string,
    unknown
  >;
  const numbers = Object.entries({ rtol, atol }).filter(([, v]) => typeof v === 'number');
  return Object.fromEntries(numbers) as Partial<Tolerance>;
}

interface DataSetResult {
  readonly reason: string | undefined;
  readonly ulps: readonly number[];
}

function runDataSet(test: LoadedTest, folder: string, own: Partial<Tolerance>): DataSetResult {
  const { module, inputs, given } = importFor(test, folder);
  const outputs = leafTensors(
    runReference(
      module,
      inputs.map((name) => inputOf(given, name)),
    ),
  );
  const compared = outputs.map((t, k) => {
    const expected = readTensor(join(folder, `output_${k}.pb`));
    return compareTensors(t, expected, toleranceOf(expected.shape.type, test.op, own));
  });
  const reasons = compared.flatMap((r, k) => (r.reason ? [`output ${k} ${r.reason}`] : []));
  return { reason: reasons[0], ulps: compared.flatMap((r) => r.ulp ?? []) };
}

function inputOf(given: Readonly<Record<string, Tensor>>, name: string): Tensor {
  return (
    ownOf(given, name) ?? fail('onnx/no-data', `the test data hold no value for input "${name}"`)
  );
}

/**
 * The data set's inputs by name. File K belongs to the K-th input; initializers that are listed as
 * inputs have files only where there is one for every input.
 */
function givenInputs(
  graph: GraphProto | undefined,
  folder: string,
): Readonly<Record<string, Tensor>> {
  const all = graph?.input ?? [];
  const own = new Set(graph?.initializer.map((t) => t.name));
  const fileOf = (k: number) => join(folder, `input_${k}.pb`);
  const listed = existsSync(fileOf(all.length - 1)) ? all : all.filter((i) => !own.has(i.name));
  const entries = listed.flatMap(({ name = '', type }, k) => {
    const elements = type?.tensorType?.elemType;
    if (elements === undefined || elements === 8 || !existsSync(fileOf(k))) return [];
    return [[name, readTensor(fileOf(k))] as const];
  });
  return Object.fromEntries(entries);
}

function readTensor(file: string): Tensor {
  return tensorOfProto(decodeTensorProto(readRegular(file)));
}
