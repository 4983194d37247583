/** Pipelines (lists of passes, possibly nested) and backends (a pipeline and its target). */
import type { Pass } from './pass.ts';

/** A named list of passes and pipelines, run in order. */
export interface Pipeline {
  readonly name: string;
  readonly passes: readonly (Pass | Pipeline)[];
}

/** A target: its pipeline and what it does to numbers. */
export interface Backend {
  readonly name: string;
  /** One line: the numerics of the target. */
  readonly summary: string;
  readonly pipeline: Pipeline;
  /** Command-line options that choose it, quoted for a shell; `--backend NAME` where absent. */
  readonly options?: string;
}

/** A pass and the names of the pipelines that it stands in, outermost first. */
export interface PlacedPass {
  readonly pass: Pass;
  readonly path: readonly string[];
}

/** The passes of a pipeline in the order in which they run. */
export function flattenPipeline(
  pipeline: Pipeline,
  outer: readonly string[] = [],
): readonly PlacedPass[] {
  const path = [...outer, pipeline.name];
  return pipeline.passes.flatMap((p) =>
    isPipeline(p) ? flattenPipeline(p, path) : [{ pass: p, path }],
  );
}

/** The pipeline with every pass of it changed by a function; the nesting stays. */
export function mapPasses(pipeline: Pipeline, change: (pass: Pass) => Pass): Pipeline {
  const passes = pipeline.passes.map((p) => (isPipeline(p) ? mapPasses(p, change) : change(p)));
  return { ...pipeline, passes };
}

function isPipeline(p: Pass | Pipeline): p is Pipeline {
  return 'passes' in p;
}
