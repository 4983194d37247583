/** Custom calls that take values of dynamic sizes: annotations, and the two ends of such values. */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { Fit, Sized } from './rules.ts';

const annotations: ReadonlySet<string> = new Set([
  'Sharding',
  'LayoutConstraint',
  'MoveToHost',
  'MoveToDevice',
  'annotate_device_placement',
]);

/** True for targets that hand their operand on. */
export function isAnnotation(target: string): boolean {
  return annotations.has(target);
}

/** SliceToDynamic(a, n₀, n₁ …) has the sizes that its operands say. */
export function customCallSizes(
  i: InstructionOf<'custom-call'>,
  [, ...sizes]: readonly Sized[],
): Fit | 'passes' {
  const target = i.attrs.custom_call_target;
  if (isAnnotation(target) || target === 'PadToStatic') return 'passes';
  if (target === 'SliceToDynamic') return { dims: sizes.map((s) => s.integer()) };
  return fail('run/unsupported', `dynamic sizes do not go through the target ${target}`);
}
