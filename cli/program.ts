/** The program: its commands, and how any run of it ends in one exit code. */
import { Command, CommanderError } from 'commander';
import type { Backend } from '../passes/pipeline/pipeline.ts';
import type { CommandRow, Host } from './command.ts';
import { type BisectCode, bisectCode, type ExitCode, exitCodes } from './exit-codes.ts';
import { type Io, visibleIo } from './io.ts';
import { commandTable } from './self/command-table.ts';
import { version } from './self/version.ts';

const exitCodeHelp = `
Exit codes:
  0  everything lies within its derived tolerance
  1  a finding: a result is suspect, or beyond what rounding can do
  2  bad input or usage
  3  a toolchain is missing, or an internal fault`;

/**
 * Runs a command line (without node and script); never throws, never exits.
 *
 * @param backends those that may be named; all that there are where absent
 */
export async function runCli(
  argv: readonly string[],
  streams: Io,
  backends?: readonly Backend[],
): Promise<ExitCode | BisectCode> {
  const io = visibleIo(streams);
  const code = (own: ExitCode, isUsage = false) =>
    argv.includes('--git-bisect') ? bisectCode(own, isUsage) : own;
  let exitCode: ExitCode = exitCodes.ok;
  const finish = (code: ExitCode) => {
    exitCode = code;
  };
  try {
    const host = { io, argv, ...(backends && { backends }), commands: commandTable, finish };
    const program = await buildProgram(host);
    await program.parseAsync(argv, { from: 'user' });
    return code(exitCode);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const { reportFailure } = await import('./failure.ts');
    return code(reportFailure(error, argv, io), error instanceof CommanderError);
  }
}

async function buildProgram(host: Host): Promise<Command> {
  const { io } = host;
  const program = new Command('assay')
    .description('Validates compilers of ML models: names the pass that changed the result.')
    .version(version(), '-V, --version')
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: () => {}, outputError: () => {} });
  for (const row of host.commands) await addRow(program, row, host);
  return program;
}

/** Registers a command: whole where the command line may mean it, else by its name for the help. */
async function addRow(program: Command, row: CommandRow, host: Host): Promise<void> {
  const { name, summary, examples, load } = row;
  if (host.argv.includes(name)) (await load())(program, host);
  else program.command(name);
  const command = program.commands.find((c) => c.name() === name)!;
  const lines = examples.map(([line, purpose]) => `  $ ${line}\n      ${purpose}`);
  command.description(summary).addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
