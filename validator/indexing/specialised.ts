/**
 * One copy of a loop per use. V8 keeps one record of types per function, so a loop that every op
 * runs through knows no callee well enough to inline it and boxes every number: twenty times slower
 * than the loop written out. A copy made from the loop's own source has a record of its own.
 */

/** A loop that refers to nothing but its arguments and the globals of the language. */
// biome-ignore lint/complexity/noBannedTypes: any function, whatever its arguments
export type Loop = Function;

const copies = new WeakMap<Loop, Map<string, Loop>>();

/** Below this number of elements compiling a copy costs more than it saves. */
const worthwhile = 1024;

/**
 * The loop's copy for a use: `label` tells uses apart whose callees or classes of arrays differ. The
 * loop itself for few elements, and where the platform forbids code from text.
 */
export function specialised<L extends Loop>(loop: L, label: string, elements: number): L {
  if (elements < worthwhile) return loop;
  const known = copies.get(loop) ?? new Map<string, Loop>();
  copies.set(loop, known);
  const copy = known.get(label) ?? copyOf(loop, label);
  known.set(label, copy);
  return copy as L;
}

/** The label makes the text unique: equal texts would share their record again. */
function copyOf(loop: Loop, label: string): Loop {
  try {
    return guarded(new Function(`return ${loop}\n//# sourceURL=${loop.name}:${label}`)(), loop);
  } catch {
    return loop;
  }
}

/** Tools that measure coverage write names into the source that a copy does not know. */
function guarded(copy: Loop, loop: Loop): Loop {
  return (...args: readonly unknown[]) => {
    try {
      return copy(...args);
    } catch (error) {
      if (error instanceof ReferenceError) return loop(...args);
      throw error;
    }
  };
}
