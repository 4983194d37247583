/** The searches of `assay bisect` as the command line asks for them. */
import { createHash } from 'node:crypto';
import { readBytes } from '../../golden/store/files.ts';
import { printContract } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Told } from '../../validator/bisect/gate-answer.ts';
import { bisectOptimizers, type OptimizersFound } from '../../validator/bisect/optimizers.ts';
import { bisectVersions, type VersionsFound } from '../../validator/bisect/versions.ts';
import { gate } from '../../validator/gate/gate.ts';
import { fileJournal } from '../../validator/search/file-journal.ts';
import { arrayJournal, type Journal, scopedJournal } from '../../validator/search/journal.ts';
import { cacheFolder, installedVersions } from '../../validator/toolchains/cache.ts';
import { rewriteRules } from '../../validator/toolchains/onnxruntime-node.ts';
import { compareVersions, isExactVersion, isPrerelease } from '../../validator/toolchains/spec.ts';
import {
  addToolchain,
  openToolchain,
  toolchainKind,
} from '../../validator/toolchains/toolchains.ts';
import { type GateCommandOptions, jobOf } from '../commands/gate.ts';
import { type Io, Progress } from '../io.ts';
import { version as assayVersion } from '../self/version.ts';

/** What the command line says. */
export interface BisectOptions extends GateCommandOptions {
  readonly toolchain: string;
  readonly from?: string;
  readonly to?: string;
  readonly at?: readonly string[];
  readonly scan?: number;
  readonly offline?: true;
  readonly journal?: string;
}

/** The gate on one version; what stays open is no answer here, and lets pass. */
export function gateOn(graphs: readonly string[], options: BisectOptions, io: Io) {
  return (toolchain: string, disable: readonly string[] = []) => {
    const own = { ...options, toolchain, maxUndecided: 100, ...(disable.length && { disable }) };
    return gate(jobOf(graphs, own as GateCommandOptions, io));
  };
}

/** Bisects the versions between the ends, installing those that are asked. */
export async function versionsFound(
  graphs: readonly string[],
  options: BisectOptions,
  io: Io,
): Promise<VersionsFound> {
  const { toolchain: name } = options;
  const list = await versionsOf(options);
  const on = gateOn(graphs, options, io);
  const progress = new Progress(io, options.quiet === true);
  let asked = 0;
  const found = await bisectVersions({
    ...{ versions: list, journal: await journalOf(graphs, options) },
    ...(options.at && { at: options.at }),
    ...(options.scan !== undefined && { scan: options.scan }),
    judge: async (version) => {
      const spec = `${name}@${version}`;
      if (!options.offline) await addToolchain(spec, cacheOf(options));
      return on(spec);
    },
    onVersion: (version, told) => {
      if (told) asked++;
      else progress.update(`${name}@${version} (${asked} of ${list.length} versions asked)`);
    },
  });
  progress.clear();
  return found;
}

/** The releases between the ends, the oldest first. */
async function versionsOf(options: BisectOptions): Promise<readonly string[]> {
  const { toolchain: name, from, to, at = [], offline } = options;
  for (const version of [from, to, ...at]) {
    if (version !== undefined && !isExactVersion(version)) {
      fail('bisect/version', `"${version}" is no version such as 1.20.1`);
    }
  }
  const kind = toolchainKind(name);
  const all = offline ? installedVersions(cacheFolder(options.cache), name) : await kind.versions();
  const inside = all
    .filter((v) => !isPrerelease(v))
    .filter((v) => from === undefined || compareVersions(v, from) >= 0)
    .filter((v) => to === undefined || compareVersions(v, to) <= 0)
    .sort(compareVersions);
  const unknown = at.find((version) => !inside.includes(version));
  if (unknown) fail('bisect/version', `${name}@${unknown} is not among the versions to look at`);
  if (inside.length > 1) return inside;
  return fail('bisect/versions', `${name} has ${inside.length} versions there; two are needed`);
}

/**
 * Searches the sets of optimisers without which a version is right.
 *
 * @throws AssayError `bisect/optimizers` where the version cannot switch off single ones
 */
export async function optimizersFound(
  graphs: readonly string[],
  options: BisectOptions,
  io: Io,
): Promise<OptimizersFound> {
  const { toolchain: spec } = options;
  const toolchain = openToolchain(spec, cacheOf(options));
  if (!toolchain.capabilities.disablesOptimizers) {
    fail('bisect/optimizers', `${spec} cannot switch off single optimisers (1.21.0 and later can)`);
  }
  const on = gateOn(graphs, options, io);
  const progress = new Progress(io, options.quiet === true);
  const found = await bisectOptimizers({
    journal: await journalOf(graphs, options),
    fired: (disabled) => firedOn(graphs, options, disabled),
    judge: (disabled) => on(spec, disabled),
    onSet: (set) => progress.update(`${spec} without ${set.length} of its optimisers`),
  });
  progress.clear();
  return found;
}

/**
 * The optimisers that changed any of the graphs, as the version's log has them; of one that runs
 * rewrite rules the log does not tell which, so all of them may have.
 */
async function firedOn(
  graphs: readonly string[],
  options: BisectOptions,
  disabledOptimizers: readonly string[],
): Promise<readonly string[]> {
  const toolchain = openToolchain(options.toolchain, cacheOf(options));
  const { level, seconds, memory } = options;
  const knobs = { logOptimizers: true, disabledOptimizers, ...(level !== undefined && { level }) };
  const fired = new Set<string>();
  for (const graph of graphs) {
    const run = await toolchain.run(readBytes(graph), [], knobs, { seconds, memory });
    for (const { name, modified } of run.optimizers ?? []) if (modified) fired.add(name);
  }
  const rules = [...fired].some((name) => /RuleBased/.test(name)) ? rewriteRules : [];
  return [...fired, ...rules];
}

/** Where toolchains lie, as the library takes it. */
export function cacheOf({ cache }: Pick<BisectOptions, 'cache'>): { readonly cache?: string } {
  return cache === undefined ? {} : { cache };
}

/** A journal of what does not change the question: the graphs and all that the gate is told. */
async function journalOf(
  graphs: readonly string[],
  options: BisectOptions,
): Promise<Journal<Told>> {
  const { journal, toolchain, level, contract, cases, seed, refine, set, allowSuspect, inputs } =
    options;
  if (journal === undefined) return arrayJournal<Told>();
  const hash = createHash('sha256');
  for (const graph of graphs) hash.update(readBytes(graph));
  if (inputs !== undefined) hash.update(readBytes(inputs));
  const told = { toolchain, level, contract: printContract(contract), cases, seed };
  hash.update(JSON.stringify({ ...told, refine, set, allowSuspect, assay: assayVersion() }));
  return scopedJournal(await fileJournal<Told>(journal), hash.digest('hex').slice(0, 16));
}
