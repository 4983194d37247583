/**
 * The gate: graphs one by one through a toolchain, and whether it may pass. What one graph does (a
 * crash, a file that cannot be read) ends that graph only.
 */
import { printContract } from '../../graphs/ir/contract.ts';
import { AssayError, formatDiagnostic } from '../../graphs/ir/diagnostic.ts';
import type { Toolchain } from '../toolchains/toolchain.ts';
import { worded } from './gate-findings.ts';
import { type GatedGraph, gateGraph } from './gate-graph.ts';
import type { BrokenGolden, GateJob, GraphSource } from './job.ts';
import { type GateFinding, type GateRecord, type GateSubject, gateFormat } from './record.ts';
import { gravest } from './step-record.ts';

/** Runs a gate to its end. */
export async function gate(job: GateJob): Promise<GateRecord> {
  const gated: GatedGraph[] = [];
  for (const source of job.graphs) gated.push(await gateOne(source, job));
  return recordOf(gated, job);
}

/** The record of graphs that were judged. */
export function recordOf(gated: readonly GatedGraph[], job: GateJob): GateRecord {
  const graphs = gated.map((g) => g.graph);
  const stray = (job.broken ?? []).map((golden) => strayGolden(golden, job));
  const findings = [...stray, ...gated.flatMap((g) => g.findings)];
  const checked = graphs.reduce((n, g) => n + g.checked, 0);
  const undecided = graphs.reduce((n, g) => n + g.undecided, 0);
  const { toolchain, baseline, goldens = null, dispatcher } = job;
  const { contract, seed, allowed, version } = job;
  const counts = { checked, decided: checked ? 1 - undecided / checked : 1, undecided };
  const known = { graphs, findings, ...counts };
  return {
    ...{ format: gateFormat, assay: version },
    toolchain: toolchain ? subjectOf(toolchain, job) : null,
    baseline: baseline ? subjectOf(baseline, job) : null,
    ...{ goldens, ...(dispatcher !== undefined && { dispatcher }) },
    ...{ contract: printContract(contract), seed, allowed },
    ...endOf(known, job),
    verdict: gravest(graphs.map((g) => g.verdict)),
    ...counts,
    ...{ graphs, findings, skipped: gated.flatMap((g) => g.skipped) },
  };
}

/** Judges one graph; one that cannot be read is not judged, with the reason. */
export async function gateOne({ graph, load }: GraphSource, job: GateJob): Promise<GatedGraph> {
  try {
    return await gateGraph(graph, await load(), job);
  } catch (error) {
    if (!(error instanceof AssayError) || error.blame === 'internal') throw error;
    const [why = ''] = formatDiagnostic(error.diagnostic).split('\n');
    return notJudged(graph, why);
  }
}

function notJudged(graph: string, why: string): GatedGraph {
  return {
    graph: {
      ...{ graph, state: 'not judged', why, verdict: 'undecided', checked: 0, undecided: 0 },
      ...{ outcomes: [], steps: [], kinds: [], unreached: [], reasons: [], known: 0 },
    },
    findings: [],
    skipped: [],
  };
}

function subjectOf({ spec, capabilities }: Toolchain, { knobs }: GateJob): GateSubject {
  const { level = null, disabledOptimizers: disabled = [] } = knobs;
  const together = capabilities.savesOptimized
    ? []
    : ['this version does not show its optimised graph: rewriting and kernels are judged together'];
  return { spec, level, disabled, notes: [...capabilities.notes, ...together] };
}

/** A golden that cannot be used, of a graph that nobody knows. */
function strayGolden({ name, why }: BrokenGolden, job: GateJob): GateFinding {
  const subject = { graph: name, spec: job.toolchain?.spec ?? 'goldens', job };
  const what = { rule: 'golden', kind: 'golden', pass: '(golden)', note: why } as const;
  return { ...worded(what, subject, []), case: name };
}

type Known = Pick<GateRecord, 'graphs' | 'findings' | 'checked' | 'undecided'>;

function endOf(known: Known, { allowed }: GateJob): Pick<GateRecord, 'outcome' | 'failures'> {
  const { graphs, findings, checked, undecided } = known;
  const failing = findings.filter((f) => f.fails);
  const isTooOpen = 100 * undecided > allowed.maxUndecided * checked;
  const unjudged = graphs.filter((g) => g.state === 'not judged');
  const failures = [
    ...(failing.length ? [findingsText(failing)] : []),
    ...(isTooOpen ? [openText(undecided, checked, allowed.maxUndecided)] : []),
    ...unjudged.map((g) => `${g.graph} was not judged: ${g.why}`),
    ...(graphs.length === 0 ? ['there was no graph to judge'] : []),
  ];
  if (failing.length || isTooOpen) return { outcome: 'failed', failures };
  return { outcome: failures.length ? 'not judged' : 'passed', failures };
}

function findingsText(failing: readonly GateFinding[]): string {
  const graphs = new Set(failing.map((f) => f.graph)).size;
  const many = `${failing.length} ${failing.length === 1 ? 'finding' : 'findings'}`;
  return `${many} on ${graphs} ${graphs === 1 ? 'graph' : 'graphs'}`;
}

function openText(undecided: number, checked: number, most: number): string {
  const share = Number(((100 * undecided) / checked).toPrecision(4));
  return `${share} % of the elements are undecided, more than ${most} % (--max-undecided)`;
}
