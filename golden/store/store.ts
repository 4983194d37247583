/**
 * Goldens in a folder: NAME.safetensors holds inputs (arg0 …) and results (out0 …),
 * NAME.golden.json says where they come from. The manifest is written last: without it there is no
 * golden, whatever was interrupted.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError, type Diagnostic, fail } from '../../graphs/ir/diagnostic.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import { nameTensors } from '../values.ts';
import { readBytes, writeAtomic } from './files.ts';
import { type Manifest, parseManifest, printManifest } from './manifest.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/** What a recorder knows of a case. */
export interface GoldenRecord extends Origin {
  readonly graph: string;
  readonly kind: string;
  readonly seed: number;
  readonly inputs: readonly Value[];
  readonly results: readonly Value[];
}

/** What makes a golden stale when it changes. */
export interface Origin {
  readonly graphHash: string;
  readonly referenceVersion: string;
}

/** A recorded golden as read. */
export interface Golden {
  readonly manifest: Manifest;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Whether a recorded golden can be used. */
export type GoldenStatus =
  | { readonly state: 'good'; readonly name: string }
  | { readonly state: 'stale' | 'damaged'; readonly name: string; readonly diagnostic: Diagnostic };

const manifestSuffix = '.golden.json';

/** Writes a golden; returns its manifest. */
export function recordGolden(folder: string, name: string, record: GoldenRecord): Manifest {
  const tensors = new Map([
    ...nameTensors('arg', record.inputs),
    ...nameTensors('out', record.results),
  ]);
  const bytes = writeSafetensors(tensors);
  const { graph, graphHash, kind, seed, referenceVersion } = record;
  const manifest: Manifest = {
    format: 'assay-golden-1',
    graph,
    graphHash,
    kind,
    seed,
    referenceVersion,
    resultHash: sha256(bytes),
  };
  writeAtomic(tensorPath(folder, name), bytes);
  writeAtomic(manifestPath(folder, name), printManifest(manifest));
  return manifest;
}

/** Reads a golden; a damaged one is an AssayError `golden/damaged` that names the file. */
export function readGolden(folder: string, name: string): Golden {
  const file = manifestPath(folder, name);
  const manifest = parseManifest(new TextDecoder().decode(readBytes(file)), file);
  const data = tensorPath(folder, name);
  const bytes = readBytes(data);
  if (sha256(bytes) !== manifest.resultHash) {
    fail('golden/damaged', `${data} is not what ${file} was recorded with; record it again`, {
      file: data,
    });
  }
  return { manifest, tensors: readSafetensors(bytes, data).tensors };
}

/** Whether a golden can be used against this graph and reference. */
export function verifyGolden(folder: string, name: string, now: Origin): GoldenStatus {
  try {
    const { manifest } = readGolden(folder, name);
    const changed = (['graphHash', 'referenceVersion'] as const).find(
      (key) => manifest[key] !== now[key],
    );
    if (!changed) return { state: 'good', name };
    const file = manifestPath(folder, name);
    const message = `${file} is stale: ${changed} was ${manifest[changed]}, is ${now[changed]}; record it again`;
    return { state: 'stale', name, diagnostic: { code: 'golden/stale', message, file } };
  } catch (e) {
    if (!(e instanceof AssayError)) throw e;
    return { state: 'damaged', name, diagnostic: e.diagnostic };
  }
}

/** Names of the goldens of a folder, sorted; none where there is no folder. */
export function listGoldens(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((f) => f.endsWith(manifestSuffix))
      .map((f) => f.slice(0, -manifestSuffix.length))
      .sort();
  } catch {
    return [];
  }
}

function manifestPath(folder: string, name: string): string {
  return join(folder, `${name}${manifestSuffix}`);
}

function tensorPath(folder: string, name: string): string {
  return join(folder, `${name}.safetensors`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
