/**
 * The exact value and radii of a region's before side, on the values at its boundary. Where the
 * contract declares algebra, the after side is another form of the same function: it has roundings of
 * its own, and an intermediate result of either form may leave the range of its type.
 */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { type Contract, declares } from '../../graphs/ir/contract.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { isIn } from '../../graphs/ops/table.ts';
import { AnyOrder, chainLinks } from '../exact/any-order.ts';
import type { ExactOptions } from '../exact/context.ts';
import { eitherForm } from '../exact/either-form.ts';
import { exactInstruction, liftValue, makeExactContext } from '../exact/run.ts';
import type { ExactValue } from '../exact/value.ts';
import type { Region } from './regions.ts';
import type { CaseValues } from './values.ts';

export interface ExactRegion {
  /** The exact value of a number of the before side; the region's own has the budget. */
  readonly exactOf: (number: number) => ExactValue;
  /** What the before side reads, and is given. */
  readonly leaves: ReadonlyMap<number, Value>;
  /** Why elements are undecided. */
  readonly reasons: readonly string[];
}

/** Options of the exact mode under a contract. */
export function exactOptions(contract: Contract, options: ExactOptions = {}) {
  const declared = {
    ...options,
    reciprocalDivision: declares(contract, 'reciprocal'),
    overReals: declares(contract, 'algebra'),
  };
  return contract.kind === 'narrows' ? { ...declared, computeType: contract.type } : declared;
}

export function exactRegion(
  region: Region,
  values: CaseValues,
  numbering: Numbering,
  options: ExactOptions,
): ExactRegion {
  const { limits } = values.options;
  const chosen = exactOptions(region.contract, { ...options, ...(limits && { limits }) });
  const reasons = new Set<string>();
  const run: Run = {
    ...{ numbering, options: chosen, because: (reason) => reasons.add(reason) },
    isKept: keptDraws(region, numbering),
  };
  const before = exactCone(region.beforeCone, (n) => values.get(n), run);
  const exactOf = (n: number) => before.exact.get(n) ?? liftValue(values.get(n));
  const { leaves } = before;
  if (!declares(region.contract, 'algebra')) return { exactOf, leaves, reasons: [...reasons] };
  const stand = (n: number) => values.get(region.stands.get(n) ?? n);
  const after = exactCone(region.afterCone, stand, run).exact.get(region.after);
  const other = after ?? liftValue(stand(region.after));
  const either = eitherForm(exactOf(region.before), other);
  return {
    exactOf: (n) => (n === region.before ? either : exactOf(n)),
    ...{ leaves, reasons: [...reasons] },
  };
}

interface Run {
  readonly numbering: Numbering;
  readonly options: ExactOptions;
  readonly because: (reason: string) => void;
  /** Random draws whose values are given. */
  readonly isKept: (n: number) => boolean;
}

/** Runs the numbers of a cone, in order; what it reads from outside is certain. */
function exactCone(cone: readonly number[], read: (n: number) => Value, run: Run) {
  const { numbering, options, because, isKept } = run;
  const inside = new Set(cone);
  const leaves = new Map<number, Value>();
  const exact = new Map<number, ExactValue>();
  const anyOrder = new AnyOrder(chainLinks(cone.map((n) => numbering.link(n))));
  for (const n of cone) {
    const { instruction, operands, module } = numbering.term(n);
    for (const o of operands) {
      if (inside.has(o) || exact.has(o)) continue;
      leaves.set(o, read(o));
      exact.set(o, liftValue(read(o)));
    }
    if (instruction.opcode === 'parameter' || isKept(n)) {
      if (isKept(n)) leaves.set(n, read(n));
      exact.set(n, liftValue(read(n)));
      continue;
    }
    const context = makeExactContext(module, options, because);
    const from = operands.map((o) => anyOrder.operand(n, o, exact.get(o)!));
    const value = exactInstruction(instruction, from, context);
    exact.set(
      n,
      anyOrder.widened(n, value, context, (o) => exact.get(o)!),
    );
  }
  return { exact, leaves };
}

/**
 * Where the after side draws no random numbers of its own, it is to be the same function of those
 * that the before side drew: they are given, so that two draws made one are seen.
 */
function keptDraws(region: Region, numbering: Numbering): (n: number) => boolean {
  const opcodeOf = (n: number) => numbering.term(n).instruction.opcode;
  const before = new Set(region.beforeCone);
  const drawsAnew = region.afterCone.some((n) => !before.has(n) && isIn(opcodeOf(n), 'random'));
  return (n) => !drawsAnew && isIn(opcodeOf(n), 'random');
}
