/**
 * Where the reference corpora lie: $ASSAY_CORPORA, or ../shared/corpora beside the checkout.
 * Tests that need them skip when they are absent.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const candidates = [
  process.env.ASSAY_CORPORA,
  resolve(import.meta.dirname, '../../../shared/corpora'),
];

/** The corpora's folder, or undefined where there is none. */
export const corpora: string | undefined = candidates.find((c) => c !== undefined && existsSync(c));

/** A path below the corpora; only for tests that have checked `corpora`. */
export function corpus(...parts: string[]): string {
  return join(corpora ?? '', ...parts);
}
