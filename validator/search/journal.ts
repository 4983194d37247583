/**
 * What a search has asked and heard, kept as it goes, so that a killed search resumes where it was:
 * run again over its journal it takes the same steps, and asks only what is not answered there.
 */

/** A question by its key, and its answer: plain data that JSON keeps as it is. */
export interface JournalEntry<A> {
  readonly question: string;
  readonly answer: A;
}

/**
 * Entries in the order in which they were appended. The keys of a search name its questions by index
 * alone: a journal belongs to one search over one list, and whoever keeps it says which.
 */
export interface Journal<A> {
  read(): readonly JournalEntry<A>[] | Promise<readonly JournalEntry<A>[]>;
  /** Returns when the entry is safe. */
  append(entry: JournalEntry<A>): void | Promise<void>;
}

/** A journal in memory, over the array given. */
export function arrayJournal<A>(entries: JournalEntry<A>[] = []): Journal<A> {
  return { read: () => entries, append: (entry) => void entries.push(entry) };
}

/** The part of a journal whose questions begin with a name: several searches in one journal. */
export function scopedJournal<A>(journal: Journal<A>, name: string): Journal<A> {
  const scope = `${name}/`;
  return {
    read: async () =>
      (await journal.read())
        .filter(({ question }) => question.startsWith(scope))
        .map(({ question, answer }) => ({ question: question.slice(scope.length), answer })),
    append: ({ question, answer }) => journal.append({ question: scope + question, answer }),
  };
}

/** A search's questions: each is asked once, and none that the journal answers. */
export class Inquiry<A> {
  private readonly journal: Journal<A>;
  private readonly answers: Map<string, A>;
  private readonly used = new Set<string>();

  private constructor(journal: Journal<A>, entries: readonly JournalEntry<A>[]) {
    this.journal = journal;
    this.answers = new Map(entries.map(({ question, answer }) => [question, answer]));
  }

  static async over<A>(journal: Journal<A> = arrayJournal()): Promise<Inquiry<A>> {
    return new Inquiry(journal, await journal.read());
  }

  /** Different questions that the search has put so far, whoever answered them. */
  get questions(): number {
    return this.used.size;
  }

  async put(question: string, ask: () => Promise<A>): Promise<A> {
    this.used.add(question);
    const known = this.answers.get(question);
    if (known !== undefined) return known;
    const answer = await ask();
    await this.journal.append({ question, answer });
    this.answers.set(question, answer);
    return answer;
  }
}
