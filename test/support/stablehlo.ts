/** How StableHLO text that may be refused ends. */
import { expect } from 'vitest';
import { importStablehlo } from '../../graphs/importers/stablehlo/import.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';

/** The code of the error that an import ends with, or `accepted`; its place must lie in the text. */
export function importCode(text: string): string {
  try {
    importStablehlo(text);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    expectPlace(error, text);
    return error.diagnostic.code;
  }
  return 'accepted';
}

/** The place of an error is a line of the text. */
export function expectPlace({ diagnostic }: AssayError, text: string): void {
  expect(diagnostic.position?.line).toBeGreaterThanOrEqual(1);
  expect(diagnostic.position?.line).toBeLessThanOrEqual(text.split('\n').length);
}
