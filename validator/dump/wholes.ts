/**
 * From end to end: XLA's recorded outputs and the last state's own result, each held against the
 * exact result of before_optimizations. XLA may skip roundings by default, so the promise is `widens`.
 */
import { type Contract, printContract, widens } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import { isFinding, type Judgement } from '../judge/verdict.ts';
import { runReference } from '../reference/run.ts';
import type { SessionCase } from '../session/case.ts';
import type { Finding, Skipped } from '../session/finding.ts';
import { judgeResult } from '../session/judge-result.ts';
import { recordedValue } from './cases.ts';
import type { WholeReport } from './report.ts';

export interface WholeRequest {
  /** Name of the module, for the reports. */
  readonly name: string;
  readonly first: Module;
  readonly last: Module;
  /** The weakest contract of the passes between the two. */
  readonly contract: Contract;
  readonly cases: readonly SessionCase[];
  /** XLA's outputs on the recorded case. */
  readonly outputs?: readonly Tensor[] | undefined;
  /** True where a pass has been blamed: the last state is then known to be wrong. */
  readonly blamed: boolean;
  readonly replay: (c: SessionCase) => string;
}

export interface Wholes {
  readonly wholes: readonly WholeReport[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

export function judgeWholes(request: WholeRequest): Wholes {
  const wholes: WholeReport[] = [];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  for (const { what, of, contract, result } of subjects(request)) {
    try {
      const judgement = judgeResult(request.first, result(), of.inputs, { contract });
      wholes.push({ what, case: of.name, judgement });
      if (!isFinding(judgement.verdict)) continue;
      findings.push(wholeFinding(request, { what, of, contract, result }, judgement));
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      skipped.push({ what: `${request.name}: ${what}`, why: error.message });
    }
  }
  if (request.blamed) {
    skipped.push({ what: `${request.name}: last state`, why: 'a pass was blamed already' });
  }
  const unfit = request.outputs && !outputValue(request);
  if (unfit) {
    const why = 'outputs.safetensors does not fit the result of before_optimizations';
    skipped.push({ what: `${request.name}: recorded outputs`, why });
  }
  return { wholes, findings, skipped };
}

interface Subject {
  readonly what: WholeReport['what'];
  readonly of: SessionCase;
  readonly contract: Contract;
  readonly result: () => Value;
}

function subjects(request: WholeRequest): Subject[] {
  const { cases, last, contract, blamed } = request;
  const recorded = cases.find((c) => c.name === 'recorded');
  const outputs = outputValue(request);
  const found: Subject[] = [];
  if (recorded && outputs) {
    found.push({ what: 'recorded outputs', of: recorded, contract: widens, result: () => outputs });
  }
  if (blamed) return found;
  return [
    ...found,
    ...cases.map((of): Subject => {
      return { what: 'last state', of, contract, result: () => runReference(last, of.inputs) };
    }),
  ];
}

function outputValue({ first, outputs }: WholeRequest): Value | undefined {
  return outputs && recordedValue(rootOf(entryOf(first)).shape, outputs);
}

const blames = {
  'recorded outputs': {
    pass: '(compiled)',
    note: 'what XLA computed lies outside the budget of before_optimizations',
  },
  'last state': {
    pass: '(pipeline)',
    note: 'every pass keeps its promise on its own; together they leave the budget',
  },
} as const;

function wholeFinding(
  { name, last, replay }: WholeRequest,
  { what, of, contract }: Subject,
  judgement: Judgement,
): Finding {
  const { output, index, before, after, exact, budgetUse, verdict } = judgement.worst!;
  return {
    ...{ graph: name, backend: 'xla', pass: blames[what].pass, step: -1, case: of.name },
    instruction: rootOf(entryOf(last)).name,
    ...{ output, index, before, after, exact, verdict },
    budgetUse: Number.isFinite(budgetUse) ? budgetUse : String(budgetUse),
    replay: replay(of),
    kind: 'end-to-end',
    contract: printContract(contract),
    outside: judgement.outside,
    diff: '',
    note: blames[what].note,
  };
}
