/** Drawings of a gate, as SVG that stands inside of the page: errors by case, and where they lie. */
import type { ErrorMap, GateOutput, OutputCase } from '../gate/record.ts';
import { markup } from './escape.ts';
import { showNumber } from './numbers.ts';

const width = 360;
const height = 170;
const [left, right, top, bottom] = [44, 10, 10, 26];

/** Decades that are shown: a budget use above goes to the top, below (and 0) to the bottom. */
const [leastDecade, mostDecade] = [-4, 4];

/** Budget use of an output on every case, on a logarithmic scale; the limit is 1. */
export function errorPlot({ name, cases }: GateOutput): string {
  const step = (width - left - right) / Math.max(1, cases.length);
  const marks = cases.map((c, n) => caseMarks(c, left + (n + 0.5) * step));
  const ticks = [-4, -2, 0, 2, 4].map(tickAt);
  const limit = yOf(1);
  const label = `budget use of ${name} on ${cases.length} cases`;
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${markup(label)}">`,
    ...ticks,
    `<line class="limit" x1="${left}" x2="${width - right}" y1="${limit}" y2="${limit}"/>`,
    ...marks,
    `<text x="${left}" y="${height - 8}">${markup(cases[0]?.case ?? '')}</text>`,
    ...(cases.length > 1
      ? [
          `<text x="${width - right}" y="${height - 8}" text-anchor="end">${markup(cases.at(-1)!.case)}</text>`,
        ]
      : []),
    '</svg>',
  ].join('\n');
}

function tickAt(decade: number): string {
  const y = yOf(10 ** decade);
  const told = decade === 0 ? '1' : decade === leastDecade ? '≤10⁻⁴' : decadeText(decade);
  const line = `<line class="axis" x1="${left}" x2="${width - right}" y1="${y}" y2="${y}"/>`;
  return `${line}<text x="${left - 5}" y="${y + 4}" text-anchor="end">${told}</text>`;
}

function decadeText(decade: number): string {
  return { '-2': '0.01', '2': '100', '4': '≥10⁴' }[String(decade)] ?? String(10 ** decade);
}

/** Height of a budget use in the drawing. */
function yOf(use: number): number {
  const decade = use > 0 ? Math.log10(use) : leastDecade;
  const held = Math.min(mostDecade, Math.max(leastDecade, decade));
  const share = (mostDecade - held) / (mostDecade - leastDecade);
  return Number((top + share * (height - top - bottom)).toFixed(1));
}

function caseMarks(c: OutputCase, x: number): string {
  const at = Number(x.toFixed(1));
  const own = Number(c.budgetUse);
  const out = own > 1 ? ' out' : '';
  const told = `${c.case}: ${c.verdict}, budget use ${showNumber(c.budgetUse)}`;
  const { baseline } = c;
  const other = baseline
    ? `<circle class="other" cx="${at}" cy="${yOf(Number(baseline.budgetUse))}" r="5"><title>${markup(`${c.case}, baseline: ${baseline.verdict}, budget use ${showNumber(baseline.budgetUse)}`)}</title></circle>`
    : '';
  return `${other}<circle class="own${out}" cx="${at}" cy="${yOf(own)}" r="3"><title>${markup(told)}</title></circle>`;
}

const cellSize = 10;

/** Where in a tensor a result differs; darker is worse, from orange on it is outside of the budget. */
export function heatMap({ dims, rows, columns, cells }: ErrorMap): string {
  const [across, down] = [columns * cellSize, rows * cellSize];
  const shown = cells.map((use, n) => {
    const [x, y] = [(n % columns) * cellSize, Math.floor(n / columns) * cellSize];
    const told = use > 0 ? `<title>budget use ${showNumber(shownUse(use))}</title>` : '';
    const rect = `<rect class="c${shade(use)}" x="${x}" y="${y}" width="${cellSize}" height="${cellSize}"`;
    return told ? `${rect}>${told}</rect>` : `${rect}/>`;
  });
  const label = `where the result differs in a tensor of ${dims.join(' × ') || 'one element'}`;
  const most = Math.min(480, Math.max(60, 2.2 * across));
  return [
    `<svg class="map" style="max-width: ${most}px" viewBox="0 0 ${across} ${down}" role="img" aria-label="${markup(label)}">`,
    ...shown,
    '</svg>',
  ].join('\n');
}

function shownUse(use: number) {
  return Number.isFinite(use) ? use : String(use);
}

/** 0: no error; 1, 2: inside of the budget; 3 to 5: outside, by less than 10, by less than 10⁴, by more. */
export function shade(use: number): number {
  const steps = [use > 0, use > 0.1, use > 1, use > 10, use > 1e4];
  return steps.filter((s) => s).length;
}
