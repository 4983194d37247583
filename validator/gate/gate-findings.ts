/** Findings of a gate: what failed, on which cases, and whether the baseline fails there as well. */
import { printContract } from '../../graphs/ir/contract.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Finding, FindingCase, Skipped } from '../findings/finding.ts';
import type { Failed, FailedOutcome } from '../toolchains/toolchain.ts';
import type { SessionCase } from '../validation/case.ts';
import { isFinding, isGraver, type Judgement, type Shown } from '../verdict/verdict.ts';
import type { GateJob } from './job.ts';
import { type JudgedOutputCase, type OutputJudgement, worseThan } from './judge-step.ts';
import type { GateFinding, Rule, StepName } from './record.ts';
import type { Result } from './results.ts';

/** What all findings of a graph have in common. */
export interface Subject {
  readonly graph: string;
  /** `NAME@VERSION`, or `goldens`. */
  readonly spec: string;
  readonly job: GateJob;
}

const ruleOf: Readonly<Record<Exclude<FailedOutcome, 'unavailable'>, Rule>> = {
  error: 'error',
  crashed: 'crashed',
  'timed out': 'timed-out',
  'out of memory': 'out-of-memory',
};

/** A finding without numbers, before what is special about it. */
export function plainFinding(
  subject: Subject,
  c: SessionCase | undefined,
): Omit<GateFinding, 'rule'> {
  const { graph, spec, job } = subject;
  return {
    ...{ graph, backend: spec, toolchain: spec, pass: '', step: -1, case: c?.name ?? '' },
    ...{ instruction: '', output: 0, index: [], before: '', after: '', exact: '', name: '' },
    ...{ budgetUse: 'Infinity', verdict: 'beyond', replay: job.replay(graph, c) },
    ...{ kind: 'outcome', contract: '', outside: 0, diff: '', note: '' },
    ...{ known: false, fails: true },
  };
}

/** One finding for each output of a step that is suspect or beyond. */
export function outputFindings(
  step: Exclude<StepName, 'rewriting'>,
  outputs: readonly OutputJudgement[],
  module: Module,
  subject: Subject,
): GateFinding[] {
  const { contract } = subject.job;
  return outputs.flatMap((o) => {
    const flagged = o.cases.filter((c) => isFinding(c.judgement.verdict));
    if (flagged.length === 0) return [];
    const fresh = flagged.filter((c) => !isKnown(c));
    const shown = [...(fresh.length ? fresh : flagged)].sort(worstFirst);
    const [worst] = shown;
    const element = worst!.judgement.worst!;
    const { baseline } = worst!;
    const known = fresh.length === 0;
    const rest = flagged.filter((c) => !shown.includes(c)).sort(worstFirst);
    return [
      {
        ...plainFinding(subject, worst!.case),
        ...{ rule: step, pass: passName(step), step: stepNumber(step), kind: 'end-to-end' },
        ...{ output: o.output, name: o.name, instruction: rootOf(entryOf(module)).name },
        ...{ index: element.index, before: element.before, after: element.after },
        ...{ exact: element.exact, budgetUse: shownUse(element.budgetUse) },
        ...{ verdict: worst!.judgement.verdict, outside: worst!.judgement.outside },
        ...{ contract: printContract(contract), cases: [...shown, ...rest].map(findingCase) },
        ...failing(known, worst!.judgement, subject),
        ...(baseline && { baseline: baselineElement(baseline) }),
        ...(o.map && { map: o.map }),
      } satisfies GateFinding,
    ];
  });
}

/** Known: the baseline is at least as far off. */
function isKnown({ judgement, baseline }: JudgedOutputCase): boolean {
  if (!baseline || !isFinding(baseline.verdict)) return false;
  return !isGraver(judgement.verdict, baseline.verdict);
}

function worstFirst(a: JudgedOutputCase, b: JudgedOutputCase): number {
  if (worseThan(a.judgement, b.judgement)) return -1;
  return worseThan(b.judgement, a.judgement) ? 1 : 0;
}

function failing(known: boolean, { verdict }: Pick<Judgement, 'verdict'>, { job }: Subject) {
  return { known, fails: !known && (verdict === 'beyond' || !job.allowed.suspect) };
}

function findingCase({ case: c, judgement }: JudgedOutputCase): FindingCase {
  const { verdict, outside, worst } = judgement;
  return { case: c.name, verdict, outside, budgetUse: shownUse(worst?.budgetUse ?? 0) };
}

function baselineElement({ verdict, worst }: Judgement) {
  const value = worst?.after;
  const budgetUse = shownUse(worst?.budgetUse ?? 0);
  return { verdict, budgetUse, ...(value !== undefined && { value }) };
}

/** A budget use as reports show it. */
export function shownUse(use: number): Shown {
  return Number.isFinite(use) ? use : String(use);
}

/** `(kernels)`, as reports call the step. */
export function passName(step: StepName): string {
  return `(${step})`;
}

/** The position of a step: the graph is rewritten, then run; a result is of both together. */
export function stepNumber(step: StepName): number {
  return { rewriting: 0, kernels: 1, result: -1, variants: -1 }[step];
}

/** Findings of a rewriting as the comparison has them, for a gate. */
export function rewritingAsGateFindings(
  found: readonly Finding[],
  known: (f: Finding) => boolean,
  subject: Subject,
): GateFinding[] {
  const { graph, spec, job } = subject;
  return found.map(({ kind, ...f }) => ({
    ...f,
    ...{ kind, graph, backend: spec, toolchain: spec, name: '', rule: 'rewriting' },
    ...{ pass: passName('rewriting'), step: stepNumber('rewriting') },
    replay: job.replay(graph, caseNamed(f.case)),
    ...failing(known({ kind, ...f }), f, subject),
  }));
}

/** A case by the name of its kind and seed, as far as a replay line needs it. */
export function caseNamed(name: string): SessionCase | undefined {
  const [, kind, seed] = /^(.+)-(\d+)$/.exec(name) ?? [];
  if (kind === undefined) return undefined;
  return { name, inputs: [], options: `--cases ${kind} --seed ${seed}` };
}

/** A finding of something that has no numbers: a shape, a golden. */
export function worded(
  { rule, kind, pass, note }: Pick<GateFinding, 'rule' | 'kind' | 'pass' | 'note'>,
  subject: Subject,
  cases: readonly SessionCase[],
  known = false,
): GateFinding {
  const listed = cases.map(({ name }): FindingCase => {
    return { case: name, verdict: 'beyond', outside: 0, budgetUse: 'Infinity' };
  });
  return {
    ...plainFinding(subject, cases[0]),
    ...{ rule, kind, pass, note, known, fails: !known },
    ...(listed.length && { cases: listed }),
  };
}

/** Findings of cases without an output: one for each outcome, known and new ones apart. */
export function outcomeFindings(
  cases: readonly SessionCase[],
  results: readonly Result[],
  baseline: readonly Result[] | undefined,
  subject: Subject,
): GateFinding[] {
  const groups = new Map<string, { cases: SessionCase[]; failed: Told; known: boolean }>();
  for (const [k, c] of cases.entries()) {
    const told = toldOf(results[k]!);
    if (!told || isAllowedRefusal(c, told)) continue;
    const known = isSame(told, baseline && toldOf(baseline[k]!));
    const key = JSON.stringify([told.rule, told.at, known]);
    const group = groups.get(key);
    if (group) group.cases.push(c);
    else groups.set(key, { cases: [c], failed: told, known });
  }
  return [...groups.values()].map(({ cases: shown, failed, known }) => {
    const { rule, at, note } = failed;
    const kind = rule === 'shape' ? ('shape' as const) : ('outcome' as const);
    return worded({ rule, kind, pass: `(${at})`, note }, subject, shown, known);
  });
}

interface Told {
  readonly rule: Rule;
  readonly at: 'load' | 'run';
  readonly note: string;
}

function toldOf(result: Result): Told | undefined {
  if ('misshapen' in result) return { rule: 'shape', at: 'run', note: result.misshapen };
  if (!('failed' in result) || result.failed.outcome === 'unavailable') return undefined;
  const { outcome, reason, at = 'run' } = result.failed;
  return { rule: ruleOf[outcome], at, note: `${outcome} ${doing[at]}: ${reason}` };
}

const doing = { load: 'as it loads and compiles the graph', run: 'as it runs' } as const;

function isSame(a: Told, b: Told | undefined): boolean {
  return a.rule === b?.rule && a.at === b.at;
}

/** A runtime that says that it was given a position which an array does not have. */
const aboutPositions = /\bind(ex|ices)\b.*\b(out of|outside|within|bounds?|range)\b/i;

/** A runtime that says that it was given a divisor of zero, or lengths that a sequence cannot have. */
const aboutValues = /\binteger (modulo|division) by zero\b|\binvalid value\S* in sequence_lens\b/i;

/**
 * ONNX calls positions out of range an error, and does not define integers divided by zero or lengths
 * beyond a sequence, so a runtime that refuses them is right: on inputs that were drawn so, and on others
 * where it says so.
 */
function isAllowedRefusal({ kind }: SessionCase, { rule, at, note }: Told): boolean {
  return (
    rule === 'error' &&
    at === 'run' &&
    (kind === 'out-of-range' || aboutPositions.test(note) || aboutValues.test(note))
  );
}

/** What was refused and is no finding: open, unless the inputs were made to be refused. */
export function refusals(
  cases: readonly SessionCase[],
  results: readonly Result[],
): readonly (Pick<Skipped, 'why' | 'open'> & { readonly case: string })[] {
  return cases.flatMap((c, k) => {
    const result = results[k]!;
    const told = toldOf(result);
    if (!told || !isAllowedRefusal(c, told)) return [];
    const why = `inputs that ONNX does not define are refused (${reasonOf(result)})`;
    return [{ case: c.name, why, ...(c.kind !== 'out-of-range' && { open: true as const }) }];
  });
}

function reasonOf(result: Result): string {
  return 'failed' in result ? (result.failed satisfies Failed).reason : '';
}
