/** What stands beside a golden's tensors: where they come from, and hashes to know damage by. */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { isRecord } from './json.ts';

/** What a recorded golden says of itself. */
export interface Manifest {
  readonly format: 'assay-golden-1';
  /** Name of the graph, for people. */
  readonly graph: string;
  /** Hash of the module's text as the recorder printed it. */
  readonly graphHash: string;
  readonly kind: string;
  readonly seed: number;
  /** Version of the reference that computed the results. */
  readonly referenceVersion: string;
  /** SHA-256 of the safetensors file, inputs and results. */
  readonly resultHash: string;
}

const strings = ['graph', 'graphHash', 'kind', 'referenceVersion', 'resultHash'] as const;

/** As JSON text. */
export function printManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Reads a manifest; anything else is an AssayError `golden/manifest` that names the file. */
export function parseManifest(text: string, file: string): Manifest {
  const bad = (why: string) =>
    fail('golden/manifest', `${file} is no manifest of a golden (${why}); record it again`, {
      file,
    });
  const value = parse(text, bad);
  if (!isRecord(value)) return bad('not an object');
  if (value.format !== 'assay-golden-1') return bad('format is not assay-golden-1');
  const wrong = strings.find((key) => typeof value[key] !== 'string');
  if (wrong) return bad(`${wrong} is not a string`);
  if (!Number.isSafeInteger(value.seed)) return bad('seed is not an integer');
  return value as unknown as Manifest;
}

function parse(text: string, bad: (why: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return bad('not JSON');
  }
}
