/**
 * StableHLO text to HLO modules. The entry function becomes the entry computation, functions that
 * it calls become computations; check ops, which tests use, compute nothing and are left out.
 */
import { byName } from '../../ir/by-name.ts';
import { AssayError, fail, inFile } from '../../ir/diagnostic.ts';
import type { Instruction, Module } from '../../ir/module.ts';
import type { LoweringRows } from './lower/op-context.ts';
import { Program } from './lower/program.ts';
import { stablehloRows } from './lower/rows.ts';
import type { Func, MlirModule } from './parse/ast.ts';
import { parseMlir, splitParts } from './parse/parse-module.ts';

/** Where to start, and what the text leaves open. */
export interface ImportOptions {
  /** Named in errors. */
  readonly file?: string;
  /** The function to start with; else @main, else the only public function. */
  readonly entry?: string;
  /** Static shapes for arguments of the entry function, by name or as arg0, arg1 …. */
  readonly refine?: Readonly<Record<string, readonly number[]>>;
  /** More ops, or other meanings for ops. */
  readonly rows?: LoweringRows;
}

/** A module of one entry function, lowered. */
export interface Lowered {
  readonly module: Module;
  /** How many results the entry function has; more leaves of the root are observed values. */
  readonly results: number;
  /** Name of the op that computes each observed value. */
  readonly origins: readonly (string | undefined)[];
}

/**
 * Imports a text of one module.
 *
 * @throws AssayError with file, line and column; codes `stablehlo/unsupported-…` for what is valid
 *   and cannot be expressed here.
 */
export function importStablehlo(text: string, options: ImportOptions = {}): Module {
  const [part, second] = splitParts(text);
  if (second) {
    const message = 'the text holds several programs separated by "// -----"; import one of them';
    fail('stablehlo/several', message, options.file === undefined ? {} : { file: options.file });
  }
  try {
    const modules = parseMlir(text, options.file, part);
    return lowerModule(chooseModule(modules), options).module;
  } catch (error) {
    throw withSource(error, text, options.file);
  }
}

function chooseModule(modules: readonly MlirModule[]): MlirModule {
  const [first] = modules;
  const position = { line: 1, column: 1 };
  return first ?? fail('stablehlo/no-function', 'the text defines no function', { position });
}

/** Lowers a parsed module from its entry function on. */
export function lowerModule(source: MlirModule, options: ImportOptions = {}): Lowered {
  const entry = entryOf(source, options.entry);
  const program = new Program(source, byName({ ...stablehloRows, ...checkRows, ...options.rows }));
  const results = program.lowerEntry(
    program.functionOf(entry.name, entry.position),
    options.refine ?? {},
  );
  const module = program.builder.partial(program.entryName);
  return { module, results, origins: program.observedOrigins };
}

function entryOf(source: MlirModule, wanted: string | undefined): Func {
  const { functions, position } = source;
  const all = [...functions.values()];
  const names = all.map((f) => `@${f.name}`).join(', ');
  if (wanted !== undefined) {
    const found = functions.get(wanted.replace(/^@/, ''));
    return (
      found ?? fail('stablehlo/no-function', `there is no function @${wanted}; known: ${names}`)
    );
  }
  const visible = all.filter((f) => !f.isPrivate);
  const found = functions.get('main') ?? (visible.length === 1 ? visible[0] : undefined);
  if (found) return found;
  return fail('stablehlo/entry', `no function is called @main; choose one of ${names}`, {
    position,
  });
}

const nothing = (): readonly Instruction[] => [];

/** Assertions of test files. */
const checkRows: LoweringRows = Object.fromEntries(
  ['eq', 'eq_const', 'almost_eq', 'almost_eq_const', 'close', 'serialized_eq'].map((name) => [
    `check.expect_${name}`,
    nothing,
  ]),
);

/** The same error with its file and source line. */
export function withSource(error: unknown, text: string, file: string | undefined): unknown {
  if (!(error instanceof AssayError)) return error;
  const { diagnostic, blame } = error;
  const line = diagnostic.position?.line;
  if (line === undefined || diagnostic.sourceLine !== undefined) {
    return file === undefined ? error : inFile(error, file);
  }
  const sourceLine = text.split('\n', line)[line - 1] ?? '';
  return new AssayError({ ...(file !== undefined && { file }), ...diagnostic, sourceLine }, blame);
}
