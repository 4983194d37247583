/**
 * Sweeps: one graph at many sizes, because a fault may show at some of them only. Reports name the
 * sizes beside the graph, and replay lines carry them.
 */
import type { Finding } from '../findings/finding.ts';
import type { GraphReport } from './validate-graph.ts';

/** Sizes by name, of one run. */
export type Sizes = Readonly<Record<string, number>>;

/** By name, the sizes to run at. */
export type Sweep = Readonly<Record<string, readonly number[]>>;

/** Every combination of the sizes of a sweep, the last name's turning fastest; one empty one of none. */
export function combinations(sweep: Sweep): readonly Sizes[] {
  return Object.entries(sweep).reduce<readonly Sizes[]>(
    (all, [name, sizes]) => all.flatMap((s) => sizes.map((size) => ({ ...s, [name]: size }))),
    [{}],
  );
}

/** `batch=7,length=16` */
export function printSizes(sizes: Sizes): string {
  return Object.entries(sizes)
    .map(([name, size]) => `${name}=${size}`)
    .join(',');
}

/** `transformer[batch=7]`, or the plain name where nothing was swept. */
export function sweptName(graph: string, sizes: Sizes | undefined): string {
  return sizes && Object.keys(sizes).length ? `${graph}[${printSizes(sizes)}]` : graph;
}

/** The options that run these sizes again. */
export function sweepOptions(sizes: Sizes): string {
  return Object.entries(sizes)
    .map(([name, size]) => `--sweep ${name}=${size}`)
    .join(' ');
}

/** The report with its sizes, in every finding and every replay line. */
export function withSizes(report: GraphReport, sizes: Sizes | undefined): GraphReport {
  if (!sizes || Object.keys(sizes).length === 0) return report;
  const sized = (f: Finding): Finding => ({
    ...f,
    sizes,
    replay: `${f.replay} ${sweepOptions(sizes)}`,
  });
  return { ...report, sizes, findings: report.findings.map(sized) };
}
