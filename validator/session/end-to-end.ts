/**
 * The last check of a pipeline: the module that came out of it, run whole, against the exact result
 * of the module that went in. It sees what local checks cannot: errors that add up.
 */
import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { exactOptions } from '../cut/check-region.ts';
import { liftValue, runExact } from '../exact/run.ts';
import { judge, judgeBits, sameBits } from '../judge/judge.ts';
import { settleSuspects } from '../judge/monte-carlo.ts';
import { isFinding, type Judgement } from '../judge/verdict.ts';
import { runReference } from '../reference/run.ts';
import type { SessionCase } from './case.ts';
import type { Finding, Skipped } from './finding.ts';
import { type GraphJob, replayLine } from './validate-graph.ts';

export interface EndToEndRequest {
  readonly job: GraphJob;
  readonly final: Module;
  /** The weakest contract of the passes that changed something. */
  readonly contract: Contract;
  /** True where a pass has been blamed already: the final result is then known to be wrong. */
  readonly blamed: boolean;
}

export interface EndToEndResult {
  readonly cases: readonly { readonly case: string; readonly judgement: Judgement }[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

export function judgeEndToEnd({ job, final, contract, blamed }: EndToEndRequest): EndToEndResult {
  const cases: { case: string; judgement: Judgement }[] = [];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  const what = `${job.graph} ${job.backend.name}: end to end`;
  if (blamed) return { cases, findings, skipped: [{ what, why: 'a pass was blamed already' }] };
  for (const c of job.cases) {
    try {
      const judgement = judgeModules(job.module, final, c.inputs, contract);
      cases.push({ case: c.name, judgement });
      if (isFinding(judgement.verdict))
        findings.push(wholeFinding(job, final, contract, c, judgement));
    } catch (error) {
      if (!(error instanceof AssayError) || error.diagnostic.code !== 'run/unsupported')
        throw error;
      skipped.push({ what, why: error.message });
    }
  }
  return { cases, findings, skipped };
}

/** A module's result held against the exact result of another on the same inputs. */
export function judgeModules(
  before: Module,
  after: Module,
  inputs: readonly Value[],
  contract: Contract,
): Judgement {
  return judgeResult(before, runReference(after, inputs), inputs, contract);
}

/** A result from anywhere held against the exact result of a module. */
export function judgeResult(
  module: Module,
  result: Value,
  inputs: readonly Value[],
  contract: Contract,
): Judgement {
  const reference = runReference(module, inputs);
  if (contract.kind === 'exact' || sameBits(result, reference)) return judgeBits(result, reference);
  const options = exactOptions(contract);
  const exact = runExact(module, inputs.map(liftValue), options).value;
  const first = judge(result, reference, exact);
  if (first.verdict !== 'suspect') return first;
  const compared = { after: result, before: reference, exact, isTie: () => false };
  return settleSuspects(first, compared, (seed) =>
    runReference(module, inputs, { rounding: { seed } }),
  );
}

function wholeFinding(
  { graph, backend }: GraphJob,
  final: Module,
  contract: Contract,
  c: SessionCase,
  judgement: Judgement,
): Finding {
  const { output, index, before, after, exact, budgetUse, verdict } = judgement.worst!;
  return {
    ...{ graph, backend: backend.name, pass: '(pipeline)', step: -1, case: c.name },
    instruction: rootOf(entryOf(final)).name,
    ...{ output, index, before, after, exact, verdict },
    budgetUse: Number.isFinite(budgetUse) ? budgetUse : String(budgetUse),
    replay: replayLine(graph, backend.name, c),
    kind: 'end-to-end',
    contract: printContract(contract),
    outside: judgement.outside,
    diff: '',
    note: 'every pass keeps its promise on its own; together they leave the budget',
  };
}
