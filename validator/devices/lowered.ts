/**
 * Collectives as plain ops over the operands of all devices, one row an opcode: what
 * collectives.ts computes from values, written as instructions.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Attrs, Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, leafShapes, sameDims } from '../../graphs/ir/shape.ts';
import { emptyTensor } from '../../graphs/ir/tensor.ts';
import { plainOperation } from '../reference/scalars/scalar-function.ts';
import { type Collective, type CollectiveOp, isStart, meetingGroups } from './collectives.ts';
import type { Grid } from './grid.ts';
import type { Writer } from './writer.ts';

/** Instructions of one device: operands or results. */
type Row = readonly Instruction[];

interface Place {
  readonly module: Module;
  readonly grid: Grid;
  readonly w: Writer;
}

/** The value of a collective on each device, from the operands of each. */
export function lowered(i: Collective, operands: readonly Row[], place: Place): Row {
  const { w, grid } = place;
  const values: Instruction[] = [];
  for (const members of meetingGroups(i, grid)) {
    const order = members.map((id, k) => ({ id, k })).sort((a, b) => a.id - b.id);
    const at = { ...place, stem: i.name, order: order.map(({ k }) => k) };
    const rows = rowOf(i)(
      i as never,
      members.map((id) => operands[id]!),
      at,
    );
    for (const [k, id] of members.entries()) {
      values[id] = packed(i, operands[id]!, rows[k]!, w, `${i.name}.device${id}`);
    }
  }
  return operands.map((row, id) => values[id] ?? missed(i, row, w, id));
}

/** What a row sees besides the operands; `order` has members by their device numbers. */
interface Meeting extends Place {
  readonly stem: string;
  readonly order: readonly number[];
}

type Lower<O extends CollectiveOp> = (
  i: InstructionOf<O>,
  operands: readonly Row[],
  at: Meeting,
) => readonly Row[];

const gather: Lower<'all-gather' | 'all-gather-start'> = (i, operands, at) => {
  const joined = operands[0]!.map((_, k) =>
    concatenated(
      operands.map((row) => row[k]!),
      i.attrs.dimensions[0]!,
      at,
    ),
  );
  return operands.map(() => joined);
};

const allReduce: Lower<'all-reduce' | 'all-reduce-start'> = (i, operands, at) => {
  const sums = reduced(i.attrs.to_apply, operands, at);
  return operands.map(() => sums);
};

const permute: Lower<'collective-permute' | 'collective-permute-start'> = (i, operands, at) => {
  const sources = new Map(i.attrs.source_target_pairs.map(([from, to]) => [to!, from!]));
  if (Math.max(-1, ...i.attrs.source_target_pairs.flat()) >= operands.length) {
    fail('run/bad-groups', `a source or target is beyond ${operands.length} devices`);
  }
  return operands.map((row, k) => {
    const source = sources.get(k);
    return source === undefined ? row.map((x) => zeros(x, at)) : operands[source]!;
  });
};

const rows: { readonly [O in CollectiveOp]: Lower<O> } = {
  'all-gather': gather,
  'all-gather-start': gather,
  'all-reduce': allReduce,
  'all-reduce-start': allReduce,
  'reduce-scatter': (i, operands, at) => {
    const sums = reduced(i.attrs.to_apply, operands, at);
    const along = i.attrs.dimensions[0]!;
    return operands.map((_, k) => sums.map((sum) => piece(sum, along, k, operands.length, at)));
  },
  'all-to-all': (i, operands, at) => {
    const along = i.attrs.dimensions?.[0];
    const n = operands.length;
    if (along === undefined) return operands.map((_, k) => operands.map((row) => row[k]!));
    const received = (k: number) => operands.map(([x]) => piece(x!, along, k, n, at));
    return operands.map((_, k) => [concatenated(received(k), along, at)]);
  },
  'collective-broadcast': (_, operands) => operands.map(() => operands[0]!),
  'collective-permute': permute,
  'collective-permute-start': permute,
  'ragged-all-to-all': (i) =>
    fail('run/unsupported', `%${i.name}: the sizes that devices exchange are known as it runs`),
};

function rowOf<O extends CollectiveOp>(i: InstructionOf<O>): Lower<O> {
  return rows[i.opcode] as Lower<O>;
}

/** Results as the instruction has them: one, a tuple, or with the operands as a start op has it. */
function packed(i: Collective, operands: Row, results: Row, w: Writer, name: string): Instruction {
  const { shape } = i;
  const bundle = (all: Row, as: string) => (all.length === 1 ? all[0]! : w.tuple(all, as));
  if (!isStart(i)) {
    demandShape(i, results);
    return shape.kind === 'tuple' ? w.tuple(results, name) : named(results[0]!, i, w, name);
  }
  const contexts = shape.kind === 'tuple' ? shape.elements.slice(2) : [];
  const pair = [bundle(operands, `${name}.operands`), bundle(results, `${name}.results`)];
  const rest = contexts.map((c) => {
    const literal =
      c.kind === 'array' ? emptyTensor(c.type, c.dims) : fail('run/unsupported', name);
    return w.op('constant', c, [], { literal }, `${name}.context`);
  });
  return w.tuple([...pair, ...rest], name);
}

/** The result under the device's name, with what the text tells of where it is from. */
function named(result: Instruction, { shape, extras }: Collective, w: Writer, name: string) {
  const { sharding: _, ...told } = extras;
  return w.op('copy', shape, [result], {}, name, told);
}

function demandShape({ shape, name, opcode }: Collective, results: Row): void {
  const declared = leafShapes(shape);
  const fits = results.every((r, k) => {
    const leaf = declared[k];
    return leaf?.kind === 'array' && sameDims(leaf, r.shape as ArrayShape);
  });
  if (fits && declared.length === results.length) return;
  const made = results.map((r) => `[${(r.shape as ArrayShape).dims}]`).join(', ');
  fail('run/bad-groups', `%${name} (${opcode}): the devices that take part make it ${made}`);
}

function missed(i: Collective, operands: Row, w: Writer, id: number): Instruction {
  if (i.opcode !== 'collective-broadcast') {
    fail('run/bad-groups', `%${i.name} (${i.opcode}): device ${id} is in no replica group`);
  }
  return zeros(operands[0]!, { w, stem: i.name });
}

/** Operand k of all devices combined, in order of device numbers. */
function reduced(to_apply: string, operands: readonly Row[], at: Meeting): Row {
  return operands[0]!.map((_, k) => {
    const parts = at.order.map((member) => operands[member]![k]!);
    return parts.slice(1).reduce((sum, x) => combined(to_apply, sum, x, at), parts[0]!);
  });
}

function combined(to_apply: string, a: Instruction, b: Instruction, { w, stem, module }: Meeting) {
  const { type, dims } = a.shape as ArrayShape;
  const shape = arrayShape(type, dims);
  const plain = plainOperation({ module }, to_apply);
  if (plain && (plain.shape as ArrayShape).type === type)
    return w.op(plain.opcode, shape, [a, b], plain.attrs as Attrs<never>, `${stem}.part`);
  const dimensions = dims.map((_, d) => d);
  return w.op('map', shape, [a, b], { dimensions, to_apply }, `${stem}.part`);
}

type At = Pick<Meeting, 'w' | 'stem'>;

/** Arrays side by side along a dimension. */
export function concatenated(parts: Row, along: number, { w, stem }: At): Instruction {
  const { type, dims } = parts[0]!.shape as ArrayShape;
  const size = dims[along]! * parts.length;
  const shape = arrayShape(type, dims.with(along, size));
  return w.op('concatenate', shape, parts, { dimensions: [along] }, `${stem}.joined`);
}

/** Piece k of n along a dimension, which n must divide. */
export function piece(
  x: Instruction,
  along: number,
  k: number,
  n: number,
  { w, stem }: At,
): Instruction {
  const { type, dims } = x.shape as ArrayShape;
  const size = dims[along]! / n;
  if (!Number.isInteger(size)) {
    fail('run/bad-shape', `dimension ${along} of ${type}[${dims}] does not divide by ${n}`);
  }
  const slice = dims.map((limit, d) =>
    d === along
      ? { start: k * size, limit: (k + 1) * size, stride: 1 }
      : { start: 0, limit, stride: 1 },
  );
  return w.op('slice', arrayShape(type, dims.with(along, size)), [x], { slice }, `${stem}.piece`);
}

function zeros(x: Instruction, { w, stem }: At): Instruction {
  const { type, dims } = x.shape as ArrayShape;
  const zero = emptyTensor(type, []);
  const scalar = w.op('constant', zero.shape, [], { literal: zero }, `${stem}.zero`);
  return w.op('broadcast', arrayShape(type, dims), [scalar], { dimensions: [] }, `${stem}.zeros`);
}
