/**
 * What `assay validate` costs on whole networks against runs of them by the reference, on their
 * default cases: time, runs and validations taking turns in this process, so that all are as warm and
 * meet the same load; and peak memory, of a process of its own each.
 */
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { loadModule } from '../../cli/load-module.ts';
import { defaultCases } from '../../golden/cases.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { backends } from '../../passes/backends.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { ms, ratio, row, sideBySide } from './timing.ts';

/** Prints a row for each file of a model and each backend. */
export async function benchNetworks(files: readonly string[]): Promise<void> {
  row('whole networks', 'cases', 'runs', 'validate', 'ratio', 'memory', 'ratio');
  for (const file of files) {
    const { module } = await loadModule(file);
    for (const backend of backends) measure(file, module, backend);
  }
}

/** Models of the corpora; none where those are absent. */
export function networks(): readonly string[] {
  if (corpora) return ['blazeface', 'emotion'].map((m) => corpus('models', `tfjs-human/${m}.json`));
  process.stdout.write('whole networks: skipped, the corpora are absent\n');
  return [];
}

function measure(file: string, module: Module, backend: Backend): void {
  const cases = defaultCases(module, 1);
  const runs = () => {
    for (const { inputs } of cases) runReference(module, inputs);
  };
  const job = { graph: file, module, backend, cases: cases.map(sessionCase) };
  const [run, validated] = sideBySide([runs, () => validateGraph(job)], 3);
  const peaks = [peak(file), peak(file, backend.name)] as const;
  const times = [ms(run!), ms(validated!), ratio(validated!, run!)];
  const name = `  ${basename(file)} ${backend.name}`;
  row(name, String(cases.length), ...times, mb(peaks[0]), ratio(peaks[1], peaks[0]));
}

/** Peak resident memory in kB of a process that runs a model on its cases, or validates it. */
function peak(file: string, ...backend: readonly string[]): number {
  const script = join(import.meta.dirname, 'peak.ts');
  const args = ['--import', 'tsx', script, file, ...backend];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

const mb = (kilobytes: number) => `${(kilobytes / 1000).toFixed(0)} MB`;
