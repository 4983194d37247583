/**
 * What no run can show, held against each other before and after a step: the acts on the world outside
 * and their order, what unknown custom calls are told, and the promises on which later passes and the
 * caller build. A fault here is one under every contract; what is sent is judged within the contract.
 */

import { printContract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { orderComputations } from '../../graphs/ops/callees.ts';
import { type Act, actsOf, type MatchedActs, matchActs } from '../../graphs/value-graph/acts.ts';
import type { Numbering } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { Finding, Skipped } from '../findings/finding.ts';
import { elementFinding } from '../findings/findings.ts';
import { moduleDiff } from '../findings/region-diff.ts';
import { type PlacedInstruction, sourceOf } from '../findings/source-line.ts';
import type { RunOptions } from '../reference/run.ts';
import type { Event } from '../reference/simulated-host.ts';
import type { SessionCase } from '../validation/case.ts';
import type { Step } from '../validation/states.ts';
import { isFinding } from '../verdict/verdict.ts';
import { headerFaults } from './alias.ts';
import { unorderedSorts } from './comparators.ts';
import { changedDraws } from './draws.ts';
import { freeActs } from './free-acts.ts';
import { brokenPromises, promiseNames } from './kept-promises.ts';
import { lineOf, placesOf } from './lines.ts';
import { bodiesOf, nestedActs } from './nested-acts.ts';
import { lostOrders } from './order.ts';
import { lostStability } from './stability.ts';
import { compareTraces, type TracedAct } from './trace.ts';
import { type ChangedCall, changedCalls } from './unknown-calls.ts';

/** A step, and all that judging its effects needs. */
export interface EffectStep {
  readonly before: ValueGraph;
  readonly after: ValueGraph;
  readonly step: Step;
  readonly numbering: Numbering;
  readonly cases: readonly SessionCase[];
  readonly options: RunOptions;
  /** Judges two computations of unknown calls as modules; true where a case tells them apart. */
  readonly partBodies: (before: Module, after: Module) => boolean;
}

/** What came out otherwise after the step, and what could not be compared. */
export interface EffectFindings {
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** What a step did to effects and promises that its contract does not let it do. */
export function effectFindings(of: EffectStep): EffectFindings {
  if (of.before.module === of.after.module) return { findings: [], skipped: [] };
  const acts = actFindings(of);
  const findings = [
    ...acts.findings,
    ...changedCalls(of.before.module, of.after.module).flatMap((c) => callFinding(c, of)),
    ...promiseFindings(of),
  ];
  return { findings, skipped: acts.skipped };
}

/** Acts lost, invented, changed or put out of order, and what loops and branches send. */
function actFindings(of: EffectStep): EffectFindings {
  const { before, after, numbering } = of;
  if (before.effects.length + after.effects.length === 0) return { findings: [], skipped: [] };
  const matched = notFree(matchActs(actsOf(before, numbering), actsOf(after, numbering)), of);
  const orders = orderFindings(matched, before, after, of);
  if (!runsInside(matched)) return { findings: [...leftOver(matched, of), ...orders], skipped: [] };
  const traced = traceFindings(of);
  const isAll = before.effects.length === 0 || after.effects.length === 0;
  if (isAll && traced.findings.length === 0 && traced.skipped.length > 0) {
    return { findings: leftOver(matched, of), skipped: [] };
  }
  return { findings: [...traced.findings, ...orders], skipped: traced.skipped };
}

/** Without the acts that only one side has and may. */
function notFree({ pairs, gone, made }: MatchedActs, of: EffectStep): MatchedActs {
  if (gone.length + made.length === 0) return { pairs, gone, made };
  const isFree = freeActs(of.before.module, of.after.module);
  const counts = (act: Act) => !isFree(of.numbering.term(act.number).instruction);
  return { pairs, gone: gone.filter(counts), made: made.filter(counts) };
}

/** Orders lost among matched acts, and among those of loops and branches whose acts all match. */
function orderFindings(
  { pairs }: MatchedActs,
  before: ValueGraph,
  after: ValueGraph,
  of: EffectStep,
): Finding[] {
  const own = lostOrders(pairs, before, after).map(({ first, second }) => {
    const [b, a] = [lineOfAct(second[0], before), lineOfAct(second[1], after)];
    const ahead = lineOfAct(first[0], before)?.instruction.name;
    const note = `it has to happen after %${ahead} before the pass, and need not after it`;
    return told('effect', b, a, note, of);
  });
  const inner = pairs.flatMap(([b, a]) => {
    if (!a.isCompound) return [];
    const bodies = (act: Act, valueGraph: ValueGraph) =>
      bodiesOf(lineOfAct(act, valueGraph), valueGraph, of.numbering);
    const [from, to] = [bodies(b, before), bodies(a, after)];
    return from.flatMap((was, n) => {
      const is = to[n];
      if (!is) return [];
      const matched = matchActs(actsOf(was, of.numbering), actsOf(is, of.numbering));
      const isWhole = matched.gone.length + matched.made.length === 0;
      return isWhole ? orderFindings(matched, was, is, of) : [];
    });
  });
  return [...own, ...inner];
}

/** Whether loops or branches with acts are not the same on both sides. */
function runsInside({ pairs, gone, made }: MatchedActs): boolean {
  const inside = (act: Act) => act.isCompound;
  return (
    gone.some(inside) ||
    made.some(inside) ||
    pairs.some(([b, a]) => inside(b) && b.number !== a.number)
  );
}

function leftOver({ gone, made }: MatchedActs, of: EffectStep): Finding[] {
  const rest = [...made];
  const changed = gone.map((act) => {
    const at = rest.findIndex((m) => m.key.split(' ')[0] === act.key.split(' ')[0]);
    const [partner] = at < 0 ? [] : rest.splice(at, 1);
    const was = lineOfAct(act, of.before);
    if (partner) {
      return told('effect', was, lineOfAct(partner, of.after), 'it acts otherwise outside', of);
    }
    return told('effect', was, undefined, lostAct, of);
  });
  const news = rest.map((act) => {
    return told('effect', undefined, lineOfAct(act, of.after), newAct, of);
  });
  return [...changed, ...news];
}

function lineOfAct({ number }: Act, valueGraph: ValueGraph): PlacedInstruction | undefined {
  return placesOf(valueGraph)(number);
}

/** The acts of whole runs, where loops or branches hold some. */
function traceFindings(of: EffectStep): EffectFindings {
  const findings: Finding[] = [];
  const skipped = new Map<string, Skipped>();
  const seen = new Set<string>();
  const { before, after, numbering, options, step } = of;
  const { graph, pass } = step.place;
  const isFree = freeActs(before.module, after.module);
  for (const c of of.cases) {
    const pair = { before, after, numbering, options, contract: step.contract, inputs: c.inputs };
    const traced = compareTraces(pair);
    if ('failed' in traced) {
      const what = `${graph}: ${pass}: effects in loops and branches`;
      skipped.set(traced.failed, { what, why: traced.failed, open: true });
      continue;
    }
    const lone = (act: TracedAct) =>
      act.before && act.after ? undefined : (act.before ?? act.after);
    for (const { before, after } of traced.acts) seen.add((before ?? after)!.key);
    const acts = traced.acts.filter((act) => !lone(act) || !isFree(lone(act)!.instruction));
    findings.push(...acts.flatMap((act) => tracedFinding(act, c, of)));
    const open = traced.acts.filter((act) => act.judgement.verdict === 'undecided');
    const why = 'what is sent rests on what rounding may decide';
    if (open.length) skipped.set(why, { what: `${graph}: ${pass}: effects`, why, open: true });
  }
  return { findings: [...findings, ...neverRun(seen, of)], skipped: [...skipped.values()] };
}

/**
 * Acts that no case comes to and of whose kind only one side has any. What constants alone decide may
 * be known to the pass.
 */
function neverRun(seen: ReadonlySet<string>, of: EffectStep): Finding[] {
  const isFree = freeActs(of.before.module, of.after.module);
  const [was, is] = [of.before, of.after].map((valueGraph) => nestedActs(valueGraph, of.numbering));
  const only = (acts: typeof was, others: typeof was) => {
    const known = new Set([...seen, ...others!.map((act) => act.key)]);
    return acts!.filter(({ key, isReachable, placed }) => {
      return isReachable && !known.has(key) && !(placed && isFree(placed.instruction));
    });
  };
  return [
    ...only(was, is!).map((act) =>
      told('effect', act.placed, undefined, `${lostAct}; no case runs it`, of),
    ),
    ...only(is, was!).map((act) =>
      told('effect', undefined, act.placed, `${newAct}; no case runs it`, of),
    ),
  ];
}

const lostAct = 'an act on the world outside is lost';
const newAct = 'the pass acts outside anew';

function tracedFinding(act: TracedAct, c: SessionCase, of: EffectStep): Finding[] {
  const { judgement } = act;
  const line = (event: Event | undefined, valueGraph: ValueGraph) =>
    event && placedInstruction(event.instruction.name, valueGraph.module);
  const [b, a] = [line(act.before, of.before), line(act.after, of.after)];
  if (!act.after) return [told('effect', b, undefined, lostAct, of, c)];
  if (!act.before) return [told('effect', undefined, a, newAct, of, c)];
  if (!isFinding(judgement.verdict)) return [];
  const fault = told('effect', b, a, 'it sends another value', of, c);
  const { outside, worst } = judgement;
  return [{ ...fault, ...elementFinding(worst!, of.step, c), outside }];
}

function placedInstruction(name: string, module: Module): PlacedInstruction | undefined {
  for (const computation of module.computations) {
    const instruction = computation.instructions.find((i) => i.name === name);
    if (instruction) return { instruction, computation };
  }
  return undefined;
}

function callFinding({ before, after, what }: ChangedCall, of: EffectStep): Finding[] {
  if (what === 'told') {
    return [told('effect', before, after, 'an unknown custom call is told something else', of)];
  }
  const bodies = after.calls.map((name, n) => {
    const body = before.calls[n];
    return [body && within(of.before.module, body), within(of.after.module, name)] as const;
  });
  const differing = bodies.find(([b, a]) => !b || of.partBodies(b, a));
  if (!differing && before.calls.length === after.calls.length) return [];
  const note = 'a computation that an unknown custom call is given computes something else';
  const { pass } = of.step.place;
  const [b, a] = differing ?? [];
  const diff = b && a ? moduleDiff(b, a, `before ${pass}`, `after ${pass}`) : '';
  return [{ ...told('effect', before, after, note, of), diff }];
}

/** A computation as a module of its own, with what it calls. */
function within(module: Module, entry: string): Module {
  const all = new Map(module.computations.map((c) => [c.name, c]));
  return { ...module, entry, attributes: {}, computations: orderComputations(all, entry) };
}

function promiseFindings(of: EffectStep): Finding[] {
  const { before, after, numbering } = of;
  const header = headerFaults(before, after, numbering).map(({ why, ...lines }): Finding => {
    return { ...told('promise', undefined, undefined, why, of), ...lines, diff: diffOf(lines) };
  });
  const stability = lostStability(before, after, numbering).map(({ before: b, after: a }) => {
    return told('promise', b, a, 'equal keys need not keep their order any more', of);
  });
  const broken = brokenPromises(before, after, of).map(({ promise, why, before: b, ...on }) => {
    const { instruction, computation, kind } = promise;
    const was = b && placedInstruction(b.name, before.module);
    const note = `${promiseNames[kind]}: ${why}`;
    return told('promise', was, { instruction, computation }, note, of, on.case);
  });
  const unordered = unorderedSorts(before.module, after.module).map((a) => {
    const b = placedInstruction(a.instruction.name, before.module);
    return told('promise', b, a, 'the comparator puts equal keys before themselves: no order', of);
  });
  const draws = changedDraws(before.module, after.module).map(([b, a]) => {
    const isState = a.instruction.opcode === 'rng-get-and-update-state';
    const note = isState
      ? 'the hidden state of random numbers moves on by another step'
      : 'random numbers are drawn from another distribution';
    return told('promise', b, a, note, of);
  });
  return [...header, ...stability, ...unordered, ...draws, ...broken];
}

/** A finding that needs no numbers: the lines before and after, and what is wrong. */
function told(
  kind: 'effect' | 'promise',
  before: PlacedInstruction | undefined,
  after: PlacedInstruction | undefined,
  note: string,
  { step, cases, ...flows }: EffectStep,
  c: SessionCase | undefined = cases[0],
): Finding {
  const { graph, backend, pass, step: at, note: about } = step.place;
  const lines = { before: before ? lineOf(before) : '', after: after ? lineOf(after) : '' };
  const shown = after ?? before;
  const module = after ? flows.after.module : flows.before.module;
  const source = shown && sourceOf(shown.instruction, module);
  return {
    ...{ graph, backend, pass, step: at, case: c?.name ?? '' },
    ...{ instruction: shown?.instruction.name ?? '', output: 0, index: [] },
    ...{ ...lines, exact: '', budgetUse: 'Infinity', verdict: 'beyond', replay: step.replay(c) },
    ...{ kind, contract: printContract(step.contract), outside: 0, diff: diffOf(lines) },
    note: about === '' ? note : `${note}; ${about}`,
    ...(source && { source }),
  };
}

function diffOf({ before, after }: { readonly before: string; readonly after: string }): string {
  const lines = [before && `-${before}`, after && `+${after}`].filter((line) => line !== '');
  return lines.length ? `${lines.join('\n')}\n` : '';
}
