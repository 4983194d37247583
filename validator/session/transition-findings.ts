/** Turning what a transition showed into findings: named instructions, element, diff, replay line. */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { printContract } from '../../graphs/ir/contract.ts';
import type { Disagreement } from '../cut/agreement.ts';
import type { RegionResult } from '../cut/check-region.ts';
import type { Region } from '../cut/regions.ts';
import type { Transition, TransitionResult } from '../cut/transition.ts';
import { type ElementVerdict, isFinding, type Shown } from '../judge/verdict.ts';
import type { Finding, Skipped } from './finding.ts';
import { partingInside, regionInside } from './inner-difference.ts';
import { regionDiff } from './region-diff.ts';
import { namesOf } from './region-module.ts';
import { sourceOfNumber } from './source-line.ts';
import { undecidedReasons } from './undecided.ts';

/** Where a transition stands, for the reports. */
export interface Place {
  readonly graph: string;
  readonly backend: string;
  readonly pass: string;
  readonly step: number;
  /** Name of the n-th case, and the line that replays it. */
  readonly caseName: (n: number) => string;
  readonly replay: (n: number) => string;
}

export interface TransitionFindings {
  readonly findings: Finding[];
  readonly skipped: Skipped[];
  /** By case, why elements are undecided. */
  readonly reasons: readonly (readonly string[])[];
}

/** The findings of a transition, what was not judged of it, and why elements are undecided. */
export function transitionFindings(
  result: TransitionResult,
  transition: Transition,
  numbering: Numbering,
  place: Place,
): TransitionFindings {
  const name = instructionNames(transition, numbering);
  const context: Context = { transition, numbering, place, name, told: new Map() };
  const findings = result.cut.broken.map((why) => brokenFinding(why, context));
  const skipped = new Map<string, Skipped>();
  for (const [n, { regions, disagreements }] of result.cases.entries()) {
    for (const r of regions) {
      if (isFinding(r.judgement.verdict)) findings.push(regionFinding(r, n, context));
      if (!r.skipped) continue;
      const what = `${place.graph} ${place.backend}: ${place.pass} (step ${place.step})`;
      for (const why of r.reasons) skipped.set(what + why, { what, why, open: true });
    }
    findings.push(...disagreements.map((d) => disagreementFinding(d, n, context)));
  }
  const reasons = result.cases.map((c) => undecidedReasons(c.regions, numbering, context.name));
  return { findings, skipped: [...skipped.values()], reasons };
}

/** A pass that changed what no contract lets it change; no case is needed to see it. */
export function brokenFinding(why: string, { place }: Pick<Context, 'place'>): Finding {
  const { graph, backend, pass, step } = place;
  return {
    ...{ graph, backend, pass, step, case: place.caseName(0), instruction: '' },
    ...{ output: 0, index: [], before: '', after: '', exact: '', budgetUse: 'Infinity' },
    ...{ verdict: 'beyond', replay: place.replay(0), kind: 'broken', contract: '' },
    ...{ outside: 0, diff: '', note: why },
  };
}

interface Context {
  readonly transition: Transition;
  readonly numbering: Numbering;
  readonly place: Place;
  readonly name: (number: number) => string;
  /** What was told of regions already: findings on several cases share it. */
  readonly told: Map<Region, ToldRegion>;
}

function regionFinding(result: RegionResult, n: number, context: Context): Finding {
  const { region, judgement } = result;
  const { told } = context;
  const about = told.get(region) ?? tellRegion(region, context);
  told.set(region, about);
  const { note, ...rest } = about;
  return {
    ...common(judgement.worst!, n, context),
    ...rest,
    kind: 'region',
    contract: printContract(region.contract),
    outside: judgement.outside,
    note: [...result.reasons, ...note].join('; '),
  };
}

/** What a finding says of its region, on every case alike. */
interface ToldRegion extends Pick<Finding, 'instruction' | 'diff' | 'source'> {
  readonly note: readonly string[];
}

/** Names what differs: the instruction inside, where the region's result is that of a loop or branch. */
function tellRegion(region: Region, context: Context): ToldRegion {
  const { transition, numbering, place, name } = context;
  const diff = regionDiff(region, transition, numbering, place.pass);
  const inside = regionInside(region, numbering);
  const parting = inside ? undefined : partingInside(region, numbering);
  const source =
    inside?.source ??
    sourceOfNumber(transition.after, region.after) ??
    sourceOfNumber(transition.before, region.before);
  const pathOf = (at: { caller: number; path: string }) => `${name(at.caller)}/${at.path}`;
  const note = parting ? [`the first instruction to differ is ${pathOf(parting)}`] : [];
  const instruction = inside ? pathOf(inside) : name(region.after);
  return { instruction, diff, note, ...(source && { source }) };
}

function disagreementFinding(d: Disagreement, n: number, context: Context): Finding {
  const split = context.name(d.split);
  const source = sourceOfNumber(context.transition.after, d.after);
  return {
    ...common(d.element, n, context),
    instruction: context.name(d.after),
    kind: 'agreement',
    contract: 'widens',
    outside: 1,
    diff: '',
    ...(source && { source }),
    note:
      `${split} was one value before the pass and is two after it: ` +
      'some uses skip its rounding, others do not, and this decision reads both',
  };
}

function common(element: ElementVerdict, n: number, { place }: Context) {
  const { output, index, before, after, exact, budgetUse, verdict } = element;
  const { graph, backend, pass, step } = place;
  const use: Shown = Number.isFinite(budgetUse) ? budgetUse : String(budgetUse);
  return {
    ...{ graph, backend, pass, step, case: place.caseName(n) },
    ...{ output, index, before, after, exact, budgetUse: use, verdict },
    replay: place.replay(n),
  };
}

function instructionNames({ before, after }: Transition, numbering: Numbering) {
  const inAfter = namesOf(after);
  const inBefore = namesOf(before);
  return (n: number) => inAfter(n) ?? inBefore(n) ?? numbering.term(n).instruction.name;
}
