/** Inputs of a module: recorded in a safetensors file, or generated from kinds and a seed. */
import { generateCase } from '../golden/cases.ts';
import { readTensorFile } from '../golden/files.ts';
import type { CaseKind } from '../golden/kinds.ts';
import { valuesFrom } from '../golden/values.ts';
import { entryOf, type Module, parametersOf } from '../graphs/ir/module.ts';
import type { Tensor, Value } from '../graphs/ir/tensor.ts';
import { type SessionCase, sessionCase } from '../validator/session/case.ts';
import { shellWord } from '../validator/session/shell-word.ts';
import type { Refine } from './module-formats.ts';

/**
 * The tensors of a file as the parameters of a module: `arg0`, `arg1` …, parts of tuples `arg0.1`,
 * or the parameters' own names.
 */
export function recordedInputs(module: Module, file: string): readonly Value[] {
  const tensors = new Map<string, Tensor>(readTensorFile(file).tensors);
  const parameters = parametersOf(entryOf(module));
  for (const { name, attrs } of parameters) {
    const [positional, named] = [`arg${attrs.index}`, tensors.get(name)];
    if (named && !tensors.has(positional)) tensors.set(positional, named);
  }
  const shapes = parameters.map((p) => p.shape);
  return valuesFrom(tensors, 'arg', shapes, file);
}

/** Where the cases of a comparison come from. */
export interface CaseSource {
  readonly inputs?: string;
  readonly cases: readonly CaseKind[];
  readonly seed: number;
}

/**
 * The cases that a module is to be run on: the recorded one, or one of each kind, drawn at the sizes
 * given for what the module only bounds.
 */
export function sessionCases(
  module: Module,
  { inputs, cases, seed }: CaseSource,
  sizes?: Refine,
): SessionCase[] {
  if (inputs === undefined) {
    return cases.map((kind) => sessionCase(generateCase(module, kind, seed, sizes)));
  }
  const values = recordedInputs(module, inputs);
  return [{ name: 'recorded', inputs: values, options: `--inputs ${shellWord(inputs)}` }];
}
