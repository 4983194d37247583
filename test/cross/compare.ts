/** One instance on the reference and on XLA, judged by the budget of the exact mode. */

import { declaring, widens } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
  isInteger,
} from '../../graphs/ir/element-type.ts';
import { entryOf, rootOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, elementCount, type Shape } from '../../graphs/ir/shape.ts';
import {
  allocate,
  leafTensors,
  type Tensor,
  token,
  tupleValue,
  type Value,
} from '../../graphs/ir/tensor.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { ulpDistance } from '../../validator/conformance/ulp.ts';
import { runReference } from '../../validator/reference/run.ts';
import { judgeResult } from '../../validator/validation/judge-result.ts';
import { sameBits } from '../../validator/verdict/judge.ts';
import type { ElementVerdict, Judgement } from '../../validator/verdict/verdict.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';
import { deviantAt, positionOf } from './deviant.ts';
import { type Deviation, insteadOf, knownDeviation } from './known-deviations.ts';
import type { Job, Outcome } from './xla.ts';

/** What became of one instance. */
export interface Comparison {
  readonly kind:
    | 'bit-equal'
    | 'within'
    | 'undecided'
    | 'known'
    | 'outside'
    | 'refused by us'
    | 'refused by XLA'
    | 'crashed XLA';
  /** Largest distance of a floating-point element in units in the last place; 0 without any. */
  readonly ulp: number;
  readonly reason?: string;
  readonly worst?: ElementVerdict;
  readonly deviation?: Deviation;
  /** Elements of the result, and those of which the data decide; absent where all bits are equal. */
  readonly elements?: number;
  readonly decided?: number;
}

type Found = Omit<Comparison, 'ulp'>;

/** Holds XLA's outcome of a job against the reference's. */
export function compareOutcome(opcode: Opcode | 'module', job: Job, outcome: Outcome): Comparison {
  let reference: Value;
  try {
    reference = runReference(job.module, job.inputs);
  } catch (error) {
    if (!(error instanceof AssayError)) return fault(error);
    return { kind: 'refused by us', ulp: 0, reason: error.message };
  }
  if (outcome.kind !== 'ran') {
    const kind = outcome.kind === 'crashed' ? 'crashed XLA' : 'refused by XLA';
    return { kind, ulp: 0, reason: outcome.reason };
  }
  const root = rootOf(entryOf(job.module));
  const result = assemble(root.shape, [...outcome.outputs]);
  const ulp = worstUlp(outcome.outputs, leafTensors(reference));
  if (sameBits(result, reference)) return { kind: 'bit-equal', ulp };
  try {
    return { ...verdict(opcode, job, result, reference), ulp };
  } catch (error) {
    return fault(error);
  }
}

/** A finding is known where a row explains the whole result, or every element that is outside. */
function verdict(opcode: Opcode | 'module', job: Job, result: Value, reference: Value): Found {
  const judgement = judged(job.module, result, job.inputs);
  const { worst } = judgement;
  const { elements, decided } = judgement;
  const shown = { elements, decided, ...(worst && { worst }) };
  if (!isFinding(judgement.verdict)) {
    return { kind: judgement.verdict === 'undecided' ? 'undecided' : 'within', ...shown };
  }
  if (opcode === 'module') return { kind: 'outside', ...shown };
  for (const { deviation, module } of insteadOf(opcode, job.module)) {
    const { verdict } = judged(module, result, job.inputs);
    if (!isFinding(verdict)) return { kind: 'known', deviation, ...shown };
  }
  return explained(opcode, job, result, reference, judgement);
}

/** Puts the reference's elements in place of those that a row explains, until none is outside. */
function explained(
  opcode: Opcode,
  { module, inputs }: Job,
  result: Value,
  reference: Value,
  first: Judgement,
): Found {
  let rest = result;
  let found: Deviation | undefined;
  for (let now = first; isFinding(now.verdict); now = judged(module, rest, inputs)) {
    const worst = now.worst!;
    const deviation =
      worst.index.length > 0 || leafTensors(rest)[worst.output].shape.dims.length === 0
        ? knownDeviation(opcode, deviantAt(worst, reference, rest, inputs))
        : undefined;
    if (!deviation) return { kind: 'outside', worst };
    found ??= deviation;
    rest = replaced(rest, reference, worst);
  }
  return {
    kind: 'known',
    ...(found && { deviation: found }),
    ...(first.worst && { worst: first.worst }),
  };
}

function judged(module: Job['module'], result: Value, inputs: Job['inputs']): Judgement {
  return judgeResult(module, result, inputs, { contract: declaring(widens, 'reciprocal') });
}

/** A result with one element of the reference's. */
function replaced(result: Value, reference: Value, element: ElementVerdict): Value {
  const from = leafTensors(reference)[element.output];
  const leaves = leafTensors(result).map((t, output) => {
    if (output !== element.output) return t;
    const data = t.data.slice();
    const width = data.length / Math.max(1, elementCount(t.shape));
    const at = positionOf(element, t) * width;
    for (let p = 0; p < width; p++) data[at + p] = from.data[at + p] as never;
    return { ...t, data };
  });
  return result.kind === 'tuple' ? tupleValue(leaves) : leaves[0];
}

/** Something other than an AssayError is a fault of ours, and no refusal. */
function fault(error: unknown): Comparison {
  return { kind: 'outside', ulp: 0, reason: String((error as Error).stack ?? error) };
}

/** The value of a shape from its arrays, depth first. */
function assemble(shape: Shape, leaves: Tensor[]): Value {
  if (shape.kind === 'tuple') return tupleValue(shape.elements.map((e) => assemble(e, leaves)));
  return shape.kind === 'array' ? typed(leaves.shift()!, shape) : token;
}

/**
 * XLA's random bits come as unsigned whatever the shape says: the same bits under its type. f4 comes
 * as f16.
 */
function typed(t: Tensor, shape: ArrayShape): Tensor {
  const other = isInteger(shape.type) || shape.type === 'f4e2m1fn';
  if (t.shape.type === shape.type || !other) return t;
  const data = allocate(shape.type, t.data.length);
  for (let i = 0; i < data.length; i++) data[i] = t.data[i] as never;
  return { ...t, shape: arrayShape(shape.type, t.shape.dims), data };
}

function worstUlp(results: readonly Tensor[], references: readonly Tensor[]): number {
  let worst = 0;
  results.forEach(({ data, shape }, k) => {
    if (!isFloat(shape.type) && !isComplex(shape.type)) return;
    const distance = ulpDistance(partOf(shape.type));
    for (let i = 0; i < data.length; i++) {
      worst = Math.max(worst, distance(Number(data[i]), Number(references[k].data[i])));
    }
  });
  return worst;
}

function partOf(type: ElementType): ElementType {
  const info: { readonly part?: ElementType } = elementTypes[type];
  return info.part ?? type;
}
