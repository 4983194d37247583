/** The program: its commands, and how any run of it ends in one exit code. */
import { Command } from 'commander';
import { backends as allBackends } from '../passes/backends.ts';
import type { Backend } from '../passes/pipeline/pipeline.ts';
import type { AddCommand, Host } from './command.ts';
import { addBisect } from './commands/bisect.ts';
import { addCheck } from './commands/check.ts';
import { addCompare } from './commands/compare.ts';
import { addConformance } from './commands/conformance.ts';
import { addConvert } from './commands/convert.ts';
import { addDump } from './commands/dump.ts';
import { addGate } from './commands/gate.ts';
import { addGolden } from './commands/golden.ts';
import { addParse } from './commands/parse.ts';
import { addPromote } from './commands/promote.ts';
import { addReduce } from './commands/reduce.ts';
import { addRun } from './commands/run.ts';
import { addToolchain } from './commands/toolchain.ts';
import { addValidate } from './commands/validate.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { type Io, visibleIo } from './io.ts';
import { version } from './version.ts';

const commands: readonly AddCommand[] = [
  addValidate,
  addCompare,
  addCheck,
  addBisect,
  addDump,
  addConformance,
  addGolden,
  addGate,
  addParse,
  addRun,
  addReduce,
  addPromote,
  addConvert,
  addToolchain,
];

const exitCodeHelp = `
Exit codes:
  0  everything lies within its derived tolerance
  1  a finding: a result is suspect, or beyond what rounding can do
  2  bad input or usage
  3  a toolchain is missing, or an internal fault`;

/** Runs a command line (without node and script); never throws, never exits. */
export async function runCli(
  argv: readonly string[],
  streams: Io,
  backends: readonly Backend[] = allBackends,
): Promise<ExitCode> {
  const io = visibleIo(streams);
  let exitCode: ExitCode = exitCodes.ok;
  const finish = (code: ExitCode) => {
    exitCode = code;
  };
  try {
    await buildProgram({ io, argv, backends, finish }).parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error, argv, io);
  }
}

function buildProgram(host: Host): Command {
  const { io } = host;
  const program = new Command('assay')
    .description('Validates compilers of ML models: names the pass that changed the result.')
    .version(version(), '-V, --version')
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: () => {}, outputError: () => {} });
  for (const add of commands) add(program, host);
  return program;
}
