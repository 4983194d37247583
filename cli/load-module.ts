/**
 * A module from a file of any format, read and verified, and errors about it with the place in its
 * text.
 */
import { AssayError, type Diagnostic, inFile } from '../graphs/ir/diagnostic.ts';
import type { Module } from '../graphs/ir/module.ts';
import { type Pins, pinInputs } from '../graphs/ir/pin.ts';
import { verifyMovedTypes } from '../graphs/verify/moved-types.ts';
import { verifyModule } from '../graphs/verify/verify.ts';
import type { Io } from './io.ts';
import { formatOf, type ReadModule, type Refine } from './module-formats.ts';

/** A module that passed the verifier, with what its file said beside it. */
export interface LoadedModule {
  readonly file: string;
  readonly module: Module;
  /** What positions point into; empty where the format has no text. */
  readonly text: string;
  /** What was assumed in reading it. */
  readonly notes?: readonly string[];
  /** Sizes of inputs, by the name of the parameter, where the module has bounds for them. */
  readonly inputSizes?: Refine;
  /** The model's own names of its inputs and outputs, in order, where it has such. */
  readonly names?: ReadModule['names'];
}

/**
 * Reads a module that is to be run.
 *
 * @throws AssayError with the file and the place: the first that parser, importer or verifier finds.
 */
export async function loadModule(
  file: string,
  refine: Refine = {},
  pins: Pins = {},
): Promise<LoadedModule> {
  const format = formatOf(file);
  const read = await format.read(file, refine, pins);
  const { text } = read;
  const module = format.pins ? read.module : pinnedIn(file, read.module, pins);
  const [first] = [...verifyModule(module), ...verifyMovedTypes(module)];
  if (first) throw new AssayError(located(first, file, text));
  return { file, ...read, module };
}

function pinnedIn(file: string, module: Module, pins: Pins): Module {
  try {
    return pinInputs(module, pins);
  } catch (error) {
    throw inFile(error, file);
  }
}

/** Tells what was assumed in reading modules; not part of the report. */
export function tellNotes(
  loaded: readonly LoadedModule[],
  { quiet }: { readonly quiet?: true },
  io: Io,
): void {
  if (quiet) return;
  for (const { file, notes = [] } of loaded) {
    for (const note of notes) io.err(`${file}: ${note}\n`);
  }
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

function lineOf(text: string, line: number): string {
  let start = 0;
  for (let n = 1; n < line; n++) start = text.indexOf('\n', start) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}
