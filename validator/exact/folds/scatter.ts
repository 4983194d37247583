/**
 * scatter: every target takes its updates in any order. Sums by sums.ts, assignments where they
 * agree, anything else update by update with the computation, all targets at once.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { arrayResults } from '../../reference/operands.ts';
import {
  type ScatterWindows,
  scatterTargets,
  scatterWindows,
} from '../../semantics/indexing/scatter.ts';
import { scatterGroups } from '../../semantics/indexing/scatter-groups.ts';
import { iotaIndices } from '../../semantics/loops/strides.ts';
import { markUndecided, partsOf, sizeOf, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { deviationAt } from '../core/radius.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, undecidedOf } from '../core/without-error.ts';
import { take } from '../movement/apply-index-map.ts';
import { sumUpdates } from '../sums/scatter-sums.ts';
import { reshaped, spread } from './fold.ts';
import { chosenParameter, reductionKindOf } from './reduction-kind.ts';

/** scatter, one or several operands with their updates; positions outside are dropped. */
export function scatter(
  instruction: InstructionOf<'scatter'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const all = operands.map(tensorOperand);
  const n = (all.length - 1) / 2;
  if (
    !all.some((t) => isFloat(t.shape.type) || isComplex(t.shape.type)) &&
    all.every((t) => !t.undecided)
  ) {
    return exactIfCertain(instruction, operands, context);
  }
  const { attrs } = instruction;
  if (all[n].undecided) return undecidedOf(instruction.shape);
  const windows = scatterWindows(attrs, all[0].shape, all[n], all[n + 1].shape);
  const results = combineUpdates(
    attrs.to_apply,
    all.slice(0, n),
    all.slice(n + 1),
    windows,
    context,
  );
  if (!results) {
    context.explainUndecided(`no budget rule for scatter with ${attrs.to_apply}`);
    return undecidedOf(instruction.shape);
  }
  const shapes = arrayResults(instruction);
  const shaped = results.map((t, k) => reshaped(t, shapes[k]));
  return instruction.shape.kind === 'tuple' ? { kind: 'tuple', elements: shaped } : shaped[0];
}

/** Updates sorted by target: those of target t are list[first[t] … first[t + 1]). */
interface UpdatesByTarget {
  readonly first: Int32Array;
  readonly list: Int32Array;
  /** Most updates of one target. */
  readonly most: number;
}

/** Targets of -1 are left out. */
function updatesByTarget(targets: Int32Array, size: number): UpdatesByTarget {
  const first = new Int32Array(size + 1);
  for (const t of targets) if (t >= 0) first[t + 1]++;
  const most = first.reduce((a, b) => Math.max(a, b), 0);
  for (let t = 0; t < size; t++) first[t + 1] += first[t];
  const next = first.slice();
  const list = new Int32Array(first[size]);
  targets.forEach((t, u) => {
    if (t >= 0) list[next[t]++] = u;
  });
  return { first, list, most };
}

function combineUpdates(
  name: string,
  inputs: readonly ExactTensor[],
  updates: readonly ExactTensor[],
  windows: ScatterWindows,
  context: ExactContext,
): readonly ExactTensor[] | undefined {
  const { type } = inputs[0].shape;
  const size = sizeOf(inputs[0]);
  if (
    inputs.length === 1 &&
    isFloat(type) &&
    reductionKindOf(context.module, name)?.opcode === 'add'
  ) {
    return [sumUpdates(inputs[0], updates[0], scatterGroups(windows, size), context)];
  }
  if (inputs.length === 1 && chosenParameter(context.module, name) === 1) {
    return [assign(inputs[0], updates[0], windows)];
  }
  const by = updatesByTarget(scatterTargets(windows), size);
  return inRounds(name, inputs, updates, by, context);
}

/** The update itself; several that differ, in value or radii, leave the target undecided. */
function assign(
  operand: ExactTensor,
  updates: ExactTensor,
  { starts, window }: ScatterWindows,
): ExactTensor {
  const size = sizeOf(operand);
  const source = iotaIndices(size);
  const from = new Uint8Array(size);
  const marks = new Uint8Array(size);
  const n = window.length;
  for (let p = 0; p < starts.length; p++) {
    for (let w = 0, u = p * n; w < n && starts[p] >= 0; w++, u++) {
      const t = starts[p] + window[w];
      if (from[t] && !sameElement(updates, u, source[t])) marks[t] = 1;
      source[t] = u;
      from[t] = 1;
    }
  }
  return markUndecided(take([operand, updates], source, from), marks);
}

function sameElement(t: ExactTensor, u: number, v: number): boolean {
  const parts = partsOf(t.shape.type);
  for (let part = 0; part < parts; part++) {
    const [a, b] = [u * parts + part, v * parts + part];
    if (t.data[a] !== t.data[b]) return false;
    if (t.bound && (t.bound[a] !== t.bound[b] || deviationAt(t, a) !== deviationAt(t, b)))
      return false;
  }
  return true;
}

/** One update of every target at a time. */
function inRounds(
  name: string,
  inputs: readonly ExactTensor[],
  updates: readonly ExactTensor[],
  { first, list, most }: UpdatesByTarget,
  context: ExactContext,
): readonly ExactTensor[] | undefined {
  const size = sizeOf(inputs[0]);
  let state = inputs.map((t) => take([t], iotaIndices(size)));
  for (let round = 0; round < most; round++) {
    const active = iotaIndices(size).filter((t) => first[t] + round < first[t + 1]);
    const which = active.map((t) => list[first[t] + round]);
    const args = [...state.map((t) => take([t], active)), ...updates.map((u) => take([u], which))];
    const next = context.callEach(name, args, active.length);
    if (!next) return undefined;
    const source = iotaIndices(size);
    const from = new Uint8Array(size);
    active.forEach((t, i) => {
      source[t] = i;
      from[t] = 1;
    });
    state = state.map((t, k) => take([t, spread(next[k], active.length)], source, from));
  }
  return state;
}
