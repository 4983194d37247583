/** `assay validate`: graphs times backends times cases, as one report. */

import { decidedShare, type Finding, type Skipped, sumCounts } from '../findings/finding.ts';
import { moreSevere, type VerdictKind } from '../verdict/verdict.ts';
import { withSizes } from './sweep.ts';
import { type GraphJob, type GraphReport, validateGraph } from './validate-graph.ts';

/** The verdict on all graphs and backends; counts are of elements. */
export interface ValidateReport {
  readonly verdict: VerdictKind;
  /** Elements that were held against a budget, all passes and cases together. */
  readonly checked: number;
  /** Share of them, 0 to 1, that the data decide. */
  readonly decided: number;
  /** Elements that stayed undecided. */
  readonly undecided: number;
  readonly ties: number;
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
  readonly graphs: readonly GraphReport[];
}

/** Runs the jobs in turn; `onGraph` hears of each as it ends. */
export function validate(
  jobs: readonly GraphJob[],
  onGraph: (report: GraphReport) => void = () => {},
): ValidateReport {
  const graphs = jobs.map((job) => {
    const report = withSizes(validateGraph(job), job.sizes);
    onGraph(report);
    return report;
  });
  return summarise(graphs);
}

/** The most severe verdict, and the sums of the counts. */
export function summarise(graphs: readonly GraphReport[]): ValidateReport {
  const counts = sumCounts(graphs.map((g) => g.counts));
  return {
    verdict: graphs.reduce<VerdictKind>((v, g) => moreSevere(v, g.verdict), 'identical'),
    checked: counts.checked,
    decided: decidedShare(counts),
    undecided: counts.checked - counts.decided,
    ties: counts.ties,
    skipped: graphs.flatMap((g) => g.skipped),
    findings: graphs.flatMap((g) => g.findings),
    graphs,
  };
}
