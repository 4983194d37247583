/**
 * Faults of one elementwise expression: thresholds, signs of zero, NaN, widths, integer division,
 * rounding and conversion. Each is two expressions over `x` and `y`, line by line: `$T` is the shape,
 * `$B` the same shape of pred, `$<u8>` of another type.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Draws } from '../pairs/draws.ts';
import { array, type DrawFault, filled, parameters, texts } from './fault.ts';

/** A drawn shape: a scalar at times, few or many elements. */
export function drawnShape(d: Draws, type: ElementType): string {
  if (d.chance(0.15)) return array(type);
  return d.chance(0.5) ? array(type, d.int(1, 12)) : array(type, d.int(1, 8), d.int(2, 12));
}

/**
 * Before and after as expressions over element types: the last part is the result, `name = $T op(…)` a
 * value before it, `#name 3` a constant (`$c`: the drawn one; a third word: its type) in each element.
 */
export function expressions(
  types: readonly ElementType[],
  before: string,
  after: string | readonly string[],
  constant: (d: Draws, type: ElementType) => number | string = () => 0,
): DrawFault {
  return (d) => {
    const type = d.pick(types);
    const shape = drawnShape(d, type);
    const c = constant(d, type);
    const wrong = typeof after === 'string' ? after : d.pick(after);
    const write = (text: string) => expanded(text, shape, type, c);
    const head = parameters(shape, ['x', 'y']);
    return texts(head, write(before), write(wrong));
  };
}

/** An expression as lines of HLO. */
function expanded(text: string, shape: string, type: ElementType, c: number | string): string {
  const lines = text
    .split(';')
    .map((line) => line.trim())
    .map((line) => {
      const [, name, value, of] = /^#(\w+) (\S+)(?: (\w+))?$/.exec(line) ?? [];
      if (name) return filled(name, shape.replace(type, of ?? type), value === '$c' ? c : value!);
      return line.includes('=') && /^(\w+|ROOT r) = /.test(line) ? line : `ROOT r = ${line}`;
    });
  return lines
    .join('\n')
    .replaceAll('$T', shape)
    .replaceAll('$B', shape.replace(type, 'pred'))
    .replaceAll(/\$<(\w+)>/g, (_, t: string) => shape.replace(type, t));
}
