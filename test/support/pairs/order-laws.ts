/** Laws of products, extrema and commuting operands: other trees over the same operands. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Draws, folded, pieces } from './draws.ts';
import { eitherWay, floats, numbers, type PairLaw, type Rewrite } from './law.ts';
import { range, type Writer } from './writer.ts';

type Draw = (d: Draws, type: ElementType) => Rewrite;

/** Products of three or four operands in another tree. */
const products: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(3, 12)]);
  const n = type === 'f16' ? 3 : d.int(3, 4);
  const [one, other] = [d.tree(range(n)), d.tree(range(n))];
  const node = (w: Writer) => (x: Instruction, y: Instruction) => w.op('multiply', [x, y]);
  return {
    inputs: range(n).map(() => shape),
    before: (w, xs) => [folded(one, xs, node(w))],
    after: (w, xs) => [folded(other, xs, node(w))],
  };
};

/** Π over a row: as one reduction, or cut into pieces. */
const productPieces: Draw = (d, type) => {
  const [n, m] = [d.rows(), d.int(3, type === 'f16' ? 4 : 8)];
  const cut = pieces(d.cuts(m, 3));
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.reduce(x, [1], 'multiply')],
    after: (w, [x]) => {
      const parts = cut.map(([from, to]) => w.reduce(w.slice(x, 1, from, to), [1], 'multiply'));
      return [parts.reduce((a, b) => w.op('multiply', [a, b]))];
    },
  });
};

/** The greatest or least of several operands, in another tree. */
const extremaTrees: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(3, 12)]);
  const n = d.int(3, 6);
  const [one, other] = [d.tree(range(n)), d.tree(range(n))];
  const by = d.pick(['maximum', 'minimum'] as const);
  const node = (w: Writer) => (x: Instruction, y: Instruction) => w.op(by, [x, y]);
  return {
    inputs: range(n).map(() => shape),
    before: (w, xs) => [folded(one, xs, node(w))],
    after: (w, xs) => [folded(other, xs, node(w))],
  };
};

/** The greatest of a row: piece by piece, or over windows and then over them. */
const extremaPieces: Draw = (d, type) => {
  const [n, k, count] = [d.rows(), d.int(2, 4), d.int(2, 5)];
  const by = d.pick(['maximum', 'minimum'] as const);
  const pooled = d.chance(0.5);
  const cut = pieces(d.cuts(k * count));
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, k * count])],
    before: (w, [x]) => [w.reduce(x, [1], by)],
    after: (w, [x]) => {
      if (pooled) return [w.reduce(w.windows(x, 1, { size: k, stride: k }, by), [1], by)];
      const parts = cut.map(([from, to]) => w.reduce(w.slice(x, 1, from, to), [1], by));
      return [parts.reduce((a, b) => w.op(by, [a, b]))];
    },
  });
};

/** A DAG of commutative ops with the operands of some swapped. */
const commuted: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.int(3, 12)]);
  const n = d.int(2, 3);
  let products = 0;
  const steps = range(d.int(2, 7)).map((k) => {
    const opcode = d.pick(['add', 'multiply', 'maximum', 'minimum', 'add'] as const);
    return {
      opcode: opcode === 'multiply' && products++ > 0 ? ('add' as const) : opcode,
      operands: [n + k - 1, d.int(0, n + k - 1)],
      swap: d.chance(0.6),
    };
  });
  const side = (swapping: boolean) => (w: Writer, xs: readonly Instruction[]) => {
    const values = [...xs];
    for (const { opcode, operands, swap } of steps) {
      const [x, y] = operands.map((k) => values[k]);
      values.push(w.op(opcode, swap && swapping ? [y, x] : [x, y]));
    }
    return [values.at(-1)!];
  };
  return { inputs: range(n).map(() => shape), before: side(false), after: side(true) };
};

const law = (name: string, says: string, types: PairLaw['types'], draw: Draw): PairLaw => ({
  ...{ name, says, types, draw },
  contract: 'reassociates',
});

export const orderLaws: readonly PairLaw[] = [
  law('product-trees', 'a product of several operands in another tree', floats, products),
  law('product-pieces', 'a product of a row cut into pieces', floats, productPieces),
  law('extremum-trees', 'the greatest of several in another tree', numbers, extremaTrees),
  law('extremum-pieces', 'the greatest of a row piece by piece', numbers, extremaPieces),
  law('commuted', 'operands of commutative ops swapped', numbers, commuted),
];
