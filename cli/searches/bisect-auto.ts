/**
 * `assay bisect auto`: who broke it, from the versions of a toolchain to the test that will say when it is
 * mended. Each step keeps a journal in the output folder, so that a killed run goes on where it was.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { shellFile } from '../../graphs/text/shell-word.ts';
import type { AutoFound } from '../../validator/bisect/auto.ts';
import { dissectable, goodBeside } from '../../validator/bisect/auto.ts';
import type { OptimizersFound } from '../../validator/bisect/optimizers.ts';
import { formatAuto } from '../../validator/report/bisect-text.ts';
import { openToolchain } from '../../validator/toolchains/toolchains.ts';
import { writeTests } from '../commands/promote.ts';
import { printDocument } from '../documents.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import {
  type BisectOptions,
  cacheOf,
  gateOn,
  optimizersFound,
  versionsFound,
} from './bisect-runs.ts';
import { reducedOnToolchain } from './reduce-toolchain.ts';

/** What the command line says. */
export interface AutoOptions extends Omit<BisectOptions, 'journal'> {
  readonly out: string;
  readonly most: number;
}

/** Runs all steps, and tells what came of them on one page. */
export async function bisectAuto(graph: string, options: AutoOptions, io: Io): Promise<ExitCode> {
  mkdirSync(options.out, { recursive: true });
  const found = await autoFound(graph, options, io);
  if (options.json) printDocument(io, 'bisect-auto', found);
  else io.out(`${formatAuto(found)}\n`);
  return found.blamed === undefined ? exitCodes.finding : exitCodes.ok;
}

async function autoFound(graph: string, options: AutoOptions, io: Io): Promise<AutoFound> {
  const { toolchain: name, out } = options;
  const journal = (step: string) => join(out, `${step}.jsonl`);
  const versions = await versionsFound([graph], { ...options, journal: journal('versions') }, io);
  const open = (version: string) => openToolchain(`${name}@${version}`, cacheOf(options));
  const version = dissectable(versions, (v) => open(v).capabilities.disablesOptimizers);
  const told = { graph, toolchain: name, versions };
  if (version === undefined) return told;
  const blamed = `${name}@${version}`;
  const own = { ...options, toolchain: blamed };
  let optimizers: OptimizersFound | undefined;
  if (open(version).capabilities.disablesOptimizers) {
    optimizers = await optimizersFound([graph], { ...own, journal: journal('optimizers') }, io);
  }
  const { found, reduced, shown, files } = await reducedOnToolchain(
    graph,
    { ...own, contract: [options.contract] },
    io,
  );
  const [test = ''] = (await writeTests([shown], { refine: {}, set: {}, out })).filter((file) =>
    file.endsWith('.test.ts'),
  );
  const smallest = { ...options, inputs: files.inputs, refine: {}, set: {} };
  const on = gateOn([files.graph], smallest, io);
  const silent: string[] = [];
  for (const good of goodBeside(versions, version)) {
    const spec = `${name}@${good}`;
    if ((await on(spec)).outcome === 'passed') silent.push(spec);
  }
  return {
    ...told,
    blamed,
    ...(optimizers && { optimizers }),
    smallest: {
      ...{ graph: files.graph, outcome: reduced.outcome, questions: reduced.questions },
      ...{ before: found.kind.sizeOf(found.specimen), after: reduced.size, finding: shown, silent },
    },
    test,
    replay: `npx vitest run ${shellFile(test)}`,
  };
}
