/**
 * The order of checks of every verdict: bits; what nobody can see into; `exact`; the exact mode and
 * its radii; selections; and, where these leave something open, suspect, or resting on a wide budget,
 * samples of faithful executions, whose correlations are true.
 */

import { declares } from '../../graphs/ir/contract.ts';
import { isComplex } from '../../graphs/ir/element-type.ts';
import { elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import { leafTensors, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { defaultLambda, effectiveRadius } from '../exact/core/radius.ts';
import { type ExactTensor, type ExactValue, exactLeaves } from '../exact/core/value.ts';
import { fromPlainValue } from '../exact/run.ts';
import { confirmed, restsOnWideBudget } from '../sampling/confirm.ts';
import { drawSamples, sampleCount } from '../sampling/sample.ts';
import { type OpenDecision, Settled, scenarios } from '../sampling/settled.ts';
import { Spread } from '../sampling/spread.ts';
import { sumsAmong } from '../sampling/sum-orders.ts';
import { judgeApproximate } from './approximate.ts';
import { isCorrelated } from './correlated.ts';
import { type ExactOutcome, exactSubject, type Held } from './exact-subject.ts';
import {
  distanceBetween,
  judgeBitsOfEach,
  judgeEach,
  noTies,
  sameBits,
  type TieTest,
} from './judge.ts';
import { selectionOf } from './selection.ts';
import { boundaryOf, type Result, type Subject } from './subject.ts';
import { tieTest } from './ties.ts';
import { rearranged } from './unordered-rows.ts';
import { markedUnpromised, type Unpromised, unpromisedOf, unpromisedReason } from './unpromised.ts';
import { combine, isFinding, type Judgement, nothingJudged } from './verdict.ts';

/** What is concluded of a subject, and what stays open. */
export interface Verdict {
  readonly judgement: Judgement;
  /** Its arrays one by one, depth first; one of them all where they are judged together. */
  readonly outputs: readonly Judgement[];
  /** Why part of it is undecided, or nothing could be judged. */
  readonly reasons: readonly string[];
  /** Decisions that no sample settles. */
  readonly open: readonly OpenDecision[];
  /** True where there is no judgement: what is behind it cannot be run. */
  readonly skipped: boolean;
}

const lambda = defaultLambda;

/** Judges a result against a subject; `before` is what the reference gives for the subject. */
export function judgeSubject(subject: Subject, before: Value, result: Result): Verdict {
  const { contract } = subject;
  const after = result.value;
  if (sameBits(after, before)) return decided(judgeBitsOfEach(before, before));
  const opaque = opaqueReason(subject);
  if (opaque !== undefined) return skipped(subject, opaque);
  const unpromised = unpromisedOf(subject, before);
  if (contract.kind === 'exact') return judgedToTheBit(after, before, unpromised);
  const outcome = exactSubject(subject, { before, after, unpromised });
  if (contract.kind === 'approximates') return judgeSelected(subject, before, result, outcome);
  const compared = { subject, before, after, unpromised };
  const each = judgedBy(compared, outcome, outcome.result);
  const first = combine(each);
  const wants = subject.mustDecide !== false || isFinding(first.verdict);
  const limits = !declares(contract, 'algebra') && isCorrelated(subject);
  const isOpen = first.decided < first.elements;
  const isWide = limits && restsOnWideBudget(after, before, outcome.result, lambda);
  if (!wants || !(isOpen || isWide || first.verdict === 'suspect')) {
    return decided(each, outcome.reasons);
  }
  return bySamples(compared, outcome, { isOpen, limits });
}

function judgedToTheBit(after: Value, before: Value, unpromised?: Unpromised): Verdict {
  if (!unpromised) return decided(judgeBitsOfEach(after, before));
  const exact = markedUnpromised(fromPlainValue(before), unpromised);
  return decided(judgeEach(after, before, exact), [unpromisedReason]);
}

interface Compared extends Held {
  readonly subject: Subject;
}

function judgedBy(compared: Compared, { exactOf }: ExactOutcome, exact: ExactValue) {
  const { after, before } = compared;
  return judgeEach(after, before, exact, tieTests(compared, exactOf));
}

/** The second stage: decisions that samples settle go back into the exact mode, spreads into budgets. */

function bySamples(
  compared: Compared,
  outcome: ExactOutcome,
  { isOpen, limits }: { readonly isOpen: boolean; readonly limits: boolean },
): Verdict {
  const { subject, before, after, unpromised } = compared;
  const held = { before, after, unpromised };
  const { values, order, root, contract, numbering } = subject;
  const spread = new Spread(before);
  const sums = sumsAmong(order, numbering);
  const isConfirmed = () => {
    const half = confirmed(outcome.result, spread, lambda, limits, 1 / 2);
    return !isFinding(combine(judgedBy(compared, outcome, half)).verdict);
  };
  const log = drawSamples(
    { values, order, given: boundaryOf(subject), root, contract, sums },
    (sample, drawn) => {
      spread.add(sample);
      const asks = !isOpen && (drawn === 4 || drawn === 12);
      return asks && isConfirmed() ? 'enough' : 'more';
    },
  );
  const settled = new Settled(log, sampleCount + 1, lambda);
  const again = isOpen ? exactSubject(subject, held, settled) : outcome;
  const exact = confirmed(again.result, spread, lambda, limits);
  const each = judgedBy(compared, again, exact);
  const judgement = combine(each);
  if (settled.open.length === 0 || judgement.decided === judgement.elements) {
    return decided(each, again.reasons, settled.open);
  }
  const feasible = scenarios.map((scenario) => {
    const forced = new Settled(log, sampleCount + 1, lambda, scenario);
    return exactLeaves(exactSubject(subject, held, forced).result);
  });
  return decided(
    judgeEach(
      after,
      before,
      exact,
      eitherTie(tieTests(compared, again.exactOf), { after, exact, feasible }),
    ),
    again.reasons,
    settled.open,
  );
}

interface Outcomes {
  readonly after: Value;
  readonly exact: ExactValue;
  /** The exact leaves for each way in which open decisions may be taken. */
  readonly feasible: readonly (readonly ExactTensor[])[];
}

/**
 * An element that hangs on an open decision is a tie where it is what a faithful execution gives that
 * takes the decision one way or the other.
 */
function eitherTie(isTie: TieTest, { after, exact, feasible }: Outcomes): TieTest {
  const [got, open] = [leafTensors(after), exactLeaves(exact)];
  return (output, i) => {
    if (isTie(output, i)) return true;
    const { data, shape } = got[output]!;
    if (!open[output]?.undecided?.[i]) return false;
    const width = isComplex(shape.type) ? 2 : 1;
    return feasible.some((leaves) => {
      const t = leaves[output]!;
      const parts = Array.from({ length: width }, (_, p) => i * width + p);
      return (
        !t.undecided?.[i] &&
        parts.every((p) => distanceBetween(data[p]!, t.data[p]!) <= effectiveRadius(t, p, lambda))
      );
    });
  };
}

function decided(
  outputs: readonly Judgement[],
  reasons: readonly string[] = [],
  open: readonly OpenDecision[] = [],
): Verdict {
  const judgement = outputs.length === 1 ? outputs[0]! : combine(outputs);
  return { judgement, outputs, reasons, open, skipped: false };
}

function skipped({ numbering, root }: Subject, why: string): Verdict {
  const judgement = unjudged(numbering.term(root).instruction.shape);
  return { judgement, outputs: [judgement], reasons: [why], open: [], skipped: true };
}

/** Nothing could be said of a value of this shape: all its elements count as undecided. */
export function unjudged(shape: Shape): Judgement {
  const elements = leafShapes(shape).reduce(
    (n, s) => n + (s.kind === 'array' ? elementCount(s) : 0),
    0,
  );
  return { ...nothingJudged, verdict: 'undecided', elements };
}

function opaqueReason({ values, order, other }: Subject): string | undefined {
  if (values.opaque.size === 0) return undefined;
  const n = [...order, ...(other?.order ?? [])].find((k) => values.opaque.has(k));
  return n === undefined ? undefined : values.opaque.get(n);
}

/** A result of approximate selections: judged as one if it is one, else held for undecided. */
function judgeSelected(
  subject: Subject,
  before: Value,
  { value, selected }: Result,
  outcome: ExactOutcome,
): Verdict {
  const { contract, root, numbering } = subject;
  const selection = selectionOf(root, numbering);
  const from = selection && outcome.exactOf(selection.from);
  if (selection && from?.kind === 'tensor' && contract.kind === 'approximates') {
    const { recall } = contract;
    const after = selected ?? { value, selection };
    return decided(
      [judgeApproximate({ after, before: { value: before, selection }, from, recall })],
      outcome.reasons,
    );
  }
  const each = judgedBy({ subject, before, after: value }, outcome, outcome.result);
  const plain = combine(each);
  if (!isFinding(plain.verdict)) return decided(each, outcome.reasons);
  const count = plain.decided - plain.outside;
  return decided(
    [{ ...plain, verdict: 'undecided', decided: count, outside: 0, worst: null }],
    outcome.reasons,
  );
}

/** One tie test over all outputs: each leaf of the result is handed to its number's own test. */
function tieTests({ subject, before, after }: Compared, exactOf: ExactOutcome['exactOf']): TieTest {
  const { outputs, numbering } = subject;
  const [was, got] = [leafTensors(before), leafTensors(after)];
  const tests: TieTest[] = [];
  for (const n of outputs) {
    const leaves = exactLeaves(exactOf(n)!);
    const part = (of: typeof was) =>
      tupleValue(of.slice(tests.length, tests.length + leaves.length));
    const test = tieTest(n, numbering, { after: part(got), before: part(was), valueOf: exactOf });
    for (const [leaf, exact] of leaves.entries()) {
      const [b, a] = [was[tests.length]!, got[tests.length]!];
      const rows = rearranged(n, numbering, { after: a, before: b, exact });
      const isPlain = test === noTies && !rows;
      tests.push(isPlain ? noTies : (_, at) => rows?.has(at) || test(leaf, at));
    }
  }
  if (tests.every((test) => test === noTies)) return noTies;
  return (output, position) => tests[output]?.(output, position) ?? false;
}
