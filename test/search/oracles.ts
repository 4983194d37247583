/** Oracles over integers that count what they are asked, and that kill a search after some asks. */
import { type Answer, bad, good, skip } from '../../validator/search/answer.ts';
import type { Ask } from '../../validator/search/bisect.ts';
import { arrayJournal, type JournalEntry } from '../../validator/search/journal.ts';

export const answerOf = (kind: Answer['kind']): Answer =>
  ({ good, bad, skip: skip('does not build') })[kind];

/** Answers by list, alike in every run. */
export const listed =
  (kinds: readonly Answer['kind'][]): Ask =>
  async (index) =>
    answerOf(kinds[index]!);

/** `good` up to a first bad index. */
export const broken = (n: number, firstBad: number): Answer['kind'][] =>
  Array.from({ length: n }, (_, index) => (index < firstBad ? 'good' : 'bad'));

class Killed extends Error {}

/**
 * Runs a search over a journal, kills it at its k-th ask and resumes it; `asked` has the questions
 * answered in both lives.
 */
export async function killedAndResumed<Q, A, R>(
  k: number,
  oracle: (question: Q) => Promise<A>,
  search: (
    ask: (question: Q) => Promise<A>,
    journal: ReturnType<typeof arrayJournal<A>>,
  ) => Promise<R>,
): Promise<{ readonly result: R; readonly asked: readonly Q[] }> {
  const asked: Q[] = [];
  const entries: JournalEntry<A>[] = [];
  const mortal = async (question: Q) => {
    if (asked.length === k) throw new Killed();
    asked.push(question);
    return oracle(question);
  };
  const immortal = async (question: Q) => {
    asked.push(question);
    return oracle(question);
  };
  try {
    const result = await search(mortal, arrayJournal(entries));
    return { result, asked };
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  const kept = JSON.parse(JSON.stringify(entries)) as JournalEntry<A>[];
  return { result: await search(immortal, arrayJournal(kept)), asked };
}
