/**
 * A gate in the Static Analysis Results Interchange Format 2.1.0 (OASIS): a result for each finding,
 * which is one for each graph, step and output. Rules and fingerprints stay the same from run to run
 * and from version to version of the toolchain.
 */
import { createHash } from 'node:crypto';
import type { GateFinding, GateRecord, Rule } from '../gate/record.ts';
import { fileUri, wellFormed } from './escape.ts';
import { formatGateFinding, titleOf } from './gate-text.ts';
import { toJson } from './text.ts';

/** What each rule says; the keys are all that there are. */
const rules: Readonly<Record<Rule, readonly [name: string, says: string]>> = {
  rewriting: ['Rewriting', 'The graph that the toolchain made of a graph computes something else.'],
  kernels: [
    'Kernels',
    'The kernels compute something else than the graph that they were compiled from.',
  ],
  result: ['Result', 'An output lies outside the budget of its graph.'],
  shape: ['Shape', 'An output has another shape or type than its graph says.'],
  error: ['Error', 'The toolchain refuses a graph, or a case of it.'],
  crashed: ['Crash', 'The process of the toolchain ends before it has a result.'],
  'timed-out': ['Timeout', 'The toolchain has no result in the time that it may take.'],
  'out-of-memory': ['OutOfMemory', 'The toolchain takes more memory than it may.'],
  growth: ['Growth', 'The errors of an output grew more against the baseline than is allowed.'],
  golden: ['Golden', 'A recorded golden cannot be used.'],
  variants: ['Variants', 'Two variants of a model compute something else for the same request.'],
  'no-rule': ['NoRule', 'No rule of a dispatcher holds of a request.'],
  'cannot-hold': ['CannotHold', 'A rule sends requests to a variant that is too small for them.'],
  misrouted: ['Misrouted', 'Requests were served by a variant that their rule does not choose.'],
  sticky: ['Sticky', 'Requests stay where a session began, at a variant that is wrong for them.'],
};

const ruleNames = Object.keys(rules) as Rule[];

/** The log of a gate, as JSON. */
export function gateSarif(record: GateRecord): string {
  const { assay, outcome, failures, findings, graphs } = record;
  const notes = [
    ...failures.map((text) => notification(outcome === 'failed' ? 'error' : 'warning', text)),
    ...graphs.flatMap((g) =>
      g.why === undefined ? [] : [notification('error', `${g.graph}: ${g.why}`)],
    ),
  ];
  const driver = {
    ...{ name: 'assay', semanticVersion: assay },
    rules: ruleNames.map((rule) => {
      const [name, says] = rules[rule];
      return { id: `assay/${rule}`, name, shortDescription: { text: says } };
    }),
  };
  return `${toJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver },
        automationDetails: { id: `assay-gate/${wellFormed(titleOf(record))}` },
        invocations: [
          { executionSuccessful: outcome !== 'not judged', toolExecutionNotifications: notes },
        ],
        columnKind: 'utf16CodeUnits',
        results: findings.map(resultOf),
      },
    ],
  })}\n`;
}

function notification(level: 'error' | 'warning', text: string) {
  return { level, message: { text: wellFormed(text) } };
}

function resultOf(f: GateFinding) {
  const output = f.name || f.instruction || '(graph)';
  return {
    ruleId: `assay/${f.rule}`,
    ruleIndex: ruleNames.indexOf(f.rule),
    kind: f.fails ? 'fail' : 'informational',
    level: f.fails ? 'error' : 'none',
    message: { text: wellFormed(formatGateFinding(f)) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: fileUri(f.graph) } },
        logicalLocations: [
          {
            name: wellFormed(output),
            fullyQualifiedName: wellFormed(`${f.pass}/${output}`),
            kind: 'value',
          },
        ],
      },
    ],
    partialFingerprints: { 'assayGateFinding/v1': fingerprint(f) },
    properties: {
      ...{
        toolchain: wellFormed(f.toolchain),
        known: f.known,
        verdict: f.verdict,
        replay: wellFormed(f.replay),
      },
      cases: (f.cases ?? []).map((c) => wellFormed(c.case)),
    },
  };
}

/** Of what a finding is about, not of its numbers or of the version that shows it. */
function fingerprint({ rule, graph, pass, name, instruction, output, kind, case: c }: GateFinding) {
  const at = rule === 'rewriting' ? instruction : name;
  const of = [rule, graph, pass, at, output, kind === 'golden' ? c : ''];
  return createHash('sha256').update(JSON.stringify(of)).digest('hex');
}
