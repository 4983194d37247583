/**
 * What becomes of an error: an exit code, a message for people on stderr, and with --json a document
 * on stdout. Bad input and bad usage are the user's (2); anything that is not an AssayError is a
 * fault of ours (3) and says how to see it again.
 */

import { CommanderError } from 'commander';
import { fileDiagnostic } from '../golden/store/files.ts';
import { AssayError, type Diagnostic, formatDiagnostic } from '../graphs/ir/diagnostic.ts';
import { shellWord } from '../graphs/text/shell-word.ts';
import { printDocument } from './documents.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { sourceStack } from './self/source-stack.ts';

/** The `error` part of a JSON document. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** What --json prints for an error: no file or place is null, so that the keys are always there. */
export function errorDocument({ code, message, file, position }: Diagnostic): ErrorDocument {
  const { line = null, column = null } = position ?? {};
  return { code, message, file: file ?? null, line, column };
}

/** Prints an error and gives the exit code. */
export function reportFailure(error: unknown, argv: readonly string[], io: Io): ExitCode {
  const { diagnostic, exitCode } = describe(error, argv);
  if (argv.includes('--json')) {
    printDocument(io, 'error', { error: errorDocument(diagnostic) });
  }
  io.err(`assay: ${formatDiagnostic(diagnostic)}\n`);
  if (diagnostic.code === 'internal' && error instanceof Error)
    io.err(`${sourceStack(error.stack ?? '')}\n`);
  return exitCode;
}

interface Failure {
  readonly diagnostic: Diagnostic;
  readonly exitCode: ExitCode;
}

/** The diagnostic and exit code of anything that was thrown. */
export function describe(error: unknown, argv: readonly string[]): Failure {
  if (error instanceof AssayError) {
    const exitCode = error.blame === 'input' ? exitCodes.input : exitCodes.fault;
    return { diagnostic: error.diagnostic, exitCode };
  }
  if (error instanceof CommanderError) {
    const message = usageMessage(error, argv);
    return { diagnostic: { code: 'usage', message }, exitCode: exitCodes.input };
  }
  if (isAboutFile(error)) {
    return { diagnostic: fileDiagnostic(error.path, error), exitCode: exitCodes.input };
  }
  const what = error instanceof Error ? error.message : String(error);
  const replay = ['assay', ...argv].map(shellWord).join(' ');
  const message = `internal fault: ${what}; please report it with the line that replays it: ${replay}`;
  return { diagnostic: { code: 'internal', message }, exitCode: exitCodes.fault };
}

/** Whether the system refused a file: bad input, wherever it was noticed. */
function isAboutFile(error: unknown): error is NodeJS.ErrnoException & { readonly path: string } {
  if (!(error instanceof Error)) return false;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && path !== undefined && syscall?.startsWith('spawn') === false;
}

function usageMessage(error: CommanderError, argv: readonly string[]): string {
  if (error.code === 'commander.help') return 'no command given; assay --help lists them';
  const what = error.message
    .replace(/^error: /, '')
    .replace(/\n/g, ' ')
    .replace(/[.\s]+$/, '');
  const command = argv[0] && /^[a-z]/.test(argv[0]) ? ` ${argv[0]}` : '';
  const help =
    error.code === 'commander.unknownCommand' ? 'assay --help' : `assay${command} --help`;
  return `${what}; ${help} shows what is allowed`;
}
