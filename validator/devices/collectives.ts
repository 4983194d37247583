/**
 * What each collective computes from the operands of all devices that take part, one row an opcode
 * (https://openxla.org/xla/operation_semantics).
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Instruction, InstructionOf } from '../../graphs/ir/module.ts';
import { leafShapes, type Shape, sameDims } from '../../graphs/ir/shape.ts';
import { type Tensor, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import type { EvalContext } from '../reference/context.ts';
import { result, storage, tensors } from '../reference/operands.ts';
import { padded } from '../reference/ops/communication.ts';
import { raggedExchange } from '../reference/ops/ragged-exchange.ts';
import { combine } from './combine.ts';
import type { Grid } from './grid.ts';
import { deviceGroups, globalMode, lineMode } from './groups.ts';
import { cut, join } from './pieces.ts';

/** The opcodes at which devices meet. */
export type CollectiveOp =
  | 'all-gather'
  | 'all-gather-start'
  | 'all-reduce'
  | 'all-reduce-start'
  | 'reduce-scatter'
  | 'all-to-all'
  | 'ragged-all-to-all'
  | 'collective-broadcast'
  | 'collective-permute'
  | 'collective-permute-start';

/** An instruction that exchanges values among devices. */
export type Collective = Extract<Instruction, { readonly opcode: CollectiveOp }>;

/** Tensors of one device: operands or results. */
type Row = readonly Tensor[];

/** What an exchange sees besides the operands. */
interface Meeting {
  readonly grid: Grid;
  /** Flattened ids of those who take part, in order. */
  readonly members: readonly number[];
  readonly context: EvalContext;
}

interface CollectiveRow<O extends CollectiveOp> {
  readonly groups: (i: InstructionOf<O>, grid: Grid) => readonly (readonly number[])[];
  /** Results of each member from the operands of each, both in the order of the group. */
  readonly exchange: (
    i: InstructionOf<O>,
    operands: readonly Row[],
    meeting: Meeting,
  ) => readonly Row[];
  /** Gives the pair of operands and results, as the first half of an asynchronous pair does. */
  readonly starts?: true;
  /** A device that is in no group gets zeros. */
  readonly optional?: true;
}

const gather: Pick<CollectiveRow<'all-gather' | 'all-gather-start'>, 'groups' | 'exchange'> = {
  groups: (i, grid) => deviceGroups(i.attrs.replica_groups, globalMode(i.attrs), grid),
  exchange: (i, operands) => {
    const [along] = i.attrs.dimensions;
    const joined = operands[0].map((_, k) =>
      join(
        operands.map((row) => row[k]),
        along,
      ),
    );
    return operands.map(() => joined);
  },
};

const allReduce: CollectiveRow<'all-reduce' | 'all-reduce-start'> = {
  groups: (i, grid) => deviceGroups(i.attrs.replica_groups, globalMode(i.attrs), grid),
  exchange: (i, operands, meeting) => {
    const sums = reduced(i.attrs.to_apply, operands, meeting);
    return operands.map(() => sums);
  },
};

const permute: Pick<
  CollectiveRow<'collective-permute' | 'collective-permute-start'>,
  'groups' | 'exchange'
> = {
  groups: (i, grid) => {
    if (i.attrs.slice_sizes) fail('run/unsupported', 'slices of a buffer are not sent');
    return deviceGroups('', lineMode(i.attrs), grid);
  },
  exchange: (i, operands) => {
    const pairs = i.attrs.source_target_pairs;
    const known = pairs.flat().every((k) => k < operands.length);
    if (!known) fail('run/bad-groups', `a source or target is beyond ${operands.length} devices`);
    const sources = new Map(pairs.map(([source, target]) => [target, source]));
    return operands.map((row, k) => {
      const source = sources.get(k);
      return source === undefined ? row.map(zeros) : operands[source];
    });
  },
};

const rows: { readonly [O in CollectiveOp]: CollectiveRow<O> } = {
  'all-gather': gather,
  'all-gather-start': { ...gather, starts: true },
  'all-reduce': allReduce,
  'all-reduce-start': allReduce,
  'reduce-scatter': {
    groups: (i, grid) => deviceGroups(i.attrs.replica_groups, globalMode(i.attrs), grid),
    exchange: (i, operands, meeting) => {
      const [along] = i.attrs.dimensions;
      const sums = reduced(i.attrs.to_apply, operands, meeting);
      return transposed(sums.map((sum) => cut(sum, along, operands.length)));
    },
  },
  'all-to-all': {
    groups: (i, grid) => deviceGroups(i.attrs.replica_groups, lineMode(i.attrs), grid),
    exchange: (i, operands) => {
      const along = i.attrs.dimensions?.[0];
      if (along === undefined) return exchangedWhole(operands);
      const pieces = operands.map(([x]) => cut(x, along, operands.length));
      return transposed(pieces).map((received) => [join(received, along)]);
    },
  },
  'ragged-all-to-all': {
    groups: (i, grid) => deviceGroups(i.attrs.replica_groups, lineMode(i.attrs), grid),
    exchange: (_, operands) => raggedExchange(operands),
  },
  'collective-broadcast': {
    groups: (i, grid) => deviceGroups(i.attrs.replica_groups, lineMode(i.attrs), grid),
    exchange: (_, operands) => operands.map(() => operands[0]),
    optional: true,
  },
  'collective-permute': permute,
  'collective-permute-start': { ...permute, starts: true },
};

/** Whether an instruction exchanges values among devices; starts of asynchronous ones do too. */
export function isCollective(i: Instruction): i is Collective {
  return Object.hasOwn(rows, i.opcode);
}

/** Groups of flattened ids of the devices that meet at a collective. */
export function meetingGroups(i: Collective, grid: Grid): readonly (readonly number[])[] {
  return rowOf(i).groups(i, grid);
}

/** Whether the value is the pair of operands and results. */
export function isStart(i: Collective): boolean {
  return rowOf(i).starts === true;
}

/** Flattened ids of the devices that take part with a device; none where it takes no part. */
export function participants(i: Collective, device: number, grid: Grid): readonly number[] {
  const row = rowOf(i);
  const group = row.groups(i, grid).find((ids) => ids.includes(device));
  if (group) return group;
  return row.optional ? [] : fail('run/bad-groups', `device ${device} is in no replica group`);
}

/** The value that the instruction has on each member, from the operands of each. */
export function rendezvous(
  i: Collective,
  operands: readonly (readonly Value[])[],
  meeting: Meeting,
): readonly Value[] {
  const results = rowOf(i).exchange(i, operands.map(tensors), meeting);
  return results.map((row, k) => packed(i, operands[k], row));
}

/** The value of a device that takes no part. */
export function missed(i: Collective, operands: readonly Value[]): Value {
  return packed(i, operands, tensors(operands).map(zeros));
}

function rowOf<O extends CollectiveOp>(i: InstructionOf<O>): CollectiveRow<O> {
  return rows[i.opcode] as CollectiveRow<O>;
}

function packed(i: Collective, operands: readonly Value[], results: Row): Value {
  const { starts } = rowOf(i);
  const [first, second] = i.shape.kind === 'tuple' ? i.shape.elements : [];
  demandShape(starts ? second : i.shape, results);
  const isTuple = (shape: Shape | undefined) => shape?.kind === 'tuple';
  const value = (all: readonly Value[], tuple: boolean) => (tuple ? tupleValue(all) : all[0]);
  if (!starts) return value(results, isTuple(i.shape));
  return padded(i.shape, [value(operands, isTuple(first)), value(results, isTuple(second))]);
}

/** The declared sizes say how many devices the module was written for. */
function demandShape(shape: Shape | undefined, results: Row): void {
  const declared = shape ? leafShapes(shape) : [];
  const fits = results.every((t, k) => {
    const leaf = declared[k];
    return leaf?.kind === 'array' && leaf.type === t.shape.type && sameDims(leaf, t.shape);
  });
  if (fits && declared.length === results.length) return;
  const text = results.map(({ shape: { type, dims } }) => `${type}[${dims}]`).join(', ');
  fail('run/bad-groups', `the devices that take part make it ${text}, which is not its shape`);
}

/** Operand k of all devices combined, in order of device numbers. */
function reduced(to_apply: string, operands: readonly Row[], meeting: Meeting): Row {
  const { members, context } = meeting;
  const order = members.map((id, k) => ({ id, k })).sort((a, b) => a.id - b.id);
  return operands[0].map((_, o) =>
    combine(
      to_apply,
      order.map(({ k }) => operands[k][o]),
      context,
    ),
  );
}

/** Operand k of device j becomes result j of device k. */
function exchangedWhole(operands: readonly Row[]): readonly Row[] {
  const count = operands.length;
  if (operands.every((row) => row.length === count)) return transposed(operands);
  return fail('run/bad-groups', `${operands[0].length} operands for ${count} devices`);
}

function transposed(table: readonly Row[]): readonly Row[] {
  return table[0].map((_, k) => table.map((row) => row[k]));
}

function zeros(x: Tensor): Tensor {
  return result(x.shape, storage(x.shape));
}
