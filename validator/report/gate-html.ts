/**
 * A gate as one page that loads nothing: verdicts by graph, findings with the numbers, where in the
 * tensor and what the rewriting changed, errors by case, what the cases reach, and the lines that
 * show it again.
 */
import type { GateFinding, GateGraph, GateOutput, GateRecord, GateStep } from '../gate/record.ts';
import { markup } from './escape.ts';
import { gateStyle } from './gate-html-style.ts';
import { errorPlot, heatMap } from './gate-plots.ts';
import {
  casesText,
  hasNumbers,
  headOf,
  notesOf,
  openLines,
  outcomeText,
  titleOf,
} from './gate-text.ts';
import { formatInputs } from './inputs-text.ts';
import { count, showNumber } from './numbers.ts';
import { formatUnreached } from './unreached.ts';

/** Findings that are shown in full; the others are in the JSON document. */
const shownFindings = 50;

/** Diffs longer than this are cut. */
const shownLines = 200;

/** The page of a gate. */
export function gateHtml(record: GateRecord): string {
  const title = `assay gate: ${titleOf(record)}`;
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8"/>',
    '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
    '<meta name="color-scheme" content="light dark"/>',
    `<title>${markup(title)}</title>`,
    `<style>${gateStyle}</style>`,
    '</head>',
    '<body>',
    '<main>',
    header(record),
    verdicts(record),
    findingsPart(record),
    errorsPart(record),
    coveragePart(record),
    `<p class="faint">Assay ${markup(record.assay)}, seed ${record.seed}, contract ${markup(record.contract)}; ${markup(record.format)}</p>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function header(record: GateRecord): string {
  const { outcome } = record;
  const [, end = ''] = outcomeText(record).split('\n');
  const [share = ''] = outcomeText(record).split('\n');
  return [
    '<header>',
    `<h1>${markup(titleOf(record))}</h1>`,
    `<p><span class="badge ${stateClass(outcome)}">${markup(outcome)}</span> ${markup(share)}</p>`,
    record.failures.length ? `<p>${markup(end)}</p>` : '',
    ...notesOf(record).map((note) => `<p class="faint">${markup(note)}</p>`),
    '</header>',
  ].join('\n');
}

function stateClass(state: string): string {
  return state === 'not judged' ? 'unjudged' : state;
}

function verdicts({ graphs, baseline }: GateRecord): string {
  const heads = ['graph', 'state', 'verdict', 'cases', 'elements', 'undecided'];
  const numbers = new Set(['cases', 'elements', 'undecided']);
  const head = heads.map((h) => `<th${numbers.has(h) ? ' class="number"' : ''}>${h}</th>`).join('');
  return [
    '<h2>Verdicts</h2>',
    '<div class="card scroll">',
    `<table class="wide"><thead><tr>${head}</tr></thead><tbody>`,
    ...graphs.map((g) => graphRow(g, baseline !== null)),
    '</tbody></table>',
    '</div>',
  ].join('\n');
}

function graphRow(g: GateGraph, hasBaseline: boolean): string {
  const number = (label: string, n: number) =>
    `<td class="number" data-label="${label}">${count(n)}</td>`;
  const steps = g.steps.map((s) => `${s.step} <b class="${s.verdict}">${s.verdict}</b>`).join(', ');
  const outcomes = outcomesText(g, hasBaseline);
  const told =
    g.state === 'not judged'
      ? markup(g.why ?? '')
      : [steps, outcomes, g.known ? 'as the baseline' : ''].filter((t) => t).join('; ');
  const state = `<span class="badge ${stateClass(g.state)}">${g.state}</span>`;
  return [
    `<tr><td class="name">${markup(g.graph)}</td><td>${state}</td><td class="name">${told}</td>`,
    number('cases', g.outcomes.length) + number('elements', g.checked),
    `${number('undecided', g.undecided)}</tr>`,
  ].join('');
}

/** `12 × crashed (baseline: 12 × ok)`; nothing where all cases ran. */
function outcomesText({ outcomes }: GateGraph, hasBaseline: boolean): string {
  const bad = outcomes.filter((o) => o.outcome !== 'ok');
  if (bad.length === 0) return '';
  const tally = (all: readonly string[]) =>
    [...new Set(all)].map((o) => `${all.filter((x) => x === o).length} × ${o}`).join(', ');
  const other = hasBaseline ? ` (baseline: ${tally(bad.map((o) => o.baseline ?? 'ok'))})` : '';
  return `<b class="failed">${tally(bad.map((o) => o.outcome))}</b>${other}`;
}

function findingsPart({ findings, toolchain, baseline }: GateRecord): string {
  if (findings.length === 0) return '';
  const ordered = [...findings.filter((f) => f.fails), ...findings.filter((f) => !f.fails)];
  const more = ordered.length - shownFindings;
  return [
    '<h2>Findings</h2>',
    ...ordered
      .slice(0, shownFindings)
      .map((f) => findingCard(f, toolchain?.spec ?? 'recorded', baseline?.spec)),
    more > 0 ? `<p class="faint">… and ${more} more in the JSON document</p>` : '',
  ].join('\n');
}

function findingCard(f: GateFinding, spec: string, baseline: string | undefined): string {
  const state = f.fails ? 'failed' : 'open';
  const word = f.fails ? 'fails' : f.known ? 'the baseline as well' : 'allowed';
  const at = f.name ? `, output ${f.name}` : '';
  return [
    `<section class="card${f.diff ? ' long' : ''}">`,
    `<h3><span class="badge ${state}">${word}</span> ${markup(headOf(f))} on ${markup(f.graph)}${markup(at)}</h3>`,
    `<dl>${facts(f, spec, baseline)
      .map(([t, d]) => `<dt>${markup(t)}</dt><dd>${markup(d)}</dd>`)
      .join('')}</dl>`,
    f.map ? mapFigure(f) : '',
    f.diff ? diffBlock(f.diff) : '',
    `<pre class="replay">${markup(f.replay)}</pre>`,
    '</section>',
  ].join('\n');
}

function facts(
  f: GateFinding,
  spec: string,
  baseline: string | undefined,
): (readonly [string, string])[] {
  const cases = casesText(f).replace(/^, case /, '');
  const element = `${f.name || `%${f.instruction}`}[${f.index}]`;
  const many = f.outside === 1 ? '1 element' : `${count(f.outside)} elements`;
  const outside = f.outside ? `, ${many} outside` : '';
  const other = f.baseline;
  return [
    ...(cases ? [['case', cases] as const] : []),
    ...(hasNumbers(f)
      ? ([
          ['element', `${element}${outside}`],
          [f.rule === 'rewriting' ? 'graph as given' : 'reference', showNumber(f.before)],
          [f.rule === 'rewriting' ? 'graph as rewritten' : spec, showNumber(f.after)],
          ['exact', showNumber(f.exact)],
          ['budget use', `${showNumber(f.budgetUse)} under contract ${f.contract}`],
        ] as const)
      : []),
    ...(other ? [[baseline ?? 'baseline', baselineText(other)] as const] : []),
    ...(f.source ? [['source', f.source] as const] : []),
    ...(f.note ? [['note', f.note] as const] : []),
  ];
}

function baselineText({ verdict, value, budgetUse }: NonNullable<GateFinding['baseline']>): string {
  const at = value === undefined ? '' : `, at its worst element ${showNumber(value)}`;
  return `${verdict}, budget use ${showNumber(budgetUse)}${at}`;
}

function mapFigure(f: GateFinding): string {
  const { dims } = f.map!;
  const across = dims.length ? `, the last dimension across` : '';
  const keys = ['no error', '≤ 0.1', '≤ 1', '> 1', '> 10', '> 10⁴'];
  const legend = keys.map((k, n) => `<span><i class="k${n}"></i>${markup(k)}</span>`).join('');
  return [
    `<figure><figcaption>Budget use in ${markup(f.name)} [${dims.join(', ')}]${across}</figcaption>`,
    heatMap(f.map!),
    `<div class="legend">${legend}</div></figure>`,
  ].join('\n');
}

function diffBlock(diff: string): string {
  const lines = diff.trimEnd().split('\n');
  const shown = lines.slice(0, shownLines).map((line) => {
    const name = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : '';
    const told = /^(@@|---|\+\+\+)/.test(line) ? 'hunk' : name;
    return told ? `<span class="${told}">${markup(line)}</span>` : markup(line);
  });
  const more = lines.length - shownLines;
  return `<pre class="diff">${shown.join('\n')}${more > 0 ? `\n… ${more} more lines` : ''}</pre>`;
}

/** Plots of all outputs; those of graphs that passed are folded away. */
function errorsPart({ graphs, baseline }: GateRecord): string {
  const drawn = graphs.filter((g) => g.steps.some((s) => s.outputs.some((o) => o.cases.length)));
  if (drawn.length === 0) return '';
  const ring = baseline ? `<span><i class="ring"></i>${markup(baseline.spec)}</span>` : '';
  return [
    '<h2>Errors by case</h2>',
    '<p class="faint">Budget use, |result − exact| / budget, of the gravest element; the dashed line is the limit.</p>',
    `<p class="legend"><span><i class="dot"></i>inside</span><span><i class="cross"></i>outside</span>${ring}</p>`,
    ...drawn.map(graphPlots),
  ].join('\n');
}

function graphPlots(g: GateGraph): string {
  const open = g.state === 'passed' ? '' : ' open="open"';
  const plots = g.steps.flatMap((s) =>
    s.outputs.filter((o) => o.cases.length).map((o) => plot(s, o)),
  );
  return [
    `<details class="card"${open}><summary><b>${markup(g.graph)}</b> <span class="${stateClass(g.state)}">${g.state}</span></summary>`,
    `<div class="plots">${plots.join('\n')}</div>`,
    '</details>',
  ].join('\n');
}

function plot(step: GateStep, o: GateOutput): string {
  const growth = o.growth
    ? `; error ${showNumber(short(o.growth.factor))} times the baseline’s`
    : '';
  const what = `${step.step}: ${o.name} ${o.shape}`.trim();
  return [
    `<figure><figcaption>${markup(what)}, <b class="${o.verdict}">${o.verdict}</b>${markup(growth)}</figcaption>`,
    errorPlot(o),
    '</figure>',
  ].join('\n');
}

function short(factor: number | string) {
  return typeof factor === 'number' ? Number(factor.toPrecision(3)) : factor;
}

function coveragePart({ graphs, skipped }: GateRecord): string {
  const inputs = formatInputs(graphs).flatMap((block) => block.split('\n').slice(1));
  const never = formatUnreached(
    graphs.map((g) => ({ of: `${g.graph}: `, unreached: g.unreached })),
  );
  const missed = never.flatMap((block) => block.split('\n').slice(1));
  const barred = skipped.map((s) => `${s.what}: ${s.why}`);
  return [
    '<h2>Coverage</h2>',
    '<div class="card">',
    list('Inputs', inputs),
    list('Never executed, by no case', missed),
    list('Open', openLines(graphs)),
    list('Not judged', barred),
    '</div>',
  ].join('\n');
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h3>${title}</h3><ul>${items.map((i) => `<li>${markup(i.trim())}</li>`).join('')}</ul>`;
}
