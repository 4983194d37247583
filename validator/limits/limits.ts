/** How far a run may go, and how large what it runs may be: told before anything is allocated. */

/** What a run keeps to while it goes on. */
export interface Limits {
  /** Iterations of one while loop before it counts as not terminating. */
  readonly maxIterations: number;
  /** Iterations of a loop and of all loops inside it together; twice as many where absent. */
  readonly maxTotalIterations?: number;
  /** Elements of one value. */
  readonly maxElements: number;
  /** Work of the turns of a loop and of all loops inside it; any number where absent. */
  readonly maxWork?: number;
}

/** What holds unless more or less is asked for. */
export const defaultLimits: Limits = { maxIterations: 100_000, maxElements: 2 ** 28 };

/** How large a module may be that is run, by estimates from its shapes. */
export interface Bounds extends Limits {
  /** Elements visited and multiply-adds of one run. */
  readonly maxWork: number;
  /** Bytes that all values together may take; any number where absent. */
  readonly maxMemory?: number;
}

/** Several times what models of today's size need for one run. */
export const defaultMaxWork = 2 ** 34;

/** Elements that one window of a reduction or convolution may cover. */
export const maxTaps = 2 ** 26;

/** How deep computations may call each other. */
export const maxCallDepth = 500;
