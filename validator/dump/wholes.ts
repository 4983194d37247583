/**
 * From end to end: XLA's recorded outputs and the last state's own result, each held against the
 * exact result of before_optimizations. XLA may skip roundings by default, so the promise
 * is the weakest of its default passes.
 */
import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import { standIn } from '../cut/opaque-calls.ts';
import { isFinding, type Judgement } from '../judge/verdict.ts';
import type { Uninterpreted } from '../reference/context.ts';
import { type RunOptions, runReference } from '../reference/run.ts';
import type { SessionCase } from '../session/case.ts';
import type { Finding, Skipped } from '../session/finding.ts';
import { judgeResult } from '../session/judge-result.ts';
import { recordedValue } from './cases.ts';
import type { WholeReport } from './report.ts';
import { anyDefaultPass } from './states.ts';

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
  /** What must not be judged, and why. */
  readonly barred: ReadonlyMap<WholeReport['what'], string>;
  readonly replay: (c: SessionCase) => string;
  /** How the modules are run. */
  readonly options: RunOptions;
}

export interface Wholes {
  readonly wholes: readonly WholeReport[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

export function judgeWholes(request: WholeRequest): Wholes {
  const wholes: WholeReport[] = [];
  const findings: Finding[] = [];
  const skipped = new Map<string, Skipped>();
  const skip = (what: string, why: string) => {
    skipped.set(what + why, { what: `${request.name}: ${what}`, why });
  };
  const { subjects, missing } = subjectsOf(request);
  if (missing) skip('recorded outputs', missing);
  for (const subject of subjects) {
    const why = request.barred.get(subject.what);
    if (why !== undefined) {
      skip(subject.what, why);
      continue;
    }
    const opaque = standIn();
    try {
      const judgement = judgeSubject(request, subject, opaque.of);
      const told = opaque.told();
      if (told) skip(subject.what, told);
      wholes.push({ what: subject.what, case: subject.of.name, judgement });
      if (isFinding(judgement.verdict)) findings.push(wholeFinding(request, subject, judgement));
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      skip(subject.what, error.message);
    }
  }
  return { wholes, findings, skipped: [...skipped.values()] };
}

function judgeSubject(
  { first, last, options }: WholeRequest,
  { of, contract, result }: Subject,
  opaque: Uninterpreted,
): Judgement {
  return judgeResult(first, result(opaque), of.inputs, { contract, options, after: last });
}

interface Subject {
  readonly what: WholeReport['what'];
  readonly of: SessionCase;
  readonly contract: Contract;
  readonly result: (opaque: Uninterpreted) => Value;
}

interface Subjects {
  readonly subjects: readonly Subject[];
  /** Why recorded outputs are not among them, where there are any. */
  readonly missing?: string;
}

function subjectsOf({ first, last, cases, contract, outputs, options }: WholeRequest): Subjects {
  const lasts = cases.map((of): Subject => {
    return {
      what: 'last state',
      of,
      contract,
      result: (uninterpreted) => runReference(last, of.inputs, { ...options, uninterpreted }),
    };
  });
  if (!outputs) return { subjects: lasts };
  const of = cases.find((c) => c.name === 'recorded');
  if (!of) return { subjects: lasts, missing: 'there are no recorded inputs that fit' };
  const value = recordedValue(rootOf(entryOf(first)).shape, outputs);
  if (!value) return { subjects: lasts, missing: 'they do not fit the result of the module' };
  const recorded: Subject = {
    ...{ what: 'recorded outputs', of, contract: anyDefaultPass },
    result: () => value,
  };
  return { subjects: [recorded, ...lasts] };
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
