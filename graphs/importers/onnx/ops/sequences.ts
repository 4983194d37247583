/**
 * Sequences of tensors inside a model, as HLO tuples: how many they hold is known while importing,
 * and so must be the positions. Sequences as inputs or outputs of a model are refused.
 */
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, range } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

/** The tensors of a sequence. */
function elements(c: NodeContext, k: number): Instruction[] {
  const x = c.input(k);
  if (x.shape.kind !== 'tuple') return c.refuse(`input ${k} is no sequence`, 'onnx/bad-node');
  return x.shape.elements.map((_, n) => c.h.element(x, n));
}

/** A position that may count from the end; `room` is one more for an insertion. */
function position(c: NodeContext, k: number, size: number, fallback: number): number {
  const at = c.numbers(k)?.[0] ?? fallback;
  const wrapped = at < 0 ? at + size : at;
  c.need(wrapped >= 0 && wrapped <= size, `position ${at} of a sequence of ${size}`);
  return wrapped;
}

const at: Lower = (c) => {
  const all = elements(c, 0);
  const k = position(c, 1, all.length, 0);
  return all[k] ?? c.refuse(`position ${k} of a sequence of ${all.length}`, 'onnx/bad-node');
};

const insert: Lower = (c) => {
  const all = elements(c, 0);
  all.splice(position(c, 2, all.length, all.length), 0, c.input(1));
  return c.h.tuple(all);
};

const erase: Lower = (c) => {
  const all = elements(c, 0);
  all.splice(position(c, 1, all.length, all.length - 1), 1);
  return c.h.tuple(all);
};

const concatFromSequence: Lower = (c) => {
  const { h } = c;
  const all = elements(c, 0);
  const fresh = c.flag('new_axis');
  const first = all[0] ?? c.refuse('the sequence is empty', 'onnx/bad-node');
  const rank = dimsOf(first).length + (fresh ? 1 : 0);
  const axis = c.axis(c.int('axis', 0), rank);
  if (!fresh) return h.concat(all, axis);
  const rows = all.map((x) => {
    const dims = [...dimsOf(x)];
    dims.splice(axis, 0, 1);
    return h.reshape(x, dims);
  });
  return h.concat(rows, axis);
};

/** Parts along an axis: of one size, of given sizes, or single slices. */
const splitToSequence: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const axis = c.axis(c.int('axis', 0));
  const size = dimsOf(x)[axis]!;
  const given = c.value(1);
  const one = given === undefined || given.shape.dims.length === 0;
  const step = given ? Number(given.data[0]) : 1;
  c.need(!one || step > 0, `parts of ${step} elements`);
  const sizes = one
    ? range(Math.ceil(size / step)).map((k) => Math.min(step, size - k * step))
    : c.list(1);
  let start = 0;
  const parts = sizes.map((n) => {
    start += n;
    return h.sliceDim(x, axis, start - n, start);
  });
  const dropped = given === undefined && !c.flag('keepdims', true);
  const kept = dimsOf(x).filter((_, k) => k !== axis);
  return h.tuple(dropped ? parts.map((p) => h.reshape(p, kept)) : parts);
};

/** The body on each element; what is no sequence is given to each as it is. */
const sequenceMap: Lower = (c) => {
  const { h } = c;
  const lists = c.rest().map((x, k) => (x.shape.kind === 'tuple' ? elements(c, k) : x));
  const n = elements(c, 0).length;
  const runs = range(n).map((i) => {
    const args = lists.map((list) => (Array.isArray(list) ? list[i] : list) as Instruction);
    c.need(!args.includes(undefined as never), `a sequence of fewer than ${n} elements`);
    return c.around.inline(h, c.graph('body'), args);
  });
  return c.node.output.map((_, k) => h.tuple(runs.map((results) => results[k]!)));
};

/** An optional value that is there is the value itself. */
const optional: Lower = (c) =>
  c.inputs[0] ?? c.refuse('an optional value that is empty has no HLO type', unsupported);

const unsupported = 'onnx/unsupported-type';

/** A tensor is an optional value that is there. */
const hasElement: Lower = (c) => c.h.scalar('pred', c.inputs[0] ? 1 : 0);

/** Rows by operator of the standard domain. */
export const sequences: LowerTable = {
  ConcatFromSequence: concatFromSequence,
  Optional: optional,
  OptionalGetElement: (c) => c.input(0),
  OptionalHasElement: hasElement,
  SequenceAt: at,
  SequenceConstruct: (c) => c.h.tuple(c.rest()),
  SequenceEmpty: (c) => c.h.tuple([]),
  SequenceErase: erase,
  SequenceInsert: insert,
  SequenceMap: sequenceMap,
  SequenceLength: (c) => c.h.scalar('s64', elements(c, 0).length),
  SplitToSequence: splitToSequence,
};
