/** Which backends a command runs: those named, programs given as passes, or all that there are. */
import { fail } from '../graphs/ir/diagnostic.ts';
import { didYouMean } from '../graphs/text/nearest.ts';
import { backends } from '../passes/backends.ts';
import { type Backend, flattenPipeline } from '../passes/pipeline/pipeline.ts';
import type { Host } from './command.ts';
import { type ThroughOptions, throughBackend } from './through.ts';

/** What chooses backends. */
export interface BackendOptions extends ThroughOptions {
  readonly backend?: readonly string[];
}

/** The backends that may be named. */
export function knownBackends(host: Host): readonly Backend[] {
  return host.backends ?? backends;
}

/** The backends named, and the programs given; all backends where neither is. */
export function chosenBackends(
  options: BackendOptions,
  backends: readonly Backend[],
): readonly Backend[] {
  const through = throughBackend(options);
  const named = options.backend?.map((name) => backendOf(name, backends));
  return [...(named ?? (through ? [] : backends)), ...(through ? [through] : [])];
}

function backendOf(name: string, backends: readonly Backend[]): Backend {
  const known = didYouMean(
    name,
    backends.map((b) => b.name),
  );
  const message = `there is no backend ${name}; ${known}`;
  return backends.find((b) => b.name === name) ?? fail('validate/backend', message);
}

/** The backend with the pipeline cut after a step; steps keep their numbers. */
export function upTo(backend: Backend, step: number | undefined): Backend {
  if (step === undefined) return backend;
  const placed = flattenPipeline(backend.pipeline);
  if (step >= placed.length) {
    const range = `steps 0 to ${placed.length - 1}`;
    fail('validate/step', `the pipeline of ${backend.name} has ${range}, not ${step}`);
  }
  const passes = placed.slice(0, step + 1).map((p) => p.pass);
  return { ...backend, pipeline: { ...backend.pipeline, passes } };
}
