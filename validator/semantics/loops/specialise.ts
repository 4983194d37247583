/**
 * One copy of a loop per use. V8 keeps one record of types per function, so a loop that every op
 * runs through knows no callee well enough to inline it and boxes every number: twenty times slower
 * than the loop written out. A copy made from the loop's own source has a record of its own.
 */

/** A loop that refers to nothing but its arguments and the globals of the language. */
// biome-ignore lint/complexity/noBannedTypes: any function, whatever its arguments
export type Loop = Function;

/**
 * Flags that are the same throughout a use, properties of a parameter called `is`. A copy has them
 * written out, so that V8 leaves out what they make idle; calls pass the same flags all the same.
 */
export type Flags = Readonly<Record<string, boolean>>;

const copies = new WeakMap<Loop, Map<string, Loop>>();

/** Below this number of elements compiling a copy costs more than it saves. */
export const worthwhile = 1024;

/**
 * The loop's copy for a use: `label` tells uses apart whose callees or classes of arrays differ, and
 * so do flags. The loop itself for few elements, and where the platform forbids code from text.
 */
export function specialised<L extends Loop>(
  loop: L,
  label: string,
  elements: number,
  flags: Flags = {},
): L {
  if (elements < worthwhile) return loop;
  const known = copies.get(loop) ?? new Map<string, Loop>();
  copies.set(loop, known);
  const key = [label, ...Object.keys(flags).filter((name) => flags[name])].join(' ');
  const copy = known.get(key) ?? copyOf(loop, key, flags);
  known.set(key, copy);
  return copy as L;
}

/** The label makes the text unique: equal texts would share their record again. */
function copyOf(loop: Loop, label: string, flags: Flags): Loop {
  try {
    const text = withFlags(`${loop}`, flags);
    return guarded(new Function(`return ${text}\n//# sourceURL=${loop.name}:${label}`)(), loop);
  } catch {
    return loop;
  }
}

function withFlags(text: string, flags: Flags): string {
  const written = (code: string, [name, value]: readonly [string, boolean]) =>
    code.replace(new RegExp(`\\bis\\.${name}\\b`, 'g'), `${value}`);
  return Object.entries(flags).reduce(written, text);
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
