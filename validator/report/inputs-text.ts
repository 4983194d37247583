/** What reports say of the inputs: which kinds ran, and why. */
import type { KindRun } from '../findings/kinds-run.ts';

/** A run of one graph on one backend, or of one comparison. */
interface Run {
  readonly graph?: string;
  readonly kinds: readonly KindRun[];
}

interface Reason {
  readonly why: string;
  readonly graph: string | undefined;
  readonly graphs: Set<string | undefined>;
  most: number;
}

/** A line for the kinds of one reason; of what differs from graph to graph the first is shown. */
export function formatInputs(runs: readonly Run[]): string[] {
  const kinds = new Map<string, Reason>();
  for (const { graph, kinds: ran } of runs) {
    for (const { kind, cases, why } of ran) {
      const reason = kinds.get(kind) ?? { why, graph, graphs: new Set(), most: 0 };
      kinds.set(kind, reason);
      reason.graphs.add(graph);
      reason.most = Math.max(reason.most, cases);
    }
  }
  const all = new Set(runs.map((r) => r.graph)).size;
  const lines = new Map<string, string[]>();
  for (const [kind, reason] of kinds) {
    const text = reasonText(reason, all);
    const many = reason.most > 1 ? ` × ${all > 1 ? 'up to ' : ''}${reason.most}` : '';
    lines.set(text, [...(lines.get(text) ?? []), `${kind}${many}`]);
  }
  const texts = [...lines].map(([why, names]) => `  ${names.join(', ')}: ${why}`);
  return texts.length ? [['Inputs:', ...texts].join('\n')] : [];
}

function reasonText({ why, graph, graphs }: Reason, all: number): string {
  if (all === 1 || (graphs.size === all && why === everyModule)) return why;
  const others = graphs.size - 1;
  const more = others ? ` (and ${others} other ${others === 1 ? 'graph' : 'graphs'})` : '';
  return why === everyModule || why === askedFor ? why : `${graph}: ${why}${more}`;
}

const everyModule = 'every module';
const askedFor = 'asked for';
