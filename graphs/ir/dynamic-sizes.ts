/** Which shapes and modules have sizes that only a run tells (`f32[<=10]`). */
import type { Module } from './module.ts';
import { leafShapes, type Shape } from './shape.ts';

/** True where a part of a shape is dynamic. */
export function hasDynamic(shape: Shape): boolean {
  return leafShapes(shape).some((s) => s.kind === 'array' && (s.dynamic?.includes(true) ?? false));
}

const known = new WeakMap<Module, boolean>();

/** True where a module holds a value whose sizes only its run tells. */
export function hasDynamicSizes(module: Module): boolean {
  let found = known.get(module);
  if (found === undefined) {
    found = module.computations.some((c) =>
      c.instructions.some((i) => i.opcode === 'set-dimension-size' || hasDynamic(i.shape)),
    );
    known.set(module, found);
  }
  return found;
}
