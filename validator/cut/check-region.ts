/**
 * Judging one region on one case: both sides run on the same boundary values; if they differ, the
 * before side's exact value and radii decide whether the difference can be rounding.
 */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import { elementCount } from '../../graphs/ir/shape.ts';
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import type { ExactOptions } from '../exact/context.ts';
import { exactInstruction, liftValue, makeExactContext } from '../exact/run.ts';
import type { ExactValue } from '../exact/value.ts';
import { judgeApproximate } from '../judge/approximate.ts';
import { judge, judgeBits, sameBits } from '../judge/judge.ts';
import { tieTest } from '../judge/meaning.ts';
import { settleSuspects } from '../judge/monte-carlo.ts';
import { type Judgement, nothingJudged } from '../judge/verdict.ts';
import type { Region } from './regions.ts';
import type { CaseValues } from './values.ts';

export interface RegionResult {
  readonly region: Region;
  readonly judgement: Judgement;
  /** Why there is no judgement, or why part of it is undecided. */
  readonly reasons: readonly string[];
  readonly skipped: boolean;
}

export function checkRegion(
  region: Region,
  values: CaseValues,
  numbering: Numbering,
  options: ExactOptions = {},
): RegionResult {
  const given = new Map([...region.stands].map(([a, b]) => [a, values.get(b)] as const));
  const before = values.run(region.beforeCone, new Map()).get(region.before)!;
  const after = values.run(region.afterCone, given).get(region.after) ?? values.get(region.after);
  const opaque = [...region.beforeCone, ...region.afterCone].find((n) => values.opaque.has(n));
  if (opaque !== undefined) {
    const reasons = [values.opaque.get(opaque)!];
    const judgement = unjudged(before);
    return { region, judgement, reasons, skipped: true };
  }
  const done = (judgement: Judgement, reasons: readonly string[] = []): RegionResult => ({
    region,
    judgement,
    reasons,
    skipped: false,
  });
  if (region.contract.kind === 'exact' || sameBits(after, before)) {
    return done(judgeBits(after, before));
  }
  const { exactOf, leaves, reasons } = exactRegion(region, values, numbering, options);
  const exact = exactOf(region.before)!;
  if (region.contract.kind === 'approximates') {
    return done(judgeApproximate(after, before, exact, region.contract.recall), reasons);
  }
  const isTie = tieTest(region.before, numbering, { after, before, valueOf: exactOf });
  const first = judge(after, before, exact, isTie);
  if (first.verdict !== 'suspect') return done(first, reasons);
  const settled = settleSuspects(
    first,
    { after, before, exact, isTie },
    (seed) =>
      values.with({ rounding: { seed } }).run(region.beforeCone, leaves).get(region.before)!,
  );
  return done(settled, reasons);
}

/** A value of which nothing could be said: all of its elements count as undecided. */
function unjudged(value: Value): Judgement {
  const elements = leafTensors(value).reduce((n, t) => n + elementCount(t.shape), 0);
  return { ...nothingJudged, verdict: 'undecided', elements };
}

/** Options of the exact mode under a contract. */
export function exactOptions(contract: Contract, options: ExactOptions = {}): ExactOptions {
  return contract.kind === 'narrows' ? { ...options, computeType: contract.type } : options;
}

function exactRegion(
  region: Region,
  values: CaseValues,
  numbering: Numbering,
  options: ExactOptions,
) {
  const inside = new Set(region.beforeCone);
  const leaves = new Map<number, Value>();
  const exact = new Map<number, ExactValue>();
  const reasons = new Set<string>();
  const { limits } = values.options;
  const chosen = exactOptions(region.contract, { ...options, ...(limits && { limits }) });
  for (const n of region.beforeCone) {
    const { instruction, operands, module } = numbering.term(n);
    for (const o of operands) {
      if (inside.has(o) || exact.has(o)) continue;
      leaves.set(o, values.get(o));
      exact.set(o, liftValue(values.get(o)));
    }
    if (instruction.opcode === 'parameter') {
      exact.set(n, liftValue(values.get(n)));
      continue;
    }
    const context = makeExactContext(module, chosen, (reason) => reasons.add(reason));
    exact.set(
      n,
      exactInstruction(
        instruction,
        operands.map((o) => exact.get(o)!),
        context,
      ),
    );
  }
  return { exactOf: (n: number) => exact.get(n), leaves, reasons: [...reasons] };
}
