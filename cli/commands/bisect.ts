/** `assay bisect`: the version that broke a graph, and the optimisers in it that are to blame. */
import type { Command } from 'commander';
import { widens } from '../../graphs/ir/contract.ts';
import { formatOptimizers, formatVersions } from '../../validator/report/bisect-text.ts';
import { defaultRunLimits } from '../../validator/toolchains/toolchain.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
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
import { type AutoOptions, bisectAuto } from '../searches/bisect-auto.ts';
import { type BisectOptions, optimizersFound, versionsFound } from '../searches/bisect-runs.ts';

/** Registers the commands. */
export function addBisect(program: Command, host: Host): void {
  const group = program.command('bisect');
  amongVersions(common(group.command('versions')))
    .description('the first bad version of a toolchain, and the one that mended it')
    .argument('<graph...>', 'models that the toolchain reads (.onnx)')
    .option('--journal <file>', journalHelp)
    .action(async (graphs: string[], options: BisectOptions) => {
      host.finish(await versions(graphs, options, host.io));
    });
  common(group.command('optimizers'))
    .description('the sets of optimisers without which a version is right')
    .argument('<graph...>', 'models that the toolchain reads (.onnx)')
    .requiredOption('--toolchain <spec>', 'which one, e.g. onnxruntime-node@1.20.1')
    .option('--journal <file>', journalHelp)
    .action(async (graphs: string[], options: BisectOptions) => {
      host.finish(await optimizers(graphs, options, host.io));
    });
  amongVersions(common(group.command('auto')))
    .description('all of it: the versions, the optimisers, the smallest model, its test')
    .argument('<graph>', 'a model that the toolchain reads (.onnx)')
    .option('--out <folder>', 'where model, test and journals are written', 'found')
    .option('--most <n>', 'models that may be tried in reducing it', wholeNumber(1), 5000)
    .action(async (graph: string, options: AutoOptions) => {
      host.finish(await bisectAuto(graph, options, host.io));
    });
}

const journalHelp = 'keep what was told; with the file of a killed search it resumes';

function amongVersions(command: Command): Command {
  return command
    .requiredOption('--toolchain <name>', 'which one, e.g. onnxruntime-node')
    .option('--from <version>', 'the first version to look at')
    .option('--to <version>', 'the last version to look at')
    .option('--at <versions>', 'versions to ask first, comma-separated', names)
    .option('--scan <n>', 'ask so many versions between the ends first', wholeNumber(0))
    .option('--offline', 'only versions that lie in the cache');
}

function common(command: Command): Command {
  const { seconds, memory } = defaultRunLimits;
  return withPins(withRefine(withLimits(withSeed(withCases(withCommon(command))))))
    .option('--level <level>', 'level of optimisation, e.g. disabled, basic, extended, all')
    .option('--contract <contract>', 'what the toolchain may do', parseContract, widens)
    .option('--allow-suspect', 'bad is only what is beyond what rounding can do')
    .option('--seconds <n>', 'for loading, and for each case', wholeNumber(1), seconds)
    .option('--memory <size>', 'of the toolchain, e.g. 4GiB', byteSize, memory)
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option('--cache <dir>', 'where toolchains lie (default: $ASSAY_CACHE, or the user’s cache)');
}

async function versions(
  graphs: readonly string[],
  options: BisectOptions,
  io: Io,
): Promise<ExitCode> {
  const { toolchain: name } = options;
  const found = await versionsFound(graphs, options, io);
  if (options.json) printDocument(io, 'bisect-versions', { toolchain: name, ...found });
  else io.out(`${formatVersions(name, found)}\n`);
  return found.bisection.boundaries.length ? exitCodes.ok : exitCodes.finding;
}

async function optimizers(
  graphs: readonly string[],
  options: BisectOptions,
  io: Io,
): Promise<ExitCode> {
  const { toolchain: spec } = options;
  const found = await optimizersFound(graphs, options, io);
  if (options.json) printDocument(io, 'bisect-optimizers', { toolchain: spec, ...found });
  else io.out(`${formatOptimizers(spec, found)}\n`);
  return found.outcome === 'found' ? exitCodes.ok : exitCodes.finding;
}
