/** Laws of data movement: moved across elementwise ops, reductions and dots; values stay as they are. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import type { Draws } from './draws.ts';
import { eitherWay, floats, numbers, type PairLaw, type Rewrite } from './law.ts';
import { dimsOf, range, type Writer } from './writer.ts';

type Draw = (d: Draws, type: ElementType) => Rewrite;
type Move = (w: Writer, x: Instruction) => Instruction;

/** A movement of matrices that reads no value but its operand's. */
function movement(d: Draws, [n, m]: readonly number[]): Move {
  const from = d.int(0, m - 2);
  const cut = d.int(1, m - 1);
  const moves: readonly Move[] = [
    (w, x) => w.transpose(x, [1, 0]),
    (w, x) => w.reshape(x, [m, n]),
    (w, x) => w.reshape(x, [n * m]),
    (w, x) => w.op('reverse', [x], { dimensions: [1] }),
    (w, x) => w.slice(x, 1, from, m),
    (w, x) => w.slice(x, 1, 0, m, 2),
    (w, x) => w.b.broadcast(x, [2, n, m], [1, 2]),
    (w, x) => w.concat([w.slice(x, 1, cut, m), w.slice(x, 1, 0, cut)], 1),
    (w, x) => w.at(x, 0, w.scalar('s32', n - 1)),
    (w, x) => w.op('copy', [x]),
  ];
  return d.pick(moves);
}

/** A few elementwise ops. */
function elementwise(d: Draws, type: ElementType, inputs: number) {
  const unary = isFloat(type) ? ['tanh', 'negate', 'abs', 'logistic'] : ['negate', 'not'];
  let products = 0;
  const steps = range(d.int(1, 4)).map((k) => {
    if (d.chance(0.4)) return { opcode: d.pick(unary), operands: [inputs + k - 1] };
    const drawn = d.pick(['add', 'subtract', 'multiply', 'maximum']);
    const opcode = drawn === 'multiply' && products++ > 0 ? 'add' : drawn;
    return { opcode, operands: [inputs + k - 1, d.int(0, inputs + k - 1)] };
  });
  return (w: Writer, xs: readonly Instruction[]) => {
    const values = [...xs];
    for (const { opcode, operands } of steps) {
      values.push(
        w.op(
          opcode as 'add',
          operands.map((k) => values[k]),
        ),
      );
    }
    return values.at(-1)!;
  };
}

/** f(move x, move y) = move f(x, y). */
const acrossElementwise: Draw = (d, type) => {
  const dims = [d.int(2, 4), d.int(3, 8)];
  const move = movement(d, dims);
  const n = d.int(1, 2);
  const f = elementwise(d, type, n);
  return eitherWay(d, {
    inputs: range(n).map(() => arrayShape(type, dims)),
    before: (w, xs) => [
      f(
        w,
        xs.map((x) => move(w, x)),
      ),
    ],
    after: (w, xs) => [move(w, f(w, xs))],
  });
};

/** Rows moved before or after they are summed. */
const acrossReduce: Draw = (d, type) => {
  const [n, m] = [d.int(3, 6), d.int(2, 12)];
  const cut = d.int(1, n - 1);
  const moves: readonly ((w: Writer, x: Instruction) => Instruction)[] = [
    (w, x) => w.slice(x, 0, cut, n),
    (w, x) => w.op('reverse', [x], { dimensions: [0] }),
    (w, x) => w.concat([w.slice(x, 0, cut, n), w.slice(x, 0, 0, cut)], 0),
    (w, x) =>
      w.b.broadcast(x, [...dimsOf(x).slice(0, 1), ...dimsOf(x).slice(1)], range(dimsOf(x).length)),
  ];
  const move = d.pick(moves);
  const by = d.pick(['add', 'add', 'maximum'] as const);
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, m])],
    before: (w, [x]) => [w.reduce(move(w, x), [1], by)],
    after: (w, [x]) => [move(w, w.reduce(x, [1], by))],
  });
};

/** A reduction of a transposed operand over the dimension that it came from. */
const reduceTransposed: Draw = (d, type) => {
  const dims = [d.int(2, 4), d.int(2, 6), d.int(2, 4)];
  const order = d.permutation(3);
  const k = d.int(0, 2);
  const rest = order.filter((x) => x !== k);
  const kept = range(3).filter((x) => x !== k);
  return eitherWay(d, {
    inputs: [arrayShape(type, dims)],
    before: (w, [x]) => [w.reduce(w.transpose(x, order), [order.indexOf(k)])],
    after: (w, [x]) => [
      w.transpose(
        w.reduce(x, [k]),
        rest.map((r) => kept.indexOf(r)),
      ),
    ],
  });
};

/** Rows of the left operand moved before or after a dot. */
const acrossDot: Draw = (d, type) => {
  const [n, k, m] = [d.int(3, 6), d.int(2, 12), d.int(2, 5)];
  const cut = d.int(1, n - 1);
  const move = d.pick<Move>([
    (w, x) => w.slice(x, 0, cut, n),
    (w, x) => w.op('reverse', [x], { dimensions: [0] }),
    (w, x) => w.concat([w.slice(x, 0, cut, n), w.slice(x, 0, 0, cut)], 0),
  ]);
  return eitherWay(d, {
    inputs: [arrayShape(type, [n, k]), arrayShape(type, [k, m])],
    before: (w, [x, y]) => [w.dot(move(w, x), y, { lhs: 1, rhs: 0 })],
    after: (w, [x, y]) => [move(w, w.dot(x, y, { lhs: 1, rhs: 0 }))],
  });
};

const law = (name: string, says: string, types: PairLaw['types'], draw: Draw): PairLaw => ({
  ...{ name, says, types, draw },
  contract: 'reassociates',
});

export const movementLaws: readonly PairLaw[] = [
  law('move-elementwise', 'movement before or after elementwise ops', numbers, acrossElementwise),
  law('move-reduce', 'rows moved before or after their reduction', numbers, acrossReduce),
  law('move-transposed', 'a reduction of a transposed operand', numbers, reduceTransposed),
  law('move-dot', 'rows moved before or after a dot', floats, acrossDot),
];
