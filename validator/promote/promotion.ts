/** A finding as a unit test: what the test file says, and the files that lie beside it. */
import type { Tensor } from '../../graphs/ir/tensor.ts';

/** Where the result comes from that is held against its budget. */
export type Subject =
  | { readonly kind: 'backend'; readonly backend: string }
  | { readonly kind: 'programs'; readonly programs: readonly Program[] }
  | { readonly kind: 'module'; readonly text: string; readonly contract: string }
  | ToolchainSubject;

/** A program of `--through`. */
export interface Program {
  readonly command: string;
  readonly contract: string;
}

/** A toolchain by exact version, and the model as it takes it. */
export interface ToolchainSubject {
  readonly kind: 'toolchain';
  readonly spec: string;
  readonly contract: string;
  readonly level?: string;
  readonly disabled?: readonly string[];
  readonly model: Uint8Array;
  /** The model's own names, in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What becomes a test. */
export interface Promotion {
  /** Name of the test's files; letters, digits and hyphens. */
  readonly slug: string;
  readonly title: string;
  /** What was found, as a comment: one line each. */
  readonly found: readonly string[];
  /** HLO text of the module that the result should be of. */
  readonly graph: string;
  /** By parameter number; tuples are given as their arrays, depth first. */
  readonly inputs: readonly Tensor[];
  readonly subject: Subject;
}

/** A slug of any text. */
export function slugOf(...parts: readonly string[]): string {
  const text = parts
    .join('-')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-');
  return (
    text
      .replace(/^-+|-+$/g, '')
      .slice(0, 80)
      .toLowerCase() || 'finding'
  );
}
