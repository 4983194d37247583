/**
 * Broadcasts that stay what they are until somebody asks for their elements. Loops that read row after
 * row take the source instead, which is smaller by the length of a row.
 */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { type CorrelatedError, type ExactTensor, factsOf, type LazyBroadcast } from './value.ts';

/** Stretches shorter than this are not worth their beginning. */
const longRow = 32;

/** How a broadcast with these dimensions repeats its operand, where it does so in long stretches. */
export function repeatsInto(
  source: ExactTensor,
  dimensions: readonly number[],
  dims: readonly number[],
): LazyBroadcast | undefined {
  const { dims: sizes, type } = source.shape;
  if (!isFloat(type) || source.undecided) return undefined;
  const from = dimensions[0] ?? dims.length;
  const inOrder = dimensions.every((d, k) => d === from + k && sizes[k] === dims[d]);
  const size = (of: readonly number[]) => of.reduce((a, b) => a * b, 1);
  const inner = size(dims.slice(from + dimensions.length));
  const stretch = inner > 1 ? inner : source.data.length;
  if (!inOrder || source.data.length === 0 || stretch < longRow) return undefined;
  return { source, inner };
}

/** The source of a broadcast made here. */
export function lazyBroadcastOf(t: ExactTensor): LazyBroadcast | undefined {
  return t.facts?.broadcast;
}

/** A tensor whose arrays are those of `made`, which is called when the first of them is read. */
export function repeated(
  lazyBroadcast: LazyBroadcast,
  shape: ArrayShape,
  along: readonly boolean[],
  make: () => ExactTensor,
): ExactTensor {
  let made: ExactTensor | undefined;
  const whole = () => {
    made ??= make();
    return made;
  };
  const { bound, deviation, correlated } = lazyBroadcast.source;
  const common: CorrelatedError | undefined = correlated && {
    along,
    get radius() {
      return (whole().correlated as CorrelatedError).radius;
    },
  };
  const t = { kind: 'tensor', shape, ...(common && { correlated: common }) } as ExactTensor;
  for (const name of [
    'data',
    ...(bound ? ['bound'] : []),
    ...(deviation ? ['deviation'] : []),
  ] as const) {
    Object.defineProperty(t, name, {
      enumerable: true,
      get: () => whole()[name as 'data'],
    });
  }
  factsOf(t).broadcast = lazyBroadcast;
  return t;
}
