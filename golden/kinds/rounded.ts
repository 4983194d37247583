/** What modules round to: float formats, and whole numbers. Halfway cases are drawn of these. */
import { floatFormat, isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { leafShapes } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** To what a module rounds. */
export interface Rounded {
  /** Bits of the significands of all float types and of what is reduced to fewer, ascending. */
  readonly precisions: readonly number[];
  /** Whether floats become whole numbers somewhere. */
  readonly toWhole: boolean;
}

/** To what any of the modules rounds. */
export function roundedBy(modules: readonly Module[]): Rounded {
  const all = modules.flatMap((m) => m.computations.flatMap((c) => c.instructions));
  const precisions = [...new Set(all.flatMap(precisionsOf))].sort((a, b) => a - b);
  return { precisions, toWhole: all.some((i) => roundings.has(i.opcode)) };
}

const roundings: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['round-nearest-afz', 'round-nearest-even', 'floor', 'ceil'] as const),
]);

function precisionsOf(i: Instruction): readonly number[] {
  const own = leafShapes(i.shape).flatMap((s) =>
    s.kind === 'array' && isFloat(s.type) ? [floatFormat(s.type).precision] : [],
  );
  return i.opcode === 'reduce-precision' ? [...own, i.attrs.mantissa_bits + 1] : own;
}
