/** Which Assay this is. */
import { readFileSync } from 'node:fs';

/** From package.json, which lies above cli/, dist/cli/ and dist/bin/. */
export function version(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    const manifest = readManifest(new URL(up, import.meta.url));
    if (manifest?.name === 'assay') return manifest.version;
  }
  return 'unknown';
}

function readManifest(url: URL): { name: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(url, 'utf8'));
  } catch {
    return undefined;
  }
}
