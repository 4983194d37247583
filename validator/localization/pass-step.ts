/**
 * One pass judged on all cases: the changed regions are cut out, each is run on boundary values
 * that the case already has, and the values are handed on to the module after the pass.
 */

import type { Contract } from '../../graphs/ir/contract.ts';
import type { Numbering } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { withRecall } from '../verdict/recall.ts';
import { combine, isFinding, type Judgement, nothingJudged } from '../verdict/verdict.ts';
import { checkRegion, type RegionResult } from './check-region.ts';
import { type Correspondences, inferredCorrespondences, pairKey } from './correspondences.ts';
import { type Cut, cutRegions, type Region } from './regions.ts';
import { withSoleDifferences } from './sole-difference.ts';
import { type Disagreement, findDisagreements, type Sides } from './split-values.ts';
import { withUnexcused } from './unexcused.ts';
import type { CaseValues } from './values.ts';

/** A pass: what it made of what, and what it promised. */
export interface PassStep {
  readonly before: ValueGraph;
  readonly after: ValueGraph;
  readonly contract: Contract;
  /** Correspondences of the pass; where there are none they are inferred, and dropped if contradicted. */
  readonly correspondences?: Correspondences;
  /** True where equal names on both sides may be chance: two modules that nobody made one of the other. */
  readonly weakNames?: true;
}

/** One case: the whole is as grave as its gravest region. */
export interface CaseResult {
  readonly judgement: Judgement;
  readonly regions: readonly RegionResult[];
  /** Decisions that a widening pass made come out as in neither version. */
  readonly disagreements: readonly Disagreement[];
}

/** All cases, and the regions that they share. */
export interface PassStepResult {
  /** One a case, in the order given. */
  readonly cases: readonly CaseResult[];
  readonly cut: Cut;
  /** Inferred correspondences that the data contradicted, and that were therefore not used. */
  readonly contradicted: readonly string[];
  /** The regions that contradicted them, in the order of the module after: where a fault may lie. */
  readonly parted: readonly Region[];
}

/** Rounds of dropping contradicted correspondences one by one before all inferred ones are given up. */
const maxRounds = 12;

/** Checks a transition; afterwards the cases hold the values of the module after it. */
export function checkPassStep(
  passStep: PassStep,
  cases: readonly CaseValues[],
  numbering: Numbering,
): PassStepResult {
  const dropped = new Set<string>();
  const parted: RegionResult[][] = cases.map(() => []);
  for (let round = 0; ; round++) {
    const infer = !passStep.correspondences && round < maxRounds;
    const correspondences =
      passStep.correspondences ?? correspondencesFor(passStep, numbering, dropped, infer);
    const cut = cutRegions({ ...passStep, numbering, correspondences, infer });
    const sides = { ...passStep, numbering, correspondences, cut };
    const results = withRecall(cases.map((values) => checkCut(sides, values)));
    const refuted = results.map(({ regions }) => regions.filter(isRefuted));
    for (const { region } of refuted.flat()) dropped.add(pairKey(region));
    if (infer && refuted.some((r) => r.length > 0)) {
      for (const [n, r] of refuted.entries()) parted[n]!.push(...r);
      continue;
    }
    const found = { cases: results, cut, contradicted: [...dropped], parted: [] };
    const result = passStep.correspondences
      ? found
      : withSoleDifferences(withUnexcused(found, parted, passStep, numbering), numbering);
    for (const [n, values] of cases.entries()) inherit(cut, passStep, values, result.cases[n]!);
    const regions = parted.flat().map((r) => r.region);
    return { ...result, parted: inOrder(regions, passStep) };
  }
}

function isRefuted({ region, judgement }: RegionResult): boolean {
  return region.inferred && isFinding(judgement.verdict);
}

function inOrder(regions: readonly Region[], { after }: PassStep): Region[] {
  const at = (r: Region) => after.position.get(r.after) ?? 0;
  return [...regions].sort((x, y) => at(x) - at(y));
}

function correspondencesFor(
  { before, after }: PassStep,
  numbering: Numbering,
  dropped: ReadonlySet<string>,
  infer: boolean,
): Correspondences {
  if (infer) return inferredCorrespondences(before, after, numbering, dropped);
  return inferredCorrespondences({ ...before, places: new Map() }, after, numbering, dropped);
}

function checkCut(sides: Sides, values: CaseValues): CaseResult {
  const regions = sides.cut.regions.map((region) => checkRegion(region, values, sides.numbering));
  const widening = sides.cut.regions.some((r) => skipsRoundings(r.contract));
  const disagreements = widening ? findDisagreements(sides, values) : [];
  const judgement = combine([
    ...regions.map((r) => r.judgement),
    ...disagreements.map(({ element }) => ({
      ...nothingJudged,
      verdict: element.verdict,
      outside: 1,
      worst: element,
    })),
  ]);
  return { judgement, regions, disagreements };
}

function skipsRoundings({ kind }: Contract): boolean {
  return kind === 'widens' || kind === 'narrows';
}

/**
 * Values are handed on to the module after, so that it need not run. Not after a finding: the values
 * before would contradict the instructions after, and the next pass would be blamed for it.
 */
function inherit(
  cut: Cut,
  { after }: PassStep,
  values: CaseValues,
  { judgement }: CaseResult,
): void {
  if (!isFinding(judgement.verdict)) {
    for (const [a, b] of cut.corresponds) values.inherit(b, a);
  }
  values.retain((n) => after.position.has(n));
}
