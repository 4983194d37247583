/** `assay dump`: XLA's own per-pass dump, every state judged against the one before it. */
import { type Command, InvalidArgumentError } from 'commander';
import { isCaseKind } from '../../golden/kinds/kinds.ts';
import type { DumpCaseKind } from '../../validator/dump/cases.ts';
import type { DumpReport } from '../../validator/dump/report.ts';
import { validateDump } from '../../validator/dump/validate-dump.ts';
import { formatDump, formatDumpModuleLine } from '../../validator/report/dump-text.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Io, Progress } from '../io.ts';
import {
  type CommonOptions,
  type GateCommandOptions,
  gated,
  type LimitOptions,
  limitsOf,
  names,
  parseKinds,
  type SeedOption,
  withCommon,
  withGate,
  withLimits,
  withSeed,
} from '../options.ts';

interface DumpCommandOptions extends CommonOptions, SeedOption, LimitOptions, GateCommandOptions {
  readonly module?: RegExp;
  readonly inputs?: string;
  readonly cases?: readonly DumpCaseKind[];
}

const casesHelp = 'comma-separated: "recorded" (inputs.safetensors beside the dump) and kinds';

/** Registers the command. */
export function addDump(program: Command, host: Host): void {
  withGate(withLimits(withSeed(withCommon(program.command('dump')))))
    .argument('<dir>', 'folder of the dump; folders below it are read too')
    .option('--module <regexp>', 'only modules whose name matches', regularExpression)
    .option('--inputs <file>', 'safetensors with arg0, arg1 … to use as the recorded inputs')
    .option('--cases <kinds>', casesHelp, dumpKinds)
    .action((directory: string, options: DumpCommandOptions) => {
      host.finish(judgeDump(directory, options, host.io));
    });
}

function judgeDump(directory: string, options: DumpCommandOptions, io: Io): ExitCode {
  const { json, quiet, ...rest } = options;
  const progress = new Progress(io, quiet === true);
  const report = validateDump(directory, {
    ...rest,
    limits: limitsOf(options),
    onProgress: (module, file) => progress.update(`${module}: ${file}`),
    onModule: (module) => {
      progress.clear();
      if (!json && !quiet) io.out(`${formatDumpModuleLine(module)}\n`);
    },
  });
  const exitCode = exitCodeOf(report, gated(report, options, io));
  if (json) printDocument(io, 'dump', report);
  else if (!quiet || exitCode !== exitCodes.ok) io.out(`\n${formatDump(report, options)}\n`);
  return exitCode;
}

/** A finding outweighs a state that could not be read. */
function exitCodeOf({ errors }: DumpReport, gate: ExitCode): ExitCode {
  return gate === exitCodes.ok && errors.length ? exitCodes.input : gate;
}

function dumpKinds(text: string): readonly DumpCaseKind[] {
  if (text === 'all') return ['recorded', ...parseKinds('all')];
  return names(text).map((name) => {
    if (name === 'recorded' || isCaseKind(name)) return name;
    return parseKinds(name)[0]!;
  });
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}
