/** A gate as JUnit has it: a suite a graph, a test for each step and output, and for each outcome. */
import type { GateFinding, GateGraph, GateRecord, GateStep } from '../gate/record.ts';
import { markup } from './escape.ts';
import { formatGateFinding, headOf, titleOf } from './gate-text.ts';

interface Test {
  readonly name: string;
  readonly suite: string;
  /** Why it failed, or could not be run; undefined where it passed. */
  readonly problem?: {
    readonly kind: 'failure' | 'error' | 'skipped';
    readonly type: string;
    readonly message: string;
    readonly text: string;
  };
  readonly said?: string;
}

/** The XML of a gate, as JUnit's reporters write it. */
export function gateJunit(record: GateRecord): string {
  const suites = record.graphs.map((g) => [g.graph, testsOf(g, record)] as const);
  const all = [...suites, ['gate', gateTests(record)] as const].filter(([, tests]) => tests.length);
  const body = all.map(([name, tests]) => suiteText(name, tests)).join('');
  const counts = countsOf(all.flatMap(([, tests]) => tests));
  const name = markup(`assay gate ${titleOf(record)}`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${name}" ${counts}>\n${body}</testsuites>\n`;
}

/** What is about the gate as a whole: how much stayed open, and goldens of no known graph. */
function gateTests(record: GateRecord): Test[] {
  const { allowed, failures, outcome, graphs, findings } = record;
  const open = failures.find((f) => f.includes('--max-undecided'));
  const name = `at most ${allowed.maxUndecided} % undecided`;
  const stray = findings.filter((f) => !graphs.some((g) => g.graph === f.graph));
  return [
    ...stray.map((f) => findingTest(f)),
    {
      ...{ name, suite: 'gate' },
      ...(open !== undefined &&
        outcome === 'failed' && { problem: problem('failure', 'undecided', open, open) }),
    },
  ];
}

function testsOf(graph: GateGraph, { findings }: GateRecord): Test[] {
  const suite = graph.graph;
  if (graph.state === 'not judged') {
    const why = graph.why ?? '';
    return [{ name: 'is judged', suite, problem: problem('error', 'not-judged', why, why) }];
  }
  const own = findings.filter((f) => f.graph === suite);
  const told = new Set<GateFinding>();
  const steps = graph.steps.flatMap((step) => stepTests(step, suite, own, told));
  const rest = own.filter((f) => !told.has(f));
  return [...steps, ...rest.map((f) => findingTest(f))];
}

/** A test for each output of a step; a rewriting has one, with all of its findings. */
function stepTests(
  step: GateStep,
  suite: string,
  own: readonly GateFinding[],
  told: Set<GateFinding>,
) {
  return step.outputs.map((o): Test => {
    const isOf = (f: GateFinding) =>
      f.rule === step.step && (o.output < 0 || f.output === o.output);
    const found = own.filter(isOf);
    for (const f of found) told.add(f);
    const name = `${step.step} ${o.name}`;
    return { name, suite, ...withFindings(found) };
  });
}

function findingTest(f: GateFinding): Test {
  const name = `${f.rule}${f.name && ` ${f.name}`} ${f.cases?.[0]?.case ?? f.case}`.trim();
  return { name, suite: f.graph, ...withFindings([f]) };
}

function withFindings(found: readonly GateFinding[]): Pick<Test, 'problem' | 'said'> {
  const failing = found.filter((f) => f.fails);
  const text = (list: readonly GateFinding[]) => list.map(formatGateFinding).join('\n\n');
  const [first] = failing;
  const others = found.filter((f) => !f.fails);
  return {
    ...(first && { problem: problem('failure', first.rule, headOf(first), text(failing)) }),
    ...(others.length && { said: text(others) }),
  };
}

function problem(
  kind: 'failure' | 'error' | 'skipped',
  type: string,
  message: string,
  text: string,
) {
  return { kind, type, message, text };
}

function suiteText(name: string, tests: readonly Test[]): string {
  const body = tests.map(testText).join('');
  return `  <testsuite name="${markup(name)}" ${countsOf(tests)}>\n${body}  </testsuite>\n`;
}

function testText({ name, suite, problem: p, said }: Test): string {
  const head = `    <testcase name="${markup(name)}" classname="${markup(suite)}" time="0"`;
  const inside = [
    ...(p
      ? [
          `      <${p.kind} type="${p.type}" message="${markup(p.message)}">${markup(p.text)}</${p.kind}>\n`,
        ]
      : []),
    ...(said === undefined ? [] : [`      <system-out>${markup(said)}</system-out>\n`]),
  ];
  return inside.length ? `${head}>\n${inside.join('')}    </testcase>\n` : `${head}/>\n`;
}

function countsOf(tests: readonly Test[]): string {
  const of = (kind: string) => tests.filter((t) => t.problem?.kind === kind).length;
  return `tests="${tests.length}" failures="${of('failure')}" errors="${of('error')}" skipped="0" time="0"`;
}
