/**
 * A gate over the variants of a model: every golden request by every way that the dispatcher may send it, and
 * all variants that can hold a size held against one of them, as functions of the same inputs.
 */
import type { Contract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { caseNamed, type Subject, shownUse, worded } from '../gate/gate-findings.ts';
import type { GatedGraph } from '../gate/gate-graph.ts';
import type { GateJob } from '../gate/job.ts';
import type { GateFinding, GateStep, OutputCase } from '../gate/record.ts';
import { gravest } from '../gate/step-record.ts';
import type { SessionCase } from '../validation/case.ts';
import { type CompareReport, compareModules } from '../validation/compare.ts';
import { isFinding } from '../verdict/verdict.ts';
import type { Dispatcher } from './dispatcher.ts';
import { groupsOf, type Route, type RoutingFault, routesOf, routingFaults } from './routes.ts';
import { capacityOf, variantAt } from './sized-variant.ts';

/** A dispatcher with its variants read. */
export interface RoutingJob {
  /** The dispatcher's file. */
  readonly file: string;
  readonly dispatcher: Dispatcher;
  readonly variants: ReadonlyMap<string, Module>;
  readonly contract: Contract;
  /** Inputs for a model at one size. */
  readonly casesOf: (module: Module) => readonly SessionCase[];
  readonly gate: GateJob;
}

/**
 * Judges a dispatcher: one graph for what it does with requests, and one for each variant that is held
 * against another.
 *
 * @throws AssayError `routing/signature`, `compare/shapes` where variants are no functions of the same inputs
 */
export function gateVariants(job: RoutingJob): readonly GatedGraph[] {
  const { dispatcher, variants } = job;
  const capacities = new Map(
    [...variants].map(([name, module]) => [name, capacityOf(name, module, dispatcher)] as const),
  );
  const holds = (variant: string) => capacities.get(variant)!;
  const routes = routesOf(dispatcher);
  const pairs = pairsOf(dispatcher, holds).map((pair) => comparedPair(pair, job));
  const faults = routingFaults(dispatcher, routes, holds);
  const findings = [
    ...faults.map((fault) => faultFinding(fault, holds, job)),
    ...stickyOntoWrong(routes, pairs, job),
  ];
  return [dispatched(findings, job), ...variantGraphs(pairs, routes, job)];
}

/** A variant against the one that is taken as right, at a size. */
interface Pair {
  readonly variant: string;
  readonly reference: string;
  readonly size: number;
}

interface ComparedPair extends Pair {
  readonly report: CompareReport;
}

/** At each size of a request, the variants that can hold it against one of them. */
function pairsOf(dispatcher: Dispatcher, holds: (variant: string) => number): readonly Pair[] {
  const { variants, requests, reference: named } = dispatcher;
  const sizes = [...new Set(requests.map(({ size }) => size))].sort((a, b) => a - b);
  return sizes.flatMap((size) => {
    const eligible = [...variants.keys()].filter((v) => holds(v) >= size);
    const largest = eligible.reduce((a, b) => (holds(b) > holds(a) ? b : a), eligible[0] ?? '');
    const reference = named !== undefined && eligible.includes(named) ? named : largest;
    return eligible
      .filter((variant) => variant !== reference)
      .map((variant) => ({ variant, reference, size }));
  });
}

function comparedPair(pair: Pair, job: RoutingJob): ComparedPair {
  const { variants, dispatcher, contract, gate, casesOf } = job;
  const { variant, reference, size } = pair;
  gate.onStep?.(`${variant} against ${reference} at ${size} ${dispatcher.sizeName}`);
  const [before, after] = [reference, variant].map((name) =>
    variantAt(variants.get(name)!, size, dispatcher),
  ) as [Module, Module];
  const report = compareModules({
    ...{ beforeName: reference, afterName: variant, before, after, contract },
    ...{ cases: casesOf(before), ...(gate.limits && { limits: gate.limits }) },
  });
  return { ...pair, report };
}

function subjectOf({ file, gate }: RoutingJob): Subject {
  return { graph: file, spec: 'dispatcher', job: gate };
}

const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;

const many = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The requests of routes: how many, and the first. */
function requestsText(routes: readonly Route[], { dispatcher }: RoutingJob): string {
  const { sizeName, requests } = dispatcher;
  const [{ request, after }] = routes as readonly [Route];
  const own = new Set(routes.map((r) => r.request)).size;
  const first = `${request.name} with ${request.size} ${sizeName}`;
  const session = after ? `, after ${after.name} with ${after.size}` : '';
  return `${many(own, 'request')} of ${requests.length} (${percent(own / requests.length)}), first ${first}${session}`;
}

function faultFinding(
  { kind, rule, variant, routes }: RoutingFault,
  holds: (variant: string) => number,
  job: RoutingJob,
): GateFinding {
  const { sizeName } = job.dispatcher;
  const isSticky = routes[0]!.after !== undefined;
  const told = requestsText(routes, job);
  const share = routes[0]!.share < 1 ? `, ${percent(routes[0]!.share)} of the time` : '';
  const stays = isSticky ? ' where their session began, and stay' : '';
  const notes = {
    'no-rule': `no rule holds of ${told}`,
    'cannot-hold': `variant "${variant}" holds ${holds(variant)} ${sizeName}; the rule sends more there${stays}${share}: ${told}`,
    misrouted: `variant "${variant}" served what the rule does not send there${stays}: ${told}`,
  };
  const pass = rule === '' ? '(dispatcher)' : `rule "${rule}"`;
  const of = {
    rule: isSticky ? 'sticky' : kind,
    kind: 'routing',
    pass,
    note: notes[kind],
  } as const;
  return { ...worded(of, subjectOf(job), []), name: variant };
}

/** Sessions that stay at a variant which computes something else than the one of their own rule. */
function stickyOntoWrong(
  routes: readonly Route[],
  pairs: readonly ComparedPair[],
  job: RoutingJob,
): readonly GateFinding[] {
  const isWrong = ({ variant, request }: Route) =>
    pairs.some(
      (p) => p.variant === variant && p.size === request.size && isFinding(p.report.verdict),
    );
  const groups = groupsOf(
    routes.filter((route) => route.after !== undefined && isWrong(route)),
    ({ rule, variant }) => JSON.stringify([rule, variant]),
  );
  return [...groups.values()].map((own) => {
    const [{ rule, variant }] = own as readonly [Route];
    const note = `variant "${variant}" computes something else; sessions that begin there stay: ${requestsText(own, job)}`;
    const of = { rule: 'sticky', kind: 'routing', pass: `rule "${rule}"`, note } as const;
    return { ...worded(of, subjectOf(job), []), name: variant };
  });
}

/** The dispatcher's own line: what it does with requests. */
function dispatched(findings: readonly GateFinding[], { file }: RoutingJob): GatedGraph {
  const failed = findings.some((f) => f.fails);
  return {
    graph: {
      ...{ graph: file, state: failed ? 'failed' : 'passed', checked: 0, undecided: 0 },
      verdict: failed ? 'beyond' : 'identical',
      ...{ outcomes: [], steps: [], kinds: [], unreached: [], reasons: [], known: 0 },
    },
    findings,
    skipped: [],
  };
}

/** A graph for each variant that was held against another, over all sizes. */
function variantGraphs(
  pairs: readonly ComparedPair[],
  routes: readonly Route[],
  job: RoutingJob,
): readonly GatedGraph[] {
  const groups = groupsOf(pairs, ({ variant, reference }) => `${variant} against ${reference}`);
  return [...groups].map(([name, own]): GatedGraph => {
    const reports = own.map(({ report }) => report);
    const findings = worstBySize(own, routes, job);
    const checked = reports.reduce((n, r) => n + r.checked, 0);
    const undecided = reports.reduce((n, r) => n + r.undecided, 0);
    const state = findings.some((f) => f.fails) ? 'failed' : undecided > 0 ? 'open' : 'passed';
    const step = stepOf(own, job);
    return {
      graph: {
        ...{ graph: `${job.file}: ${name}`, state, verdict: step.verdict, checked, undecided },
        ...{ steps: [step], kinds: reports[0]!.kinds, reasons: [], known: 0 },
        outcomes: step.outputs[0]!.cases.map((c) => ({ case: c.case, outcome: 'ok' })),
        unreached: reports.flatMap((r) => r.unreached),
      },
      findings,
      skipped: reports.flatMap((r) => r.skipped),
    };
  });
}

function stepOf(own: readonly ComparedPair[], { dispatcher }: RoutingJob): GateStep {
  const cases = own.flatMap(({ size, report }) =>
    report.cases.map(
      (c): OutputCase => ({
        case: `${c.case} at ${size} ${dispatcher.sizeName}`,
        ...{ verdict: c.verdict, budgetUse: shownUse(c.worst?.budgetUse ?? 0) },
        ...{ elements: c.elements, undecided: c.elements - c.decided },
      }),
    ),
  );
  const verdict = gravest(own.map(({ report }) => report.verdict));
  const whole = { output: -1, name: '(graph)', shape: '', verdict, cases };
  const checked = own.reduce((n, { report }) => n + report.checked, 0);
  const undecided = own.reduce((n, { report }) => n + report.undecided, 0);
  return { step: 'variants', verdict, checked, undecided, outputs: [whole] };
}

/** The findings at the smallest size that shows any; the other sizes are named. */
function worstBySize(
  own: readonly ComparedPair[],
  routes: readonly Route[],
  job: RoutingJob,
): readonly GateFinding[] {
  const wrong = own.filter(({ report }) => report.findings.length > 0);
  const [first] = wrong;
  if (!first) return [];
  const { variant, reference, size, report } = first;
  const { dispatcher, gate, file } = job;
  const sizes = wrong.slice(1).map((p) => p.size);
  const also = sizes.length ? `; at ${sizes.join(', ')} too` : '';
  const note = `at ${size} ${dispatcher.sizeName}${also}; ${sentBy(first, routes)}`;
  return report.findings.map(({ kind, ...f }) => ({
    ...f,
    ...{ kind, graph: file, backend: `${variant} against ${reference}`, toolchain: 'dispatcher' },
    ...{ rule: 'variants', pass: '(variants)', step: -1, name: variant, known: false },
    note: f.note === '' ? note : `${f.note}; ${note}`,
    replay: gate.replay(file, caseNamed(f.case)),
    fails: f.verdict === 'beyond' || !gate.allowed.suspect,
  }));
}

/** `rule "fits" sends 0.8 % of its requests there`. */
function sentBy({ variant, size }: Pair, routes: readonly Route[]): string {
  const there = routes.filter((r) => r.variant === variant && r.request.size === size);
  const shares = new Map(there.map(({ rule, share }) => [rule, share]));
  const told = [...shares].map(([rule, share]) => `rule "${rule}" sends ${percent(share)} there`);
  return told.join(', ') || 'no rule sends such requests there, but it could hold them';
}
