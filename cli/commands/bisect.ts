/** `assay bisect`: the version that broke a graph, and the optimisers in it that are to blame. */
import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { readBytes } from '../../golden/store/files.ts';
import { printContract, widens } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Told } from '../../validator/bisect/gate-answer.ts';
import { bisectOptimizers } from '../../validator/bisect/optimizers.ts';
import { bisectVersions } from '../../validator/bisect/versions.ts';
import { gate } from '../../validator/gate/gate.ts';
import { formatOptimizers, formatVersions } from '../../validator/report/bisect-text.ts';
import { toJson } from '../../validator/report/text.ts';
import { fileJournal } from '../../validator/search/file-journal.ts';
import { arrayJournal, type Journal, scopedJournal } from '../../validator/search/journal.ts';
import { cacheFolder, installedVersions } from '../../validator/toolchains/cache.ts';
import { rewriteRules } from '../../validator/toolchains/onnxruntime-node.ts';
import { compareVersions, isExactVersion, isPrerelease } from '../../validator/toolchains/spec.ts';
import { defaultRunLimits } from '../../validator/toolchains/toolchain.ts';
import {
  addToolchain,
  openToolchain,
  toolchainKind,
} from '../../validator/toolchains/toolchains.ts';
import type { Host } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Io, Progress } from '../io.ts';
import {
  byteSize,
  names,
  parseContract,
  wholeNumber,
  withCases,
  withCommon,
  withLimits,
  withPins,
  withRefine,
  withSeed,
} from '../options.ts';
import { version as assayVersion } from '../version.ts';
import { type GateCommandOptions, jobOf } from './gate.ts';

interface BisectOptions extends GateCommandOptions {
  readonly toolchain: string;
  readonly from?: string;
  readonly to?: string;
  readonly at?: readonly string[];
  readonly scan?: number;
  readonly offline?: true;
  readonly journal?: string;
}

/** Registers the commands. */
export function addBisect(program: Command, host: Host): void {
  const group = program
    .command('bisect')
    .description('who broke it: the version of a toolchain, and the optimisers in it');
  common(group.command('versions'))
    .description('the first bad version of a toolchain, and the one that mended it')
    .argument('<graph...>', 'models that the toolchain reads (.onnx)')
    .requiredOption('--toolchain <name>', 'which one, e.g. onnxruntime-node')
    .option('--from <version>', 'the first version to look at')
    .option('--to <version>', 'the last version to look at')
    .option('--at <versions>', 'versions to ask first, comma-separated', names)
    .option('--scan <n>', 'ask so many versions between the ends first', wholeNumber(0))
    .option('--offline', 'only versions that lie in the cache')
    .action(async (graphs: string[], options: BisectOptions) => {
      host.finish(await versions(graphs, options, host.io));
    });
  common(group.command('optimizers'))
    .description('the sets of optimisers without which a version is right')
    .argument('<graph...>', 'models that the toolchain reads (.onnx)')
    .requiredOption('--toolchain <spec>', 'which one, e.g. onnxruntime-node@1.20.1')
    .action(async (graphs: string[], options: BisectOptions) => {
      host.finish(await optimizers(graphs, options, host.io));
    });
}

function common(command: Command): Command {
  const { seconds, memory } = defaultRunLimits;
  return withPins(withRefine(withLimits(withSeed(withCases(withCommon(command))))))
    .option('--level <level>', 'level of optimisation, e.g. disabled, basic, extended, all')
    .option('--contract <contract>', 'what the toolchain may do', parseContract, widens)
    .option('--allow-suspect', 'bad is only what is beyond what rounding can do')
    .option('--seconds <n>', 'for loading, and for each case', wholeNumber(1), seconds)
    .option('--memory <size>', 'of the toolchain, e.g. 4GiB', byteSize, memory)
    .option('--cache <dir>', 'where toolchains lie (default: $ASSAY_CACHE, or the user’s cache)')
    .option('--journal <file>', 'keep what was told; with the file of a killed search it resumes');
}

/** The gate on one version; what stays open is no answer here, and lets pass. */
function gateOn(graphs: readonly string[], options: BisectOptions, io: Io) {
  return (toolchain: string, disable: readonly string[] = []) => {
    const own = { ...options, toolchain, maxUndecided: 100, ...(disable.length && { disable }) };
    return gate(jobOf(graphs, own as GateCommandOptions, io));
  };
}

async function versions(
  graphs: readonly string[],
  options: BisectOptions,
  io: Io,
): Promise<ExitCode> {
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
  if (options.json) io.out(`${toJson({ toolchain: name, ...found })}\n`);
  else io.out(`${formatVersions(name, found)}\n`);
  return found.bisection.boundaries.length ? exitCodes.ok : exitCodes.finding;
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

async function optimizers(
  graphs: readonly string[],
  options: BisectOptions,
  io: Io,
): Promise<ExitCode> {
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
  if (options.json) io.out(`${toJson({ toolchain: spec, ...found })}\n`);
  else io.out(`${formatOptimizers(spec, found)}\n`);
  return found.outcome === 'found' ? exitCodes.ok : exitCodes.finding;
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

function cacheOf({ cache }: BisectOptions): { readonly cache?: string } {
  return cache === undefined ? {} : { cache };
}

/** A journal of what does not change the question: the graphs and all that the gate is told. */
async function journalOf(
  graphs: readonly string[],
  options: BisectOptions,
): Promise<Journal<Told>> {
  const { journal, toolchain, level, contract, cases, seed, refine, set, allowSuspect } = options;
  if (journal === undefined) return arrayJournal<Told>();
  const hash = createHash('sha256');
  for (const graph of graphs) hash.update(readBytes(graph));
  const told = { toolchain, level, contract: printContract(contract), cases, seed };
  hash.update(JSON.stringify({ ...told, refine, set, allowSuspect, assay: assayVersion() }));
  return scopedJournal(await fileJournal<Told>(journal), hash.digest('hex').slice(0, 16));
}
