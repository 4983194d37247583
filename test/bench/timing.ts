/** Timing and printing shared by the benchmarks. */

/** Median wall time in milliseconds of `runs` calls after one that is not counted. */
export function time(work: () => unknown, runs = 5): number {
  work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)]!;
}

/**
 * Least wall time in milliseconds of each work, of `runs` calls after two that are not counted. They
 * take turns, so that all are as warm and meet the same load.
 */
export function sideBySide(works: readonly (() => unknown)[], runs: number): readonly number[] {
  const least = works.map(() => Infinity);
  for (let run = -2; run < runs; run++) {
    for (const [k, work] of works.entries()) {
      const start = performance.now();
      work();
      if (run >= 0) least[k] = Math.min(least[k], performance.now() - start);
    }
  }
  return least;
}

/** Prints one row of a table. */
export function row(name: string, ...columns: readonly string[]): void {
  process.stdout.write(`${name.padEnd(34)}${columns.map((c) => c.padStart(16)).join('')}\n`);
}

export const ms = (t: number) => `${t.toFixed(1)} ms`;
export const ratio = (a: number, b: number) => `${(a / b).toFixed(2)} ×`;
