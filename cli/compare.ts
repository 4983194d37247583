/** `assay compare`: two modules over the same parameters, one verdict under a contract. */
import type { Command } from 'commander';
import { type CaseKind, defaultKinds } from '../golden/kinds.ts';
import { type Contract, printContract, reassociates } from '../graphs/ir/contract.ts';
import { formatCompare, toJson } from '../validator/report/text.ts';
import { compareModules } from '../validator/session/compare.ts';
import type { Host } from './command.ts';
import { type ExitCode, gateCode } from './exit-codes.ts';
import { sessionCases } from './inputs.ts';
import { type Io, Progress } from './io.ts';
import { attributed, loadModule, tellNotes } from './load-module.ts';
import {
  type CommonOptions,
  type LimitOptions,
  limitsOf,
  parseContract,
  type RefineOption,
  type SeedOption,
  withCases,
  withCommon,
  withLimits,
  withRefine,
  withSeed,
} from './options.ts';

interface CompareCommandOptions extends CommonOptions, SeedOption, LimitOptions, RefineOption {
  readonly contract: Contract;
  readonly cases: readonly CaseKind[];
  readonly inputs?: string;
  readonly allowSuspect?: true;
}

const contractHelp =
  'what the second module may do: exact, reassociates, widens, narrows(TYPE), approximates(RECALL); ' +
  '+reciprocal: also a·(1/b) for a/b; +algebra: equal over the real numbers only';

/** Registers the command. */
export function addCompare(program: Command, host: Host): void {
  withRefine(withLimits(withSeed(withCases(withCommon(program.command('compare')), defaultKinds))))
    .description('hold one module against another on the same inputs')
    .argument('<before>', 'the module that is right: HLO text, StableHLO, ONNX or tfjs')
    .argument('<after>', 'the module to be judged, likewise')
    .option('--contract <contract>', contractHelp, parseContract, reassociates)
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option('--allow-suspect', 'exit 1 only for results beyond what rounding can do')
    .action(async (before: string, after: string, options: CompareCommandOptions) => {
      host.finish(await compareFiles(before, after, options, host.io));
    });
}

async function compareFiles(
  beforeName: string,
  afterName: string,
  options: CompareCommandOptions,
  io: Io,
): Promise<ExitCode> {
  const before = await loadModule(beforeName, options.refine);
  const after = await loadModule(afterName, options.refine);
  tellNotes([before, after], options, io);
  const { contract } = options;
  const cases = sessionCases(before.module, options);
  const progress = new Progress(io, options.quiet === true);
  progress.update(`compare under ${printContract(contract)}: ${cases.length} cases`);
  const modules = { before: before.module, after: after.module };
  const report = attributed(
    () => before,
    () =>
      compareModules({
        ...{ beforeName, afterName, contract, cases },
        ...modules,
        limits: limitsOf(options),
      }),
  );
  progress.clear();
  if (options.json) io.out(`${toJson(report)}\n`);
  else if (!options.quiet || report.findings.length) io.out(`${formatCompare(report)}\n`);
  return gateCode(report, options.allowSuspect === true);
}
