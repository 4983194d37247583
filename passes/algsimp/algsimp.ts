/**
 * algsimp: the algebraic simplifier. Tries the rules on every instruction, sweep after sweep, until
 * none fires. The rules are data (rules-*.ts), each with its contract; that of the pass is the
 * weakest of them, and every replacement carries that of its rule.
 */

import { type DraftResult, edit, type ModuleDraft } from '../../graphs/build/draft.ts';
import { exact, weaker } from '../../graphs/ir/contract.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  instructionsById,
  type Module,
} from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { fixpoint } from '../pipeline/fixpoint.ts';
import type { Pass } from '../pipeline/pass.ts';
import { nonFusionComputations, retypesFrom, usersOf } from '../users.ts';
import { interchangeable, type Rule, type Site } from './rule.ts';
import { arithmeticRules } from './rules/arithmetic.ts';
import { broadcastRules } from './rules/broadcast.ts';
import { convertRules } from './rules/convert.ts';
import { logicRules } from './rules/logic.ts';
import { movementRules } from './rules/movement.ts';
import { reductionRules } from './rules/reduction.ts';
import { sliceRules } from './rules/slice.ts';
import { tupleRules } from './rules/tuple.ts';

/** Every rule of the simplifier, in the order in which they are tried. */
export const algebraicRules: readonly Rule[] = [
  ...arithmeticRules,
  ...logicRules,
  ...convertRules,
  ...movementRules,
  ...broadcastRules,
  ...sliceRules,
  ...tupleRules,
  ...reductionRules,
];

/** The pass with all rules. */
export const algsimp: Pass = algebraicSimplifier(algebraicRules);

/** The pass with a choice of rules. */
export function algebraicSimplifier(rules: readonly Rule[]): Pass {
  const book = { rules: grouped(rules), settled: new WeakMap<Instruction, Sights>() };
  return {
    name: 'algsimp',
    contract: rules.map((r) => r.contract).reduce(weaker, exact),
    summary: 'replaces expressions by simpler ones that mean the same',
    run: (module) => fixpoint(module, (m) => sweep(m, book)),
  };
}

function grouped(rules: readonly Rule[]): ReadonlyMap<Opcode, readonly Rule[]> {
  const groups = new Map<Opcode, Rule[]>();
  for (const r of rules) groups.set(r.opcode, [...(groups.get(r.opcode) ?? []), r]);
  return groups;
}

interface RuleBook {
  readonly rules: ReadonlyMap<Opcode, readonly Rule[]>;
  /** Instructions that no rule fired on, with what the rules saw: seeing it again, none will. */
  readonly settled: WeakMap<Instruction, Sights>;
}

function sweep(module: Module, book: RuleBook): DraftResult {
  return edit(module, (draft) => {
    for (const c of nonFusionComputations(module)) simplify(c, draft, book);
  });
}

function simplify(c: Computation, draft: ModuleDraft, { rules, settled }: RuleBook): void {
  const { site, look, sights, isAsSeen } = siteIn(c, draft);
  for (const i of c.instructions) {
    const candidates = rules.get(i.opcode);
    if (!candidates || i.controlPredecessors.length > 0) continue;
    const known = settled.get(i);
    if (known && isAsSeen(known)) continue;
    look();
    const wasTried = isPlain(i, site) && attempt(i, candidates, site, draft);
    if (!wasTried && calledBy(i).length === 0) settled.set(i, sights());
  }
}

/** Replaces an instruction by the first rule that fires; false where none even proposes anything. */
function attempt(i: Instruction, rules: readonly Rule[], site: Site, draft: ModuleDraft): boolean {
  let proposed = false;
  for (const rule of rules) {
    const now = rule.apply(i, site);
    if (!now) continue;
    proposed = true;
    if (now.id === i.id || !interchangeable(now.shape, i.shape)) continue;
    draft.computation(site.computation.name).replace(i, now, rule.contract);
    break;
  }
  return proposed;
}

/** Static, and no movement of data around it changes the element type. */
function isPlain(i: Instruction, site: Site): boolean {
  const isStrange = (x: Instruction) =>
    hasDynamic(x.shape) || retypesFrom(x, () => site.operand(x));
  return !isStrange(i) && !i.operands.some((_, n) => isStrange(site.operand(i, n)));
}

function hasDynamic(s: Shape): boolean {
  return s.kind === 'array' && (s.dynamic?.includes(true) ?? false);
}

/** What rules looked at: instructions, and how often those of `counted` were used. */
interface Sights {
  readonly seen: readonly Instruction[];
  readonly counted: readonly (readonly [Instruction, number])[];
}

/** A site, and a record of what is looked at through it. */
interface WatchedSite {
  readonly site: Site;
  /** Begins a new record. */
  look(): void;
  sights(): Sights;
  /** Whether all that was seen then is so now. */
  isAsSeen(then: Sights): boolean;
}

function siteIn(c: Computation, draft: ModuleDraft): WatchedSite {
  const byId = instructionsById(c);
  let users: ReturnType<typeof usersOf> | undefined;
  let seen: Instruction[] = [];
  let counted: [Instruction, number][] = [];
  const count = (i: Instruction) => {
    users ??= usersOf(c);
    return (users.get(i.id)?.length ?? 0) + (i.id === c.root ? 1 : 0);
  };
  const splats = new Map<InstructionId, number | bigint | undefined>();
  const operand = (i: Instruction, n = 0) => {
    const found = byId.get(i.operands[n]!)!;
    seen.push(found);
    return found;
  };
  const splat = (i: Instruction): number | bigint | undefined => {
    if (i.opcode === 'broadcast') return splat(operand(i));
    if (i.opcode !== 'constant') return undefined;
    if (!splats.has(i.id)) splats.set(i.id, splatOf(i));
    return splats.get(i.id);
  };
  const site: Site = {
    module: draft.before,
    computation: c,
    operand,
    useCount(i) {
      const uses = count(i);
      counted.push([i, uses]);
      return uses;
    },
    splat,
    add(opcode, operands, options) {
      const d = draft.computation(c.name);
      return d.add(opcode, operands.map(d.latest), options);
    },
  };
  return {
    site,
    look() {
      seen = [];
      counted = [];
    },
    sights: () => ({ seen: [...new Set(seen)], counted }),
    isAsSeen: (then) =>
      then.seen.every((i) => byId.get(i.id) === i) &&
      then.counted.every(([i, n]) => count(i) === n),
  };
}

function splatOf(i: InstructionOf<'constant'>): number | bigint | undefined {
  const { literal } = i.attrs;
  if (literal.kind !== 'tensor' || literal.data.length === 0) return undefined;
  const { data, shape } = literal;
  const isComplex = data.length !== shape.dims.reduce((n, d) => n * d, 1);
  const [first] = data;
  return !isComplex && data.every((x: number | bigint) => Object.is(x, first)) ? first : undefined;
}
