/**
 * fusion: producers into their consumer. A group of cheap operations of which only the last one's
 * value is used outside becomes one fused computation, called by a `fusion` instruction: a loop
 * (kLoop), or a loop that ends in a reduction (kInput). The group computes what it computed before,
 * instruction by instruction. Contract: exact.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import { exact } from '../graphs/ir/contract.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  instructionsById,
} from '../graphs/ir/module.ts';
import { elementCount } from '../graphs/ir/shape.ts';
import { isIn, type Opcode } from '../graphs/ops/table.ts';
import type { Pass } from './pipeline/pass.ts';
import { controlFlowComputations, usersOf } from './users.ts';

/** The pass. */
export const fusion: Pass = {
  name: 'fusion',
  contract: exact,
  summary: 'fuses elementwise and data-moving producers into their consumer',
  run: (module) =>
    edit(module, (draft) => {
      for (const c of controlFlowComputations(module)) {
        const groups = groupsOf(c);
        if (groups.length > 0) fuseAll(c, groups, draft);
      }
    }),
};

/** Most instructions in one fused computation. */
const maxGroup = 64;
/** Most members of it that are copies. */
const maxCopies = 8;

/** Data movement that is a loop over its result; the elementwise ops are fusible as a group. */
const movements: ReadonlySet<Opcode> = new Set<Opcode>([
  'broadcast',
  'reshape',
  'transpose',
  'slice',
  'pad',
  'concatenate',
  'reverse',
  'iota',
  'dynamic-slice',
]);

/** Members by id; a copied one stays outside as well, for its other users. */
type Group = ReadonlyMap<InstructionId, Member>;

interface Member {
  readonly instruction: Instruction;
  readonly isCopied: boolean;
}

/** Disjoint groups of at least two members, the one whose consumer comes first first. */
function groupsOf(c: Computation): Group[] {
  const byId = instructionsById(c);
  const users = usersOf(c);
  const taken = new Set<InstructionId>();
  const groups: Group[] = [];
  for (const consumer of [...c.instructions].reverse()) {
    if (taken.has(consumer.id) || !(isLoop(consumer) || isReduction(consumer))) continue;
    const group = grow(consumer, byId, (p) =>
      taken.has(p.id) || p.id === c.root ? undefined : users.get(p.id)!.length,
    );
    if (group.size < 2) continue;
    for (const [id, { isCopied }] of group) if (!isCopied) taken.add(id);
    groups.push(group);
  }
  return groups.reverse();
}

/**
 * The consumer, all producers whose every use is by a member, and copies of cheap ones that others
 * use as well. As no value leaves the group but the consumer's, the graph stays acyclic.
 */
function grow(
  consumer: Instruction,
  byId: ReadonlyMap<InstructionId, Instruction>,
  useCount: (producer: Instruction) => number | undefined,
): Map<InstructionId, Member> {
  const group = new Map([[consumer.id, { instruction: consumer, isCopied: false }]]);
  const usesInside = new Map<InstructionId, number>();
  let copies = 0;
  for (const { instruction, isCopied } of group.values()) {
    for (const id of instruction.operands) {
      const producer = byId.get(id)!;
      const inside = (usesInside.get(id) ?? 0) + (isCopied ? 0 : 1);
      usesInside.set(id, inside);
      if (group.size >= maxGroup || !isLoop(producer)) continue;
      const isWhole = !isCopied && inside === useCount(producer);
      const maybeCopied = !group.has(id) && copies < maxCopies && isCheap(producer, consumer);
      if (!isWhole && !maybeCopied) continue;
      if (!isWhole) copies++;
      group.set(id, { instruction: producer, isCopied: !isWhole });
    }
  }
  return group;
}

/** Cheaper to compute again than to store and load: broadcasts, and arithmetic before a reduction. */
function isCheap(i: Instruction, consumer: Instruction): boolean {
  if (i.opcode === 'broadcast' || i.opcode === 'iota') return true;
  const isSlow = isIn(i.opcode, 'transcendental') || i.opcode === 'divide';
  return isReduction(consumer) && isIn(i.opcode, 'elementwise') && !isSlow;
}

function isLoop(i: Instruction): boolean {
  const kind = isIn(i.opcode, 'elementwise') || movements.has(i.opcode);
  return kind && isPlainArray(i) && i.controlPredecessors.length === 0;
}

function isReduction(i: Instruction): boolean {
  return i.opcode === 'reduce' && isPlainArray(i) && i.controlPredecessors.length === 0;
}

function isPlainArray(i: Instruction): boolean {
  return i.shape.kind === 'array' && !i.shape.dynamic?.some(Boolean);
}

/** A constant that is written into the fused computation instead of being passed to it. */
function isScalarConstant(i: Instruction): i is InstructionOf<'constant'> {
  const known = i.opcode === 'constant' && i.attrs.literal.kind === 'tensor';
  return known && i.shape.kind === 'array' && elementCount(i.shape) === 1;
}

/** Makes the fused computations and the instructions that call them, first groups first. */
function fuseAll(c: Computation, groups: readonly Group[], draft: ModuleDraft): void {
  const d = draft.computation(c.name);
  const place = new Map(c.instructions.map((i, n) => [i.id, n]));
  for (const group of groups) {
    const members = [...group.values()]
      .map((m) => m.instruction)
      .sort((a, b) => place.get(a.id)! - place.get(b.id)!);
    const consumer = members.at(-1)!;
    const { body, args } = bodyOf(members, instructionsById(c), () => draft.newId());
    const calls = draft.newName(`fused_${consumer.name.replace(/[^\w.]/g, '_')}`);
    draft.addComputation({ name: calls, instructions: body, root: body.at(-1)!.id, extras: {} });
    const made = d.add('fusion', args.map(d.latest), {
      attrs: { kind: isReduction(consumer) ? 'kInput' : 'kLoop', calls },
      shape: consumer.shape,
      name: `${consumer.name}_fusion`,
      like: consumer,
    });
    for (const [id, { instruction, isCopied }] of group) {
      if (!isCopied && id !== consumer.id) d.remove(instruction);
    }
    d.replace(consumer, made);
  }
}

/**
 * The members as a computation of their own; what they need from outside becomes parameters. Whoever
 * waits for something waits outside.
 */
function bodyOf(
  members: readonly Instruction[],
  byId: ReadonlyMap<InstructionId, Instruction>,
  newId: () => InstructionId,
): { readonly body: Instruction[]; readonly args: Instruction[] } {
  const body: Instruction[] = [];
  const args: Instruction[] = [];
  const ids = new Map<InstructionId, InstructionId>();
  const put = (i: Instruction, operands: readonly InstructionId[]) => {
    const made = { ...i, id: newId(), operands, controlPredecessors: [] } as Instruction;
    ids.set(i.id, made.id);
    body.push(made);
  };
  for (const i of members) {
    for (const id of i.operands) {
      if (ids.has(id)) continue;
      const outside = byId.get(id)!;
      if (isScalarConstant(outside)) put(outside, []);
      else put(parameterFor(outside, args.push(outside) - 1), []);
    }
    put(
      i,
      i.operands.map((id) => ids.get(id)!),
    );
  }
  return { body, args };
}

function parameterFor(i: Instruction, index: number): Instruction {
  const { position: _, ...rest } = i;
  const name = `param_${index}`;
  const own = { name, operands: [], controlPredecessors: [], attrs: { index }, extras: {} };
  return { ...rest, ...own, opcode: 'parameter' };
}
