/** `assay compare`: two modules over the same parameters, one verdict. */
import { flowOf } from '../../graphs/flow/flow.ts';
import { Numbering } from '../../graphs/flow/numbering.ts';
import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import { type Shape, sameShape } from '../../graphs/ir/shape.ts';
import { printShape } from '../../graphs/text/shape-text.ts';
import { checkTransition } from '../cut/transition.ts';
import { CaseValues } from '../cut/values.ts';
import { combine, graver, type VerdictKind } from '../judge/verdict.ts';
import type { Limits } from '../reference/context.ts';
import { runOptions, type SessionCase } from './case.ts';
import {
  addCounts,
  decidedShare,
  type Finding,
  type JudgedCase,
  judgedCase,
  noCounts,
  type OpenDecision,
  type Skipped,
} from './finding.ts';
import { groupFindings } from './group-findings.ts';
import { shellFile, shellWord } from './shell-word.ts';
import { transitionFindings } from './transition-findings.ts';

export interface CompareJob {
  /** Names as the user gave them, for the replay line. */
  readonly beforeName: string;
  readonly afterName: string;
  readonly before: Module;
  readonly after: Module;
  readonly contract: Contract;
  readonly cases: readonly SessionCase[];
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Limits;
}

export interface CompareReport {
  readonly verdict: VerdictKind;
  readonly contract: string;
  readonly checked: number;
  /** Share of the elements, 0 to 1, that the data decide. */
  readonly decided: number;
  /** Elements that stayed undecided. */
  readonly undecided: number;
  readonly ties: number;
  readonly cases: readonly JudgedCase[];
  /** Decisions that no case's sampled margins settle. */
  readonly open?: readonly OpenDecision[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** Compares two modules; parameters and results must have the same shapes. */
export function compareModules(job: CompareJob): CompareReport {
  const { before, after, contract, cases } = job;
  checkSignatures(job);
  const numbering = new Numbering();
  const flows = { before: flowOf(before, numbering), after: flowOf(after, numbering) };
  const values = cases.map((c) => new CaseValues(numbering, c.inputs, runOptions(job)));
  const transition = { ...flows, contract, weakNames: true as const };
  const result = checkTransition(transition, values, numbering);
  const { findings, skipped, reasons } = transitionFindings(result, transition, numbering, {
    ...{ graph: job.beforeName, backend: job.afterName, pass: '(compare)', step: 0 },
    caseName: (n) => cases[n]!.name,
    replay: (n) =>
      `assay compare ${shellFile(job.beforeName)} ${shellFile(job.afterName)} --contract ` +
      `${shellWord(printContract(contract))} ${cases[n]!.options}`,
  });
  const whole = combine(result.cases.map((c) => c.judgement));
  const counts = addCounts(noCounts, whole);
  return {
    verdict: findings.reduce<VerdictKind>((v, f) => graver(v, f.verdict), whole.verdict),
    contract: printContract(contract),
    checked: counts.checked,
    decided: decidedShare(counts),
    undecided: counts.checked - counts.decided,
    ties: counts.ties,
    cases: result.cases.map(({ judgement }, n) =>
      judgedCase(cases[n]!.name, judgement, reasons[n]!),
    ),
    findings: groupFindings(findings),
    skipped,
  };
}

function checkSignatures({ before, after, beforeName, afterName }: CompareJob): void {
  const [b, a] = [before, after].map((m) => parametersOf(entryOf(m)));
  if (b!.length !== a!.length) {
    const counts = `${b!.length} parameters, ${afterName} ${a!.length}`;
    fail('compare/parameters', `${beforeName} has ${counts}: they cannot be compared`);
  }
  const demand = (what: string, x: Shape, y: Shape) => {
    if (sameShape(x, y)) return;
    const shapes = `${printShape(x)} in ${beforeName} and ${printShape(y)} in ${afterName}`;
    fail('compare/shapes', `${what} is ${shapes}: they cannot be compared`);
  };
  for (const [n, p] of b!.entries()) demand(`parameter ${n}`, p.shape, a![n]!.shape);
  demand('the result', rootOf(entryOf(before)).shape, rootOf(entryOf(after)).shape);
}
