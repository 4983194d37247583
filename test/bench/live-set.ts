/**
 * The live set of a module: the most bytes of values, in their own element types, that are computed
 * and still to be read at one moment. Arguments of the entry and constants count throughout: they
 * belong to the caller and to the module. What no evaluation can do with less than.
 */
import { elementTypes } from '../../graphs/ir/element-type.ts';
import {
  type Computation,
  computationOf,
  entryOf,
  type Instruction,
  type Module,
  parametersOf,
} from '../../graphs/ir/module.ts';
import { elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import { calledBy } from '../../graphs/ops/callees.ts';

/** Ops whose result is their operands, or parts of one: it takes no memory of its own. */
const aliases = new Set(['tuple', 'get-tuple-element', 'reshape', 'copy', 'opt-barrier', 'domain']);
const calls = new Set(['call', 'fusion', 'while', 'conditional', 'async-start']);

/** An array in memory; what an alias stands for is the same object. */
interface Piece {
  readonly bytes: number;
}

/** The live set in bytes. */
export function liveSet(module: Module): number {
  const constants = [...module.computations.values()].flatMap((c) =>
    c.instructions.filter((i) => i.opcode === 'constant').map((i) => bytesOf(i.shape)),
  );
  const inputs = parametersOf(entryOf(module)).map((p) => bytesOf(p.shape));
  const held = [...constants, ...inputs].reduce((a, b) => a + b, 0);
  return held + peakOf(module, entryOf(module));
}

/** The most bytes at once that a computation adds to its arguments. */
function peakOf(module: Module, computation: Computation): number {
  const { instructions, root } = computation;
  const pieces = new Map<number, readonly Piece[]>();
  const shapes = new Map(instructions.map((i) => [i.id, i.shape]));
  for (const i of instructions) pieces.set(i.id, piecesOf(i, shapes, pieces));
  const lastRead = new Map<Piece, number>();
  instructions.forEach((i, n) => {
    const read = i.opcode === 'tuple' || i.opcode === 'get-tuple-element' ? [] : i.operands;
    for (const piece of read.flatMap((o) => pieces.get(o)!)) lastRead.set(piece, n);
  });
  for (const piece of pieces.get(root)!) lastRead.set(piece, instructions.length);
  const live = new Set<Piece>();
  let peak = 0;
  instructions.forEach((i, n) => {
    for (const piece of pieces.get(i.id)!) live.add(piece);
    const now = [...live].reduce((sum, { bytes }) => sum + bytes, 0);
    const inner = calls.has(i.opcode)
      ? calledBy(i).map((name) => peakOf(module, computationOf(module, name)) - bytesOf(i.shape))
      : [];
    peak = Math.max(peak, now + Math.max(0, ...inner));
    for (const piece of live) if ((lastRead.get(piece) ?? n) <= n) live.delete(piece);
  });
  return peak;
}

function piecesOf(
  i: Instruction,
  shapes: ReadonlyMap<number, Shape>,
  known: ReadonlyMap<number, readonly Piece[]>,
): readonly Piece[] {
  const leaves = leafShapes(i.shape);
  if (i.opcode === 'parameter' || i.opcode === 'constant') return leaves.map(() => ({ bytes: 0 }));
  if (!aliases.has(i.opcode)) return leaves.map((leaf) => ({ bytes: bytesOf(leaf) }));
  const all = i.operands.flatMap((o) => known.get(o)!);
  const tuple = shapes.get(i.operands[0]!);
  if (i.opcode !== 'get-tuple-element' || tuple?.kind !== 'tuple') return all;
  const before = tuple.elements.slice(0, i.attrs.index).flatMap(leafShapes).length;
  return all.slice(before, before + leaves.length);
}

function bytesOf(shape: Shape): number {
  const sizes = leafShapes(shape).map((leaf) =>
    leaf.kind === 'array' ? Math.ceil((elementCount(leaf) * elementTypes[leaf.type].bits) / 8) : 0,
  );
  return sizes.reduce((a, b) => a + b, 0);
}
