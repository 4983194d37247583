/**
 * select-and-scatter where the selection is a comparison and the scatter a sum (the gradient of a
 * pooling). A window whose choice is not settled leaves its candidates undecided.
 */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { scatterGroups } from '../../semantics/indexing/scatter-groups.ts';
import { forEachCoordinate, windowReader } from '../../semantics/indexing/window.ts';
import { markUndecided, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { effectiveRadius, isUndecided } from '../core/radius.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, undecidedOf } from '../core/without-error.ts';
import { sumUpdates } from '../sums/scatter-sums.ts';
import { spread } from './fold.ts';
import { reductionKindOf } from './reduction-kind.ts';

/** select-and-scatter; open where more than one element of a window may be the selected one. */
export function selectAndScatter(
  instruction: InstructionOf<'select-and-scatter'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const [input, source, init] = operands.map(tensorOperand);
  if (![input, source, init].some((t) => isFloat(t.shape.type) || t.undecided)) {
    return exactIfCertain(instruction, operands, context);
  }
  const { window, select, scatter } = instruction.attrs;
  const chooser = directionOf(context, select);
  const sums = reductionKindOf(context.module, scatter)?.opcode === 'add';
  if (!chooser || !sums || !isFloat(input.shape.type) || !isFloat(source.shape.type)) {
    context.explainUndecided(`no budget rule for select-and-scatter with ${select} and ${scatter}`);
    return undecidedOf(instruction.shape);
  }
  const n = input.data.length;
  const targets = new Int32Array(source.data.length).fill(-1);
  const marks = new Uint8Array(n);
  const read = windowReader(window, input.shape.dims, source.shape.dims);
  const compared = arithmeticOperand(input, context);
  forEachCoordinate(source.shape.dims, (place, p) => {
    const { base, count } = read(place);
    if (count > 0) targets[p] = chooseIn(compared, base, count, chooser, marks, context.lambda);
  });
  const start = { ...spread(init, n), shape: input.shape };
  const groups = scatterGroups({ starts: targets, window: Int32Array.of(0) }, n);
  const result = sumUpdates(start, source, groups, context);
  return markUndecided(result, marks);
}

interface Chooser {
  /** 1: the largest is chosen; -1: the smallest. */
  readonly sign: 1 | -1;
  /** Among equals the first stays chosen. */
  readonly first: boolean;
}

function directionOf(context: ExactContext, name: string): Chooser | undefined {
  const computation = context.module.computations.find((c) => c.name === name);
  const root = computation?.instructions.find((i) => i.id === computation.root);
  if (root?.opcode !== 'compare' || reductionKindOf(context.module, name) === undefined)
    return undefined;
  const { direction } = root.attrs;
  if (direction === 'EQ' || direction === 'NE') return undefined;
  return { sign: direction.startsWith('G') ? 1 : -1, first: direction.endsWith('E') };
}

/** The element chosen; candidates of an unsettled choice are marked: all of them, where one is NaN or undecided. */
function chooseIn(
  input: ExactTensor,
  base: Int32Array,
  count: number,
  { sign, first }: Chooser,
  marks: Uint8Array,
  lambda: number,
): number {
  const x = input.data as Float64Array;
  let best = base[0];
  let anything = isUndecided(input, best) || Number.isNaN(x[best]);
  for (let j = 1; j < count; j++) {
    const other = base[j];
    const stays = first ? sign * x[best] >= sign * x[other] : sign * x[best] > sign * x[other];
    if (!stays) best = other;
    if (input.undecided?.[other] || Number.isNaN(x[other])) anything = true;
  }
  for (let j = 0; j < count && count > 1; j++) {
    const other = base[j];
    const r = effectiveRadius(input, other, lambda) + effectiveRadius(input, best, lambda);
    const unsettled = other !== best && r > 0 && Math.abs(x[best] - x[other]) <= r;
    if (!unsettled && !anything) continue;
    marks[other] = 1;
    marks[best] = 1;
  }
  return best;
}
