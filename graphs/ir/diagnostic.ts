/**
 * Diagnostics: what is wrong, where, and what to do about it. Everything below cli/ reports bad
 * input as an AssayError that carries one; cli prints it and chooses the exit code.
 */

import { visibleLine } from '../text/visible.ts';

/** A place in a text; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What an error is about: the part of its code before the slash. `assay explain` knows each. */
export type CodeFamily =
  | 'attr'
  | 'bisect'
  | 'compare'
  | 'convert'
  | 'dump'
  | 'file'
  | 'filter'
  | 'format'
  | 'gate'
  | 'golden'
  | 'input'
  | 'journal'
  | 'lowering'
  | 'npy'
  | 'onnx'
  | 'package'
  | 'parse'
  | 'pass'
  | 'promote'
  | 'reduce'
  | 'routing'
  | 'run'
  | 'safetensors'
  | 'shape'
  | 'stablehlo'
  | 'tfjs'
  | 'toolchain'
  | 'validate'
  | 'verify'
  | 'zoo';

/** The code of an error: stable, kebab-case behind its family. */
export type ErrorCode = `${CodeFamily}/${string}` | 'usage' | 'internal';

/** What is wrong, where, and what to do about it: all that a user is told of an error. */
export interface Diagnostic {
  /** `parse/expected`, `verify/pad_c3`, `run/unsupported` … */
  readonly code: ErrorCode;
  /** One sentence: what was found, what was expected, and the remedy where there is one. */
  readonly message: string;
  readonly file?: string;
  readonly position?: Position;
  /** The source line that `position` points into. */
  readonly sourceLine?: string;
}

/** Bad input (`input`), a missing tool (`toolchain`), or a fault of Assay's own (`internal`). */
export type Blame = 'input' | 'toolchain' | 'internal';

/** An error that a user can do something about; anything else that is thrown is a fault of Assay. */
export class AssayError extends Error {
  readonly diagnostic: Diagnostic;
  readonly blame: Blame;

  constructor(diagnostic: Diagnostic, blame: Blame = 'input') {
    super(diagnostic.message);
    this.name = 'AssayError';
    this.diagnostic = diagnostic;
    this.blame = blame;
  }
}

/** Throws an AssayError for bad input. */
export function fail(code: ErrorCode, message: string, rest: Partial<Diagnostic> = {}): never {
  throw new AssayError({ code, message, ...rest });
}

/** The same diagnostic with the file named, unless it has one. */
export function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof AssayError) || error.diagnostic.file) return error;
  return new AssayError({ ...error.diagnostic, file }, error.blame);
}

/** file:line:column: message, the source line and a caret under the place; nothing in it is obeyed. */
export function formatDiagnostic(d: Diagnostic): string {
  const place = [d.file, d.position?.line, d.position?.column].filter((p) => p !== undefined);
  const where = place.length ? `${place.join(':')}: ` : '';
  const head = visibleLine(`${where}${d.message} [${d.code}]`);
  if (d.sourceLine === undefined || !d.position) return head;
  const start = Math.max(0, d.position.column - 60);
  const shown = visibleLine(d.sourceLine.slice(start, start + 100));
  const before = visibleLine(d.sourceLine.slice(start, d.position.column - 1));
  return `${head}\n    ${shown}\n    ${' '.repeat(before.length)}^`;
}
