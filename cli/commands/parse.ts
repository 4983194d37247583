/** `assay parse`: syntax, verification and round trip of many files, each on its own. */

import type { Command } from 'commander';
import { type Diagnostic, formatDiagnostic, inFile } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { diffModules } from '../../graphs/text/equal.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { splitModules } from '../../graphs/text/split-modules.ts';
import { visibleLine } from '../../graphs/text/visible.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { hloFiles } from '../../validator/conformance/hlo/hlo-files.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { describe, type ErrorDocument, errorDocument } from '../failure.ts';
import { Progress } from '../io.ts';
import { located } from '../load-module.ts';
import { formatOf } from '../module-formats.ts';
import { type CommonOptions, type RefineOption, withCommon, withRefine } from '../options.ts';
import { readText } from '../read-text.ts';

interface ParseCommandOptions extends CommonOptions, RefineOption {
  readonly roundtrip?: true;
}

/** One file of the JSON document. */
export interface FileResult {
  readonly file: string;
  readonly ok: boolean;
  readonly instructions: number;
  readonly error: ErrorDocument | null;
}

/** Registers the command. */
export function addParse(program: Command, host: Host): void {
  withRefine(withCommon(program.command('parse')))
    .argument(
      '<file...>',
      'files (several HLO modules separated by // ----- lines, or one); of a directory its HLO files',
    )
    .option('--roundtrip', 'also print each module, parse that, and compare')
    .action(async (paths: string[], options: ParseCommandOptions) => {
      host.finish(await parseFiles(hloFiles(paths), options, host));
    });
}

async function parseFiles(
  files: readonly string[],
  options: ParseCommandOptions,
  { io, argv }: Host,
): Promise<ExitCode> {
  const progress = new Progress(io, options.quiet === true);
  let exitCode: ExitCode = exitCodes.ok;
  const results: FileResult[] = [];
  for (const [n, file] of files.entries()) {
    progress.update(`parse ${n + 1}/${files.length} ${file}`);
    const checked = await checkFile(file, options, argv);
    progress.clear();
    exitCode = Math.max(exitCode, checked.exitCode) as ExitCode;
    if (checked.findings.length) io.err(`${checked.findings.map(formatDiagnostic).join('\n')}\n`);
    if (!options.json && !options.quiet && checked.ok) {
      io.out(`ok  ${visibleLine(file)}  ${checked.instructions} instructions\n`);
    }
    const [first] = checked.findings;
    const { ok, instructions } = checked;
    results.push({ file, ok, instructions, error: first ? errorDocument(first) : null });
  }
  const passed = results.filter((r) => r.ok).length;
  const failed = results.length - passed;
  if (options.json) printDocument(io, 'parse', { files: results, passed, failed });
  else if (results.length > 1) io.out(`${passed} files passed, ${failed} failed\n`);
  return exitCode;
}

interface Checked {
  readonly ok: boolean;
  readonly instructions: number;
  /** All that is wrong; at most `maxFindings`. */
  readonly findings: readonly Diagnostic[];
  readonly exitCode: ExitCode;
}

/** More findings of one file tell no one anything. */
const maxFindings = 10;

async function checkFile(
  file: string,
  options: ParseCommandOptions,
  argv: readonly string[],
): Promise<Checked> {
  try {
    const format = formatOf(file);
    if (format.name !== 'hlo') {
      const { module, text } = await format.read(file, options.refine);
      return checkModule(module, file, text, options);
    }
    const modules = splitModules(readText(file)).map((text) =>
      checkText(text, file, options, argv),
    );
    const findings = modules.flatMap((m) => m.findings).slice(0, maxFindings);
    const instructions = modules.reduce((n, m) => n + m.instructions, 0);
    const exitCode = Math.max(...modules.map((m) => m.exitCode)) as ExitCode;
    return { ok: modules.every((m) => m.ok), instructions, findings, exitCode };
  } catch (error) {
    return unreadable(error, file, argv);
  }
}

/** One module, whose text has the line numbers of its file. */
function checkText(
  text: string,
  file: string,
  options: ParseCommandOptions,
  argv: readonly string[],
): Checked {
  try {
    return checkModule(parseModule(text, { file }), file, text, options);
  } catch (error) {
    return unreadable(error, file, argv);
  }
}

function checkModule(
  module: Module,
  file: string,
  text: string,
  { roundtrip }: ParseCommandOptions,
): Checked {
  const instructions = module.computations.reduce((n, c) => n + c.instructions.length, 0);
  const findings = verifyModule(module).map((d) => located(d, file, text));
  if (!findings.length && roundtrip) findings.push(...roundTrip(module, file));
  const ok = findings.length === 0;
  return { ok, instructions, findings, exitCode: ok ? exitCodes.ok : exitCodes.input };
}

function unreadable(error: unknown, file: string, argv: readonly string[]): Checked {
  const { diagnostic, exitCode } = describe(inFile(error, file), argv);
  return { ok: false, instructions: 0, findings: [{ file, ...diagnostic }], exitCode };
}

function roundTrip(module: Module, file: string): readonly Diagnostic[] {
  const printed = printModule(module);
  const difference = diffModules(module, parseModule(printed, { file: `${file} (printed)` }));
  if (difference === undefined) return [];
  const message = `the printed module differs from what was read: ${difference}`;
  return [{ code: 'parse/roundtrip', message, file }];
}
