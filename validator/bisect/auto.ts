/** All that is known of a fault of a toolchain once every search has ended. */
import type { GateFinding } from '../gate/record.ts';
import type { Reduced } from '../reduce/reduce.ts';
import type { Size } from '../reduce/reducible.ts';
import type { OptimizersFound } from './optimizers.ts';
import type { VersionsFound } from './versions.ts';

/** From the versions to the test. */
export interface AutoFound {
  readonly graph: string;
  readonly toolchain: string;
  readonly versions: VersionsFound;
  /** The version that was taken apart, `NAME@VERSION`; absent where none is bad. */
  readonly blamed?: string;
  /** Absent where that version cannot switch off single optimisers. */
  readonly optimizers?: OptimizersFound;
  readonly smallest?: SmallestModel;
  /** The test that was written, and the command that runs it. */
  readonly test?: string;
  readonly replay?: string;
}

/** The smallest model that shows the fault. */
export interface SmallestModel {
  readonly graph: string;
  readonly outcome: Reduced<unknown>['outcome'];
  readonly questions: number;
  readonly before: Size;
  readonly after: Size;
  readonly finding: GateFinding;
  /** Good versions beside the bad ones that are right on it, too. */
  readonly silent: readonly string[];
}

/**
 * The version to take apart: the first bad one if its optimisers can be switched off, else the last that
 * is known to be bad; undefined where none is.
 */
export function dissectable(
  { told, bisection, versions }: VersionsFound,
  disables: (version: string) => boolean,
): string | undefined {
  const bad = told.filter((t) => t.told.kind === 'bad').map((t) => t.version);
  const { firstBad } = bisection;
  const first = firstBad === undefined ? bad[0] : versions[firstBad];
  return first !== undefined && disables(first) ? first : bad.at(-1);
}

/** The good versions that were asked next to a bad one: the last before it, the first after it. */
export function goodBeside({ told }: VersionsFound, version: string): readonly string[] {
  const at = told.findIndex((t) => t.version === version);
  const isGood = (t: VersionsFound['told'][number]) => t.told.kind === 'good';
  const before = told.slice(0, at).findLast(isGood);
  const after = told.slice(at).find(isGood);
  return [before, after].flatMap((t) => (t ? [t.version] : []));
}
