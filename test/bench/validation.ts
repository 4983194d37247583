/**
 * Validation against one run of the model by the reference: the passes of each pipeline judged at
 * their cut points. The zoo's runs take milliseconds, so fixed costs weigh there; a deep transformer
 * shows what validation costs where they do not. The last column is all that the command does: the
 * pipeline itself, its passes judged, and the result from end to end.
 */
import { generateCase } from '../../golden/cases.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';
import { backends } from '../../passes/backends.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { runPipeline, type Step } from '../../passes/pipeline/runner.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { recordedCorrespondences } from '../../validator/localization/correspondences.ts';
import { checkPassStep } from '../../validator/localization/pass-step.ts';
import { CaseValues } from '../../validator/localization/values.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { deepTransformer } from './deep-transformer.ts';
import { ms, ratio, row, time } from './timing.ts';

const deep = { layers: 4, length: 24, width: 256, heads: 4, hidden: 1024 };

/** Prints a table for each backend: the zoo, then deep transformers. */
export function benchValidation(): void {
  for (const backend of backends) {
    row(
      `validation on ${backend.name}`,
      'passes',
      'all passes',
      'one run',
      'ratio',
      'exact / run',
      'command / run',
    );
    const sums = { checked: 0, run: 0 };
    for (const model of zoo) {
      const { checked, run } = measure(model.name, model.build(), backend, 5);
      sums.checked += checked;
      sums.run += run;
    }
    row('  all', '', ms(sums.checked), ms(sums.run), ratio(sums.checked, sums.run));
    for (const type of ['f32', 'bf16'] as const) {
      measure(`transformer 4×256, ${type}`, deepTransformer({ type, ...deep }), backend, 1);
    }
  }
}

function measure(name: string, module: Module, backend: Backend, runs: number) {
  const given = generateCase(module, 'typical', 1);
  const { inputs } = given;
  const run = time(() => runReference(module, inputs), runs);
  const exact = runs > 1 && time(() => runExact(module, inputs.map(fromPlainValue)), runs);
  const { steps } = runPipeline(module, backend.pipeline);
  const changing = steps.filter((s) => s.changed);
  const checked = time(() => checkAll(module, changing, inputs), runs);
  const job = { graph: name, module, backend, cases: [sessionCase(given)] };
  const command = time(() => validateGraph(job), runs);
  const columns = [ms(checked), ms(run), ratio(checked, run), exact ? ratio(exact, run) : ''];
  columns.push(ratio(command, run));
  row(`  ${name}`, `${changing.length} of ${steps.length}`, ...columns);
  return { checked, run };
}

/** Runs the module once, and judges the passes that changed it. */
function checkAll(module: Module, changing: readonly Step[], inputs: readonly Value[]): void {
  const numbering = new Numbering();
  const values = [new CaseValues(numbering, inputs)];
  let before = flowOf(module, numbering);
  values[0]!.get(before.root);
  for (const step of changing) {
    const after = flowOf(step.after, numbering);
    const correspondences = recordedCorrespondences(before, after, step.replacements, numbering);
    checkPassStep({ before, after, contract: step.contract, correspondences }, values, numbering);
    before = after;
  }
}
