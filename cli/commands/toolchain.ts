/** `assay toolchain`: compilers under test, side by side by exact version in a cache folder. */
import type { Command } from 'commander';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { cacheFolder, installedVersions } from '../../validator/toolchains/cache.ts';
import { isPrerelease, parseSpec } from '../../validator/toolchains/spec.ts';
import type { Toolchain } from '../../validator/toolchains/toolchain.ts';
import {
  addToolchain as addOne,
  listToolchains,
  removeToolchain,
  toolchainKind,
  toolchainKinds,
} from '../../validator/toolchains/toolchains.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Io, Progress } from '../io.ts';
import { type CommonOptions, withCommon } from '../options.ts';

interface CacheCommandOptions extends CommonOptions {
  readonly cache?: string;
}

interface VersionsOptions extends CacheCommandOptions {
  readonly all?: true;
}

const specHelp = 'toolchains by exact version, e.g. onnxruntime-node@1.20.1';

/** Registers the command. */
export function addToolchain(program: Command, host: Host): void {
  const group = program
    .command('toolchain')
    .addHelpText('after', `\nToolchains: ${Object.keys(toolchainKinds).join(', ')}`);
  const { io } = host;
  withCache(withCommon(group.command('add')))
    .description('install versions into the cache; what is there needs no network')
    .argument('<spec...>', specHelp)
    .action(async (specs: string[], options: CacheCommandOptions) => {
      host.finish(await addAll(specs, options, io));
    });
  withCache(withCommon(group.command('list')))
    .description('what the cache holds')
    .action((options: CacheCommandOptions) => host.finish(list(options, io)));
  withCache(withCommon(group.command('remove')))
    .description('take versions out of the cache')
    .argument('<spec...>', specHelp)
    .action((specs: string[], options: CacheCommandOptions) => {
      host.finish(removeAll(specs, options, io));
    });
  withCache(withCommon(group.command('versions')))
    .description('the versions that the registry has')
    .argument('<name>', `one of ${Object.keys(toolchainKinds).join(', ')}`)
    .option('--all', 'pre-releases, too')
    .action(async (name: string, options: VersionsOptions) => {
      host.finish(await versions(name, options, io));
    });
}

function withCache(command: Command): Command {
  const help = 'the cache folder (default: $ASSAY_CACHE, or assay in the user’s cache folder)';
  return command.option('--cache <dir>', help);
}

/** A wrong name among several is told before anything is installed. */
async function addAll(
  specs: readonly string[],
  options: CacheCommandOptions,
  io: Io,
): Promise<ExitCode> {
  for (const spec of specs) toolchainKind(parseSpec(spec).name);
  const progress = new Progress(io, options.quiet === true);
  const rows: (ToolchainRow & { readonly installed: boolean })[] = [];
  for (const spec of specs) {
    progress.update(`adding ${spec}`);
    try {
      const { toolchain, installed } = await addOne(spec, options);
      rows.push({ ...rowOf(toolchain), installed });
    } finally {
      progress.clear();
    }
    const row = rows.at(-1)!;
    if (!options.json) printRow(row, row.installed ? 'added' : 'is there', options, io);
  }
  if (options.json)
    printDocument(io, 'toolchain', { cache: cacheFolder(options.cache), toolchains: rows });
  return rows.some((row) => row.unavailable !== null) ? exitCodes.fault : exitCodes.ok;
}

function list(options: CacheCommandOptions, io: Io): ExitCode {
  const cache = cacheFolder(options.cache);
  const rows = listToolchains(options).map(rowOf);
  if (options.json) printDocument(io, 'toolchain', { cache, toolchains: rows });
  else if (rows.length) for (const row of rows) printRow(row, '', options, io);
  else if (!options.quiet) {
    io.out(`nothing in ${cache}; assay toolchain add NAME@VERSION installs\n`);
  }
  return exitCodes.ok;
}

function removeAll(specs: readonly string[], options: CacheCommandOptions, io: Io): ExitCode {
  for (const spec of specs) {
    if (!removeToolchain(spec, options)) {
      const message = `${spec} is not in the cache ${cacheFolder(options.cache)}; assay toolchain list shows what is`;
      fail('toolchain/missing', message);
    }
    if (!options.json && !options.quiet) io.out(`${spec} removed\n`);
  }
  if (options.json)
    printDocument(io, 'toolchain-remove', { cache: cacheFolder(options.cache), removed: specs });
  return exitCodes.ok;
}

async function versions(name: string, options: VersionsOptions, io: Io): Promise<ExitCode> {
  const published = await toolchainKind(name).versions();
  const there = new Set(installedVersions(cacheFolder(options.cache), name));
  const rows = published
    .filter((version) => options.all || !isPrerelease(version))
    .map((version) => ({ version, installed: there.has(version) }));
  if (options.json) printDocument(io, 'toolchain-versions', { toolchain: name, versions: rows });
  else for (const row of rows) io.out(`${row.version}${row.installed ? '  in the cache' : ''}\n`);
  return exitCodes.ok;
}

/** A toolchain in the JSON document. */
export interface ToolchainRow {
  readonly toolchain: string;
  readonly name: string;
  readonly version: string;
  /** Why it cannot run here, or null. */
  readonly unavailable: string | null;
  /** Whether it was installed just now; of `add` only. */
  readonly installed?: boolean;
  readonly capabilities: Toolchain['capabilities'];
}

function rowOf({ spec, name, version, unavailable, capabilities }: Toolchain): ToolchainRow {
  return { toolchain: spec, name, version, unavailable: unavailable ?? null, capabilities };
}

function printRow(row: ToolchainRow, done: string, { quiet }: CommonOptions, io: Io): void {
  if (quiet && row.unavailable === null) return;
  io.out(`${`${row.toolchain}  ${done}`.trimEnd()}\n`);
  if (row.unavailable !== null) io.out(`  unavailable: ${row.unavailable}\n`);
  if (!quiet) for (const note of row.capabilities.notes) io.out(`  note: ${note}\n`);
}
