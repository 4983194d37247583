/** reduce-window: a fold of what lies under each window. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import { arrayResults } from '../../reference/operands.ts';
import { forEachCoordinate, windowReader } from '../../semantics/indexing/window.ts';
import { windowPlaces } from '../../semantics/indexing/window-places.ts';
import { sizeOf } from '../../semantics/loops/strides.ts';
import { tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { ExactValue } from '../core/value.ts';
import { exactIfCertain } from '../core/without-error.ts';
import type { Groups } from './groups.ts';
import { fold, isPlain } from './reduce.ts';
import { windowOf } from './window.ts';

/** reduce-window, one or several operands; sums and extrema by their own laws, else a fold. */
export function reduceWindow(
  instruction: InstructionOf<'reduce-window'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const all = operands.map(tensorOperand);
  if (all.every(isPlain)) return exactIfCertain(instruction, operands, context);
  const { dims } = arrayResults(instruction)[0];
  const window = windowOf(instruction, dims.length);
  const base = all[0].shape.dims;
  const groups: Groups = {
    ...groupsUnder(window, base, dims),
    windows: windowPlaces(window, base, dims),
  };
  const along = dims.map((_, d) => all.some((t) => t.correlated?.along[d] ?? false));
  const linear = window.some((w, d) => w.size > 1 && along[d]);
  const folding = { to_apply: instruction.attrs.to_apply, groups, dims, linear, along };
  return fold(instruction, all, folding, context);
}

/** One group per place of a window over a base of `base`: what lies under it. */
export function groupsUnder(
  window: readonly WindowDim[],
  base: readonly number[],
  places: readonly number[],
): Groups {
  return {
    count: sizeOf(places),
    forEach(visit) {
      const read = windowReader(window, base, places);
      forEachCoordinate(places, (place, r) => {
        const { base: steps, count } = read(place);
        visit(r, { start: 0, count, stride: 0, steps });
      });
    },
  };
}
