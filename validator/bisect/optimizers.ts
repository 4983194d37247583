/**
 * Which optimisers of a toolchain are to blame: the smallest sets that, switched off, make a graph
 * right again. Two may be needed together, and either of two may do, so sets are searched, not names.
 */
import type { GateRecord } from '../gate/record.ts';
import { ddminSets } from '../search/ddmin-sets.ts';
import { Inquiry, type Journal } from '../search/journal.ts';
import { type Told, toldBy } from './gate-answer.ts';

/** A search over the optimisers of one version. */
export interface OptimizersJob {
  /** Optimisers that may have changed the graphs while these were switched off, in order. */
  readonly fired: (disabled: readonly string[]) => Promise<readonly string[]>;
  /** Judges the graphs with optimisers switched off. */
  readonly judge: (disabled: readonly string[]) => Promise<GateRecord>;
  /** Keeps what was told, by the names switched off. */
  readonly journal?: Journal<Told>;
  /** Hears of each set before it is tried. */
  readonly onSet?: (disabled: readonly string[]) => void;
}

/** The sets to blame. */
export interface OptimizersFound {
  /**
   * `found`: each set cures, and none of its parts does. `not bad`: nothing is wrong to begin with.
   * `not cured`: with all of them off it is wrong still, as kernels are. `not told`: it cannot be judged.
   */
  readonly outcome: 'found' | 'not bad' | 'not cured' | 'not told';
  readonly sets: readonly (readonly string[])[];
  /** Whether no other set of that kind can be. */
  readonly isComplete: boolean;
  /** What is wrong with all of them on. */
  readonly told: Told;
  /** Runs of the gate, those of the journal too. */
  readonly questions: number;
}

/** Sets after which the search ends. */
const mostSets = 8;

/** Searches. */
export async function bisectOptimizers(job: OptimizersJob): Promise<OptimizersFound> {
  const inquiry = await Inquiry.over(job.journal);
  const ask = (disabled: readonly string[]) =>
    inquiry.put([...disabled].sort().join(';'), async () => {
      job.onSet?.(disabled);
      return toldBy(await job.judge(disabled));
    });
  const told = await ask([]);
  const end = (outcome: OptimizersFound['outcome'], sets: OptimizersFound['sets'] = []) => ({
    ...{ outcome, sets, told, isComplete: outcome !== 'found' },
    questions: inquiry.questions,
  });
  if (told.kind !== 'bad') return end(told.kind === 'good' ? 'not bad' : 'not told');
  const suspects = await curing(job, ask);
  if (suspects === undefined) return end('not cured');
  const { sets, isComplete } = await ddminSets(
    suspects,
    async (disabled) => {
      const { kind } = await ask(disabled);
      return kind === 'good' ? 'fails' : kind === 'bad' ? 'passes' : 'unresolved';
    },
    { limit: mostSets },
  );
  return { ...end('found', sets), isComplete };
}

/**
 * Optimisers without which it is right: those that changed the graph, and those that then do in their
 * place, until nothing new does.
 */
async function curing(
  { fired }: OptimizersJob,
  ask: (disabled: readonly string[]) => Promise<Told>,
): Promise<readonly string[] | undefined> {
  const off: string[] = [];
  for (;;) {
    const more = (await fired(off)).filter((name) => !off.includes(name));
    if (more.length === 0) return undefined;
    off.push(...more);
    if ((await ask(off)).kind === 'good') return off;
  }
}
