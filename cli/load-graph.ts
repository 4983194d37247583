/** A graph by the name that a user gives: a model of the zoo, or a file. */
import { existsSync } from 'node:fs';
import { stdinName } from '../golden/store/module-bytes.ts';
import { pinInputs } from '../graphs/ir/pin.ts';
import { printModule } from '../graphs/text/printer.ts';
import { zoo, zooModel } from '../graphs/zoo/zoo.ts';
import { type LoadedModule, loadModule } from './load-module.ts';
import type { PinOption, RefineOption } from './options.ts';

/** Reads a graph; throws an AssayError as `loadModule` does. */
export async function loadGraph(
  graph: string,
  { refine, set }: RefineOption & PinOption,
): Promise<LoadedModule> {
  const inZoo = zoo.some((m) => m.name === graph);
  if (!inZoo && (graph === stdinName || /[./\\]/.test(graph) || existsSync(graph)))
    return loadModule(graph, refine, set);
  const module = pinInputs(zooModel(graph).build(), set);
  return { file: graph, module, text: printModule(module) };
}
