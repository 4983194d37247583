/** What onnxruntime made of one model against the reference, by the budget of the exact mode. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeTensorProto } from '../../../graphs/importers/onnx/schema.ts';
import { tensorOfProto } from '../../../graphs/importers/onnx/tensor-data.ts';
import { widens } from '../../../graphs/ir/contract.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, tupleValue } from '../../../graphs/ir/tensor.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import {
  importFor,
  type LoadedTest,
  loadTest,
} from '../../../validator/conformance/onnx/test-case.ts';
import { ulpDistance } from '../../../validator/conformance/ulp.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { judgeResult } from '../../../validator/validation/judge-result.ts';
import { sameBits } from '../../../validator/verdict/judge.ts';
import { isFinding } from '../../../validator/verdict/verdict.ts';
import { knownOnnxDeviation } from './deviations.ts';

/** What became of one model. */
export interface OnnxComparison {
  readonly kind: 'bit-equal' | 'within' | 'undecided' | 'known' | 'outside' | 'refused by us';
  /** Largest distance of a floating-point element in units in the last place. */
  readonly ulp: number;
  readonly reason: string;
}

/** Holds the recorded outputs of a model against the reference's; nothing is thrown. */
export function compareModel(folder: string): OnnxComparison {
  try {
    return compared(folder);
  } catch (error) {
    const refused = error instanceof AssayError;
    const kind = refused && !malformed.has(error.diagnostic.code) ? 'refused by us' : 'outside';
    const text = refused ? `${error.message} [${error.diagnostic.code}]` : (error as Error).stack;
    return { kind, ulp: 0, reason: String(text) };
  }
}

/** What is said of a model that is wrong; onnxruntime has run it. */
const malformed: ReadonlySet<string> = new Set([
  'onnx/malformed',
  'onnx/bad-node',
  'onnx/bad-shape',
  'onnx/bad-tensor',
  'onnx/undefined',
  'lowering/shape',
]);

/** Where onnxruntime lies outside and ONNX's own reference inside, the fault is not ours. */
function compared(folder: string): OnnxComparison {
  const test = loadTest(folder);
  const [first, witness] = test.dataSets.map((set) => () => comparedOn(test, set));
  const found = first();
  if (found.kind !== 'outside' || !witness) return found;
  const other = witness();
  if (other.kind === 'outside') return { ...found, reason: `${found.reason}; so ${witnessed}` };
  return { ...found, kind: 'known', reason: `not so ${witnessed}` };
}

const witnessed = 'in the reference implementation of ONNX';

function comparedOn(test: LoadedTest, set: string): OnnxComparison {
  const { module, inputs, given } = importFor(test, set);
  const found = verifyModule(module);
  const values = inputs.map((name) => given[name]);
  const own = leafTensors(runReference(module, values));
  const recorded = own.map((_, k) => recordedOutput(set, k));
  const shapes = [own, recorded].map((all) => all.map((t) => t && shapeText(t)).join(' '));
  const outside = (reason: string): OnnxComparison => ({ kind: 'outside', ulp: 0, reason });
  if (found.length) return outside(`invalid: ${found[0].message}`);
  if (existsSync(outputFile(set, own.length))) return outside('more outputs than ours');
  if (shapes[0] !== shapes[1]) return outside(`shapes ${shapes[0]}, onnxruntime ${shapes[1]}`);
  const theirs = recorded as Tensor[];
  const ulp = worstUlp(theirs, own);
  const [result, reference] = [theirs, own].map((all) =>
    own.length === 1 ? all[0] : tupleValue(all),
  );
  if (sameBits(result, reference)) return { ulp, kind: 'bit-equal', reason: '' };
  const { verdict, worst } = judgeResult(module, result, values, { contract: widens });
  if (!isFinding(verdict)) {
    return { ulp, kind: verdict === 'undecided' ? verdict : 'within', reason: '' };
  }
  const deviation = knownOnnxDeviation(test.op, worst ?? undefined);
  if (deviation) return { ulp, kind: 'known', reason: deviation.reason };
  const { output, index, before, after, exact, budgetUse, type } = worst!;
  const place = `output ${output} ${type}[${index}]: reference ${before}, onnxruntime ${after}`;
  return { ...outside(`${place}, exact ${exact}, budget use ${budgetUse} (${verdict})`), ulp };
}

const outputFile = (set: string, k: number) => join(set, `output_${k}.pb`);

function recordedOutput(set: string, k: number): Tensor | undefined {
  const file = outputFile(set, k);
  return existsSync(file) ? tensorOfProto(decodeTensorProto(readFileSync(file))) : undefined;
}

function shapeText({ shape: { type, dims } }: Tensor): string {
  return `${type}[${dims}]`;
}

function worstUlp(results: readonly Tensor[], references: readonly Tensor[]): number {
  let worst = 0;
  results.forEach(({ data, shape }, k) => {
    if (!isFloat(shape.type) || isComplex(shape.type)) return;
    const distance = ulpDistance(shape.type);
    for (let i = 0; i < data.length; i++) {
      worst = Math.max(worst, distance(Number(data[i]), Number(references[k].data[i])));
    }
  });
  return worst;
}
