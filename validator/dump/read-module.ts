/**
 * A module's states, read: parsed, and printed and parsed again to prove that nothing of them was
 * lost. A state that cannot be read is an error with its place, and the others go on without it.
 */
import { join } from 'node:path';
import { AssayError, type Diagnostic, inFile } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { diffModules } from '../../graphs/text/equal.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import type { Stage } from './file-names.ts';
import { readText } from './read.ts';
import type { DumpedModule } from './states.ts';

/** One state of a module that was read. */
export interface State {
  readonly file: string;
  readonly stage: Stage;
  readonly module: Module;
  /** Stages of states between the one before and this that could not be read. */
  readonly unread: readonly Stage[];
}

/** States in XLA's order, and what could not be read. */
export interface ReadStates {
  readonly states: readonly State[];
  readonly errors: readonly Diagnostic[];
}

/** Reads every state; files that are equal to the one before share its module. */
export function readStates(
  dumped: DumpedModule,
  admit: (module: Module) => void = () => {},
): ReadStates {
  const states: State[] = [];
  const errors: Diagnostic[] = [];
  let unread: Stage[] = [];
  let last = { text: '', module: undefined as Module | undefined };
  for (const { file, stage } of dumped.states) {
    const path = join(dumped.folder.path, file);
    try {
      const text = readText(path);
      const module =
        text === last.text && last.module ? last.module : readAdmitted(text, path, admit);
      last = { text, module };
      states.push({ file: path, stage, module, unread });
      unread = [];
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      errors.push({ file: path, ...error.diagnostic });
      unread.push(stage);
    }
  }
  return { states, errors };
}

function readAdmitted(text: string, file: string, admit: (module: Module) => void): Module {
  const module = readModule(text, file);
  try {
    admit(module);
  } catch (error) {
    throw inFile(error, file);
  }
  return module;
}

function readModule(text: string, file: string): Module {
  const module = parseModule(text, { file });
  const again = parseModule(printModule(module), { file: `${file} (printed again)` });
  const difference = diffModules(module, again);
  if (difference === undefined) return module;
  const message = `printing and parsing it again gives another module: ${difference}`;
  throw new AssayError({ code: 'dump/round-trip', message, file }, 'internal');
}
