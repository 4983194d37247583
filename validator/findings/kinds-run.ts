/** Which kinds of inputs were run, how often, and why: part of every report. */
import type { SessionCase } from '../validation/case.ts';

/** One kind of inputs. */
export interface KindRun {
  /** `wide`, or `recorded` for inputs from a file. */
  readonly kind: string;
  readonly cases: number;
  readonly why: string;
}

/** The kinds of cases, in their order. */
export function kindsRun(cases: readonly SessionCase[]): readonly KindRun[] {
  const found = new Map<string, KindRun>();
  for (const { name, kind = name, why = 'asked for' } of cases) {
    const before = found.get(kind)?.cases ?? 0;
    found.set(kind, { kind, cases: before + 1, why });
  }
  return [...found.values()];
}
