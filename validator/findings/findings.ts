/** Turning what a step showed into findings: named instructions, element, diff, replay line. */

import { printContract } from '../../graphs/ir/contract.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { RegionResult } from '../localization/check-region.ts';
import type { PassStep, PassStepResult } from '../localization/pass-step.ts';
import type { Region } from '../localization/regions.ts';
import type { Disagreement } from '../localization/split-values.ts';
import type { SessionCase } from '../validation/case.ts';
import type { Blamed, Step } from '../validation/states.ts';
import { type ElementVerdict, isFinding, type Shown } from '../verdict/verdict.ts';
import type { Finding, Skipped } from './finding.ts';
import { partingInside, regionInside } from './inner-difference.ts';
import { regionDiff } from './region-diff.ts';
import { namesOf } from './region-module.ts';
import { sourceOfNumber } from './source-line.ts';
import { type Undecided, undecidedIn } from './undecided.ts';

/** A step that was judged, and all that findings tell of it. */
export interface JudgedStep {
  readonly step: Step;
  readonly cases: readonly SessionCase[];
  readonly numbering: Numbering;
  readonly passStep: PassStep;
}

/** What a step adds to the record, all cases together. */
export interface PassStepFindings {
  readonly findings: Finding[];
  readonly skipped: Skipped[];
  /** By case, what is undecided of it. */
  readonly undecided: readonly Undecided[];
}

/** The findings of a transition, what was not judged of it, and why elements are undecided. */
export function transitionFindings(result: PassStepResult, judged: JudgedStep): PassStepFindings {
  const { step, cases, numbering, passStep } = judged;
  const { place } = step;
  const name = instructionNames(passStep, numbering);
  const context: Context = { ...judged, name, told: new Map() };
  const findings = result.cut.broken.map((why) => brokenFinding(why, step, cases[0]));
  const skipped = new Map<string, Skipped>();
  for (const [n, { regions, disagreements }] of result.cases.entries()) {
    const c = cases[n]!;
    for (const r of regions) {
      if (isFinding(r.judgement.verdict)) findings.push(regionFinding(r, c, context));
      if (!r.skipped) continue;
      const what = `${place.graph} ${place.backend}: ${place.pass} (step ${place.step})`;
      for (const why of r.reasons) skipped.set(what + why, { what, why, open: true });
    }
    findings.push(...disagreements.map((d) => disagreementFinding(d, c, context)));
  }
  const parting = partingNote(result, passStep);
  const noted = findings.map((f) => ({ ...f, note: joined(f.note, parting, place.note) }));
  const undecided = result.cases.map((r, n) => {
    return undecidedIn(r.regions, { numbering, name, case: cases[n]!.name });
  });
  return { findings: noted, skipped: [...skipped.values()], undecided };
}

/** A pass that changed what no contract lets it change; no case is needed to see it. */
export function brokenFinding(why: string, { place, replay }: Blamed, c?: SessionCase): Finding {
  const { graph, backend, pass, step } = place;
  return {
    ...{ graph, backend, pass, step, case: c?.name ?? '', instruction: '' },
    ...{ output: 0, index: [], before: '', after: '', exact: '', budgetUse: 'Infinity' },
    ...{ verdict: 'beyond', replay: replay(c), kind: 'broken', contract: '' },
    ...{ outside: 0, diff: '', note: why },
  };
}

/** What every finding says of its element, its case and its place. */
export function elementFinding(
  element: ElementVerdict,
  { place, replay }: Blamed,
  c: SessionCase,
): Omit<Finding, 'instruction' | 'kind' | 'contract' | 'outside' | 'diff' | 'note'> {
  const { output, index, before, after, exact, budgetUse, verdict } = element;
  const { graph, backend, pass, step } = place;
  const use: Shown = Number.isFinite(budgetUse) ? budgetUse : String(budgetUse);
  return {
    ...{ graph, backend, pass, step, case: c.name },
    ...{ output, index, before, after, exact, budgetUse: use, verdict },
    replay: replay(c),
  };
}

interface Context extends JudgedStep {
  readonly name: (number: ValueNumber) => string;
  /** What was told of regions already: findings on several cases share it. */
  readonly told: Map<Region, ToldRegion>;
}

function regionFinding(result: RegionResult, c: SessionCase, context: Context): Finding {
  const { region, judgement } = result;
  const { told } = context;
  const about = told.get(region) ?? tellRegion(region, context);
  told.set(region, about);
  const { note, ...rest } = about;
  return {
    ...elementFinding(judgement.worst!, context.step, c),
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
  const { passStep, numbering, step, name } = context;
  const diff = regionDiff(region, passStep, numbering, step.place.pass);
  const inside = regionInside(region, numbering);
  const parting = inside ? undefined : partingInside(region, numbering);
  const source =
    inside?.source ??
    sourceOfNumber(passStep.after, region.after) ??
    sourceOfNumber(passStep.before, region.before);
  const pathOf = (at: { caller: ValueNumber; path: string }) => `${name(at.caller)}/${at.path}`;
  const { sentBy } = region;
  const note = [
    ...(sentBy === undefined ? [] : [`%${name(sentBy)} is given it`]),
    ...(parting ? [`the first instruction to differ is ${pathOf(parting)}`] : []),
  ];
  const instruction = inside ? pathOf(inside) : name(region.after);
  return { instruction, diff, note, ...(source && { source }) };
}

function disagreementFinding(d: Disagreement, c: SessionCase, context: Context): Finding {
  const split = context.name(d.split);
  const source = sourceOfNumber(context.passStep.after, d.after);
  return {
    ...elementFinding(d.element, context.step, c),
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

/**
 * A hint at the instruction: the first value that is not what the same name was before. Names may be
 * reused, so it is no more than a hint; the finding itself rests on values that must correspond.
 */
function partingNote({ parted: [first] }: PassStepResult, { after }: PassStep): string {
  const name = first && namesOf(after)(first.after);
  return name === undefined ? '' : `the first value to differ from its namesake before is ${name}`;
}

function joined(...notes: readonly string[]): string {
  return notes.filter((n) => n !== '').join('; ');
}

function instructionNames({ before, after }: PassStep, numbering: Numbering) {
  const inAfter = namesOf(after);
  const inBefore = namesOf(before);
  return (n: ValueNumber) => inAfter(n) ?? inBefore(n) ?? numbering.term(n).instruction.name;
}
