/**
 * The child's side of a run: reads the request, has the driver compile the graph, runs the cases and
 * tells what happened. It goes when its parent goes, even from inside of native code.
 */
import { readFileSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { readTensorFile, writeTensorFile } from '../../../golden/store/files.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { type Event, eventDescriptor, files, type Request } from '../protocol.ts';

type Tensors = ReadonlyMap<string, Tensor>;

/** Compiles the graph of a folder; what it gives runs one case. */
export type Driver = (
  folder: string,
  request: Request,
) => Promise<(inputs: Tensors) => Promise<Tensors>>;

/** Serves the request of the folder that the command line names. */
export async function serve(driver: Driver): Promise<void> {
  const folder = process.argv[2]!;
  await watchParent();
  const request = JSON.parse(readFileSync(files.request(folder), 'utf8')) as Request;
  try {
    const run = await driver(folder, request);
    tell({ event: 'ready' });
    for (const k of request.cases) await runCase(folder, k, run);
    tell({ event: 'done' });
  } catch (error) {
    tell({ event: 'refused', case: null, reason: reasonOf(error) });
  }
}

async function runCase(folder: string, k: number, run: (inputs: Tensors) => Promise<Tensors>) {
  tell({ event: 'began', case: k });
  try {
    const outputs = await run(readTensorFile(files.inputs(folder, k)).tensors);
    writeTensorFile(files.outputs(folder, k), outputs);
    tell({ event: 'gave', case: k });
  } catch (error) {
    tell({ event: 'refused', case: k, reason: reasonOf(error) });
  }
}

function tell(event: Event): void {
  writeSync(eventDescriptor, `${JSON.stringify(event)}\n`);
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2000);
}

/** As source, which no thread can load here, it is watched by the main thread, between its calls. */
async function watchParent(): Promise<void> {
  if (extname(fileURLToPath(import.meta.url)) === '.ts') await import('./watch-parent.ts');
  else new Worker(new URL('./watch-parent.js', import.meta.url)).unref();
}
