/** `assay check`: a result that any runtime computed, held against the budget of its model. */
import type { Command } from 'commander';
import { inputsFrom, outputFrom } from '../../golden/named-values.ts';
import { readTensorFiles } from '../../golden/store/tensor-files.ts';
import { type Contract, printContract, widens } from '../../graphs/ir/contract.ts';
import { shellFile } from '../../graphs/text/shell-word.ts';
import { admit } from '../../validator/limits/admit.ts';
import { formatCheck } from '../../validator/report/check-text.ts';
import { checkResult } from '../../validator/validation/check.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type Io, Progress } from '../io.ts';
import { attributed, loadModule, tellNotes } from '../load-module.ts';
import {
  type CommonOptions,
  type GateCommandOptions,
  gated,
  type LimitOptions,
  limitsOf,
  type PinOption,
  parseContract,
  type RefineOption,
  replayOptions,
  withCommon,
  withGate,
  withLimits,
  withPins,
  withRefine,
} from '../options.ts';

interface CheckCommandOptions
  extends CommonOptions,
    LimitOptions,
    RefineOption,
    PinOption,
    GateCommandOptions {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly contract: Contract;
}

const contractHelp =
  'what the runtime may do: exact, reassociates, widens (any order, any wider type), narrows(TYPE), ' +
  'approximates(RECALL), +reciprocal, +algebra';

/** Registers the command. */
export function addCheck(program: Command, host: Host): void {
  withGate(withPins(withRefine(withLimits(withCommon(program.command('check'))))))
    .argument('<model>', 'HLO text, StableHLO (.mlir), ONNX (.onnx) or a tfjs model.json')
    .requiredOption(
      '--inputs <files...>',
      'safetensors with arg0, arg1 … or the names of inputs; or .npy files in order, or NAME=FILE.npy',
    )
    .requiredOption(
      '--outputs <files...>',
      'what the runtime gave: safetensors with out0, out1 … or the names of outputs; or .npy files',
    )
    .option('--contract <contract>', contractHelp, parseContract, widens)
    .action(async (model: string, options: CheckCommandOptions) => {
      host.finish(await checkFiles(model, options, host.io));
    });
}

async function checkFiles(model: string, options: CheckCommandOptions, io: Io): Promise<ExitCode> {
  const loaded = await loadModule(model, options.refine, options.set);
  tellNotes([loaded], options, io);
  const { module, names } = loaded;
  const { contract } = options;
  const limits = limitsOf(options);
  attributed(
    () => loaded,
    () => admit(module, limits, { mode: 'verdict', cases: 1 }),
  );
  const [inFiles, outFiles] = [options.inputs, options.outputs].map((f) => f.join(' '));
  const inputs = inputsFrom(
    module,
    readTensorFiles(options.inputs, 'arg'),
    inFiles!,
    names?.inputs,
  );
  const given = readTensorFiles(options.outputs, 'out');
  const result = outputFrom(module, given, outFiles!, names?.outputs);
  const progress = new Progress(io, options.quiet === true);
  progress.update(`check ${outFiles} against ${model} under ${printContract(contract)}`);
  const report = attributed(
    () => loaded,
    () =>
      checkResult({
        ...{ modelName: model, resultName: outFiles!, module, result, contract, limits },
        case: { name: 'recorded', inputs, options: replayWords(options) },
      }),
  );
  progress.clear();
  if (options.json) printDocument(io, 'check', report);
  else if (!options.quiet || report.findings.length) {
    io.out(`${formatCheck(report, options)}\n`);
  }
  return gated(report, options, io);
}

/** The options that a replay line repeats. */
function replayWords(options: CheckCommandOptions): string {
  const files = (list: readonly string[]) => list.map(shellFile).join(' ');
  const { refine, set, maxIterations, maxElements, maxWork, maxMemory } = options;
  const rest = replayOptions({ refine, set, maxIterations, maxElements, maxWork, maxMemory });
  return `--inputs ${files(options.inputs)} --outputs ${files(options.outputs)} ${rest}`.trim();
}
