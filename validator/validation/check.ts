/**
 * `assay check`: a result that somebody else computed, a runtime or a serving stack, held against the
 * budget of the module that it should be the result of. There is one state and no step: the result is
 * judged whole, and what it is outside of is the module's own exact result.
 */
import { type Contract, exact, printContract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { shellFile, shellWord } from '../../graphs/text/shell-word.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import {
  addCounts,
  decidedShare,
  type Finding,
  type JudgedCase,
  judgedCase,
  noCounts,
  type OpenDecision,
  type Skipped,
} from '../findings/finding.ts';
import type { Limits } from '../limits/limits.ts';
import { CaseValues } from '../localization/values.ts';
import { moreSevere, type VerdictKind } from '../verdict/verdict.ts';
import { runOptions, type SessionCase } from './case.ts';
import { judgeEndToEnd } from './end-to-end.ts';
import { keptRun } from './judge-result.ts';
import type { RecordedResult } from './states.ts';

/** A result of some runtime, and the model that it is of. */
export interface CheckJob {
  /** The model and the result as the user gave them, for the report. */
  readonly modelName: string;
  readonly resultName: string;
  readonly module: Module;
  readonly case: SessionCase;
  readonly result: Value;
  /** What whoever computed the result was free to do. */
  readonly contract: Contract;
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Limits;
}

/** What is told of the result; counts are of elements. */
export interface CheckReport {
  readonly verdict: VerdictKind;
  readonly contract: string;
  readonly checked: number;
  /** Share of the elements, 0 to 1, that the data decide. */
  readonly decided: number;
  /** Elements that stayed undecided. */
  readonly undecided: number;
  readonly ties: number;
  readonly cases: readonly JudgedCase[];
  /** Decisions that no sampled margins settle. */
  readonly open?: readonly OpenDecision[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/**
 * Holds one result against its module.
 *
 * @throws AssayError where the module does not run on the inputs
 */
export function checkResult(job: CheckJob): CheckReport {
  const { module, case: c, result, contract, limits } = job;
  const numbering = new Numbering();
  const first = flowOf(module, numbering);
  const options = runOptions({ limits });
  const values = new CaseValues(numbering, c.inputs, options);
  const run = keptRun({ numbering, valueGraph: first, values });
  if ('error' in run) throw run.error;
  const recorded: RecordedResult = {
    ...wholeOf(job),
    contract,
    result: { case: c, value: result },
  };
  const { wholes, findings, skipped } = judgeEndToEnd({
    ...{ recorded, cases: [c], runs: [run], numbering, first, final: first, contract: exact },
    ...{ narrowed: new Set<string>(), options, open: new Set<string>(), blamed: false },
    printed: false,
  });
  const counts = wholes.map((w) => w.judgement).reduce(addCounts, noCounts);
  const open = wholes.flatMap((w) => w.open);
  const judged = [...wholes.map((w) => w.judgement), ...findings];
  return {
    verdict: judged.reduce<VerdictKind>((v, j) => moreSevere(v, j.verdict), 'identical'),
    contract: printContract(contract),
    checked: counts.checked,
    decided: decidedShare(counts),
    undecided: counts.checked - counts.decided,
    ties: counts.ties,
    cases: wholes.map((w) => judgedCase(w.case, w.judgement, w.reasons)),
    ...(open.length && { open }),
    ...{ findings, skipped },
  };
}

function wholeOf({ modelName, resultName, contract, case: c }: CheckJob) {
  const promise = `--contract ${shellWord(printContract(contract))}`;
  return {
    what: resultName,
    place: { graph: modelName, backend: resultName, pass: '(check)', step: -1, note: '' },
    replay: () => `assay check ${shellFile(modelName)} ${c.options} ${promise}`,
  };
}
