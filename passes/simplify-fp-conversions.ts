/**
 * simplify-fp-conversions: excess precision. Where a value is rounded to a narrower floating-point
 * type only to be widened again, the wide value is used instead (f32 → bf16 → f32 becomes nothing).
 * All readers of a rounded value are widened or none is: if one reader saw the rounded value and
 * another the wide one, they could disagree on which of two elements is larger. The results of the
 * module decide nothing and keep their rounding. Contract: widens.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import { widens } from '../graphs/ir/contract.ts';
import { type ElementType, isFloat } from '../graphs/ir/element-type.ts';
import {
  type Computation,
  type Instruction,
  type InstructionOf,
  instructionOf,
} from '../graphs/ir/module.ts';
import type { ArrayShape } from '../graphs/ir/shape.ts';
import type { Pass } from './pipeline/pass.ts';
import { isSubtype } from './subtype.ts';
import { nonFusionComputations, usersOf } from './users.ts';

/** The pass. */
export const simplifyFpConversions: Pass = {
  name: 'simplify-fp-conversions',
  contract: widens,
  summary: 'skips roundings between two wider values, for all readers alike',
  run: (module) =>
    edit(module, (draft) => {
      for (const c of nonFusionComputations(module)) simplify(c, draft);
    }),
};

/** A rounding to a narrower type: all converts of one value to one type. */
interface Rounding {
  readonly source: Instruction;
  readonly from: ElementType;
  readonly to: ElementType;
  readonly converts: Instruction[];
}

function simplify(c: Computation, draft: ModuleDraft): void {
  const users = usersOf(c);
  const isResult = (i: Instruction) =>
    c.name === draft.before.entry && i.id === c.root && i.opcode === 'tuple';
  for (const { source, from, to, converts } of roundingsOf(c)) {
    const readers = converts.flatMap((i) => users.get(i.id) ?? []).filter((i) => !isResult(i));
    const escapes = converts.some((i) => i.id === c.root);
    if (escapes || readers.length === 0 || !readers.every((r) => widensFrom(r, to))) continue;
    const d = draft.computation(c.name);
    for (const rounded of converts) d.remove(rounded);
    for (const reader of readers) {
      const { type } = reader.shape as ArrayShape;
      const { shape } = reader;
      const like = reader;
      const wide = type === from ? source : d.add('convert', [d.latest(source)], { shape, like });
      d.replace(reader, wide);
    }
  }
}

function roundingsOf(c: Computation): Iterable<Rounding> {
  const found = new Map<string, Rounding>();
  for (const i of c.instructions) {
    if (!isFloatConvert(i)) continue;
    const source = instructionOf(c, i.operands[0]!);
    const [from, to] = [source.shape as ArrayShape, i.shape as ArrayShape];
    if (!isFloat(from.type) || isSubtype(to.type, from.type)) continue;
    const key = `${source.id} ${to.type}`;
    const rounding = found.get(key);
    if (rounding) rounding.converts.push(i);
    else found.set(key, { source, from: from.type, to: to.type, converts: [i] });
  }
  return found.values();
}

function isFloatConvert(i: Instruction): i is InstructionOf<'convert'> {
  const free = i.opcode === 'convert' && i.controlPredecessors.length === 0;
  return free && i.shape.kind === 'array' && isFloat(i.shape.type);
}

/** True for a convert of a value of the narrow type to one that holds it. */
function widensFrom(reader: Instruction, narrow: ElementType): boolean {
  return isFloatConvert(reader) && isSubtype((reader.shape as ArrayShape).type, narrow);
}
