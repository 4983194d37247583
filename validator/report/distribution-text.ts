/** The comparison of an output as a distribution, as text: a line a case, then what was found. */
import type { DistributionReport } from '../validation/compare-distributions.ts';
import { formatFinding } from './text.ts';

/** A line for each case with the row that uses most of its budget, then the findings. */
export function formatDistribution(report: DistributionReport): string {
  const { output, rare, cases, findings } = report;
  const head = `output ${output} as a distribution; rare are tokens below ${figure(rare)}`;
  const lines = cases.map(({ case: name, verdict, worst, rows, open }) => {
    const of = worst
      ? `total variation ${figure(worst.totalVariation.mass)} (budget ` +
        `${figure(worst.totalVariation.budget)}), to rare tokens ${figure(worst.toRare.mass)} ` +
        `(budget ${figure(worst.toRare.budget)})`
      : '';
    const unknown = open ? `, ${open} of ${rows} rows undecided` : '';
    return `${name.padEnd(20)} ${verdict.padEnd(10)}  ${of}${unknown}`;
  });
  return [head, ...lines, ...findings.slice(0, 1).flatMap((f) => ['', formatFinding(f)])].join(
    '\n',
  );
}

function figure(x: number): string {
  return String(Number(x.toPrecision(3)));
}
