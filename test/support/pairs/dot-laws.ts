/**
 * Laws of products of matrices: split along the contracted dimension, transposed, batches rearranged,
 * written as products and sums, convolution as dot. Accumulators stay as wide as a dot's own (f32 for
 * narrower types): partial results are not stored narrower.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import type { ConvDims } from '../../../graphs/ops/attr.ts';
import { type Draws, folded, pieces } from './draws.ts';
import { floats, type PairLaw, type Rewrite } from './law.ts';
import { dimsOf, range, typeOf, type Writer } from './writer.ts';

type Draw = (d: Draws, type: ElementType) => Rewrite;

const plain = { lhs: 1, rhs: 0 };
/** The type in which a dot of this type adds up. */
const wide = (type: ElementType): ElementType => (type === 'f64' ? 'f64' : 'f32');

const matrices = (d: Draws, type: ElementType) => {
  const [n, k, m] = [d.rows(), d.int(2, d.pick([4, 12, 32])), d.int(2, 6)];
  return { n, k, m, inputs: [arrayShape(type, [n, k]), arrayShape(type, [k, m])] };
};

/** One dot against dots of pieces of the contracted dimension, added in any tree. */
const splitK: Draw = (d, type) => {
  const { k, inputs } = matrices(d, type);
  const cut = pieces(d.cuts(k));
  const tree = d.tree(range(cut.length));
  return {
    inputs,
    before: (w, [x, y]) => [w.dot(x, y, plain)],
    after: (w, [x, y]) => {
      const parts = cut.map(([from, to]) =>
        w.dot(w.slice(x, 1, from, to), w.slice(y, 0, from, to), plain, wide(type)),
      );
      return [
        w.convert(
          folded(tree, parts, (a, b) => w.add(a, b)),
          type,
        ),
      ];
    },
  };
};

/** Dots added against one dot of operands joined along the contracted dimension. */
const joined: Draw = (d, type) => {
  const [n, m, count] = [d.rows(), d.int(2, 6), d.int(2, 3)];
  const out = wide(type);
  const sizes = range(count).map(() => d.int(1, 6));
  const inputs = sizes.flatMap((k) => [arrayShape(type, [n, k]), arrayShape(type, [k, m])]);
  const tree = d.tree(range(count));
  return {
    inputs,
    before: (w, xs) => {
      const dots = range(count).map((k) => w.dot(xs[2 * k], xs[2 * k + 1], plain, out));
      return [folded(tree, dots, (a, b) => w.add(a, b))];
    },
    after: (w, xs) => {
      const side = (s: number) =>
        w.concat(
          range(count).map((k) => xs[2 * k + s]),
          1 - s,
        );
      return [w.dot(side(0), side(1), plain, out)];
    },
  };
};

/** x·y as (yᵀ·xᵀ)ᵀ, or with an operand transposed and contracted along the other dimension. */
const transposed: Draw = (d, type) => {
  const { inputs } = matrices(d, type);
  const how = d.int(0, 2);
  return {
    inputs,
    before: (w, [x, y]) => [w.dot(x, y, plain)],
    after: (w, [x, y]) => {
      const flip = (v: Instruction) => w.transpose(v, [1, 0]);
      if (how === 0) return [flip(w.dot(y, x, { lhs: 0, rhs: 1 }))];
      if (how === 1) return [w.dot(flip(x), y, { lhs: 0, rhs: 0 })];
      return [flip(w.dot(flip(y), flip(x), plain))];
    },
  };
};

/** The contracted dimension backwards, or as two dimensions. */
const permutedK: Draw = (d, type) => {
  const [n, a, b, m] = [d.rows(), d.int(2, 4), d.int(2, 4), d.int(2, 5)];
  const back = d.chance(0.5);
  return {
    inputs: [arrayShape(type, [n, a * b]), arrayShape(type, [a * b, m])],
    before: (w, [x, y]) => [w.dot(x, y, plain)],
    after: (w, [x, y]) => {
      const reverse = (v: Instruction, k: number) => w.op('reverse', [v], { dimensions: [k] });
      if (back) return [w.dot(reverse(x, 1), reverse(y, 0), plain)];
      const attrs = { lhs_contracting_dims: [2, 1], rhs_contracting_dims: [1, 0] };
      const operands = [w.reshape(x, [n, a, b]), w.reshape(y, [a, b, m])];
      return [w.op('dot', operands, attrs, arrayShape(type, [n, m]))];
    },
  };
};

/** A dot as products and a sum, in the type in which it adds up. */
const multiplyReduce: Draw = (d, type) => {
  const { n, k, m, inputs } = matrices(d, type);
  return {
    inputs,
    before: (w, [x, y]) => [w.dot(x, y, plain)],
    after: (w, [x, y]) => {
      const [a, b] = [w.convert(x, wide(type)), w.convert(y, wide(type))];
      const left = w.b.broadcast(a, [n, k, m], [0, 1]);
      const right = w.b.broadcast(b, [n, k, m], [1, 2]);
      return [w.convert(w.reduce(w.op('multiply', [left, right]), [1]), type)];
    },
  };
};

/** Σ x·y along a row as a dot with a batch dimension. */
const reduceAsDot: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.terms(12)]);
  const out = wide(type);
  return {
    inputs: [shape, shape],
    before: (w, [x, y]) => {
      const [a, b] = [w.convert(x, out), w.convert(y, out)];
      return [w.reduce(w.op('multiply', [a, b]), [1])];
    },
    after: (w, [x, y]) => [w.dot(x, y, { lhs: 1, rhs: 1, batch: 0 }, out)],
  };
};

/** A dot with a batch dimension batch by batch, or with its batches in another order. */
const batches: Draw = (d, type) => {
  const [c, n, k, m] = [d.int(2, 3), d.int(2, 4), d.int(2, 6), d.int(2, 4)];
  const order = d.permutation(c);
  const apart = d.chance(0.5);
  return {
    inputs: [arrayShape(type, [c, n, k]), arrayShape(type, [c, k, m])],
    before: (w, [x, y]) => [w.dot(x, y, { lhs: 2, rhs: 1, batch: 0 })],
    after: (w, [x, y]) => {
      const one = (v: Instruction, i: number) => w.slice(v, 0, i, i + 1);
      if (apart) {
        const flat = (v: Instruction, i: number) => w.reshape(one(v, i), dimsOf(v).slice(1));
        const dots = range(c).map((i) => w.dot(flat(x, i), flat(y, i), plain));
        return [
          w.concat(
            dots.map((v) => w.reshape(v, [1, n, m])),
            0,
          ),
        ];
      }
      const shuffled = (v: Instruction) =>
        w.concat(
          order.map((i) => one(v, i)),
          0,
        );
      const dots = w.dot(shuffled(x), shuffled(y), { lhs: 2, rhs: 1, batch: 0 });
      return [
        w.concat(
          range(c).map((i) => one(dots, order.indexOf(i))),
          0,
        ),
      ];
    },
  };
};

/** Columns of a dot one group at a time: dots merged or split along a free dimension. */
const splitColumns: Draw = (d, type) => {
  const { m, inputs } = matrices(d, type);
  const cut = pieces(d.cuts(m, 3));
  return {
    inputs,
    before: (w, [x, y]) => [w.dot(x, y, plain)],
    after: (w, [x, y]) => {
      const parts = cut.map(([from, to]) => w.dot(x, w.slice(y, 1, from, to), plain));
      return [w.concat(parts, 1)];
    },
  };
};

const convDims: ConvDims = {
  ...{ inputBatch: 0, inputFeature: 2, inputSpatial: [1] },
  ...{ kernelInputFeature: 1, kernelOutputFeature: 2, kernelSpatial: [0] },
  ...{ outputBatch: 0, outputFeature: 2, outputSpatial: [1] },
};

/** Without padding: a zero times an infinite weight would be a NaN in one of the forms only. */
function convolved(w: Writer, x: Instruction, k: Instruction, stride: number) {
  const window = [
    {
      ...{ size: dimsOf(k)[0], stride, padLow: 0, padHigh: 0 },
      ...{ windowDilation: 1, baseDilation: 1, reversal: false },
    },
  ];
  return w.op('convolution', [x, k], { window, dim_labels: convDims });
}

/** A convolution as a dot over patches joined from slices, or as dots added per place of the kernel. */
const im2col: Draw = (d, type) => {
  const [b, f, o, size] = [d.int(1, 2), d.int(1, 3), d.int(1, 4), d.int(2, 3)];
  const stride = d.int(1, 2);
  const m = d.int(size + 1, 9);
  const count = Math.floor((m - size) / stride) + 1;
  const oneDot = d.chance(0.5);
  return {
    inputs: [arrayShape(type, [b, m, f]), arrayShape(type, [size, f, o])],
    before: (w, [x, k]) => [convolved(w, x, k, stride)],
    after: (w, [x, k]) => {
      const limit = (i: number) => i + (count - 1) * stride + 1;
      const taps = range(size).map((i) => w.slice(x, 1, i, limit(i), stride));
      const dims = { lhs: 2, rhs: 0 };
      if (oneDot) return [w.dot(w.concat(taps, 2), w.reshape(k, [size * f, o]), dims)];
      const kernel = (i: number) => w.reshape(w.slice(k, 0, i, i + 1), [f, o]);
      const dots = taps.map((tap, i) => w.dot(tap, kernel(i), dims, wide(typeOf(x))));
      return [
        w.convert(
          dots.reduce((p, q) => w.add(p, q)),
          type,
        ),
      ];
    },
  };
};

/** A dot with a bias added term by term: the bias joins the sum. */
const biasJoined: Draw = (d, type) => {
  const out = wide(type);
  const { n, k, m, inputs } = matrices(d, type);
  return {
    inputs: [...inputs, arrayShape(out, [n, m])],
    before: (w, [x, y, c]) => [w.add(w.dot(x, y, plain, out), c)],
    after: (w, [x, y, c]) => {
      const half = Math.ceil(k / 2);
      const part = (from: number, to: number) =>
        w.dot(w.slice(x, 1, from, to), w.slice(y, 0, from, to), plain, out);
      return [w.add(w.add(c, part(0, half)), part(half, k))];
    },
  };
};

const law = (name: string, says: string, draw: Draw): PairLaw => ({
  ...{ name, says, draw },
  ...{ contract: 'reassociates', types: floats },
});

export const dotLaws: readonly PairLaw[] = [
  law('dot-split', 'a dot cut along the contracted dimension', splitK),
  law('dots-joined', 'dots added as one dot of joined operands', joined),
  law('dot-transposed', 'operands swapped or transposed', transposed),
  law('dot-permuted', 'the contracted dimension in another order', permutedK),
  law('dot-as-reduce', 'a dot as products and a sum', multiplyReduce),
  law('reduce-as-dot', 'a sum of products as a dot', reduceAsDot),
  law('dot-batches', 'batches rearranged or taken apart', batches),
  law('dot-columns', 'a dot taken apart along a free dimension', splitColumns),
  law('convolution-as-dot', 'a convolution as dots over slices', im2col),
  law('dot-bias', 'a bias that joins the sum of a dot', biasJoined),
];
