/**
 * algsimp: the algebraic simplifier. Tries the rules on every instruction, sweep after sweep, until
 * none fires. The rules are data (rules-*.ts), each with its contract; that of the pass is the
 * weakest of them, and every replacement carries that of its rule.
 */
import { exact, weaker } from '../../graphs/ir/contract.ts';
import { type DraftResult, edit, type ModuleDraft } from '../../graphs/ir/draft.ts';
import {
  type Computation,
  type Instruction,
  type InstructionOf,
  instructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { fixpoint } from '../fixpoint.ts';
import type { Pass } from '../pass.ts';
import { nonFusionComputations, retypes, usersOf } from '../users.ts';
import { interchangeable, type Rule, type Site } from './rule.ts';
import { arithmeticRules } from './rules-arithmetic.ts';
import { broadcastRules } from './rules-broadcast.ts';
import { convertRules } from './rules-convert.ts';
import { logicRules } from './rules-logic.ts';
import { movementRules } from './rules-movement.ts';
import { reductionRules } from './rules-reduction.ts';
import { sliceRules } from './rules-slice.ts';
import { tupleRules } from './rules-tuple.ts';

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

export const algsimp: Pass = algebraicSimplifier(algebraicRules);

/** The pass with a choice of rules. */
export function algebraicSimplifier(rules: readonly Rule[]): Pass {
  const byOpcode = grouped(rules);
  return {
    name: 'algsimp',
    contract: rules.map((r) => r.contract).reduce(weaker, exact),
    summary: 'replaces expressions by simpler ones that mean the same',
    run: (module) => fixpoint(module, (m) => sweep(m, byOpcode)),
  };
}

function grouped(rules: readonly Rule[]): ReadonlyMap<Opcode, readonly Rule[]> {
  const groups = new Map<Opcode, Rule[]>();
  for (const r of rules) groups.set(r.opcode, [...(groups.get(r.opcode) ?? []), r]);
  return groups;
}

function sweep(module: Module, rules: ReadonlyMap<Opcode, readonly Rule[]>): DraftResult {
  return edit(module, (draft) => {
    for (const c of nonFusionComputations(module)) simplify(c, draft, rules);
  });
}

function simplify(
  c: Computation,
  draft: ModuleDraft,
  rules: ReadonlyMap<Opcode, readonly Rule[]>,
): void {
  const site = siteIn(c, draft);
  for (const i of c.instructions) {
    const candidates = rules.get(i.opcode);
    if (!candidates || i.controlPredecessors.length > 0 || !isPlain(i, c)) continue;
    for (const rule of candidates) {
      const now = rule.apply(i, site);
      if (!now || now.id === i.id || !interchangeable(now.shape, i.shape)) continue;
      draft.computation(c.name).replace(i, now, rule.contract);
      break;
    }
  }
}

/** Static, and no movement of data around it changes the element type. */
function isPlain(i: Instruction, c: Computation): boolean {
  const around = [i, ...i.operands.map((o) => instructionOf(c, o))];
  return !around.some((x) => hasDynamic(x.shape) || retypes(x, c));
}

function hasDynamic(s: Shape): boolean {
  return s.kind === 'array' && (s.dynamic?.includes(true) ?? false);
}

function siteIn(c: Computation, draft: ModuleDraft): Site {
  let users: ReturnType<typeof usersOf> | undefined;
  const splats = new Map<number, number | bigint | undefined>();
  const operand = (i: Instruction, n = 0) => instructionOf(c, i.operands[n]!);
  const splat = (i: Instruction): number | bigint | undefined => {
    if (i.opcode === 'broadcast') return splat(operand(i));
    if (i.opcode !== 'constant') return undefined;
    if (!splats.has(i.id)) splats.set(i.id, splatOf(i));
    return splats.get(i.id);
  };
  return {
    module: draft.before,
    computation: c,
    operand,
    useCount(i) {
      users ??= usersOf(c);
      return (users.get(i.id)?.length ?? 0) + (i.id === c.root ? 1 : 0);
    },
    splat,
    add(opcode, operands, options) {
      const d = draft.computation(c.name);
      return d.add(opcode, operands.map(d.latest), options);
    },
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
