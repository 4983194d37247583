/** Inputs of a module: recorded in a safetensors file, or generated from kinds and a seed. */
import { defaultCases, generateCase } from '../golden/cases.ts';
import { chosenKinds } from '../golden/kinds/chosen-kinds.ts';
import type { CaseKind } from '../golden/kinds/kinds.ts';
import { readTensorFile } from '../golden/store/files.ts';
import { valuesFrom } from '../golden/values.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../graphs/ir/module.ts';
import { leafShapes, type Shape } from '../graphs/ir/shape.ts';
import { type Tensor, token, tupleValue, type Value } from '../graphs/ir/tensor.ts';
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

/** The same of tensors by name; a model's own names of its inputs, in order, count as well. */
export function inputsFrom(
  module: Module,
  tensors: Map<string, Tensor>,
  file: string,
  own: readonly string[] = [],
): readonly Value[] {
  const parameters = parametersOf(entryOf(module));
  for (const { name, attrs } of parameters) {
    const positional = `arg${attrs.index}`;
    const named = tensors.get(name) ?? tensors.get(own[attrs.index] ?? name);
    if (named && !tensors.has(positional)) tensors.set(positional, named);
  }
  const shapes = parameters.map((p) => p.shape);
  return valuesFrom(tensors, 'arg', shapes, file);
}

/**
 * Tensors as the result of a module: `out0`, `out1` … for its arrays, depth first, or a model's own
 * names of its outputs; a single tensor is the result of a module of one output, whatever its name.
 */
export function outputFrom(
  module: Module,
  tensors: Map<string, Tensor>,
  file: string,
  own: readonly string[] = [],
): Value {
  const { shape } = rootOf(entryOf(module));
  const leaves = leafShapes(shape);
  const only = leaves.length === 1 && tensors.size === 1 ? [...tensors.values()][0] : undefined;
  for (const n of leaves.keys()) {
    const named = tensors.get(own[n] ?? '') ?? only;
    if (named && !tensors.has(`out${n}`)) tensors.set(`out${n}`, named);
  }
  return assembled(shape, valuesFrom(tensors, 'out', leaves, file));
}

/** A value of a shape from its arrays, depth first. */
function assembled(shape: Shape, leaves: readonly Value[]): Value {
  const rest = [...leaves];
  const build = (s: Shape): Value => {
    if (s.kind === 'tuple') return tupleValue(s.elements.map(build));
    return s.kind === 'array' || s.kind === 'buffer' ? rest.shift()! : token;
  };
  return build(shape);
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
