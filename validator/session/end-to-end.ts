/**
 * The last check of a pipeline: the module that came out of it, run whole, against the exact result
 * of the module that went in. It sees what local checks cannot: errors that add up.
 */
import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { elementCount, leafShapes } from '../../graphs/ir/shape.ts';
import { standIn } from '../cut/opaque-calls.ts';
import { isFinding, type Judgement, nothingJudged } from '../judge/verdict.ts';
import { runReference } from '../reference/run.ts';
import type { SessionCase } from './case.ts';
import type { Finding, Skipped } from './finding.ts';
import { judgeResult, type NotRun, type ReferenceRun, type WholeContract } from './judge-result.ts';
import { brokenFinding } from './transition-findings.ts';
import { type GraphJob, replayLine } from './validate-graph.ts';

export interface EndToEndRequest {
  readonly job: GraphJob;
  readonly final: Module;
  /** The weakest contract of the passes that changed something. */
  readonly whole: WholeContract;
  /** True where a pass has been blamed already: the final result is then known to be wrong. */
  readonly blamed: boolean;
  /** By case, what the reference gave for the module that went in. */
  readonly runs: readonly (ReferenceRun | NotRun)[];
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
  const opaque = standIn();
  for (const [n, c] of job.cases.entries()) {
    const known = runs[n]!;
    if ('error' in known) {
      skipped.push({ what, why: known.error.message });
      if (!isForeign(known.error)) cases.push({ case: c.name, judgement: openResult(job.module) });
      continue;
    }
    try {
      const result = runReference(final, c.inputs, { ...whole.options, uninterpreted: opaque.of });
      const judgement = judgeResult(job.module, result, c.inputs, whole, known);
      cases.push({ case: c.name, judgement });
      if (isFinding(judgement.verdict))
        findings.push(wholeFinding(job, final, whole.contract, c, judgement));
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      if (isForeign(error) || !runsWhole(job.module, c, whole)) {
        skipped.push({ what, why: error.message });
      } else findings.push(stoppedFinding(job, c, error));
    }
  }
  const told = opaque.told();
  if (told) skipped.push({ what, why: told });
  return { cases, findings, skipped };
}

/** What no reference can run, before a pipeline or after it: hosts, devices, unknown calls. */
function isForeign({ diagnostic }: AssayError): boolean {
  return diagnostic.code === 'run/unsupported';
}

/** Whether a module runs as the last one is run: what nothing needs runs as well. */
function runsWhole(module: Module, { inputs }: SessionCase, { options }: WholeContract): boolean {
  try {
    runReference(module, inputs, options);
    return true;
  } catch (error) {
    if (error instanceof AssayError) return false;
    throw error;
  }
}

/** All of a result undecided: the module that went in does not end on this case, or not in bounds. */
function openResult(module: Module): Judgement {
  const leaves = leafShapes(rootOf(entryOf(module)).shape);
  const elements = leaves.reduce((n, s) => n + (s.kind === 'array' ? elementCount(s) : 0), 0);
  return { ...nothingJudged, verdict: 'undecided', elements };
}

/** The module that went in runs on this case, and the one that came out does not. */
function stoppedFinding(job: GraphJob, c: SessionCase, { message }: AssayError): Finding {
  const { graph, backend } = job;
  return brokenFinding(`the module runs before the pipeline, and not after it: ${message}`, {
    place: {
      ...{ graph, backend: backend.name, pass: '(pipeline)', step: -1 },
      ...{ caseName: () => c.name, replay: () => replayLine(graph, backend.name, c) },
    },
  });
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
