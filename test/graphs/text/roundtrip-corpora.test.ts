/**
 * Every text of the corpora parses and round-trips, or ends in one positioned error. What is
 * rejected is told in each folder's count: texts that are invalid on purpose, C++ test templates
 * with placeholders, and files of several modules (XLA's own parser rejects the same ones).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AssayError, formatDiagnostic } from '../../../graphs/ir/diagnostic.ts';
import { diffModules } from '../../../graphs/text/equal.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { corpora, corpus } from '../../support/corpora.ts';

function texts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && /\.(hlo|txt)$/.test(f.name) && f.name !== 'versions.txt')
    .map((f) => join(f.parentPath, f.name));
}

/** undefined for a round trip, else the positioned error; any other failure throws. */
function roundTrip(file: string): string | undefined {
  let module: ReturnType<typeof parseModule>;
  try {
    module = parseModule(readFileSync(file, 'utf8'), { file });
  } catch (error) {
    if (!(error instanceof AssayError) || !error.diagnostic.position) throw error;
    return formatDiagnostic(error.diagnostic);
  }
  const printed = printModule(module);
  const again = parseModule(printed);
  const difference = diffModules(module, again);
  if (difference) throw new Error(`${file}: ${difference}`);
  if (printModule(again) !== printed) throw new Error(`${file}: printing is no fixpoint`);
  return undefined;
}

const minute = 60_000;

describe.skipIf(!corpora)(
  'corpora (skipped where $ASSAY_CORPORA and ../shared/corpora are absent)',
  () => {
    test('XLA:CPU dumps: every state', { timeout: 5 * minute }, () => {
      const failures = texts(corpus('xla-dumps', 'cpu')).map(roundTrip).filter(Boolean);
      expect(failures).toEqual([]);
    });

    test.each([
      ['jax', 0],
      ['pairs', 0],
      ['files', 32],
      ['modules', 121],
    ])('hlo/%s: %i rejected', { timeout: 5 * minute }, (folder, rejected) => {
      const failures = texts(corpus('hlo', folder)).map(roundTrip).filter(Boolean);
      expect(failures.length, failures.join('\n')).toBe(rejected);
    });
  },
);
