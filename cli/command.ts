/** What the program hands to each command, and what a command hands back. */
import type { Command } from 'commander';
import type { Backend } from '../passes/pipeline/pipeline.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** What a command may use of the program around it. */
export interface Host {
  readonly io: Io;
  /** The arguments as given, for lines that replay a run. */
  readonly argv: readonly string[];
  /** The backends that may be named, where a test hands in others than there are. */
  readonly backends?: readonly Backend[];
  /** Every command, for what tells of them. */
  readonly commands: readonly CommandRow[];
  /** Says how the run ended; called once by the command's action. */
  finish(code: ExitCode): void;
}

/** Registers one command on the program. */
export type AddCommand = (program: Command, host: Host) => void;

/** A command as the help shows it. */
export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  /** Command lines that show the common uses, and what each is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  load(): Promise<AddCommand>;
}
