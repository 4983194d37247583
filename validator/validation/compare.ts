/** `assay compare`: two modules over the same parameters, one verdict. */

import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import { type Shape, sameShape } from '../../graphs/ir/shape.ts';
import { printShape } from '../../graphs/text/shape-text.ts';
import { shellFile, shellWord } from '../../graphs/text/shell-word.ts';
import type { Unreached } from '../coverage/reached.ts';
import {
  decidedShare,
  type Finding,
  type JudgedCase,
  judgedCase,
  type OpenDecision,
  type Skipped,
} from '../findings/finding.ts';
import { type KindRun, kindsRun } from '../findings/kinds-run.ts';
import type { Limits } from '../limits/limits.ts';
import type { VerdictKind } from '../verdict/verdict.ts';
import type { Alignment } from './alignment.ts';
import type { SessionCase } from './case.ts';
import type { Step } from './states.ts';
import { validateStates } from './validate.ts';

/** Two modules, the contract between them, and the cases that they are judged on. */
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

/** The verdict on two modules; counts are of elements. */
export interface CompareReport {
  readonly verdict: VerdictKind;
  readonly contract: string;
  readonly checked: number;
  /** Share of the elements, 0 to 1, that the data decide. */
  readonly decided: number;
  /** Elements that stayed undecided. */
  readonly undecided: number;
  readonly ties: number;
  /** How the two were aligned: judged region by region, or as wholes. */
  readonly aligned: Alignment;
  readonly cases: readonly JudgedCase[];
  /** The kinds of inputs that ran, and why. */
  readonly kinds: readonly KindRun[];
  /** Decisions that no case's sampled margins settle. */
  readonly open?: readonly OpenDecision[];
  /** Code that no case executes. */
  readonly unreached: readonly Unreached[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** Compares two modules; parameters and results must have the same shapes. */
export function compareModules(job: CompareJob): CompareReport {
  checkSignatures(job);
  const { before: first, after: module, beforeName, afterName, contract, cases, limits } = job;
  const files = `${shellFile(beforeName)} ${shellFile(afterName)}`;
  const command = `assay compare ${files} --contract ${shellWord(printContract(contract))}`;
  const step: Step = {
    ...{ module, contract, replay: (c) => `${command} ${c?.options ?? ''}` },
    place: { graph: beforeName, backend: afterName, pass: '(compare)', step: 0, note: '' },
  };
  const list = { first, cases, steps: [step], limits, weakNames: true as const };
  const { steps, ...record } = validateStates(list);
  const { verdict, counts, findings, skipped, unreached } = record;
  const [compared] = steps;
  const open = compared!.cases.flatMap((c) => c.open);
  return {
    ...{ verdict, contract: printContract(contract) },
    checked: counts.checked,
    decided: decidedShare(counts),
    undecided: counts.checked - counts.decided,
    ties: counts.ties,
    aligned: compared!.aligned,
    cases: compared!.cases.map((c) => judgedCase(c.case, c.judgement, c.reasons)),
    kinds: kindsRun(cases),
    ...(open.length && { open }),
    ...{ unreached, findings, skipped },
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
