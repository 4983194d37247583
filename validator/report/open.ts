/**
 * What a report says of elements that stayed undecided: where, how many, on which cases, why, the
 * numbers of one of them, and with `--explain` the decisions that are open and how near.
 */
import type { DumpReport } from '../dump/report.ts';
import { type JudgedCase, judgedCase, type OpenDecision } from '../findings/finding.ts';
import type { CompareReport } from '../validation/compare.ts';
import type { GraphReport } from '../validation/validate-graph.ts';
import type { ValidateReport } from '../validation/validate-graphs.ts';
import type { ElementVerdict } from '../verdict/verdict.ts';
import { count, line, showNumber } from './numbers.ts';

/** What text reports are asked for. */
export interface TextOptions {
  /** Tell of open decisions one by one. */
  readonly explain?: boolean;
}

/** One place in which something stayed undecided. */
export interface OpenPlace {
  readonly what: string;
  /** Every case that was judged there. */
  readonly cases: readonly JudgedCase[];
  readonly decisions: readonly OpenDecision[];
}

/** Whether something that the change touched on this case stayed undecided. */
export function isOpen({ elements, decided }: JudgedCase): boolean {
  return decided < elements;
}

/** The open places of a comparison: itself, if it is one. */
export function openInCompare(
  { cases, open = [] }: Pick<CompareReport, 'cases' | 'open'>,
  what = '(compare)',
): OpenPlace[] {
  return openOnes([{ what, cases, decisions: open }]);
}

/** The open places of a validation: passes, and results from end to end. */
export function openInValidate({ graphs }: ValidateReport): OpenPlace[] {
  return graphs.flatMap(openInGraph);
}

function openInGraph({ graph, backend, passes, endToEnd }: GraphReport): OpenPlace[] {
  const places = new Map<string, { cases: JudgedCase[]; decisions: OpenDecision[] }>();
  const add = (what: string, one: JudgedCase, decisions: readonly OpenDecision[] = []) => {
    const place = places.get(what) ?? { cases: [], decisions: [] };
    places.set(what, place);
    place.cases.push(one);
    place.decisions.push(...decisions);
  };
  const on = `${graph} × ${backend}`;
  for (const { pass, step, case: name, judgement, reasons = [], open } of passes) {
    add(`${on}: ${pass} (step ${step})`, judgedCase(name, judgement, reasons), open);
  }
  for (const { case: name, judgement, reasons = [], open } of endToEnd) {
    add(`${on}: end to end`, judgedCase(name, judgement, reasons), open);
  }
  return openOnes([...places].map(([what, place]) => ({ what, ...place })));
}

/** The open places of a dump: transitions, and whole results. */
export function openInDump({ modules }: DumpReport): OpenPlace[] {
  return openOnes(
    modules.flatMap(({ module, transitions, wholes }) => [
      ...transitions.map(({ pass, step, cases = [], open: decisions = [] }) => {
        return { what: `${module}: ${pass} (step ${step})`, cases, decisions };
      }),
      ...(['recorded outputs', 'last state'] as const).map((what) => {
        const own = wholes.filter((w) => w.what === what);
        const cases = own.map((w) => judgedCase(w.case, w.judgement, w.reasons ?? []));
        const decisions = own.flatMap((w) => w.open ?? []);
        return { what: `${module}: ${what}`, cases, decisions };
      }),
    ]),
  );
}

function openOnes(places: readonly OpenPlace[]): OpenPlace[] {
  return places.filter(({ cases }) => cases.some(isOpen));
}

const shownPlaces = 20;
const shownDecisions = 20;

/** The block of a report that tells of open places; nothing where there are none. */
export function formatOpen(places: readonly OpenPlace[], { explain }: TextOptions): string[] {
  if (places.length === 0) return [];
  const lines = places.slice(0, shownPlaces).flatMap((p) => placeLines(p, explain === true));
  const more = places.length - shownPlaces;
  const rest = more > 0 ? [`  … and ${more} more (--json has them all)`] : [];
  return [['Open:', ...lines, ...rest].join('\n')];
}

function placeLines({ what, cases, decisions }: OpenPlace, explain: boolean): string[] {
  const open = cases.filter(isOpen);
  const all = open.reduce((n, c) => n + c.elements, 0);
  const undecided = open.reduce((n, c) => n + c.elements - c.decided, 0);
  const names = open.map((c) => c.case).join(', ');
  const lines = [`  ${what}: ${count(undecided)} of ${count(all)} elements undecided on ${names}`];
  const reasons = [...new Set(open.flatMap((c) => c.reasons))];
  if (reasons.length) lines.push(line('why', reasons.join('; ')));
  const worst = open.map((c) => c.worst).find((w) => w?.verdict === 'undecided');
  if (worst) lines.push(line('element', elementText(worst)));
  return explain ? [...lines, ...explained(cases, decisions)] : lines;
}

/** `output 0[3]: before 1, after NaN, exact 1`. */
export function elementText(e: ElementVerdict): string {
  const numbers = `before ${showNumber(e.before)}, after ${showNumber(e.after)}`;
  return `output ${e.output}[${e.index}]: ${numbers}, exact ${showNumber(e.exact)}`;
}

function explained(cases: readonly JudgedCase[], decisions: readonly OpenDecision[]): string[] {
  const lines = decisions.slice(0, shownDecisions).map((d) => line('decision', decisionText(d)));
  const more = decisions.length - shownDecisions;
  if (more > 0) lines.push(line('', `… and ${more} more decisions (--json has them all)`));
  const deciding = cases.filter((c) => c.elements > 0 && !isOpen(c)).map((c) => c.case);
  const none = 'none of the cases that ran; other kinds (--cases all) or another --seed may';
  return [...lines, line('decided by', deciding.length ? deciding.join(', ') : none)];
}

/** `%compare.5[3] on typical-1: margin 0.0012, 0.8 of its spreads from the threshold; …`. */
export function decisionText(d: OpenDecision): string {
  const at = `%${d.instruction}[${d.index}] on ${d.case}`;
  return `${at}: margin ${showNumber(d.margin)}, ${spreadsText(d)}; ${d.why}`;
}

function spreadsText({ margin, spread }: OpenDecision): string {
  if (margin === 0) return 'on the threshold itself';
  if (spread === 0) return 'which no rounding moves';
  const spreads = Number((Math.abs(margin) / spread).toPrecision(3));
  return `${showNumber(spreads)} of its spreads (${showNumber(spread)}) from the threshold`;
}
