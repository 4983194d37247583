/** A module from a file, parsed and verified, and errors about it with the place in its text. */
import { AssayError, type Diagnostic, inFile } from '../graphs/ir/diagnostic.ts';
import type { Module } from '../graphs/ir/module.ts';
import { parseModule } from '../graphs/text/parser.ts';
import { verifyModule } from '../graphs/verify/verify.ts';
import { readText } from './read-text.ts';

export interface LoadedModule {
  readonly file: string;
  readonly module: Module;
  readonly text: string;
}

/**
 * Reads a module that is to be run.
 *
 * @throws AssayError with the file and the place: the first that parser or verifier finds.
 */
export function loadModule(file: string): LoadedModule {
  const text = readText(file);
  const module = parse(text, file);
  const [first] = verifyModule(module);
  if (first) throw new AssayError(located(first, file, text));
  return { file, module, text };
}

/** Runs something on a loaded module; an error about it gets the file and the source line. */
export function attributed<T>(loaded: () => LoadedModule, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof AssayError) || error.diagnostic.file !== undefined) throw error;
    const { file, text } = loaded();
    throw new AssayError(located(error.diagnostic, file, text), error.blame);
  }
}

/** The diagnostic with its file and the source line that it points into. */
export function located(diagnostic: Diagnostic, file: string, text: string): Diagnostic {
  const line = diagnostic.position?.line;
  const sourceLine = line === undefined ? undefined : lineOf(text, line);
  return { ...diagnostic, file, ...(sourceLine !== undefined && { sourceLine }) };
}

function parse(text: string, file: string): Module {
  try {
    return parseModule(text, { file });
  } catch (error) {
    throw inFile(error, file);
  }
}

function lineOf(text: string, line: number): string {
  let start = 0;
  for (let n = 1; n < line; n++) start = text.indexOf('\n', start) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}
