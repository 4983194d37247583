/** How dynamic sizes go through the custom calls whose target is known. */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { customTargetOf, type SizesThrough } from '../../../graphs/ops/custom-targets.ts';
import type { Fit, Sized } from './rules.ts';

/** True for targets that hand their operand on. */
export function isAnnotation(target: string): boolean {
  return customTargetOf(target)?.sizes === 'handed-on';
}

type Rule = (target: string, operands: readonly Sized[]) => Fit | 'passes';

const rules: Readonly<Record<SizesThrough, Rule>> = {
  'handed-on': () => 'passes',
  'made-static': () => 'passes',
  'told-by-operands': (_, [, ...sizes]) => ({ dims: sizes.map((s) => s.integer()) }),
  refused: (target) =>
    fail('run/unsupported', `dynamic sizes do not go through the target ${target}`),
};

/** The sizes that a custom call has on operands of these. */
export function customCallSizes(
  i: InstructionOf<'custom-call'>,
  operands: readonly Sized[],
): Fit | 'passes' {
  const target = i.attrs.custom_call_target;
  return rules[customTargetOf(target)?.sizes ?? 'refused'](target, operands);
}
