/** RNN, GRU and LSTM: the input's share of the gates at once, then one step of a loop a time. */
import { byName } from '../../../ir/by-name.ts';
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { loop, sliceAt, updateAt } from '../loop.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { hardSigmoid, softplus } from './activation.ts';
import { takeAlong } from './indexing.ts';

type Activation = (h: Hlo, x: Instruction) => Instruction;

/** Activations by name, given their alpha and beta. */
const activations: Readonly<
  Record<string, (alpha: number | undefined, beta: number | undefined) => Activation>
> = byName({
  affine:
    (a = 1, b = 0) =>
    (h, x) =>
      h.add(h.mul(x, a), b),
  elu:
    (a = 1) =>
    (h, x) =>
      h.select(h.compare('LT', x, 0), h.mul(h.unary('exponential-minus-one', x), a), x),
  hardsigmoid:
    (a = 0.2, b = 0.5) =>
    (h, x) =>
      hardSigmoid(h, x, a, b),
  leakyrelu:
    (a = 0.01) =>
    (h, x) =>
      h.select(h.compare('LT', x, 0), h.mul(x, a), x),
  relu: () => (h, x) => h.max(x, 0),
  scaledtanh:
    (a = 1, b = 1) =>
    (h, x) =>
      h.mul(h.unary('tanh', h.mul(x, b)), a),
  sigmoid: () => (h, x) => h.unary('logistic', x),
  softplus: () => softplus,
  softsign: () => (h, x) => h.div(x, h.add(h.unary('abs', x), 1)),
  tanh: () => (h, x) => h.unary('tanh', x),
  thresholdedrelu:
    (a = 1) =>
    (h, x) =>
      h.select(h.compare('GT', x, a), x, 0),
});

/** What a cell gets in one step; every operand is [batch, gates · hidden] or [batch, hidden]. */
interface StepInput {
  /** X Wᵀ + Wb for this step. */
  readonly x: Instruction;
  /** H, and C for LSTM. */
  readonly state: readonly Instruction[];
  /** R [gates · hidden, hidden], Rb [gates · hidden], peepholes [3 · hidden]. */
  readonly weights: readonly Instruction[];
  readonly f: readonly Activation[];
  readonly clip: (h: Hlo, x: Instruction) => Instruction;
}

interface Cell {
  readonly gates: number;
  readonly states: number;
  readonly defaults: readonly string[];
  step(h: Hlo, input: StepInput, c: NodeContext): readonly Instruction[];
}

/** x Wᵀ */
function timesTransposed(h: Hlo, x: Instruction, w: Instruction): Instruction {
  return h.op('dot', [x, w], {
    lhs_contracting_dims: [rankOf(x) - 1],
    rhs_contracting_dims: [1],
  });
}

/** Part k of the gates along the last dimension (or of weights along the first). */
function part(h: Hlo, x: Instruction, k: number, size: number, dim = rankOf(x) - 1): Instruction {
  return h.sliceDim(x, dim, k * size, (k + 1) * size);
}

const rnn: Cell = {
  gates: 1,
  states: 1,
  defaults: ['Tanh'],
  step: (h, { x, state, weights, f, clip }) => {
    const [r, rb] = weights as [Instruction, Instruction];
    const sum = h.add(h.add(x, timesTransposed(h, state[0]!, r)), rb);
    return [f[0]!(h, clip(h, sum))];
  },
};

const gru: Cell = {
  gates: 3,
  states: 1,
  defaults: ['Sigmoid', 'Tanh'],
  step: (h, { x, state, weights, f, clip }, c) => {
    const [r, rb] = weights as [Instruction, Instruction];
    const now = state[0]!;
    const n = dimsOf(now)[1]!;
    const own = (k: number, from: Instruction) =>
      h.add(timesTransposed(h, from, part(h, r, k, n, 0)), part(h, rb, k, n));
    const gate = (k: number) => f[0]!(h, clip(h, h.add(part(h, x, k, n), own(k, now))));
    const [z, reset] = [gate(0), gate(1)];
    const recurrent = c.flag('linear_before_reset')
      ? h.mul(reset, own(2, now))
      : own(2, h.mul(reset, now));
    const candidate = f[1]!(h, clip(h, h.add(part(h, x, 2, n), recurrent)));
    return [h.add(h.mul(h.sub(1, z), candidate), h.mul(z, now))];
  },
};

const lstm: Cell = {
  gates: 4,
  states: 2,
  defaults: ['Sigmoid', 'Tanh', 'Tanh'],
  step: (h, { x, state, weights, f, clip }, c) => {
    const [r, rb, peephole] = weights as [Instruction, Instruction, Instruction];
    const [now, cell] = state as [Instruction, Instruction];
    const n = dimsOf(now)[1]!;
    const all = h.add(h.add(x, timesTransposed(h, now, r)), rb);
    const peek = (k: number, from: Instruction) => h.mul(part(h, peephole, k, n), from);
    const gate = (k: number) => part(h, all, k, n);
    const input = f[0]!(h, clip(h, h.add(gate(0), peek(0, cell))));
    const forget = c.flag('input_forget')
      ? h.sub(1, input)
      : f[0]!(h, clip(h, h.add(gate(2), peek(2, cell))));
    const candidate = f[1]!(h, clip(h, gate(3)));
    const next = h.add(h.mul(forget, cell), h.mul(input, candidate));
    const output = f[0]!(h, clip(h, h.add(gate(1), peek(1, next))));
    return [h.mul(output, f[2]!(h, next)), next];
  },
};

/** Activations of one direction. */
function activationsOf(c: NodeContext, cell: Cell, direction: number): Activation[] {
  const names = c.strings('activations');
  const n = cell.defaults.length;
  return cell.defaults.map((fallback, k) => {
    const at = direction * n + k;
    const name = names?.[at] ?? names?.[k] ?? fallback;
    const make = activations[name.toLowerCase()] ?? c.refuse(`the activation ${name} is unknown`);
    const given = (list: readonly number[] | undefined) => list?.[at];
    return make(given(c.floats('activation_alpha')), given(c.floats('activation_beta')));
  });
}

function clipOf(c: NodeContext): StepInput['clip'] {
  const limit = c.float('clip');
  return (h, x) => (limit === undefined ? x : h.max(h.min(x, limit), -limit));
}

/** Reverses the first len steps of each sequence of [time, batch, …]. */
function turned(h: Hlo, x: Instruction, lengths: Instruction | undefined): Instruction {
  if (!lengths) return h.reverse(x, [0]);
  const t = h.iota('s64', dimsOf(x), 0);
  const spread = h.broadcastInDim(h.convert(lengths, 's64'), dimsOf(x), [1]);
  const mirrored = h.sub(h.sub(spread, 1), t);
  return takeAlong(h, x, h.select(h.compare('LT', t, spread), mirrored, t), 0);
}

interface Direction {
  readonly y: Instruction;
  readonly last: readonly Instruction[];
}

/** One direction over x [time, batch, features]; y is [time, batch, hidden]. */
function runDirection(
  c: NodeContext,
  cell: Cell,
  x: Instruction,
  d: number,
  back: boolean,
): Direction {
  const { h } = c;
  const type = typeOf(x);
  const [steps, batch] = dimsOf(x) as [number, number];
  const pick = (k: number) => {
    const all = c.input(k);
    return h.reshape(h.sliceDim(all, 0, d, d + 1), dimsOf(all).slice(1));
  };
  const [w, r] = [pick(1), pick(2)];
  const hidden = dimsOf(r)[1]!;
  const width = cell.gates * hidden;
  const both = c.inputs[3] ? pick(3) : h.full(type, [2 * width], 0);
  const lengths = c.inputs[4];
  const ordered = back ? turned(h, x, lengths) : x;
  const share = h.add(timesTransposed(h, ordered, w), part(h, both, 0, width));
  const initial = range(cell.states).map((k) =>
    c.inputs[5 + k] ? startOf(c, 5 + k, d) : h.full(type, [batch, hidden], 0),
  );
  const peephole = c.inputs[7] ? [pick(7)] : [h.full(type, [3 * hidden], 0)];
  const weights = [r, part(h, both, 1, width), ...(cell.states > 1 ? peephole : [])];
  const limit = lengths ? [h.convert(lengths, 's64')] : [];
  const state = [...initial, h.full(type, [steps, batch, hidden], 0), share, ...weights, ...limit];
  const f = activationsOf(c, cell, d);
  const result = loop(h, h.scalar('s64', steps), state, (inner, index, now) => {
    const own = now.slice(0, cell.states);
    const [y, all, ...held] = now.slice(cell.states) as [
      Instruction,
      Instruction,
      ...Instruction[],
    ];
    const row = sliceAt(inner, all, 0, index);
    const given = {
      x: row,
      state: own,
      weights: held.slice(0, weights.length),
      f,
      clip: clipOf(c),
    };
    const next = cell.step(inner, given, c);
    const live = lengths && alive(inner, index, held.at(-1)!, next[0]!);
    const kept = live ? next.map((v, k) => inner.select(live, v, own[k]!)) : next;
    const shown = live ? inner.select(live, next[0]!, 0) : next[0]!;
    return [...kept, updateAt(inner, y, 0, index, shown), all, ...held];
  });
  const y = result[cell.states]!;
  return { y: back ? turned(h, y, lengths) : y, last: result.slice(0, cell.states) };
}

/** Which sequences have not ended before this step, spread over the hidden state. */
function alive(h: Hlo, index: Instruction, lengths: Instruction, like: Instruction): Instruction {
  const running = h.compare('LT', h.broadcast(index, dimsOf(lengths)), lengths);
  return h.broadcastInDim(running, dimsOf(like), [0]);
}

/** The initial state of a direction, [batch, hidden]. */
function startOf(c: NodeContext, k: number, d: number): Instruction {
  const all = c.flag('layout') ? c.h.transpose(c.input(k), [1, 0, 2]) : c.input(k);
  return c.h.reshape(c.h.sliceDim(all, 0, d, d + 1), dimsOf(all).slice(1));
}

const recurrentOp =
  (cell: Cell): Lower =>
  (c) => {
    const { h } = c;
    const batchFirst = c.flag('layout');
    const x = batchFirst ? h.transpose(c.input(0), [1, 0, 2]) : c.input(0);
    const direction = c.word('direction', 'forward', ['forward', 'reverse', 'bidirectional']);
    const backward = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
    const runs = backward.map((back, d) => runDirection(c, cell, x, d, back));
    const stack = (parts: readonly Instruction[], dim: number) => {
      const column = (v: Instruction) => {
        const dims = [...dimsOf(v)];
        dims.splice(dim, 0, 1);
        return h.reshape(v, dims);
      };
      return h.concat(parts.map(column), dim);
    };
    const y = stack(
      runs.map((r) => r.y),
      1,
    );
    const last = range(cell.states).map((k) =>
      stack(
        runs.map((r) => r.last[k]!),
        0,
      ),
    );
    if (!batchFirst) return [y, ...last];
    return [h.transpose(y, [2, 0, 1, 3]), ...last.map((v) => h.transpose(v, [1, 0, 2]))];
  };

/** Rows by operator of the standard domain. */
export const recurrent: LowerTable = {
  GRU: recurrentOp(gru),
  LSTM: recurrentOp(lstm),
  RNN: recurrentOp(rnn),
};
