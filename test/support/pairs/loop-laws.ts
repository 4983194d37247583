/** Laws of loops: sums that a loop takes in either direction or several at a time; bodies unrolled. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Draws, folded } from './draws.ts';
import { eitherWay, floats, numbers, type PairLaw, type Rewrite } from './law.ts';
import { dimsOf, range, shapeOf, type Writer } from './writer.ts';

type Draw = (d: Draws, type: ElementType) => Rewrite;
type Way = 'forward' | 'backward' | 'two lanes' | 'reduce' | 'unrolled';

/** Σ over dimension 1 of x[n, 2m] in one of five ways. */
function summed(w: Writer, x: Instruction, way: Way, d: Draws): Instruction {
  const [n, m] = dimsOf(x);
  if (way === 'reduce') return w.reduce(x, [1]);
  const zero = w.full({ ...shapeOf(x), dims: [n] }, 0);
  if (way === 'unrolled') {
    const terms = range(m).map((k) => w.reshape(w.slice(x, 1, k, k + 1), [n]));
    return folded(d.tree(range(m + 1)), [zero, ...terms], (a, b) => w.add(a, b));
  }
  if (way === 'two lanes') return lanes(w, x, zero);
  const [, sum] = w.loop(m, [x, zero], (l, i, [all, acc]) => {
    const k = way === 'forward' ? i : l.op('subtract', [l.scalar('s32', m - 1), i]);
    return [all, l.add(acc, l.at(all, 1, k))];
  });
  return sum;
}

/** Even and odd terms in two accumulators, added at the end. */
function lanes(w: Writer, x: Instruction, zero: Instruction): Instruction {
  const half = dimsOf(x)[1] / 2;
  const [, a, b] = w.loop(half, [x, zero, zero], (l, i, [all, even, odd]) => {
    const k = l.op('multiply', [i, l.scalar('s32', 2)]);
    const next = l.add(k, l.scalar('s32', 1));
    return [all, l.add(even, l.at(all, 1, k)), l.add(odd, l.at(all, 1, next))];
  });
  return w.add(a, b);
}

const loopSums: Draw = (d, type) => {
  const first = d.pick(['forward', 'backward', 'two lanes'] as const);
  const all = ['forward', 'backward', 'two lanes', 'reduce', 'unrolled'] as const;
  const second = d.pick(all.filter((way) => way !== first));
  const seed = d.int(0, 2 ** 30);
  const swap = d.chance(0.5);
  const inputs = [arrayShape(type, [d.rows(), 2 * d.terms(6, 1)])];
  const side =
    (way: Way) =>
    (w: Writer, [x]: readonly Instruction[]) => [summed(w, x, way, d.fresh(seed))];
  const [before, after] = swap ? [second, first] : [first, second];
  return { inputs, before: side(before), after: side(after) };
};

/** Σₖ a[k]·b[k] of rows, one outer product after the other, against one dot. */
const dotLoop: Draw = (d, type) => {
  const [n, k, m] = [d.int(2, 5), d.int(2, 6), d.int(2, 5)];
  const accumulate = type === 'f64' ? 'f64' : 'f32';
  return {
    inputs: [arrayShape(type, [n, k]), arrayShape(type, [k, m])],
    before: (w, [x, y]) => [w.dot(x, y, { lhs: 1, rhs: 0 })],
    after: (w, [x, y]) => {
      const zero = w.full(arrayShape(accumulate, [n, m]), 0);
      const wide = [w.convert(x, accumulate), w.convert(y, accumulate)];
      const [, , sum] = w.loop(k, [...wide, zero], (l, i, [a, b, acc]) => {
        const left = l.b.broadcast(l.at(a, 1, i), [n, m], [0]);
        const right = l.b.broadcast(l.at(b, 0, i), [n, m], [1]);
        return [a, b, l.add(acc, l.op('multiply', [left, right]))];
      });
      return [w.convert(sum, type)];
    },
  };
};

/** x ← f(x) so many times, as a loop and written out. */
const unrolledBody: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(2, 8)]);
  const times = d.int(2, 5);
  const scale = d.pick([0.75, 0.3, -0.5]);
  const body = (w: Writer, x: Instruction, y: Instruction) =>
    w.add(w.op('multiply', [x, w.full(shape, scale)]), w.op('maximum', [x, y]));
  return eitherWay(d, {
    inputs: [shape, shape],
    before: (w, [x, y]) => [w.loop(times, [x, y], (l, _, [a, b]) => [body(l, a, b), b])[0]],
    after: (w, [x, y]) => [range(times).reduce((a) => body(w, a, y), x)],
  });
};

/** A running sum with each partial sum kept, against windows that reach to the beginning. */
const scanned: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.terms(8, 3)];
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => {
      const zero = w.full({ ...shapeOf(x), dims: [n] }, 0);
      const none = w.full(shapeOf(x), 0);
      const [, , all] = w.loop(m, [x, zero, none], (l, i, [from, acc, out]) => {
        const next = l.add(acc, l.at(from, 1, i));
        const column = l.reshape(next, [n, 1]);
        const at = [l.scalar('s32', 0), i];
        return [from, next, l.op('dynamic-update-slice', [out, column, ...at])];
      });
      return [all];
    },
    after: (w, [x]) => [w.windows(x, 1, { size: m, padLow: m - 1 })],
  });
};

export const loopLaws: readonly PairLaw[] = [
  {
    ...{ name: 'loop-sum', contract: 'reassociates', types: numbers, draw: loopSums },
    says: 'a sum by a loop forward, backward, in two lanes; by a reduce; written out',
  },
  {
    ...{ name: 'loop-dot', contract: 'reassociates', types: floats, draw: dotLoop },
    says: 'a dot as outer products added in a loop',
  },
  {
    ...{ name: 'loop-unrolled', contract: 'reassociates', types: floats, draw: unrolledBody },
    says: 'a loop of known length written out',
  },
  {
    ...{ name: 'loop-scan', contract: 'reassociates', types: numbers, draw: scanned },
    says: 'running sums by a loop or by windows',
  },
];
