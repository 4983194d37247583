/** Whether two shapes that a text gives for one value agree. */
import { type Shape, sameShape } from '../ir/shape.ts';

/** Same shapes, layouts aside; which dimensions are dynamic may differ. */
export function compatible(a: Shape, b: Shape): boolean {
  if (a.kind === 'array' && b.kind === 'array') {
    return (
      a.type === b.type &&
      a.dims.length === b.dims.length &&
      a.dims.every((d, i) => d === b.dims[i])
    );
  }
  if (a.kind === 'tuple' && b.kind === 'tuple') {
    return (
      a.elements.length === b.elements.length &&
      a.elements.every((e, i) => compatible(e, b.elements[i]!))
    );
  }
  return sameShape(a, b);
}
