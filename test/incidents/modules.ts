/** The modules of the incidents: HLO text that stands beside the tests, by folder and name. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Module } from '../../graphs/ir/module.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { assertVerified } from '../../graphs/verify/verify.ts';

/** Path of a module's text, for command lines. */
export function incidentFile(folder: string, name: string): string {
  return resolve(import.meta.dirname, folder, `${name}.hlo`);
}

/** The module of a text, verified. */
export function incidentModule(folder: string, name: string): Module {
  const file = incidentFile(folder, name);
  const module = parseModule(readFileSync(file, 'utf8'), { file });
  assertVerified(module);
  return module;
}
