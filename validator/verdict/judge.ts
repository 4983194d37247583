/**
 * Holding a result against its budget, element by element. A result that equals the reference of
 * the before side to the bit needs no budget; any other must lie inside both radii of the exact
 * value. Nothing here is configured: the budget comes from the exact mode.
 */
import { elementTypes } from '../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type TensorData, type Value } from '../../graphs/ir/tensor.ts';
import { outcomesIn, undecidedMark } from '../exact/core/outcomes.ts';
import { deviationAt, defaultLambda as lambda } from '../exact/core/radius.ts';
import { type ExactTensor, type ExactValue, exactLeaves } from '../exact/core/value.ts';
import { placesToJudge } from './plain-elements.ts';
import {
  combine,
  type ElementVerdict,
  type Judgement,
  moreSevere,
  moreSevereElement,
  type Shown,
  type VerdictKind,
} from './verdict.ts';

/** True where two values are equal to the bit, any NaN equal to any NaN. */
export function sameBits(a: Value, b: Value): boolean {
  const left = leafTensors(a);
  const right = leafTensors(b);
  return (
    left.length === right.length &&
    left.every((t, n) => sameSizes(t, right[n]!) && sameData(t.data, right[n]!.data))
  );
}

/** Judges against the before side's bits alone: the contract `exact`. */
export function judgeBits(after: Value, before: Value): Judgement {
  return combine(judgeBitsOfEach(after, before));
}

/** As `judgeBits`, each array of the result by itself, depth first. */
export function judgeBitsOfEach(after: Value, before: Value): readonly Judgement[] {
  const right = leafTensors(before);
  return leafTensors(after).map((t, n) => judgeTensorBits(t, right[n]!, n));
}

/** Whether an element of an output differs only in how a tie was broken. */
export type TieTest = (output: number, position: number) => boolean;

/** The tie test of what holds no indices. */
export const noTies: TieTest = () => false;

/** Judges a result against the exact value of the before side and its radii. */
export function judge(
  after: Value,
  before: Value,
  exact: ExactValue,
  isTie: TieTest = noTies,
): Judgement {
  return combine(judgeEach(after, before, exact, isTie));
}

/** As `judge`, each array of the result by itself, depth first. */
export function judgeEach(
  after: Value,
  before: Value,
  exact: ExactValue,
  isTie: TieTest = noTies,
): readonly Judgement[] {
  const b = leafTensors(before);
  const e = exactLeaves(exact);
  return leafTensors(after).map((t, n) => judgeTensor(t, b[n]!, e[n]!, n, isTie));
}

function sameSizes(a: Tensor, b: Tensor): boolean {
  const { dims } = b.shape;
  return a.shape.dims.length === dims.length && a.shape.dims.every((n, d) => n === dims[d]);
}

/** Values of dynamic shapes may differ in size, and then have no elements to compare. */
function judgeSizes(after: Tensor, before: Tensor, output: number, isDecided: boolean): Judgement {
  const verdict = isDecided ? 'beyond' : 'undecided';
  const [left, right] = [before, after].map((t) => `[${t.shape.dims}]`) as [string, string];
  const worst: ElementVerdict = {
    verdict,
    output,
    type: after.shape.type,
    index: [],
    before: left,
    after: right,
    exact: left,
    budgetUse: isDecided ? Infinity : 0,
    budget: 0,
  };
  const decided = isDecided ? 1 : 0;
  return { verdict, elements: 1, decided, ties: 0, outside: decided, worst };
}

function sameData(a: TensorData, b: TensorData): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  if (a.constructor === b.constructor && Buffer.compare(bytesOf(a), bytesOf(b)) === 0) return true;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function bytesOf({ buffer, byteOffset, byteLength }: TensorData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function judgeTensorBits(after: Tensor, before: Tensor, output: number): Judgement {
  if (!sameSizes(after, before)) return judgeSizes(after, before, output, true);
  const tally = new Tally(after, before, output);
  if (sameData(after.data, before.data)) tally.decide(tally.count);
  else {
    for (let i = 0; i < tally.count; i++) {
      if (!tally.same(i)) tally.add(i, 'beyond', Infinity, 0, before.data[i * tally.width]!);
      else tally.decide(1);
    }
  }
  return tally.judgement();
}

function judgeTensor(
  after: Tensor,
  before: Tensor,
  exact: ExactTensor,
  output: number,
  isTie: TieTest,
): Judgement {
  if (!sameSizes(after, before)) return judgeSizes(after, before, output, !exact.unsized);
  const tally = new Tally(after, before, output);
  const next = isTie === noTies ? placesToJudge(after, before, exact, lambda) : undefined;
  const pastPlain = (from: number) => {
    const place = next ? next(from, tally.use()) : from;
    tally.decide(place - from);
    return place;
  };
  for (let i = pastPlain(0); i < tally.count; i = pastPlain(i + 1)) {
    if (tally.same(i)) tally.decide(1);
    else if (isTie(output, i)) tally.add(i, 'tie', 0, 0, exact.data[i * tally.width]!);
    else judgeElement(i, after, exact, tally);
  }
  return tally.judgement();
}

function judgeElement(i: number, after: Tensor, exact: ExactTensor, tally: Tally): void {
  const mark = exact.undecided?.[i] ?? 0;
  let verdict: VerdictKind = mark & undecidedMark ? 'undecided' : 'within';
  let use = 0;
  let at = i * tally.width;
  for (let p = 0; p < tally.width && verdict !== 'undecided'; p++) {
    const part = i * tally.width + p;
    if (mark > 0 && outcomesIn(mark).some((x) => Object.is(x, after.data[part]))) continue;
    const held = judgeNumber(after.data[part]!, exact.data[part]!, radii(exact, part));
    verdict = moreSevere(verdict, held.verdict);
    if (held.use >= use) [use, at] = [held.use, part];
  }
  const { worst, likely } = radii(exact, at);
  tally.add(i, verdict, use, Math.min(worst, likely), exact.data[at]!);
}

/** |a - b|; 0 for equal infinities and for two NaN. 64-bit integers are subtracted as integers. */
export function distanceBetween(a: number | bigint, b: number | bigint): number {
  if (a === b || Object.is(a, b)) return 0;
  if (typeof a === 'bigint' && typeof b === 'bigint') return Math.abs(Number(a - b));
  return Math.abs(Number(a) - Number(b));
}

interface Radii {
  readonly worst: number;
  /** λ times the likely radius. */
  readonly likely: number;
}

/** The two radii of a part of an element. Shared and independent errors add up linearly. */
function radii(exact: ExactTensor, part: number): Radii {
  const worst = exact.bound?.[part] ?? 0;
  return { worst, likely: lambda * deviationAt(exact, part) };
}

/**
 * Where no worst-case bound is known (it is useless past the first softmax), the likely radius alone
 * decides, and what lies outside it is suspect, never beyond.
 */
function judgeNumber(after: number | bigint, exact: number | bigint, { worst, likely }: Radii) {
  const distance = distanceBetween(after, exact);
  if (distance === 0) return { verdict: 'within', use: 0 } as const;
  const unbounded = !(worst < Infinity);
  if (Number.isFinite(Number(exact)) && unbounded && !(likely < Infinity)) {
    return { verdict: 'undecided', use: 0 } as const;
  }
  const budget = unbounded ? likely : Math.min(worst, likely);
  const use = budget === 0 || Number.isNaN(distance) ? Infinity : distance / budget;
  if (!(distance <= worst) && !unbounded) return { verdict: 'beyond', use } as const;
  if (Number.isNaN(distance)) return { verdict: 'beyond', use } as const;
  return { verdict: distance <= likely ? 'within' : 'suspect', use } as const;
}

/** Counts the elements of one tensor and keeps the gravest. */
class Tally {
  readonly count: number;
  readonly width: number;
  private decided = 0;
  private ties = 0;
  private outside = 0;
  private verdict: VerdictKind = 'identical';
  private worst: ElementVerdict | null = null;
  private readonly after: Tensor;
  private readonly before: Tensor;
  private readonly output: number;

  constructor(after: Tensor, before: Tensor, output: number) {
    this.after = after;
    this.before = before;
    this.output = output;
    this.width = elementTypes[after.shape.type].kind === 'complex' ? 2 : 1;
    this.count = after.data.length / this.width;
  }

  same(i: number): boolean {
    for (let p = i * this.width; p < (i + 1) * this.width; p++) {
      if (!Object.is(this.after.data[p], this.before.data[p])) return false;
    }
    return true;
  }

  /** Counts n elements of which there is no more to tell. */
  decide(n: number): void {
    this.decided += n;
  }

  /** The budget use that an element within its budget must exceed to be told of; -1 before any. */
  use(): number {
    const { worst } = this;
    if (!worst) return -1;
    return worst.verdict === 'within' ? worst.budgetUse : Infinity;
  }

  add(
    i: number,
    verdict: VerdictKind,
    budgetUse: number,
    budget: number,
    exact: number | bigint,
  ): void {
    if (verdict !== 'undecided') this.decided++;
    if (verdict === 'tie') this.ties++;
    if (verdict === 'suspect' || verdict === 'beyond') this.outside++;
    this.verdict = moreSevere(this.verdict, verdict);
    const { worst } = this;
    if (worst && worst.verdict === verdict && worst.budgetUse >= budgetUse) return;
    const element: ElementVerdict = {
      verdict,
      output: this.output,
      type: this.after.shape.type,
      index: unravel(i, this.after.shape.dims),
      before: this.shown(this.before, i),
      after: this.shown(this.after, i),
      exact: this.width === 2 ? this.shown(this.before, i) : showNumber(exact),
      budgetUse,
      budget,
    };
    this.worst = moreSevereElement(worst, element);
  }

  judgement(): Judgement {
    const { verdict, count, decided, ties, outside, worst } = this;
    return { verdict, elements: count, decided, ties, outside, worst };
  }

  private shown(t: Tensor, i: number): Shown {
    if (this.width === 1) return showNumber(t.data[i]!);
    const [re, im] = [t.data[2 * i]!, t.data[2 * i + 1]!].map((x) => (Object.is(x, -0) ? '-0' : x));
    return `(${re}, ${im})`;
  }
}

function showNumber(x: number | bigint): Shown {
  return typeof x === 'number' && Number.isFinite(x) ? x : String(x);
}

/** The index of a row-major position. */
export function unravel(position: number, dims: readonly number[]): number[] {
  const index: number[] = [];
  let rest = position;
  for (let d = dims.length - 1; d >= 0; d--) {
    index.unshift(rest % dims[d]!);
    rest = Math.floor(rest / dims[d]!);
  }
  return index;
}
