/** How many instances the laws draw, and from which seed: ASSAY_LAW_RUNS and ASSAY_LAW_SEED. */
const factor = Number(process.env.ASSAY_LAW_RUNS ?? 1);

export const draws = {
  seed: Number(process.env.ASSAY_LAW_SEED ?? 1),
  /** The number of draws where the suite makes n. */
  of: (n: number) => Math.max(1, Math.round(n * factor)),
} as const;
