/**
 * `npm run bench`: speed as ratios, side by side in one run. No test reads it; machines differ, and
 * so does the load on them. Validation is timed against one run of the model by the reference.
 * `npm run bench -- FILE…` measures the validation of these models alone.
 */

import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { backends } from '../../passes/backends.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import { benchAgainstTfjs } from './against-tfjs.ts';
import { largeModule } from './large-module.ts';
import { benchMemory } from './memory.ts';
import { benchModels } from './models.ts';
import { benchNetworks, networks } from './networks.ts';
import { ms, ratio, row, time } from './timing.ts';
import { benchValidation } from './validation.ts';

function benchText(): void {
  row('text, 40,000 instructions', 'ours', 'JSON.parse', 'ratio');
  const text = printModule(largeModule(40_000));
  const json = JSON.stringify(text.split('\n').map((line) => line.split(' ')));
  const parsed = parseModule(text);
  const baseline = time(() => JSON.parse(json));
  const mb = text.length / 1e6;
  for (const [name, work] of [
    ['parse', () => parseModule(text)],
    ['print', () => printModule(parsed)],
    ['verify', () => verifyModule(parsed)],
    ['number', () => flowOf(parsed, new Numbering())],
  ] as const) {
    const t = time(work);
    row(
      `  ${name} (${((mb / t) * 1000).toFixed(1)} MB/s)`,
      ms(t),
      ms(baseline),
      ratio(t, baseline),
    );
  }
}

/** A pipeline over a module of the size of a large model, against parsing that module once. */
function benchPasses(): void {
  row('passes, 40,000 instructions', 'pipeline', 'parse', 'ratio', 'changing');
  const module = largeModule(40_000);
  const text = printModule(module);
  const parsing = time(() => parseModule(text), 3);
  for (const { name, pipeline } of backends) {
    const t = time(() => runPipeline(module, pipeline), 3);
    const { steps } = runPipeline(module, pipeline);
    const changing = `${steps.filter((s) => s.changed).length} of ${steps.length}`;
    row(`  ${name}`, ms(t), ms(parsing), ratio(t, parsing), changing);
  }
}

async function benchAll(): Promise<void> {
  benchText();
  benchPasses();
  benchValidation();
  await benchAgainstTfjs();
  await benchModels();
  await benchNetworks(networks());
  await benchMemory();
}

const files = process.argv.slice(2);
await (files.length ? benchNetworks(files) : benchAll());
