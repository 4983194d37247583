/** Records of gates made up for reports: all rules, all states, and names that mean harm. */
import type { GateFinding, GateGraph, GateRecord, Rule } from '../../../validator/gate/record.ts';

export const rules: readonly Rule[] = [
  ...(['rewriting', 'kernels', 'result', 'shape', 'error', 'crashed', 'timed-out'] as const),
  ...(['out-of-memory', 'growth', 'golden'] as const),
];

const kinds: Readonly<Record<string, GateFinding['kind']>> = {
  ...{ rewriting: 'region', kernels: 'end-to-end', result: 'end-to-end', shape: 'shape' },
  ...{ growth: 'growth', golden: 'golden' },
};

export function findingOf(rule: Rule, name: string, fails: boolean): GateFinding {
  const map = { dims: [2, 3], rows: 2, columns: 3, cells: [0, 0.05, 0.5, 5, 500, Infinity] };
  return {
    ...{ rule, kind: kinds[rule] ?? 'outcome', graph: name, backend: name, toolchain: name, name },
    ...{ pass: `(${rule})`, step: 1, case: name, instruction: name, output: 0, index: [1, 2] },
    ...{ before: 1, after: '-0', exact: NaN, budgetUse: 'Infinity', verdict: 'beyond' },
    ...{
      replay: name,
      contract: 'widens',
      outside: 1,
      diff: `--- a\n+++ b\n+${name}\n-${name}`,
      note: name,
    },
    cases: [{ case: name, verdict: 'beyond', outside: 1, budgetUse: 'Infinity' }],
    ...{ known: !fails, fails, map, baseline: { verdict: 'within', value: 1, budgetUse: 0.5 } },
  };
}

export function graphOf(name: string, state: GateGraph['state']): GateGraph {
  const one = {
    case: name,
    verdict: 'beyond',
    budgetUse: 'Infinity',
    elements: 6,
    undecided: 1,
  } as const;
  const output = { output: 0, name, shape: 'f32[2,3]', verdict: 'beyond', cases: [one] } as const;
  const steps = (['rewriting', 'kernels', 'result'] as const).map((step) => ({
    ...{ step, verdict: 'beyond' as const, checked: 6, undecided: 1 },
    outputs: [step === 'rewriting' ? { ...output, output: -1 } : output],
  }));
  return {
    ...{ graph: name, state, verdict: 'beyond', checked: 6, undecided: 1 },
    ...(state === 'not judged' && { why: name }),
    outcomes: [{ case: name, outcome: 'crashed', reason: name, baseline: 'ok' }],
    steps: state === 'not judged' ? [] : steps,
    kinds: [{ kind: name, cases: 1, why: name }],
    ...{ reasons: [name], known: 1 },
    unreached: [{ computation: name, site: name, instructions: [name] }],
  };
}

/** A record in which this name stands wherever a name may stand. */
export function recordOf(name: string): GateRecord {
  const states = ['failed', 'passed', 'open', 'not judged'] as const;
  const graphs = states.map((state) =>
    graphOf(state === 'failed' ? name : `${state} ${name}`, state),
  );
  const subject = { spec: name, level: name, disabled: [name], notes: [name] };
  return {
    ...{ format: 'assay-gate-1', assay: '0.1.0', toolchain: subject, baseline: subject },
    ...{ goldens: name, contract: 'widens', seed: 1 },
    allowed: { maxUndecided: 1, maxGrowth: 2, suspect: false },
    ...{
      outcome: 'failed',
      failures: [name, 'more than 1 % (--max-undecided)'],
      verdict: 'beyond',
    },
    ...{ checked: 18, decided: 15 / 18, undecided: 3, graphs },
    findings: rules.flatMap((rule) => [findingOf(rule, name, true), findingOf(rule, name, false)]),
    skipped: [{ what: name, why: name }],
  };
}
