/** Inputs of a module: recorded in a safetensors file, or generated from kinds and a seed. */
import { defaultCases, generateCase } from '../golden/cases.ts';
import { chosenKinds } from '../golden/kinds/chosen-kinds.ts';
import type { CaseKind } from '../golden/kinds/kinds.ts';
import { inputsFrom } from '../golden/named-values.ts';
import { readTensorFile } from '../golden/store/files.ts';
import type { Module } from '../graphs/ir/module.ts';
import type { Value } from '../graphs/ir/tensor.ts';
import { shellWord } from '../graphs/text/shell-word.ts';
import { type SessionCase, sessionCase } from '../validator/validation/case.ts';
import type { Refine } from './module-formats.ts';
import { type ReplayedOptions, replayOptions } from './options.ts';

/**
 * The tensors of a file as the parameters of a module: `arg0`, `arg1` …, parts of tuples `arg0.1`,
 * or the parameters' own names.
 */
export function recordedInputs(module: Module, file: string): readonly Value[] {
  return inputsFrom(module, new Map(readTensorFile(file).tensors), file);
}

/** Where the cases of a comparison come from, and what their replay lines repeat. */
export interface CaseSource extends ReplayedOptions {
  readonly inputs?: string;
  /** Chosen by what the modules hold where absent. */
  readonly cases?: readonly CaseKind[];
  readonly seed: number;
}

/** How many cases there will be: recorded, asked for, or chosen by what the modules hold. */
export function caseCount(
  { inputs, cases }: Pick<CaseSource, 'inputs' | 'cases'>,
  module: Module,
  other: Module = module,
): number {
  if (inputs !== undefined) return 1;
  return cases?.length ?? chosenKinds(module, [other]).reduce((n, kind) => n + kind.cases, 0);
}

/**
 * The cases that a module is to be run on: the recorded one, or one of each kind, drawn at the sizes
 * given for what the module only bounds.
 */
export function sessionCases(
  module: Module,
  source: CaseSource,
  sizes?: Refine,
  other: Module = module,
): SessionCase[] {
  const { inputs, cases, seed } = source;
  const rest = replayOptions(source);
  const replayed = (c: SessionCase) => (rest ? { ...c, options: `${c.options} ${rest}` } : c);
  if (inputs === undefined) {
    const options = { sizes, others: [other] };
    const golden = cases
      ? cases.map((kind) => generateCase(module, kind, seed, options))
      : defaultCases(module, seed, options);
    return golden.map((c) => replayed(sessionCase(c)));
  }
  const values = recordedInputs(module, inputs);
  const options = `--inputs ${shellWord(inputs)}`;
  return [replayed({ name: 'recorded', inputs: values, options })];
}
