/** `assay conformance`: the reference held against an outside suite, scored per op and in total. */
import { type Command, InvalidArgumentError } from 'commander';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { type Suite, type SuiteOptions, suites } from '../../validator/conformance/suites.ts';
import { formatConformance } from '../../validator/conformance/text.ts';
import type { Host } from '../command.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Io, Progress } from '../io.ts';
import { type CommonOptions, wholeNumber, withCommon } from '../options.ts';

interface ConformanceOptions extends CommonOptions, SuiteOptions {}

/** Registers the command. */
export function addConformance(program: Command, host: Host): void {
  const known = Object.entries(suites).map(([name, suite]) => `${name} (${suite.description})`);
  withCommon(program.command('conformance'))
    .argument('<suite>', known.join(', '), suiteNamed)
    .argument('<dir>', 'folder of the suite; folders below it are read too')
    .option('--seed <n>', 'hlo: seed of generated inputs (default: 1)', wholeNumber(0))
    .option('--max-elements <n>', 'hlo: elements of one value of a module that is run', atLeastOne)
    .option('--max-work <n>', 'hlo: elements visited and multiply-adds, estimated', atLeastOne)
    .option('--max-iterations <n>', 'hlo: rounds of a loop of unknown length', atLeastOne)
    .action(async (suite: Suite, directory: string, options: ConformanceOptions) => {
      host.finish(await runSuite(suite, directory, options, host.io));
    });
}

async function runSuite(
  suite: Suite,
  directory: string,
  options: ConformanceOptions,
  io: Io,
): Promise<ExitCode> {
  const { json, quiet, ...own } = options;
  const [given] = Object.keys(own);
  if (given !== undefined && !suite.generates) {
    const flag = `--${given.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    fail('usage', `${flag} has no meaning for a suite that brings its own inputs`);
  }
  const progress = new Progress(io, quiet === true);
  const report = await suite.run(
    directory,
    (file, done, total) => {
      progress.update(`${done + 1}/${total} ${file}`);
    },
    own,
  );
  progress.clear();
  if (json) printDocument(io, 'conformance', report);
  else io.out(`${formatConformance(report, quiet === true)}\n`);
  if (report.failed > 0) return exitCodes.finding;
  return report.invalid > 0 ? exitCodes.input : exitCodes.ok;
}

const atLeastOne = wholeNumber(1);

function suiteNamed(name: string): Suite {
  if (Object.hasOwn(suites, name)) return suites[name]!;
  throw new InvalidArgumentError(`Known suites are ${Object.keys(suites).join(', ')}.`);
}
