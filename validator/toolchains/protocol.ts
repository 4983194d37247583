/**
 * What goes between a run and its child: a folder with the request, the graph and the inputs; lines
 * of JSON on descriptor 3; outputs as files in the same folder.
 */
import { join } from 'node:path';

/** The descriptor of the lines: not stdout, which a library may flood. */
export const eventDescriptor = 3;

/** What the child is to do. */
export interface Request {
  /** Folder below which the library is installed. */
  readonly home: string;
  /** Package that the library is imported as. */
  readonly library: string;
  /** Numbers of the cases to run. */
  readonly cases: readonly number[];
  /** Whether the optimised graph is to be saved. */
  readonly saveOptimized: boolean;
  /** What the driver passes on, in its own form. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * A line from the child: it is ready, began a case, has its outputs, was refused one (or all:
 * null), is done.
 */
export type Event =
  | { readonly event: 'ready' }
  | { readonly event: 'began' | 'gave'; readonly case: number }
  | { readonly event: 'refused'; readonly case: number | null; readonly reason: string }
  | { readonly event: 'done' };

/** Paths in the folder; k is the number of a case. */
export const files = {
  request: (folder: string) => join(folder, 'request.json'),
  graph: (folder: string) => join(folder, 'graph.onnx'),
  optimized: (folder: string) => join(folder, 'optimized.onnx'),
  inputs: (folder: string, k: number) => join(folder, `inputs-${k}.safetensors`),
  outputs: (folder: string, k: number) => join(folder, `outputs-${k}.safetensors`),
};
