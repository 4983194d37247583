/**
 * What two modules do to the world outside while they run, held against each other: the acts of each
 * kind in their order, and the values that are sent, within the budget of those before. This is how
 * loops and branches with acts are compared, however they were unrolled, peeled or flattened.
 */

import { type Contract, declares } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import type { Numbering } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { defaultLambda } from '../exact/core/radius.ts';
import { type ExactValue, exactLeaves } from '../exact/core/value.ts';
import { fromPlainValue, runExact } from '../exact/run.ts';
import { CaseValues } from '../localization/values.ts';
import type { RunOptions } from '../reference/run.ts';
import { type Event, SimulatedHost } from '../reference/simulated-host.ts';
import { confirmed } from '../sampling/confirm.ts';
import { drawSamples } from '../sampling/sample.ts';
import { Spread } from '../sampling/spread.ts';
import { sumsAmong } from '../sampling/sum-orders.ts';
import { exactOptions } from '../verdict/exact-subject.ts';
import { judge, judgeBits, sameBits } from '../verdict/judge.ts';
import { isFinding, type Judgement, nothingJudged } from '../verdict/verdict.ts';

/** Two modules whose acts are compared on one case. */
export interface TracedPair {
  readonly before: ValueGraph;
  readonly after: ValueGraph;
  readonly numbering: Numbering;
  readonly contract: Contract;
  readonly inputs: readonly Value[];
  readonly options: RunOptions;
}

/** An act that another stands for, or that only one side did. */
export interface TracedAct {
  readonly before?: Event;
  readonly after?: Event;
  /** Of acts of both sides: how what is sent was judged. */
  readonly judgement: Judgement;
}

/** The acts of one case, or why it could not be run to its end. */
export type Traced = { readonly acts: readonly TracedAct[] } | { readonly failed: string };

/** Compares what two modules do on one case; `failed`: why that cannot be run. */
export function compareTraces(pair: TracedPair): Traced {
  try {
    const { before, after } = pair;
    const [was, is] = [traceOf(before, pair), traceOf(after, pair)];
    const { pairs, ...lone } = matched(was, is);
    const judged = judgeSent(pairs, was, pair);
    return {
      acts: [
        ...lone.gone.map((event) => ({ before: event, judgement: nothingJudged })),
        ...lone.made.map((event) => ({ after: event, judgement: nothingJudged })),
        ...pairs.map(([b, a], n) => ({ before: b, after: a, judgement: judged[n]! })),
      ],
    };
  } catch (error) {
    if (error instanceof AssayError) return { failed: error.message };
    throw error;
  }
}

function traceOf(
  valueGraph: ValueGraph,
  { numbering, inputs, options }: TracedPair,
): readonly Event[] {
  const host = new SimulatedHost();
  new CaseValues(numbering, inputs, { ...options, host }).run(valueGraph.order, new Map());
  return host.take();
}

/** The n-th act of a kind before with the n-th one after. */
function matched(before: readonly Event[], after: readonly Event[]) {
  const open = new Map<string, Event[]>();
  for (const event of after) {
    const queue = open.get(event.key);
    if (queue) queue.push(event);
    else open.set(event.key, [event]);
  }
  const pairs: (readonly [Event, Event])[] = [];
  const gone: Event[] = [];
  const at = new Map<string, number>();
  for (const event of before) {
    const n = at.get(event.key) ?? 0;
    at.set(event.key, n + 1);
    const partner = open.get(event.key)?.[n];
    if (partner) pairs.push([event, partner]);
    else gone.push(event);
  }
  const made = [...open].flatMap(([key, events]) => events.slice(at.get(key) ?? 0));
  return { pairs, gone, made };
}

const sentBy = (event: Event) => tupleValue(event.sent);

function judgeSent(
  pairs: readonly (readonly [Event, Event])[],
  trace: readonly Event[],
  pair: TracedPair,
): Judgement[] {
  const same = pairs.map(([b, a]) => sameBits(sentBy(a), sentBy(b)));
  const isExact = pair.contract.kind === 'exact';
  if (isExact || same.every(Boolean)) {
    return pairs.map(([b, a]) => judgeBits(sentBy(a), sentBy(b)));
  }
  const exact = exactTrace(pair, trace);
  if (!exact)
    return pairs.map(([b, a], n) => (same[n] ? judgeBits(sentBy(a), sentBy(b)) : open(b)));
  const first = pairs.map(([b, a]) => judge(sentBy(a), sentBy(b), exact.get(b)!));
  if (!first.some((j) => isFinding(j.verdict) || j.decided < j.elements)) return first;
  const wide = sampledTrace(pair, trace, exact);
  return pairs.map(([b, a], n) => {
    if (same[n]) return first[n]!;
    const judged = judge(sentBy(a), sentBy(b), wide.get(b)!);
    return isFinding(judged.verdict) && declares(pair.contract, 'algebra') ? open(b) : judged;
  });
}

/** Nothing could be said of what was sent. */
function open(event: Event): Judgement {
  const elements = judgeBits(sentBy(event), sentBy(event)).elements;
  return { ...nothingJudged, verdict: 'undecided', elements };
}

/** The exact values that the side before sends; undefined where its way is not decided. */
function exactTrace(
  { before, contract, inputs, options }: TracedPair,
  trace: readonly Event[],
): ReadonlyMap<Event, ExactValue> | undefined {
  const host = new SimulatedHost();
  const { limits, device } = options;
  runExact(before.module, inputs.map(fromPlainValue), {
    ...exactOptions(contract),
    ...{ host, ...(limits && { limits }) },
    ...(device !== undefined && { device }),
  });
  const events = host.take();
  const { pairs, gone, made } = matched(trace, events);
  if (gone.length + made.length > 0) return undefined;
  return new Map(pairs.map(([event, exact]) => [event, tupleValue(exact.sent) as ExactValue]));
}

/** The same with the spread that faithful executions of the side before show. */
function sampledTrace(
  { before, contract, inputs, options, numbering }: TracedPair,
  trace: readonly Event[],
  exact: ReadonlyMap<Event, ExactValue>,
): ReadonlyMap<Event, ExactValue> {
  const host = new SimulatedHost();
  const values = new CaseValues(numbering, inputs, { ...options, host });
  const { order, root } = before;
  const sums = sumsAmong(order, numbering);
  const whole = tupleValue(trace.map(sentBy));
  const spread = new Spread(whole);
  drawSamples({ values, order, given: new Map(), root, contract, sums }, (_, drawn) => {
    const events = host.take();
    const { pairs } = matched(trace, events);
    if (drawn > 0 && pairs.length === trace.length) {
      spread.add(tupleValue(pairs.map(([, event]) => sentBy(event))));
    }
    return 'more';
  });
  const all = { kind: 'tuple', elements: trace.map((e) => exact.get(e)!) } as const;
  const leaves = exactLeaves(confirmed(all, spread, defaultLambda, false));
  let at = 0;
  return new Map(
    trace.map((event) => {
      const count = exactLeaves(exact.get(event)!).length;
      const elements = leaves.slice(at, at + count);
      at += count;
      return [event, { kind: 'tuple', elements } as ExactValue] as const;
    }),
  );
}
