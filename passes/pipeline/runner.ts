/**
 * Runs a pipeline step by step: keeps the module before and after each step (modules are values, so
 * a snapshot is a reference), verifies what each pass made, and names the pass that broke it.
 */

import type { DraftResult, Replacement } from '../../graphs/build/draft.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import { AssayError, type Diagnostic } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Pass } from './pass.ts';
import { flattenPipeline, type Pipeline, type PlacedPass } from './pipeline.ts';

/** One pass that ran. */
export interface Step {
  /** Position in the flattened pipeline, from 0; skipped passes keep theirs. */
  readonly index: number;
  /** Names of the pipelines around the pass, outermost first. */
  readonly path: readonly string[];
  readonly pass: string;
  /** How many passes of this name come before it in the pipeline. */
  readonly occurrence: number;
  readonly contract: Contract;
  readonly before: Module;
  readonly after: Module;
  readonly changed: boolean;
  readonly replacements: readonly Replacement[];
}

/** A pass to leave out: every occurrence, or the n-th from 0. */
export interface Skip {
  readonly pass: string;
  readonly occurrence?: number;
}

/** What of a pipeline is run. */
export interface RunOptions {
  readonly skip?: readonly Skip[];
  /** Number of passes to consider (skipped ones included); the rest is left out. */
  readonly stopAfter?: number;
  /** Says what is wrong with a module; run after every pass that changed something. */
  readonly verify?: (module: Module) => readonly Diagnostic[];
  readonly onStep?: (step: Step) => void;
}

/** A pass that threw or made an invalid module, and where to find it again. */
export interface BrokenPass {
  readonly pass: string;
  /** Position in the flattened pipeline: `stopAfter: step` stops just before it. */
  readonly step: number;
  readonly occurrence: number;
  readonly path: readonly string[];
  readonly how: 'threw' | 'invalid';
  readonly diagnostics: readonly Diagnostic[];
  /** The module that the pass was given. */
  readonly before: Module;
  /** The invalid module, if the pass made one. */
  readonly after?: Module;
}

/** The states of a run, pass by pass. */
export interface PipelineRun {
  readonly steps: readonly Step[];
  /** The module after the last sound step. */
  readonly final: Module;
  readonly broken?: BrokenPass;
}

/**
 * Runs the passes in order until the end, `stopAfter`, or the first pass that breaks the module.
 *
 * @throws AssayError where a tool is missing that a pass needs; nothing else that a pass throws
 */
export function runPipeline(
  module: Module,
  pipeline: Pipeline,
  options: RunOptions = {},
): PipelineRun {
  const steps: Step[] = [];
  let current = module;
  for (const scheduled of schedule(pipeline, options)) {
    const outcome = runStep(current, scheduled, options);
    if ('how' in outcome) return { steps, final: current, broken: outcome };
    steps.push(outcome);
    options.onStep?.(outcome);
    current = outcome.after;
  }
  return { steps, final: current };
}

interface Scheduled extends PlacedPass {
  readonly index: number;
  readonly occurrence: number;
}

/** The passes that are to run, numbered as they stand in the whole pipeline. */
function schedule(pipeline: Pipeline, { skip = [], stopAfter }: RunOptions): Scheduled[] {
  const seen = new Map<string, number>();
  const numbered = flattenPipeline(pipeline).map((placed, index) => {
    const occurrence = seen.get(placed.pass.name) ?? 0;
    seen.set(placed.pass.name, occurrence + 1);
    return { ...placed, index, occurrence };
  });
  const skipped = (p: Scheduled) =>
    skip.some((s) => s.pass === p.pass.name && (s.occurrence ?? p.occurrence) === p.occurrence);
  return numbered.slice(0, stopAfter).filter((p) => !skipped(p));
}

function runStep(before: Module, at: Scheduled, options: RunOptions): Step | BrokenPass {
  const { pass, index, occurrence, path } = at;
  const broken = (how: BrokenPass['how'], diagnostics: readonly Diagnostic[], after?: Module) => ({
    ...{ pass: pass.name, step: index, occurrence, path, how, diagnostics, before },
    ...(after && { after }),
  });
  const result = attempt(pass, before);
  if ('code' in result) return broken('threw', [result]);
  const { module: after, replacements } = result;
  const changed = after !== before;
  const diagnostics = changed ? (options.verify?.(after) ?? []) : [];
  if (diagnostics.length) return broken('invalid', diagnostics, after);
  const { name, contract } = pass;
  return { index, path, pass: name, occurrence, contract, before, after, changed, replacements };
}

function attempt(pass: Pass, module: Module): DraftResult | Diagnostic {
  try {
    return pass.run(module);
  } catch (error) {
    if (error instanceof AssayError && error.blame === 'toolchain') throw error;
    if (error instanceof AssayError) return error.diagnostic;
    return { code: 'pass/threw', message: error instanceof Error ? error.message : String(error) };
  }
}
