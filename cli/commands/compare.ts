/** `assay compare`: two modules over the same parameters, one verdict under a contract. */

import type { Command } from 'commander';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { type Contract, printContract, reassociates } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { simulationOf } from '../../validator/devices/simulation.ts';
import { admit } from '../../validator/limits/admit.ts';
import { formatDistribution } from '../../validator/report/distribution-text.ts';
import { formatCompare } from '../../validator/report/text.ts';
import { type CompareReport, compareModules } from '../../validator/validation/compare.ts';
import {
  compareDistributions,
  type DistributionReport,
} from '../../validator/validation/compare-distributions.ts';
import { moreSevere } from '../../validator/verdict/verdict.ts';
import type { Host } from '../command.ts';
import { casesOnDevices, type DeviceOptions, gridAsked, withDevices } from '../devices.ts';
import { printDocument } from '../documents.ts';
import type { ExitCode } from '../exit-codes.ts';
import { caseCount } from '../inputs.ts';
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
  type SeedOption,
  threshold,
  wholeNumber,
  withCases,
  withCommon,
  withGate,
  withLimits,
  withPins,
  withRefine,
  withSeed,
} from '../options.ts';

interface CompareCommandOptions
  extends CommonOptions,
    SeedOption,
    LimitOptions,
    RefineOption,
    PinOption,
    DeviceOptions,
    GateCommandOptions {
  readonly contract: Contract;
  readonly cases?: readonly CaseKind[];
  readonly inputs?: string;
  readonly distribution?: number;
  readonly rare?: number;
}

const contractHelp =
  'what the second module may do: exact, reassociates, widens, narrows(TYPE), approximates(RECALL); ' +
  '+reciprocal: also a·(1/b) for a/b; +algebra: equal over the real numbers only';

/** Registers the command. */
export function addCompare(program: Command, host: Host): void {
  const command = withCases(withCommon(program.command('compare')));
  withDevices(withGate(withPins(withRefine(withLimits(withSeed(command))))))
    .argument('<before>', 'the module that is right: HLO text, StableHLO, ONNX or tfjs')
    .argument('<after>', 'the module to be judged, likewise')
    .option('--contract <contract>', contractHelp, parseContract, reassociates)
    .option('--inputs <file>', 'safetensors with arg0, arg1 …, instead of generated cases')
    .option(
      '--distribution <output>',
      'judge an output (0, 1 …) as probabilities along its last axis, too: mass that moved',
      wholeNumber(0),
    )
    .option('--rare <p>', 'exact probability below which a token is rare', threshold(0, 1))
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
  const before = await loadModule(beforeName, options.refine, options.set);
  const after = await loadModule(afterName, options.refine, options.set);
  tellNotes([before, after], options, io);
  const { contract } = options;
  const both = [before.module, after.module] as const;
  const simulation = simulationOf(both, gridAsked(options), 2);
  const count = caseCount(options, before.module, after.module);
  for (const side of [before, after]) {
    attributed(
      () => side,
      () => {
        const run = simulation?.of(side.module) ?? side.module;
        admit(run, limitsOf(options), { mode: 'verdict', cases: count });
      },
    );
  }
  const cases = attributed(
    () => before,
    () => casesOnDevices(simulation, both, options),
  );
  const progress = new Progress(io, options.quiet === true);
  progress.update(`compare under ${printContract(contract)}: ${cases.length} cases`);
  const [b, a] = both.map((m) => simulation?.of(m) ?? m) as [Module, Module];
  const modules = { before: b, after: a };
  const job = {
    ...{ beforeName, afterName, contract, cases },
    ...modules,
    limits: limitsOf(options),
  };
  const compared = attributed(
    () => before,
    () => compareModules(job),
  );
  const { distribution: output, rare } = options;
  const distribution =
    output === undefined
      ? undefined
      : attributed(
          () => before,
          () => compareDistributions(job, { output, ...(rare !== undefined && { rare }) }),
        );
  const report = distribution ? withDistribution(compared, distribution) : compared;
  progress.clear();
  if (options.json) printDocument(io, 'compare', report);
  else if (!options.quiet || report.findings.length) {
    io.out(`${formatCompare(compared, options)}\n`);
  }
  if (distribution && !options.json && (!options.quiet || distribution.findings.length)) {
    io.out(`\n${formatDistribution(distribution)}\n`);
  }
  return gated(report, options, io);
}

/** The report with what the distribution showed: one verdict, one list of findings. */
function withDistribution(report: CompareReport, distribution: DistributionReport) {
  return {
    ...report,
    distribution,
    verdict: moreSevere(report.verdict, distribution.verdict),
    findings: [...report.findings, ...distribution.findings],
  };
}
