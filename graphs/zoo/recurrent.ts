/** A gated recurrent unit over a sequence: a while loop that slices its input and fills its output. */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import { arrayShape, tupleShape } from '../ir/shape.ts';
import {
  alongLast,
  compare,
  dimsOf,
  element,
  full,
  input,
  matmul,
  reshape,
  sliceOf,
} from './basics.ts';
import { model } from './model.ts';

const dims = { batch: 4, length: 12, width: 16 };

/** Of a sequence [length, batch, width]; the state holds the weights too, as XLA's loops do. */
export const recurrent = model(
  'recurrent',
  'gated recurrent unit in a while loop, f32',
  dims,
  ({ batch, length, width }) => {
    const m = new ModuleBuilder('recurrent');
    const state = tupleShape([
      arrayShape('s32', []),
      arrayShape('f32', [batch, width]),
      arrayShape('f32', [length, batch, width]),
      arrayShape('f32', [length, batch, width]),
      arrayShape('f32', [width, 3 * width]),
      arrayShape('f32', [width, 3 * width]),
      arrayShape('f32', [3 * width]),
    ]);
    const condition = m.computation('condition', (b) =>
      compare(b, element(b, b.parameter('state', state), 0), b.scalar('s32', length), 'LT'),
    );
    const body = m.computation('body', (b) => step(b, b.parameter('state', state)));
    return m.entry((b) => {
      const xs = input(b, 'xs', 'f32', [length, batch, width]);
      const h = input(b, 'h', 'f32', [batch, width], 'scale:0.5');
      const wx = input(b, 'wx', 'f32', [width, 3 * width], `weight:${width}`);
      const wh = input(b, 'wh', 'f32', [width, 3 * width], `weight:${width}`);
      const bias = input(b, 'bias', 'f32', [3 * width], 'weight:64');
      const out = full(b, 'f32', [length, batch, width], 0);
      const start = b.op('tuple', [b.scalar('s32', 0), h, xs, out, wx, wh, bias]);
      const end = b.op('while', [start], { condition, body });
      return b.op('tuple', [element(b, end, 3), element(b, end, 1)]);
    });
  },
);

function step(b: ComputationBuilder, state: Instruction): Instruction {
  const [i, h, xs, out, wx, wh, bias] = [0, 1, 2, 3, 4, 5, 6].map((n) => element(b, state, n)) as [
    Instruction,
    Instruction,
    Instruction,
    Instruction,
    Instruction,
    Instruction,
    Instruction,
  ];
  const [, batch, width] = dimsOf(xs) as [number, number, number];
  const zero = b.scalar('s32', 0);
  const slice = b.op('dynamic-slice', [xs, i, zero, zero], {
    dynamic_slice_sizes: [1, batch, width],
  });
  const next = cell(b, reshape(b, slice, [batch, width]), h, { wx, wh, bias });
  const row = reshape(b, next, [1, batch, width]);
  const filled = b.op('dynamic-update-slice', [out, row, i, zero, zero]);
  const count = b.op('add', [i, b.scalar('s32', 1)]);
  return b.op('tuple', [count, next, xs, filled, wx, wh, bias]);
}

interface Weights {
  readonly wx: Instruction;
  readonly wh: Instruction;
  readonly bias: Instruction;
}

/** z = σ(…), r = σ(…), n = tanh(x-part + r · h-part); h' = n + z · (h − n) */
function cell(b: ComputationBuilder, x: Instruction, h: Instruction, w: Weights): Instruction {
  const fromInput = matmul(b, x, w.wx);
  const biased = b.op('add', [fromInput, alongLast(b, w.bias, dimsOf(fromInput))]);
  const fromState = matmul(b, h, w.wh);
  const width = dimsOf(h)[1]!;
  const part = (y: Instruction, n: number) => sliceOf(b, y, 1, n * width, (n + 1) * width);
  const gate = (n: number) =>
    b.op('logistic', [b.op('add', [part(biased, n), part(fromState, n)])]);
  const [update, reset] = [gate(0), gate(1)];
  const candidate = b.op('tanh', [
    b.op('add', [part(biased, 2), b.op('multiply', [reset, part(fromState, 2)])]),
  ]);
  const change = b.op('multiply', [update, b.op('subtract', [h, candidate])]);
  return b.op('add', [candidate, change]);
}
