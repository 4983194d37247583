/** Judging the bodies that no case enters, each as a list of two states. */
import { defaultCases } from '../../golden/cases.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, parametersOf } from '../../graphs/ir/module.ts';
import type { BodyPair, ChangedBodies } from '../coverage/bodies.ts';
import {
  type Counts,
  type Finding,
  noCounts,
  type Skipped,
  sumCounts,
} from '../findings/finding.ts';
import type { CaseValues } from '../localization/values.ts';
import type { VerdictKind } from '../verdict/verdict.ts';
import { type SessionCase, sessionCase } from './case.ts';
import type { StateList, Step } from './states.ts';
import type { ValidationRecord } from './validate.ts';

/** A step's changed bodies; `values` are those of `cases`, in their order. */
export interface BodiesRequest {
  readonly bodies: ChangedBodies;
  readonly step: Step;
  readonly list: StateList;
  readonly cases: readonly SessionCase[];
  readonly values: readonly CaseValues[];
  readonly validate: (list: StateList) => ValidationRecord;
}

/** What the bodies add to the record of their step. */
export interface JudgedBodies {
  readonly counts: Counts;
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/**
 * Judges each pair. A finding is suspect at the most: the operands are none that lead there, and a
 * rewrite may have relied on what leads there.
 */
export function judgeBodies(request: BodiesRequest): JudgedBodies {
  const { bodies, step } = request;
  const what = `${step.place.graph} ${step.place.backend}: ${step.place.pass}`;
  const alone = bodies.alone.map(({ computation, site }): Skipped => {
    const why = `%${computation} of %${site}, which no case enters, has no counterpart after it`;
    return { what, why, open: true };
  });
  const records = bodies.pairs.map((pair) => judgeBody(pair, request));
  return {
    counts: sumCounts(records.map((r) => r.counts)),
    findings: records.flatMap((r) => r.findings),
    skipped: [...alone, ...records.flatMap((r) => r.skipped)],
  };
}

function judgeBody(pair: BodyPair, request: BodiesRequest): JudgedBodies {
  const { step, list, validate } = request;
  const { replacements: _, cases: __, ...plain } = step;
  const { before: first, after: module, computation, site } = pair;
  const note = `no case enters %${computation} of %${site}: it was run on operands all the same`;
  const what = `${step.place.graph} ${step.place.backend}: ${step.place.pass}`;
  try {
    const { findings, skipped, counts } = validate({
      ...{ first, cases: casesOf(pair, request), limits: list.limits },
      steps: [{ ...plain, module }],
      ...(list.printed && { printed: true }),
    });
    const told = findings.map((f): Finding => {
      const verdict: VerdictKind = f.verdict === 'beyond' ? 'suspect' : f.verdict;
      const instruction = `${site}/${f.instruction}`;
      return { ...f, verdict, instruction, note: [f.note, note].filter(Boolean).join('; ') };
    });
    const open = counts.checked - counts.decided;
    const undecided = open > 0 ? [{ what, why: `${open} elements are undecided: ${note}` }] : [];
    const decided = { ...counts, checked: counts.decided };
    return { counts: decided, findings: told, skipped: [...skipped, ...undecided] };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const why = `%${computation} of %${site}, which no case enters: ${error.message}`;
    return { counts: noCounts, findings: [], skipped: [{ what, why, open: true }] };
  }
}

/** What the cases give the body, or generated values where it stands inside another one. */
function casesOf({ operand, before }: BodyPair, { cases, values }: BodiesRequest): SessionCase[] {
  if (operand === undefined || parametersOf(entryOf(before)).length !== 1) return generated(before);
  return cases.flatMap((c, n) => {
    try {
      return [{ ...c, inputs: [values[n]!.get(operand)] }];
    } catch (error) {
      if (error instanceof AssayError) return [];
      throw error;
    }
  });
}

function generated(module: Module): SessionCase[] {
  return defaultCases(module, 1).map(sessionCase);
}
