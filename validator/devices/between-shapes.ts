/**
 * Where a program over whole arrays hands a device its piece of one, and makes a whole of the pieces
 * again: custom calls of Shardy and of XLA's partitioner, as slices and concatenations.
 */

import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import { type ArrayShape, leafShapes, sameDims } from '../../graphs/ir/shape.ts';
import { customTargetOf, isShardyNote } from '../../graphs/ops/custom-targets.ts';
import { concatenated, piece } from './lowered.ts';
import { type Pieces, shardedPieces, shardyPieces } from './shardings.ts';
import type { Writer } from './writer.ts';

type Call = InstructionOf<'custom-call'>;

/** Whether an instruction goes between whole arrays and pieces: the mark of an unpartitioned program. */
export function isBetweenShapes(i: Instruction): i is Call {
  return i.opcode === 'custom-call' && piecesOf(i) !== undefined;
}

function piecesOf({ attrs }: Call) {
  return customTargetOf(attrs.custom_call_target)?.pieces;
}

/** The value of such a call on each device, from the operands of each. */
export function betweenShapes(
  i: Call,
  operands: readonly (readonly Instruction[])[],
  {
    module,
    w,
    before,
  }: { readonly module: Module; readonly w: Writer; readonly before: Instruction },
): readonly Instruction[] {
  const cuts = piecesOf(i) === 'cut';
  const shapes = leafShapes(i.shape) as readonly ArrayShape[];
  const ranks = shapes.map((s) => s.dims.length);
  const pieces = isShardyNote(i.attrs.custom_call_target)
    ? shardyPieces(i, cuts ? 'in_shardings' : 'out_shardings', ranks, module)
    : [shardedPieces((cuts ? before : i).extras.sharding, ranks[0] ?? 0)];
  const at = { w, stem: i.name };
  const results = shapes.map((shape, k) => {
    const known =
      pieces[k] ?? fail('run/unsupported', `%${i.name}: its sharding is not understood`);
    const parts = operands.map((row) => row[k]!);
    const made = cuts
      ? parts.map((x, device) => pieceOn(device, x, known, at))
      : parts.map(() => joined(parts, known, at));
    return made.map((x) => (fits(x, shape) ? x : mismatch(i, x)));
  });
  if (i.shape.kind !== 'tuple') return results[0]!;
  const rows = operands.map((_, d) => results.map((r) => r[d]!));
  return tuples(rows, i.name, w);
}

/** A tuple a device, or one for all where they have the same in it. */
function tuples(
  rows: readonly (readonly Instruction[])[],
  name: string,
  w: Writer,
): readonly Instruction[] {
  if (rows.every((row) => row.every((x, k) => x === rows[0]![k]))) {
    const one = w.tuple(rows[0]!, name);
    return rows.map(() => one);
  }
  return rows.map((row, d) => w.tuple(row, `${name}.device${d}`));
}

interface At {
  readonly w: Writer;
  readonly stem: string;
}

function pieceOn(device: number, x: Instruction, { counts, of }: Pieces, at: At): Instruction {
  const index = of(device);
  return counts.reduce((part, n, d) => (n === 1 ? part : piece(part, d, index[d]!, n, at)), x);
}

/** The whole of the first device's copy of each piece; made once for all devices. */
function joined(parts: readonly Instruction[], { counts, of }: Pieces, at: At): Instruction {
  const known = at.w.shared.get(parts);
  if (known) return known;
  const devices = parts.map((_, d) => of(d));
  const build = (d: number, prefix: readonly number[]): Instruction => {
    if (d === counts.length) {
      const device = devices.findIndex((index) => index.every((k, n) => k === prefix[n]));
      return parts[device] ?? fail('run/bad-groups', `%${at.stem}: no device has piece ${prefix}`);
    }
    const along = Array.from({ length: counts[d]! }, (_, k) => build(d + 1, [...prefix, k]));
    return along.length === 1 ? along[0]! : concatenated(along, d, at);
  };
  const made = build(0, []);
  at.w.shared.set(parts, made);
  return made;
}

function fits({ shape }: Instruction, declared: ArrayShape): boolean {
  return shape.kind === 'array' && sameDims(shape, declared);
}

function mismatch(i: Call, { shape }: Instruction): never {
  const made = (shape as ArrayShape).dims;
  return fail(
    'run/unsupported',
    `%${i.name}: its sharding makes it [${made}], which is not its shape`,
  );
}
