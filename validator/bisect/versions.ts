/**
 * Which version of a toolchain broke a graph, and which mended it: bisection over the versions in
 * order, each put into the cache when it is asked and judged as `assay gate` judges it.
 */
import type { GateRecord } from '../gate/record.ts';
import { type Bisection, bisect } from '../search/bisect.ts';
import { Inquiry, type Journal } from '../search/journal.ts';
import { answerOf, type Told, toldBy } from './gate-answer.ts';
import { toolchainReason } from './toolchain-reason.ts';

/** A bisection over versions. */
export interface VersionsJob {
  /** In order, the oldest first. */
  readonly versions: readonly string[];
  /**
   * Judges the graphs on one version, installing it if need be; what it throws of a missing tool
   * or version is why that version tells nothing.
   */
  readonly judge: (version: string) => Promise<GateRecord>;
  /** Versions of which something is known already; they are asked first. */
  readonly at?: readonly string[];
  /** Evenly spaced versions to ask first; without it as many as it takes, where both ends agree. */
  readonly scan?: number;
  /** Keeps what versions told, by their names. */
  readonly journal?: Journal<Told>;
  /** Hears of each version before it is asked, and of what it told. */
  readonly onVersion?: (version: string, told?: Told) => void;
}

/** What versions told, and where they turn. */
export interface VersionsFound {
  readonly bisection: Bisection;
  readonly versions: readonly string[];
  /** What each version that was asked told, in their order. */
  readonly told: readonly { readonly version: string; readonly told: Told }[];
}

/**
 * Bisects. Both ends that agree say nothing of what is between: unless `scan` says how many to ask,
 * the middle is asked then, the quarters, and so on, until one tells otherwise or all were asked.
 */
export async function bisectVersions(job: VersionsJob): Promise<VersionsFound> {
  const { versions, scan } = job;
  const asked = await AskedVersions.of(job);
  const at = (job.at ?? []).map((version) => versions.indexOf(version));
  const search = (count: number) =>
    bisect(versions.length, (index, run) => asked.ask(index, run), { at, scan: count });
  let bisection = await search(scan ?? 0);
  const agrees = () => /^(good|bad) throughout$/.test(bisection.outcome);
  for (let count = 1; scan === undefined && agrees(); count = 2 * count + 1) {
    bisection = await search(Math.min(count, versions.length));
    if (count >= versions.length) break;
  }
  return { bisection, versions, told: asked.told() };
}

/** Versions asked, each once for each run. */
class AskedVersions {
  private readonly job: VersionsJob;
  private readonly inquiry: Inquiry<Told>;
  private readonly seen = new Map<number, Told>();

  private constructor(job: VersionsJob, inquiry: Inquiry<Told>) {
    this.job = job;
    this.inquiry = inquiry;
  }

  static async of(job: VersionsJob): Promise<AskedVersions> {
    return new AskedVersions(job, await Inquiry.over(job.journal));
  }

  async ask(index: number, run: number) {
    const version = this.job.versions[index]!;
    this.job.onVersion?.(version);
    const told = await this.inquiry.put(`${version}#${run}`, () => this.judged(version));
    if (run === 0) this.seen.set(index, told);
    this.job.onVersion?.(version, told);
    return answerOf(told);
  }

  told(): VersionsFound['told'] {
    const indices = [...this.seen.keys()].sort((a, b) => a - b);
    return indices.map((index) => ({
      version: this.job.versions[index]!,
      told: this.seen.get(index)!,
    }));
  }

  private async judged(version: string): Promise<Told> {
    try {
      return toldBy(await this.job.judge(version));
    } catch (error) {
      return { kind: 'skip', seen: toolchainReason(error) };
    }
  }
}
