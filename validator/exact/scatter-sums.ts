/**
 * Sums of updates at many targets at once: each pass goes over the updates in their order and keeps
 * what sums.ts asks for of every target side by side, so that no list of updates is ever made.
 */
import { mergedMarks, sizeOf, withMarks } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import type { Numerics } from './numerics.ts';
import { isMultiple, neededQuantum } from './quantum.ts';
import { Sink } from './sink.ts';
import { SumFigures } from './sum-figures.ts';
import { atLeast, type Inherited, putSum } from './sums.ts';
import type { ExactTensor } from './value.ts';

/** operand[t] + Σ of the updates u with targets[u] = t; -1 is no target. Float tensors. */
export function sumUpdates(
  operand: ExactTensor,
  updates: ExactTensor,
  targets: Int32Array,
  context: ExactContext,
): ExactTensor {
  const numerics = context.numerics(operand.shape.type);
  const [a, b] = [operand, updates].map((t) => arithmeticOperand(t, context));
  const sums = new TargetSums(a, b, targets, numerics);
  const sink = new Sink(sizeOf(operand), numerics);
  for (let t = 0; t < sink.data.length; t++) {
    if (sums.counts[t] > 0) sums.put(sink, t);
    else keepElement(sink, t, operand);
  }
  const along = operand.shape.dims.map(() => true);
  return withMarks(sink.finish(operand.shape, along), marksOf(operand, updates, targets));
}

function keepElement(sink: Sink, i: number, { data, worst, likely, shared }: ExactTensor): void {
  const common = shared ? shared.radius[i] : 0;
  sink.keep(i, data[i] as number, worst ? worst[i] : 0, likely ? likely[i] : 0, common);
}

/** Targets of which the operand's element or an update is undecided. */
function marksOf(
  operand: ExactTensor,
  { undecided }: ExactTensor,
  targets: Int32Array,
): Uint8Array | undefined {
  const n = sizeOf(operand);
  if (!undecided) return mergedMarks([operand], n);
  const marks = operand.undecided?.slice() ?? new Uint8Array(n);
  for (let u = 0; u < targets.length; u++)
    if (undecided[u] && targets[u] >= 0) marks[targets[u]] = 1;
  return marks.includes(1) ? marks : undefined;
}

/** Numbers kept per target. */
const width = 5;
const radiusWidth = 4;

class TargetSums {
  /** Updates per target. */
  readonly counts: Int32Array;
  private readonly operand: ExactTensor;
  private readonly updates: ExactTensor;
  private readonly targets: Int32Array;
  private readonly numerics: Numerics;
  /** Per target Σx, Σ|x|, Σx², Σ of squared partial sums, and the sum rounded at each step. */
  private readonly figures: Float64Array;
  /** Per target Σ worst, Σ likely², Σ shared and Σ shared². */
  private readonly radii: Float64Array | undefined;
  /** 1 where all terms are multiples of what their sum needs to be exact. */
  private readonly exact: Uint8Array;
  private readonly one = new SumFigures();
  private readonly inherited: Inherited = { worst: 0, likely: 0, shared: 0 };

  constructor(operand: ExactTensor, updates: ExactTensor, targets: Int32Array, numerics: Numerics) {
    this.operand = operand;
    this.updates = updates;
    this.targets = targets;
    this.numerics = numerics;
    const n = sizeOf(operand);
    this.counts = new Int32Array(n);
    for (let u = 0; u < targets.length; u++) if (targets[u] >= 0) this.counts[targets[u]]++;
    this.figures = this.sumFigures(n);
    this.radii = operand.worst || updates.worst ? this.sumRadii(n) : undefined;
    this.exact = this.exactTargets(n);
  }

  put(sink: Sink, t: number): void {
    const { one, figures, radii, inherited } = this;
    one.sum = figures[t * width];
    one.size = figures[t * width + 1];
    one.squares = figures[t * width + 2];
    one.partialSquares = figures[t * width + 3];
    one.sequential = figures[t * width + 4];
    if (radii) {
      inherited.worst = radii[t * radiusWidth];
      inherited.likely = Math.sqrt(radii[t * radiusWidth + 1]);
      const independent = Math.sqrt(radii[t * radiusWidth + 3]);
      inherited.shared = atLeast(radii[t * radiusWidth + 2], independent);
    }
    if (!(Math.abs(one.sum) < Infinity) && !this.hasSpecial(t)) sink.mark(t);
    putSum(sink, t, one, this.counts[t] + 1, inherited, this.exact[t] === 1, this.numerics);
  }

  private sumFigures(n: number): Float64Array {
    const { round } = this.numerics;
    const first = this.operand.data as Float64Array;
    const figures = new Float64Array(width * n);
    for (let t = 0, e = 0; t < n; t++, e += width) {
      const x = 0 + first[t];
      figures[e] = x;
      figures[e + 1] = Math.abs(x);
      figures[e + 2] = x * x;
      figures[e + 3] = x * x;
      figures[e + 4] = round(x);
    }
    const x = this.updates.data as Float64Array;
    if (round === Math.fround) addUpdatesF32(figures, x, this.targets);
    else addUpdates(figures, x, this.targets, round);
    for (let t = 0; t < n; t++) figures[t * width + 3] -= first[t] * first[t];
    return figures;
  }

  private sumRadii(n: number): Float64Array {
    const { operand, updates, targets } = this;
    const radii = new Float64Array(radiusWidth * n);
    for (let t = 0; t < n; t++) addRadii(radii, t * radiusWidth, operand, t);
    for (let u = 0; u < targets.length; u++) {
      if (targets[u] >= 0) addRadii(radii, targets[u] * radiusWidth, updates, u);
    }
    return radii;
  }

  private exactTargets(n: number): Uint8Array {
    const { figures, radii, counts, targets } = this;
    const { precision, flushBelow } = this.numerics;
    const first = this.operand.data as Float64Array;
    const x = this.updates.data as Float64Array;
    const exact = new Uint8Array(n);
    const needed = new Float64Array(n);
    let left = 0;
    for (let t = 0; t < n; t++) {
      if (counts[t] === 0 || (radii && radii[t * radiusWidth] > 0)) continue;
      const q = neededQuantum(figures[t * width + 1], precision, flushBelow);
      needed[t] = q;
      exact[t] = isMultiple(first[t], q, 1 / q) ? 1 : 0;
      left += exact[t];
    }
    for (let u = 0; u < targets.length && left > 0; u++) {
      const t = targets[u];
      if (t < 0 || exact[t] === 0 || isMultiple(x[u], needed[t], 1 / needed[t])) continue;
      exact[t] = 0;
      left--;
    }
    return exact;
  }

  /** Whether a term of target t is infinite or NaN. */
  private hasSpecial(t: number): boolean {
    if (!Number.isFinite(this.operand.data[t])) return true;
    const x = this.updates.data;
    return this.targets.some((target, u) => target === t && !Number.isFinite(x[u]));
  }
}

function addRadii(to: Float64Array, e: number, t: ExactTensor, i: number): void {
  if (!t.worst || !t.likely) return;
  const common = t.shared ? t.shared.radius[i] : 0;
  to[e] += t.worst[i];
  to[e + 1] += t.likely[i] * t.likely[i];
  to[e + 2] += common;
  to[e + 3] += common * common;
}

function addUpdatesF32(figures: Float64Array, x: Float64Array, targets: Int32Array): void {
  for (let u = 0; u < targets.length; u++) {
    if (targets[u] < 0) continue;
    const e = targets[u] * width;
    const term = x[u];
    const sum = figures[e] + term;
    figures[e] = sum;
    figures[e + 1] += Math.abs(term);
    figures[e + 2] += term * term;
    figures[e + 3] += sum * sum;
    figures[e + 4] = Math.fround(figures[e + 4] + term);
  }
}

function addUpdates(
  figures: Float64Array,
  x: Float64Array,
  targets: Int32Array,
  round: (v: number) => number,
): void {
  for (let u = 0; u < targets.length; u++) {
    if (targets[u] < 0) continue;
    const e = targets[u] * width;
    const term = x[u];
    const sum = figures[e] + term;
    figures[e] = sum;
    figures[e + 1] += Math.abs(term);
    figures[e + 2] += term * term;
    figures[e + 3] += sum * sum;
    figures[e + 4] = round(figures[e + 4] + term);
  }
}
