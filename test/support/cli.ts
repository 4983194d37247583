/** Runs command lines inside the test's own process and keeps what they print. */
import type { BisectCode, ExitCode } from '../../cli/exit-codes.ts';
import type { Io } from '../../cli/io.ts';
import { runCli } from '../../cli/program.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';

export interface CliResult {
  readonly exitCode: ExitCode | BisectCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command line does; `terminal` makes both streams look like one. */
export async function assay(
  argv: readonly string[],
  terminal = false,
  backends?: readonly Backend[],
): Promise<CliResult> {
  let [stdout, stderr] = ['', ''];
  const io: Io = {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    outIsTerminal: terminal,
    errIsTerminal: terminal,
  };
  const exitCode = await runCli(argv, io, backends);
  return { exitCode, stdout, stderr };
}
