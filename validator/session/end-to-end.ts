/**
 * The last check of a pipeline: the module that came out of it, run whole, against the exact result
 * of the module that went in. It sees what local checks cannot: errors that add up.
 */
import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { isFinding, type Judgement } from '../judge/verdict.ts';
import { runReference } from '../reference/run.ts';
import type { SessionCase } from './case.ts';
import type { Finding, Skipped } from './finding.ts';
import { judgeResult, type ReferenceRun, type WholeContract } from './judge-result.ts';
import { type GraphJob, replayLine } from './validate-graph.ts';

export interface EndToEndRequest {
  readonly job: GraphJob;
  readonly final: Module;
  /** The weakest contract of the passes that changed something. */
  readonly whole: WholeContract;
  /** True where a pass has been blamed already: the final result is then known to be wrong. */
  readonly blamed: boolean;
  /** By case, what the reference gave for the module that went in, where it ran. */
  readonly runs: readonly (ReferenceRun | undefined)[];
}

export interface EndToEndResult {
  readonly cases: readonly { readonly case: string; readonly judgement: Judgement }[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

export function judgeEndToEnd(request: EndToEndRequest): EndToEndResult {
  const { job, final, whole, blamed, runs } = request;
  const cases: { case: string; judgement: Judgement }[] = [];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  const what = `${job.graph} ${job.backend.name}: end to end`;
  if (blamed) return { cases, findings, skipped: [{ what, why: 'a pass was blamed already' }] };
  for (const [n, c] of job.cases.entries()) {
    try {
      const judgement = judgeResult(
        job.module,
        runReference(final, c.inputs, whole.options),
        c.inputs,
        whole,
        runs[n],
      );
      cases.push({ case: c.name, judgement });
      if (isFinding(judgement.verdict))
        findings.push(wholeFinding(job, final, whole.contract, c, judgement));
    } catch (error) {
      if (!(error instanceof AssayError) || error.diagnostic.code !== 'run/unsupported')
        throw error;
      skipped.push({ what, why: error.message });
    }
  }
  return { cases, findings, skipped };
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
