/** `assay run`: one module on recorded or generated inputs, by the reference or exactly. */

import { type Command, Option } from 'commander';
import { generateCase } from '../../golden/cases.ts';
import { writeTensorFile } from '../../golden/store/files.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { type ElementType, isComplex } from '../../graphs/ir/element-type.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { type Tensor, tensor, type Value } from '../../graphs/ir/tensor.ts';
import { type ExactTensor, exactLeaves } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { admit } from '../../validator/limits/admit.ts';
import { runReference } from '../../validator/reference/run.ts';
import type { Host } from '../command.ts';
import {
  type DeviceOptions,
  devicesOf,
  isSimulated,
  runOnDevices,
  withDevices,
} from '../devices.ts';
import { printDocument } from '../documents.ts';
import { exitCodes } from '../exit-codes.ts';
import { recordedInputs } from '../inputs.ts';
import { type Io, Progress } from '../io.ts';
import { attributed, loadModule, tellNotes } from '../load-module.ts';
import {
  type CommonOptions,
  type LimitOptions,
  limitsOf,
  type PinOption,
  type RefineOption,
  type SeedOption,
  withCommon,
  withLimits,
  withPins,
  withRefine,
  withSeed,
} from '../options.ts';
import { type JsonNumber, jsonValues, namedOutputs, tensorLine } from '../tensor-text.ts';

interface RunCommandOptions
  extends CommonOptions,
    SeedOption,
    LimitOptions,
    RefineOption,
    PinOption,
    DeviceOptions {
  readonly inputs?: string;
  readonly mode: 'reference' | 'exact';
  readonly out?: string;
}

/** Registers the command. */
export function addRun(program: Command, host: Host): void {
  const mode = new Option('--mode <mode>', 'as written, or exact values with error radii')
    .choices(['reference', 'exact'])
    .default('reference');
  withDevices(withPins(withRefine(withLimits(withSeed(withCommon(program.command('run')))))))
    .argument('<file>', 'HLO text, StableHLO (.mlir), ONNX (.onnx) or a tfjs model.json')
    .option('--inputs <file>', 'safetensors with arg0, arg1 … or parameter names; else generated')
    .addOption(mode)
    .option(
      '--out <file>',
      'write the results as out0, out1 … to a safetensors file, with --mode exact radii as out0.worst …',
    )
    .action(async (file: string, options: RunCommandOptions) => {
      await runFile(file, options, host.io);
      host.finish(exitCodes.ok);
    });
}

async function runFile(file: string, options: RunCommandOptions, io: Io): Promise<void> {
  const progress = new Progress(io, options.quiet === true);
  progress.update(`${file}: reading`);
  const loaded = await loadModule(file, options.refine, options.set).finally(() =>
    progress.clear(),
  );
  tellNotes([loaded], options, io);
  const instructions = loaded.module.computations.reduce((n, c) => n + c.instructions.length, 0);
  progress.update(`${file}: running ${instructions} instructions, ${modes[options.mode]}`);
  const outputs = cleared(progress, () =>
    bounded(() =>
      attributed(
        () => loaded,
        () => execute(loaded.module, options),
      ),
    ),
  );
  if (options.out !== undefined) writeTensorFile(options.out, new Map(outputs.flatMap(written)));
  if (options.json)
    printDocument(io, 'run', { outputs: outputs.map((o) => document(o, options.out)) });
  else if (!options.quiet) io.out(outputs.map((o) => `${tensorLine(o, o.radii)}\n`).join(''));
}

const modes = { reference: 'by the reference', exact: 'exactly' } as const;

/** An output as the tensors of a file: its values, and where it has radii these under its name. */
function written({ name, tensor: values, radii }: Output): [string, Tensor][] {
  if (!radii) return [[name, values]];
  const { dims, type } = values.shape;
  const parts = isComplex(type) ? [...dims, 2] : dims;
  const radius = (numbers: Float64Array | undefined) =>
    tensor(
      { kind: 'array', type: 'f64', dims: parts },
      numbers ?? new Float64Array(values.data.length),
    );
  const marks = radii.undecided ?? new Uint8Array(elementsOf(dims));
  return [
    [name, values],
    [`${name}.worst`, radius(radii.bound)],
    [`${name}.likely`, radius(radii.deviation)],
    [`${name}.undecided`, tensor({ kind: 'array', type: 'pred', dims }, marks)],
  ];
}

/** Takes the progress line away when something ends, well or not. */
function cleared<T>(progress: Progress, action: () => T): T {
  try {
    return action();
  } finally {
    progress.clear();
  }
}

/** A loop that was stopped is told with the option that lets it run on. */
function bounded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof AssayError) || error.diagnostic.code !== 'run/no-termination') {
      throw error;
    }
    if (error.message.includes('--max-work')) throw error;
    const message = `${error.message}; if it does end, raise --max-iterations`;
    throw new AssayError({ ...error.diagnostic, message }, error.blame);
  }
}

/** Recorded inputs, the same for every device, or inputs of its own from the next seed. */
function inputsOf(
  module: Module,
  { inputs, seed }: RunCommandOptions,
  device = 0,
): readonly Value[] {
  if (inputs === undefined) return generateCase(module, 'typical', seed + device).inputs;
  return recordedInputs(module, inputs);
}

interface Output {
  readonly name: string;
  readonly tensor: Tensor;
  /** In exact mode, where not all zero. */
  readonly radii?: Pick<ExactTensor, 'bound' | 'deviation' | 'undecided'>;
}

function execute(module: Module, options: RunCommandOptions): readonly Output[] {
  const limits = limitsOf(options);
  const devices = options.replicas || options.partitions ? devicesOf(module, options) : 1;
  admit(module, limits, { mode: options.mode, cases: devices });
  if (isSimulated(options, options.mode)) {
    return runOnDevices(module, (device) => inputsOf(module, options, device), options, limits);
  }
  const inputs = inputsOf(module, options);
  if (options.mode === 'reference') return namedOutputs(runReference(module, inputs, { limits }));
  const { value } = runExact(module, inputs.map(fromPlainValue), { limits });
  return exactLeaves(value).map((leaf, n) => {
    const { bound, deviation, undecided } = leaf;
    const radii = { ...(bound && { bound }), ...(deviation && { deviation }) };
    return {
      name: `out${n}`,
      tensor: plainTensor(leaf),
      radii: { ...radii, ...(undecided && { undecided }) },
    };
  });
}

/** Exact values of a float type need not be values of the type: they are shown and kept as f64. */
function plainTensor({ shape, data }: ExactTensor): Tensor {
  const wide = data instanceof Float64Array;
  const type = wide ? (data.length === elementsOf(shape.dims) ? 'f64' : 'c128') : shape.type;
  return tensor({ kind: 'array', type, dims: shape.dims }, data);
}

function elementsOf(dims: readonly number[]): number {
  return dims.reduce((n, d) => n * d, 1);
}

/** A result in the JSON document: its values, or the file that they were written to. */
export interface OutputDocument {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly values?: readonly (JsonNumber | readonly JsonNumber[])[];
  readonly file?: string;
  /** In exact mode, where not all zero; a part is null where it is zero throughout. */
  readonly radii?: {
    readonly worst: readonly number[] | null;
    readonly likely: readonly number[] | null;
    readonly undecided: readonly number[] | null;
  };
}

function document({ name, tensor: t, radii }: Output, file: string | undefined): OutputDocument {
  const { type, dims } = t.shape;
  const content = file === undefined ? { values: jsonValues(t) } : { file };
  if (!radii) return { name, type, dims, ...content };
  const list = (numbers?: ArrayLike<number>) => (numbers ? Array.from(numbers) : null);
  const { bound, deviation, undecided } = radii;
  const shown = { worst: list(bound), likely: list(deviation), undecided: list(undecided) };
  return { name, type, dims, ...content, radii: shown };
}
