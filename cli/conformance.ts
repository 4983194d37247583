/** `assay conformance`: the reference held against an outside suite, scored per op and in total. */
import { type Command, InvalidArgumentError } from 'commander';
import { type Suite, suites } from '../validator/conformance/suites.ts';
import { formatConformance } from '../validator/conformance/text.ts';
import { toJson } from '../validator/report/text.ts';
import type { Host } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type Io, Progress } from './io.ts';
import { type CommonOptions, withCommon } from './options.ts';

/** Registers the command. */
export function addConformance(program: Command, host: Host): void {
  const known = Object.entries(suites).map(([name, suite]) => `${name} (${suite.description})`);
  withCommon(program.command('conformance'))
    .description('hold the reference against a suite that others wrote')
    .argument('<suite>', known.join(', '), suiteNamed)
    .argument('<dir>', 'folder of the suite; folders below it are read too')
    .action(async (suite: Suite, directory: string, options: CommonOptions) => {
      host.finish(await runSuite(suite, directory, options, host.io));
    });
}

async function runSuite(
  suite: Suite,
  directory: string,
  options: CommonOptions,
  io: Io,
): Promise<ExitCode> {
  const progress = new Progress(io, options.quiet === true);
  const report = await suite.run(directory, (file, done, total) => {
    progress.update(`${done + 1}/${total} ${file}`);
  });
  progress.clear();
  if (options.json) io.out(`${toJson(report)}\n`);
  else io.out(`${formatConformance(report, options.quiet === true)}\n`);
  return report.failed > 0 ? exitCodes.finding : exitCodes.ok;
}

function suiteNamed(name: string): Suite {
  if (Object.hasOwn(suites, name)) return suites[name]!;
  throw new InvalidArgumentError(`Known suites are ${Object.keys(suites).join(', ')}.`);
}
