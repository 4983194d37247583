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

/** Prints one row of a table. */
export function row(name: string, ...columns: readonly string[]): void {
  process.stdout.write(`${name.padEnd(34)}${columns.map((c) => c.padStart(16)).join('')}\n`);
}

export const ms = (t: number) => `${t.toFixed(1)} ms`;
export const ratio = (a: number, b: number) => `${(a / b).toFixed(2)} ×`;
