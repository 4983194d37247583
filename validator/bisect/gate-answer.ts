/** What a gate's record answers to the question of a bisection, with what was seen. */
import type { GateRecord } from '../gate/record.ts';
import type { Answer } from '../search/answer.ts';

/** An answer, and in one line what it rests on: plain data, as a journal keeps it. */
export interface Told {
  readonly kind: Answer['kind'];
  readonly seen: string;
}

/** Passed is good and failed is bad; what could not be judged tells nothing. */
export function toldBy(record: GateRecord): Told {
  const { outcome, findings, failures } = record;
  if (outcome === 'passed') return { kind: 'good', seen: 'inside the budget' };
  if (outcome === 'not judged') return { kind: 'skip', seen: failures[0] ?? 'not judged' };
  const failing = findings.filter((f) => f.fails);
  const [first] = failing;
  if (!first) return { kind: 'bad', seen: failures[0] ?? 'failed' };
  const { rule, note, budgetUse, name } = first;
  const where = name ? ` at output ${name}` : '';
  const measured = note || `budget use ${budgetUse}${where}`;
  return { kind: 'bad', seen: `${rule}: ${oneLine(measured)}` };
}

/** As the searches take it. */
export function answerOf({ kind, seen }: Told): Answer {
  return kind === 'skip' ? { kind, reason: seen } : { kind };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
