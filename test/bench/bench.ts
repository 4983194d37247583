/**
 * `npm run bench`: speed as ratios, side by side in one run. No test reads it; machines differ, and
 * so does the load on them. Validation is timed against one run of the model by the reference.
 */

import { generateCase } from '../../golden/cases.ts';
import { flowOf } from '../../graphs/flow/flow.ts';
import { Numbering } from '../../graphs/flow/numbering.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import { runPipeline } from '../../passes/runner.ts';
import { recordedClaims } from '../../validator/cut/claims.ts';
import { checkTransition } from '../../validator/cut/transition.ts';
import { CaseValues } from '../../validator/cut/values.ts';
import { liftValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { benchAgainstTfjs } from './against-tfjs.ts';
import { largeModule } from './large-module.ts';
import { benchMemory } from './memory.ts';
import { benchModels } from './models.ts';
import { ms, ratio, row, time } from './timing.ts';

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

function benchValidation(): void {
  for (const backend of backends) {
    row(`validation on ${backend.name}`, 'passes', 'all passes', 'one run', 'ratio', 'exact / run');
    const sums = { checked: 0, run: 0 };
    for (const model of zoo) {
      const module = model.build();
      const { inputs } = generateCase(module, 'typical', 1);
      const run = time(() => runReference(module, inputs));
      const exact = time(() => runExact(module, inputs.map(liftValue)));
      const { steps } = runPipeline(module, backend.pipeline);
      const checked = time(() => {
        const numbering = new Numbering();
        const values = [new CaseValues(numbering, inputs)];
        let before = flowOf(module, numbering);
        values[0]!.get(before.root);
        for (const { after: result, changed, replacements, contract } of steps) {
          if (!changed) continue;
          const after = flowOf(result, numbering);
          const claims = recordedClaims(before, after, replacements, numbering);
          checkTransition({ before, after, contract, claims }, values, numbering);
          before = after;
        }
      });
      sums.checked += checked;
      sums.run += run;
      const columns = [ms(checked), ms(run), ratio(checked, run), ratio(exact, run)];
      row(
        `  ${model.name}`,
        `${steps.filter((s) => s.changed).length} of ${steps.length}`,
        ...columns,
      );
    }
    row('  all', '', ms(sums.checked), ms(sums.run), ratio(sums.checked, sums.run));
  }
}

benchText();
benchPasses();
benchValidation();
await benchAgainstTfjs();
await benchModels();
await benchMemory();
