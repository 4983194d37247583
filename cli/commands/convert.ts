/** `assay convert`: a module from any format that is read into one that is written. */

import { existsSync, realpathSync } from 'node:fs';
import type { Command } from 'commander';
import { writeAtomic } from '../../golden/store/files.ts';
import { printDot } from '../../graphs/exporters/dot.ts';
import { printJson } from '../../graphs/exporters/json.ts';
import { byName } from '../../graphs/ir/by-name.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { printModule } from '../../graphs/text/printer.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { loadModule, tellNotes } from '../load-module.ts';
import {
  type CommonOptions,
  type PinOption,
  type RefineOption,
  withCommon,
  withPins,
  withRefine,
} from '../options.ts';

interface ConvertOptions extends CommonOptions, RefineOption, PinOption {}

/** What is written, by the extension that asks for it. */
const writers: Readonly<Record<string, (module: Module) => string>> = byName({
  '.hlo': printModule,
  '.txt': printModule,
  '.dot': printDot,
  '.gv': printDot,
  '.json': printJson,
});

/** Registers the command. */
export function addConvert(program: Command, host: Host): void {
  const written = Object.keys(writers).join(', ');
  withPins(withRefine(withCommon(program.command('convert'))))
    .argument('<in>', 'HLO text, StableHLO (.mlir), ONNX (.onnx) or a tfjs model.json')
    .argument('<out>', `what to write, by its extension: ${written} (HLO, Graphviz, JSON)`)
    .action(async (input: string, output: string, options: ConvertOptions) => {
      await convert(input, output, options, host.io);
      host.finish(exitCodes.ok);
    });
}

async function convert(
  input: string,
  output: string,
  options: ConvertOptions,
  io: Io,
): Promise<void> {
  const write = writerOf(output);
  if (existsSync(output) && existsSync(input) && realpathSync(output) === realpathSync(input)) {
    fail('convert/same-file', 'input and output are one file; name another to write', {
      file: output,
    });
  }
  const loaded = await loadModule(input, options.refine, options.set);
  tellNotes([loaded], options, io);
  writeAtomic(output, write(loaded.module));
  const instructions = loaded.module.computations.reduce((n, c) => n + c.instructions.length, 0);
  if (options.json) printDocument(io, 'convert', { in: input, out: output, instructions });
  else if (!options.quiet) io.out(`ok  ${output}  ${instructions} instructions\n`);
}

function writerOf(output: string): (module: Module) => string {
  const extension = /\.[a-z]+$/i.exec(output)?.[0].toLowerCase() ?? '';
  if (Object.hasOwn(writers, extension)) return writers[extension]!;
  const known = Object.keys(writers).join(', ');
  const what = extension ? `"${extension}" is not written` : 'the extension says what to write';
  return fail('convert/format', `${what}; known are ${known}`, { file: output });
}
