/** A gate for GitHub Actions: annotations as commands on stdout, and a summary of the job in Markdown. */
import type { GateFinding, GateRecord } from '../gate/record.ts';
import { githubData, githubProperty, markdown } from './escape.ts';
import {
  formatGateFinding,
  headOf,
  notesOf,
  outcomeText,
  stateText,
  titleOf,
} from './gate-text.ts';

/** A line for each finding and each graph that was not judged, what fails first. */
export function gateAnnotations({ findings, graphs, failures, outcome }: GateRecord): string {
  const failing = findings.filter((f) => f.fails).map((f) => annotation('error', f));
  const others = findings.filter((f) => !f.fails).map((f) => annotation('notice', f));
  const unjudged = graphs.flatMap((g) =>
    g.state === 'not judged' ? [command('warning', g.graph, 'not judged', g.why ?? '')] : [],
  );
  const open = failures.find((f) => f.includes('--max-undecided'));
  const tooOpen = open !== undefined && outcome === 'failed';
  const limit = tooOpen ? [`::error title=assay gate::${githubData(open)}`] : [];
  return [...failing, ...limit, ...unjudged, ...others].map((l) => `${l}\n`).join('');
}

function annotation(kind: string, f: GateFinding): string {
  return command(kind, f.graph, `assay: ${headOf(f)} ${f.name}`.trim(), formatGateFinding(f));
}

function command(kind: string, file: string, title: string, text: string): string {
  const properties = `file=${githubProperty(file)},title=${githubProperty(title)}`;
  return `::${kind} ${properties}::${githubData(text)}`;
}

/** The summary of the job. */
export function gateSummary(record: GateRecord): string {
  const { graphs, findings, outcome } = record;
  const mark = { passed: '✅', failed: '❌', 'not judged': '⚠️' }[outcome];
  const rows = graphs.map((g) => {
    const told = g.state === 'not judged' ? (g.why ?? '') : stateText(g);
    return `| ${markdown(g.graph)} | ${markdown(g.state)} | ${markdown(told)} |`;
  });
  const failing = findings.filter((f) => f.fails);
  return [
    `## ${mark} assay gate: ${markdown(titleOf(record))}`,
    '',
    ...notesOf(record).flatMap((note) => [markdown(note), '']),
    '| graph | state | verdict |',
    '|---|---|---|',
    ...rows,
    '',
    markdown(outcomeText(record)),
    '',
    ...failing.flatMap(details),
  ].join('\n');
}

/** A block of the finding's own text: entities are all that a pre-formatted block obeys. */
function details(f: GateFinding): readonly string[] {
  const title = `${headOf(f)} ${f.graph} ${f.name}`.trim();
  const lines = formatGateFinding(f).split('\n').map(markdown);
  return [
    '<details><summary>',
    markdown(title),
    '</summary>',
    '',
    `<pre>${lines.join('<br>')}</pre>`,
    '',
    '</details>',
    '',
  ];
}
