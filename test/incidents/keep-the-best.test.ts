/**
 * Keep-the-best, the fault of August 2025, in five forms. A threshold is taken from rounded
 * probabilities, and candidates are held against it: if they are read unrounded, the best falls below
 * a threshold that was taken from itself, which no faithful execution can do. If the threshold is
 * taken from the unrounded ones as well, nothing is lost, and nothing may be said.
 */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { type CaseKind, defaultKinds } from '../../golden/kinds/kinds.ts';
import { reassociates, widens } from '../../graphs/ir/contract.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { incidentModule } from './modules.ts';

const forms = [
  'threshold_mask',
  'argmax_by_equality',
  'count_of_winners',
  'top_p_cut',
  'expert_routing',
] as const;

/** Kinds whose rows hold no two values that only rounding makes equal: nothing is a tie by rounding. */
const apart: readonly CaseKind[] = ['lattice', 'typical', 'ties'];

const rows = forms.flatMap((form) =>
  [widens, reassociates].map((contract) => [form, contract.kind, contract] as const),
);

describe.each(rows)('%s under %s', (form, _, contract) => {
  const folder = `keep-the-best/${form}`;
  const before = incidentModule(folder, 'before');
  const compared = (name: 'faulty' | 'legit', kinds: readonly CaseKind[]) => {
    const names = { beforeName: 'before', afterName: name };
    const cases = kinds.map((kind) => sessionCase(generateCase(before, kind, 1)));
    return compareModules({
      ...names,
      before,
      after: incidentModule(folder, name),
      contract,
      cases,
    });
  };

  it('the best is lost, and that is a finding', () => {
    expect(['suspect', 'beyond']).toContain(compared('faulty', defaultKinds).verdict);
  });

  it('unrounded throughout it is kept, and that is none', () => {
    expect(compared('legit', defaultKinds).findings).toEqual([]);
  });

  it('unrounded throughout all of it is decided', () => {
    const { verdict, decided } = compared('legit', apart);
    expect(['identical', 'within', 'tie']).toContain(verdict);
    expect(decided).toBe(1);
  });
});
