/**
 * A specimen that may be shown to anybody: no name of its owner's in it, and none of the numbers that
 * made-up ones do for.
 */
import { type Random, randomOf } from '../../golden/kinds/random.ts';
import { elementTypes, isFloat } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type Tensor, tensor } from '../../graphs/ir/tensor.ts';
import type { FaultTest, Reducible } from './reducible.ts';
import { simplerForms } from './values.ts';

/** What was redacted, and what could not be. */
export interface Redacted<S> {
  readonly specimen: S;
  /** Whether names and notes of the module are gone; they stay where the fault needs them. */
  readonly named: boolean;
  /** Arrays whose numbers stayed, since no other ones show the fault: `input 0`, `constant 2`. */
  readonly kept: readonly string[];
}

/** Seeds that are tried for the numbers of one array. */
const attempts = 8;

/** Redacts a specimen on which the test says `fails`. */
export async function redact<S>(
  specimen: S,
  kind: Reducible<S>,
  test: FaultTest<S>,
): Promise<Redacted<S>> {
  const bare = kind.withoutNames(specimen);
  const isBare = (await test(bare)) === 'fails';
  let best = isBare ? bare : specimen;
  const kept: string[] = [];
  for (const k of kind.slotsOf(best).keys()) {
    const slot = kind.slotsOf(best)[k]!;
    const found = await firstOf(madeUp(slot.tensor, k).map(slot.with), test);
    if (found) best = found;
    else if (isTelling(slot.tensor)) kept.push(slot.what);
  }
  return { specimen: best, named: !isBare, kept };
}

async function firstOf<S>(candidates: Iterable<S>, test: FaultTest<S>): Promise<S | undefined> {
  for (const candidate of candidates) if ((await test(candidate)) === 'fails') return candidate;
  return undefined;
}

/** Whether an array says more than its shape: zeros and ones do not. */
function isTelling({ data }: Tensor): boolean {
  return data.some((x: number | bigint) => Number(x) !== 0 && Number(x) !== 1);
}

/** Arrays that nobody has: zeros, ones, then numbers drawn from a seed, with the signs there are. */
function madeUp(t: Tensor, k: number): readonly Tensor[] {
  if (t.shape.type === 'pred') return simplerForms(t).slice(0, 2);
  const drawn = Array.from({ length: attempts }, (_, seed) => {
    return drawnLike(t, randomOf(seed, 'redact', k), seed % 2 === 0);
  });
  return [...simplerForms(t).slice(0, 2), ...drawn];
}

/** Of the same signs; small integers, or any numbers of the same exponents. */
function drawnLike(t: Tensor, random: Random, small: boolean): Tensor {
  const { type } = t.shape;
  const data = t.data.slice();
  const isWide = elementTypes[type].bits === 64 && !isFloat(type);
  const round = isFloat(type) ? rounder(type) : Math.trunc;
  for (let n = 0; n < data.length; n++) {
    const x = Number(data[n]);
    if (!Number.isFinite(x) || x === 0) continue;
    const scale = 2 ** Math.floor(Math.log2(Math.abs(x)));
    const size = small ? 1 + Math.floor(random.uniform() * 4) : scale * (1 + random.uniform());
    const made = round(Math.sign(x) * size);
    data[n] = (isWide ? BigInt(Math.trunc(made)) : made) as never;
  }
  return tensor(t.shape, data);
}
