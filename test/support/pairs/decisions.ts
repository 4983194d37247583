/**
 * Decisions downstream of a law: thresholds, the greatest of a row, orders, rounding to integers.
 * Each reads values that are computed once, as in any program.
 */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape, sameShape } from '../../../graphs/ir/shape.ts';
import type { Draws } from './draws.ts';
import { dimsOf, neutral, range, shapeOf, typeOf, type Writer } from './writer.ts';

type Decision = (
  w: Writer,
  d: Draws,
  x: Instruction,
  pool: readonly Instruction[],
) => Instruction[];

/** What one decision makes of a value: one or two results. */
export const decided: Decision = (w, d, x, pool) => {
  const rank = dimsOf(x).length;
  const own = isFloat(typeOf(x)) ? [...anyType, ...ofFloats] : anyType;
  return d.pick(rank > 0 ? [...own, ...ofRows, ...ofRows] : own)(w, d, x, pool);
};

const threshold: Decision = (w, d, x) => {
  const bound = w.full(shapeOf(x), isFloat(typeOf(x)) ? d.pick([0.37, -1.13, 2.71]) : 3);
  const p = w.op('compare', [x, bound], { direction: d.pick(['GE', 'LT'] as const) });
  return [w.op('select', [p, x, w.full(shapeOf(x), 0)])];
};

const compared: Decision = (w, d, x, pool) => {
  const others = pool.filter((v) => v !== x && sameShape(v.shape, x.shape));
  if (others.length === 0) return threshold(w, d, x, pool);
  const direction = d.pick(['GE', 'LT', 'GT'] as const);
  return [w.op('compare', [x, d.pick(others)], { direction })];
};

const clamped: Decision = (w, d, x) => {
  const [low, high] = d
    .pick([
      [0, 1],
      [1, 4],
    ])
    .map((v) => w.scalar(typeOf(x), v));
  return [w.op('clamp', [low, x, high])];
};

const wholeNumber: Decision = (w, d, x) => {
  const opcode = d.pick(['floor', 'ceil', 'round-nearest-even', 'sign'] as const);
  return [w.op(opcode, [w.op('multiply', [x, w.full(shapeOf(x), d.pick([1, 0.7, 3.3]))])])];
};

const toInteger: Decision = (w, _, x) => {
  const [low, high] = [-100, 100].map((v) => w.scalar(typeOf(x), v));
  const bounded = w.op('clamp', [low, x, high]);
  return [w.convert(bounded, 's32')];
};

/** The candidates that are the greatest of their row, others 0. */
const keepBest: Decision = (w, _, x) => {
  const dims = dimsOf(x);
  const last = dims.length - 1;
  const top = w.b.broadcast(w.reduce(x, [last], 'maximum'), dims, range(last));
  const p = w.op('compare', [x, top], { direction: 'GE' });
  return [w.op('select', [p, x, w.full(shapeOf(x), 0)])];
};

/** The greatest of each row and its place, by a reduction over pairs. */
const argmax: Decision = (w, _, x) => {
  const type = typeOf(x);
  const dims = dimsOf(x);
  const last = dims.length - 1;
  const to_apply = w.named(`argmax_${type}`, (b) => {
    const [v, i, u, j] = ['v', 'i', 'u', 'j'].map((name, k) =>
      b.parameter(name, arrayShape(k % 2 ? 's32' : type, [])),
    );
    const greater = b.op('compare', [v, u], { direction: 'GT' });
    const nan = b.op('compare', [v, v], { direction: 'NE' });
    const same = b.op('compare', [v, u], { direction: 'EQ' });
    const first = b.op('compare', [i, j], { direction: 'LT' });
    const wins = b.op('or', [greater, nan]);
    const keeps = b.op('or', [wins, b.op('and', [same, first])]);
    const value = b.op('select', [wins, v, u]);
    return b.op('tuple', [value, b.op('select', [keeps, i, j])]);
  });
  const places = w.op('iota', [], { iota_dimension: last }, arrayShape('s32', dims));
  const start = [w.scalar(type, neutral('maximum', type)), w.scalar('s32', 0)];
  const pair = w.op('reduce', [x, places, ...start], { dimensions: [last], to_apply });
  return range(2).map((index) => w.op('get-tuple-element', [pair], { index }));
};

/** Rows in order, and where each element stood. */
const sorted: Decision = (w, d, x) => {
  const type = typeOf(x);
  const dims = dimsOf(x);
  const last = dims.length - 1;
  const direction = d.pick(['LT', 'GT'] as const);
  const to_apply = w.named(`${direction}_${type}`, (b) => {
    const [a, c] = range(4).map((k) => b.parameter(`p${k}`, arrayShape(k < 2 ? type : 's32', [])));
    return b.op('compare', [a, c], { direction });
  });
  const places = w.op('iota', [], { iota_dimension: last }, arrayShape('s32', dims));
  const pair = w.op('sort', [x, places], { dimensions: [last], is_stable: true, to_apply });
  return range(2).map((index) => w.op('get-tuple-element', [pair], { index }));
};

const topK: Decision = (w, d, x) => {
  const pair = w.op('topk', [x], { k: d.int(1, dimsOf(x).at(-1)!) });
  return range(2).map((index) => w.op('get-tuple-element', [pair], { index }));
};

const anyType: readonly Decision[] = [threshold, compared, clamped];
const ofFloats: readonly Decision[] = [wholeNumber, toInteger];
const ofRows: readonly Decision[] = [keepBest, argmax, sorted, topK];
