/**
 * A planted fault under the judge: caught where the default cases show it. One that they do not show is
 * missed where any input can: a pool of all kinds over several seeds, and of random bits, tells.
 */
import { defaultCases, type GoldenCase, generateCase } from '../../../golden/cases.ts';
import { factsOf, type ModuleFacts } from '../../../golden/kinds/facts.ts';
import { type CaseKind, caseKinds } from '../../../golden/kinds/kinds.ts';
import { type Random, randomOf } from '../../../golden/kinds/random.ts';
import { elementTypes, floatFormat, isFloat } from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type Tensor, tensor, tensorOf, type Value } from '../../../graphs/ir/tensor.ts';
import { type SessionCase, sessionCase } from '../../../validator/validation/case.ts';
import { compareModules } from '../../../validator/validation/compare.ts';
import { isFinding } from '../../../validator/verdict/verdict.ts';
import type { Planted } from './faults.ts';

export interface FaultOutcome {
  /** `unshown`: no input of the pool shows it either, so perhaps none can. */
  readonly outcome: 'caught' | 'missed' | 'unshown';
  /** The case of the pool that shows what was missed; the judge's words for it. */
  readonly what: string;
}

export function judgeFault(planted: Planted): FaultOutcome {
  const { before, after } = planted;
  const cases = defaultCases(before, 1, { others: [after] }).map(sessionCase);
  if (flagged(planted, cases) !== undefined) return { outcome: 'caught', what: '' };
  for (const batch of pool(planted)) {
    const what = flagged(planted, batch);
    if (what !== undefined) return { outcome: 'missed', what };
  }
  return { outcome: 'unshown', what: '' };
}

/** What a fault is found by on some cases; undefined where it is not. */
function flagged(planted: Planted, cases: readonly SessionCase[]): string | undefined {
  const { before, after, fault } = planted;
  const { verdict, findings } = compareModules({
    ...{ beforeName: 'before.hlo', afterName: 'after.hlo', before, after },
    ...{ contract: fault.contract, cases },
    limits: { maxIterations: 10_000, maxElements: 2 ** 20 },
  });
  if (!isFinding(verdict)) return undefined;
  const [f] = findings;
  if (!f) return verdict;
  return `${f.verdict} on ${f.case} at [${f.index}]: before ${f.before} after ${f.after}`;
}

const seeds = [101, 102, 103, 104, 105, 106];
const randomBatches = 6;

/** Each number of the inputs the same: what folds from another start, or overflows, shows it. */
const fills = [0, -0, 1, -1, 2, Infinity, -Infinity, Number.NaN, 'least', 'greatest'] as const;

/** Inputs beyond the default ones, a seed at a time. */
function* pool({ before, after, seed, index }: Planted): Generator<readonly SessionCase[]> {
  const options = { others: [after], facts: factsOf(before, [after]) };
  for (const s of seeds) {
    for (const kind of Object.keys(caseKinds) as CaseKind[]) {
      yield [sessionCase(generateCase(before, kind, s, options))];
    }
  }
  for (let n = 0; n < randomBatches; n++) {
    const random = randomOf(seed, 'bits', index, n);
    const golden = generateCase(before, 'typical', n + 1, options);
    yield [sessionCase(replaced(golden, options.facts, (t) => withBits(t, random)))];
  }
  for (const fill of fills) {
    const golden = generateCase(before, 'typical', 1, options);
    yield [sessionCase(replaced(golden, options.facts, (t) => filledWith(t, fill)))];
  }
}

/** The case with other numbers in every array that is free. */
function replaced(golden: GoldenCase, facts: ModuleFacts, make: (t: Tensor) => Tensor): GoldenCase {
  const fill = (value: Value, parameter: number, path: readonly number[]): Value => {
    if (value.kind === 'tuple') {
      const elements = value.elements.map((e, k) => fill(e, parameter, [...path, k]));
      return { ...value, elements };
    }
    if (value.kind !== 'tensor' || !isFree(value, facts, parameter, path)) return value;
    return make(value);
  };
  return { ...golden, name: 'pool', inputs: golden.inputs.map((v, p) => fill(v, p, [])) };
}

/** Whether any bits will do: not for truth values, small types and the bounds of loops. */
function isFree(
  { shape }: Tensor,
  facts: ModuleFacts,
  p: number,
  path: readonly number[],
): boolean {
  const { bits, kind } = elementTypes[shape.type];
  const bounded = (facts.use(p, path)?.outside ?? 'either') !== 'either';
  return !bounded && kind !== 'pred' && bits >= 8;
}

/** The tensor with other bits in its storage; floats that are stored as wider ones are rounded. */
function withBits({ shape, data }: Tensor, random: Random): Tensor {
  const drawn = data.slice();
  const bytes = new Uint8Array(drawn.buffer, drawn.byteOffset, drawn.byteLength);
  for (let k = 0; k < bytes.length; k++) bytes[k] = random.u32() & 255;
  if (isFloat(shape.type) && drawn instanceof Float32Array) {
    drawn.set(drawn.map(rounder(shape.type)));
  }
  return tensor(shape, drawn);
}

/** The tensor with one number everywhere; as it is where its type has no such number. */
function filledWith(t: Tensor, fill: (typeof fills)[number]): Tensor {
  const { type, dims } = t.shape;
  const { kind, bits } = elementTypes[type];
  if (isFloat(type) || kind === 'complex') {
    const most = isFloat(type) ? floatFormat(type).maxFinite : 1;
    const x = fill === 'least' ? -most : fill === 'greatest' ? most : fill;
    return tensor(t.shape, t.data.slice().fill(x as never) as Tensor['data']);
  }
  const size = 2n ** BigInt(bits);
  const [min, max] = kind === 'signed' ? [-size / 2n, size / 2n - 1n] : [0n, size - 1n];
  const x =
    fill === 'least'
      ? min
      : fill === 'greatest'
        ? max
        : Number.isInteger(fill)
          ? BigInt(fill)
          : min;
  return tensorOf(
    type,
    dims,
    Array.from({ length: t.data.length }, () => (x < min ? max : x)),
  );
}
