/** The window of reduce-window: the one given, or single elements where none is. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';

/** One entry a dimension; without an attribute a window covers one element. */
export function windowOf(
  i: InstructionOf<'reduce-window', number>,
  rank: number,
): readonly WindowDim[] {
  if (i.attrs.window.length === rank) return i.attrs.window;
  return Array.from({ length: rank }, () => ({
    size: 1,
    stride: 1,
    padLow: 0,
    padHigh: 0,
    windowDilation: 1,
    baseDilation: 1,
    reversal: false,
  }));
}
