/**
 * Laws of sums: the same terms in another order or tree, however many instructions they are spread
 * over. Each side has the same zeros among its terms, so that a sum of −0 has one sign.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Draws, folded, pieces } from './draws.ts';
import { eitherWay, numbers, type PairLaw, type Rewrite } from './law.ts';
import { dimsOf, range, shapeOf, type Writer } from './writer.ts';

type Draw = (d: Draws, type: ElementType) => Rewrite;

const adds = (w: Writer) => (x: Parameters<Writer['add']>[0], y: typeof x) => w.add(x, y);

/** Sums of 3 to 8 operands: two trees over them. */
const trees: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(3, 12)]);
  const n = d.int(3, 8);
  const [one, other] = [d.tree(range(n)), d.tree(range(n))];
  return {
    inputs: range(n).map(() => shape),
    before: (w, xs) => [folded(one, xs, adds(w))],
    after: (w, xs) => [folded(other, xs, adds(w))],
  };
};

/** (x + y) + z with x + y a result too: x + (y + z) beside it. */
const sharedPartial: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(3, 12)]);
  const n = d.int(2, 4);
  const one = d.tree(range(n));
  const other = d.tree(range(n + 1));
  return {
    inputs: range(n + 1).map(() => shape),
    split: true,
    before: (w, xs) => {
      const part = folded(one, xs, adds(w));
      return [w.add(part, xs[n]), part];
    },
    after: (w, xs) => [folded(other, xs, adds(w)), folded(one, xs, adds(w))],
  };
};

/** Subtractions as sums with negated terms, in any tree. */
const negatedTerms: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(3, 12)]);
  const n = d.int(2, 6);
  const minus = range(n).map((k) => k > 0 && d.chance(0.6));
  const tree = d.tree(range(n));
  const inPlace = d.chance(0.4);
  return {
    inputs: range(n).map(() => shape),
    before: (w, xs) => [xs.reduce((sum, x, k) => w.op(minus[k] ? 'subtract' : 'add', [sum, x]))],
    after: (w, xs) => {
      const terms = xs.map((x, k) => (minus[k] ? w.op('negate', [x]) : x));
      return [inPlace ? terms.reduce(adds(w)) : folded(tree, terms, adds(w))];
    },
  };
};

/** Over two dimensions at once, or over one and then the other, in either order. */
const reduceOfReduce: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.terms(6), d.terms(6)]);
  const first = d.pick([1, 2]);
  return eitherWay(d, {
    inputs: [shape],
    before: (w, [x]) => [w.reduce(x, [1, 2])],
    after: (w, [x]) => [w.reduce(w.reduce(x, [first]), [1])],
  });
};

/** A row of m·k as a matrix, summed over its dimensions one by one. */
const reshaped: Draw = (d, type) => {
  const [n, m, k] = [d.rows(), d.terms(8), d.terms(8)];
  const first = d.pick([1, 2]);
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m * k])],
    before: (w, [x]) => [w.reduce(x, [1])],
    after: (w, [x]) => [w.reduce(w.reduce(w.reshape(x, [n, m, k]), [first]), [1])],
  });
};

/** The sums of pieces, added in any tree. */
const piecewise: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.terms(40, 4)];
  const cut = pieces(d.cuts(m, 5));
  const tree = d.tree(range(cut.length));
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.reduce(x, [1])],
    after: (w, [x]) => {
      const parts = cut.map(([from, to]) => w.reduce(w.slice(x, 1, from, to), [1]));
      return [folded(tree, parts, adds(w))];
    },
  });
};

/** Σx + Σy as the sum over x and y joined, or over x + y. */
const sumsAdded: Draw = (d, type) => {
  const n = d.rows();
  const m = d.terms(16);
  const alike = d.chance(0.5);
  return {
    inputs: [arrayShape(type, [n, m]), arrayShape(type, [n, alike ? m : d.int(2, 16)])],
    before: (w, [x, y]) => [w.add(w.reduce(x, [1]), w.reduce(y, [1]))],
    after: (w, [x, y]) => [w.reduce(alike ? w.add(x, y) : w.concat([x, y], 1), [1])],
  };
};

/** The terms of a reduction backwards, or in the order of a transposed or rotated operand. */
const permuted: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.terms(24, 3)];
  const cut = d.int(1, m - 1);
  const how = d.int(0, 2);
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.reduce(x, [1])],
    after: (w, [x]) => {
      if (how === 0) return [w.reduce(w.op('reverse', [x], { dimensions: [1] }), [1])];
      if (how === 1) return [w.reduce(w.transpose(x, [1, 0]), [0])];
      return [w.reduce(w.concat([w.slice(x, 1, cut, m), w.slice(x, 1, 0, cut)], 1), [1])];
    },
  });
};

/** Halves added until one column is left: even and odd places, or left and right. */
const pairwise: Draw = (d, type) => {
  const [n, levels] = [d.rows(), d.terms(5, 1)];
  const strided = range(levels).map(() => d.chance(0.5));
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, 2 ** levels])],
    before: (w, [x]) => [w.reduce(x, [1])],
    after: (w, [x]) => {
      let sum = x;
      for (const by of strided) {
        const m = dimsOf(sum)[1];
        const [a, b] = by
          ? [w.slice(sum, 1, 0, m, 2), w.slice(sum, 1, 1, m, 2)]
          : [w.slice(sum, 1, 0, m / 2), w.slice(sum, 1, m / 2, m)];
        sum = w.add(a, b);
      }
      return [w.reduce(sum, [1])];
    },
  });
};

/** A row written one term at a time, from a zero on: in order, backwards or as a tree. */
const unrolled: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.terms(10, 2)];
  const tree = d.tree(range(m + 1));
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.reduce(x, [1])],
    after: (w, [x]) => {
      const columns = range(m).map((k) => w.reshape(w.slice(x, 1, k, k + 1), [n]));
      return [folded(tree, [w.full(shapeOf(columns[0]), 0), ...columns], adds(w))];
    },
  });
};

/** Prefix sums: windows that reach to the beginning, or shifted sums by log-steps. */
const cumulative: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.terms(20, 3)];
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.windows(x, 1, { size: m, padLow: m - 1 })],
    after: (w, [x]) => {
      let sum = w.add(x, w.full(shapeOf(x), 0));
      for (let step = 1; step < m; step *= 2) {
        const shifted = w.slice(w.pad(sum, 1, { low: step }), 1, 0, m);
        sum = w.add(sum, shifted);
      }
      return [sum];
    },
  });
};

/** Sums over windows as strided slices added in any tree. */
const pooled: Draw = (d, type) => {
  const [n, size, stride] = [d.rows(), d.int(2, 4), d.int(1, 3)];
  const count = d.int(2, 6);
  const m = (count - 1) * stride + size;
  const tree = d.tree(range(size + 1));
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.windows(x, 1, { size, stride })],
    after: (w, [x]) => {
      const limit = (k: number) => k + (count - 1) * stride + 1;
      const terms = range(size).map((k) => w.slice(x, 1, k, limit(k), stride));
      return [folded(tree, [w.full(shapeOf(terms[0]), 0), ...terms], adds(w))];
    },
  });
};

/** Σ over x spread out by interior padding and shifted by one, against Σx + Σy. */
const interleaved: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.terms(10, 2)];
  const shape = arrayShape(type, [n, m]);
  return {
    inputs: [shape, shape],
    before: (w, [x, y]) => [w.add(w.reduce(x, [1]), w.reduce(y, [1]))],
    after: (w, [x, y]) => {
      const even = w.pad(x, 1, { high: 1, interior: 1 });
      const odd = w.pad(y, 1, { low: 1, interior: 1 });
      return [w.reduce(w.add(even, odd), [1])];
    },
  };
};

const law = (name: string, says: string, draw: Draw): PairLaw => ({
  ...{ name, says, draw },
  ...{ contract: 'reassociates', types: numbers },
});

export const sumLaws: readonly PairLaw[] = [
  law('add-trees', 'a sum of several operands in another tree', trees),
  law('add-shared', 'x + (y + z) beside an x + y that others read', sharedPartial),
  law('subtract-as-add', 'a - b as a + (-b), in any tree', negatedTerms),
  law('reduce-of-reduce', 'over two dimensions at once or one after the other', reduceOfReduce),
  law('reduce-reshaped', 'a row as a matrix, summed by dimension', reshaped),
  law('reduce-pieces', 'a sum cut into pieces by slices', piecewise),
  law('reduces-added', 'Σx + Σy as one sum', sumsAdded),
  law('reduce-permuted', 'the terms in another order', permuted),
  law('reduce-pairwise', 'halves added until one is left', pairwise),
  law('reduce-unrolled', 'a row written term by term', unrolled),
  law('cumulative-steps', 'prefix sums by log-steps', cumulative),
  law('windows-as-slices', 'sums over windows as strided slices', pooled),
  law('reduce-interleaved', 'two sums interleaved by interior padding', interleaved),
];
