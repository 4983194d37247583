/**
 * Agreement, the second half of the promise `widens`: values that were one value before stay one
 * value after, wherever a discrete decision reads them. A pass that widens one use and not another
 * can make a threshold and its candidate disagree. It is caught on evidence: a decision that comes
 * out neither as before nor as it would with all uses alike.
 */

import { isFloat } from '../../graphs/ir/element-type.ts';
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { sameBits, unravel } from '../verdict/judge.ts';
import type { ElementVerdict, Shown } from '../verdict/verdict.ts';
import type { Correspondences } from './correspondences.ts';
import type { Cut } from './regions.ts';
import type { CaseValues } from './values.ts';

/** A decision that reads two versions of one value, and its gravest element. */
export interface Disagreement {
  /** The value before that has more than one stand-in after. */
  readonly split: ValueNumber;
  /** The decision that came out wrong: its numbers before and after. */
  readonly before: ValueNumber;
  readonly after: ValueNumber;
  readonly element: ElementVerdict;
}

/** What the check looks at: both flows, how they correspond, and the correspondences in force. */
export interface Sides {
  readonly before: ValueGraph;
  readonly after: ValueGraph;
  readonly correspondences: Correspondences;
  readonly cut: Cut;
  readonly numbering: Numbering;
}

/** The first wrong decision of each value that a widening pass split in two. */
export function findDisagreements(sides: Sides, values: CaseValues): Disagreement[] {
  const splits = splitValues(sides);
  const decisions = [...sides.cut.corresponds].filter(([a]) => isDecision(a, sides.numbering));
  if (splits.size === 0 || decisions.length === 0) return [];
  const mixed = rerun(sides, values, new Map());
  const found: Disagreement[] = [];
  for (const [split, substitution] of splits) {
    const versions = distinct(substitution.map(mixed));
    if (versions.length < 2) continue;
    const alike = versions.map((one) =>
      rerun(sides, values, new Map(substitution.map((stand) => [stand, one]))),
    );
    const wrong = firstWrong(decisions, mixed, alike, values);
    if (wrong) found.push({ split, ...wrong });
  }
  return found;
}

/**
 * Values before that several values after stand for; one that lives on stands for itself. A pair of
 * names that no region was judged by says nothing.
 */
function splitValues({
  correspondences,
  before,
  after,
  cut,
}: Sides): Map<ValueNumber, ValueNumber[]> {
  const splits = new Map<ValueNumber, ValueNumber[]>();
  for (const correspondence of correspondences.all()) {
    if (!before.position.has(correspondence.before) || !after.position.has(correspondence.after))
      continue;
    if (
      correspondence.inferred &&
      cut.corresponds.get(correspondence.after) !== correspondence.before
    )
      continue;
    const own = after.position.has(correspondence.before) ? [correspondence.before] : [];
    splits.set(correspondence.before, [
      ...(splits.get(correspondence.before) ?? own),
      correspondence.after,
    ]);
  }
  return new Map([...splits].filter(([, substitution]) => substitution.length > 1));
}

function distinct(values: readonly Value[]): Value[] {
  const found: Value[] = [];
  for (const v of values) if (!found.some((known) => sameBits(known, v))) found.push(v);
  return found;
}

function isDecision(number: ValueNumber, numbering: Numbering): boolean {
  const { shape } = numbering.term(number).instruction;
  return shape.kind === 'array' && !isFloat(shape.type);
}

/** The module after as it really runs, some values overridden; the rest comes from the case. */
function rerun(
  { before, after, numbering }: Sides,
  values: CaseValues,
  overrides: ReadonlyMap<ValueNumber, Value>,
): (number: ValueNumber) => Value {
  const touched = new Set(overrides.keys());
  const numbers = after.order.filter((n) => {
    const { operands } = numbering.term(n);
    const again = !before.position.has(n) || operands.some((o) => touched.has(o));
    if (again) touched.add(n);
    return again && !overrides.has(n);
  });
  const results = values.run(numbers, overrides);
  return (n) => results.get(n) ?? values.get(n);
}

function firstWrong(
  decisions: readonly (readonly [ValueNumber, ValueNumber])[],
  mixed: (n: ValueNumber) => Value,
  alike: readonly ((n: ValueNumber) => Value)[],
  values: CaseValues,
): Omit<Disagreement, 'split'> | undefined {
  for (const [after, before] of decisions) {
    const [got] = leafTensors(mixed(after));
    const [was] = leafTensors(values.get(before));
    const allowed = alike.map((run) => leafTensors(run(after))[0]!);
    if (!got || !was || got.data.length !== was.data.length) continue;
    for (let i = 0; i < got.data.length; i++) {
      const legitimate = [was, ...allowed].some((t) => Object.is(t.data[i], got.data[i]));
      if (legitimate) continue;
      const element: ElementVerdict = {
        verdict: 'beyond',
        output: 0,
        type: got.shape.type,
        index: unravel(i, got.shape.dims),
        before: shown(was.data[i]!),
        after: shown(got.data[i]!),
        exact: shown(was.data[i]!),
        budgetUse: Infinity,
        budget: 0,
      };
      return { before, after, element };
    }
  }
  return undefined;
}

function shown(x: number | bigint): Shown {
  return typeof x === 'bigint' ? String(x) : x;
}
