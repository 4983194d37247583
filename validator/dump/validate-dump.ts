/**
 * `assay dump DIR`: the modules of XLA's own per-pass dump, each validated pass by pass. XLA itself
 * is not needed, and nothing of it runs: its states are run by the reference.
 */

import { fail } from '../../graphs/ir/diagnostic.ts';
import { shellFile, shellWord } from '../../graphs/text/shell-word.ts';
import { type Counts, decidedShare, noCounts } from '../findings/finding.ts';
import { limitWords } from '../findings/limit-words.ts';
import type { Bounds } from '../limits/limits.ts';
import { moreSevere, type VerdictKind } from '../verdict/verdict.ts';
import { type DumpCaseKind, defaultDumpKinds } from './cases.ts';
import { folderOf, readFolders, readRecorded, readTensors } from './read.ts';
import type { DumpModuleReport, DumpReport } from './report.ts';
import { type DumpedModule, modulesOf } from './states.ts';
import { validateDumpModule } from './validate-module.ts';

/** Options of validateDump. */
export interface DumpOptions {
  /** Only modules whose name (`module_0044.jit_f`) it matches. */
  readonly module?: RegExp;
  /** A safetensors file of inputs; default: `inputs.safetensors` beside the dump, if it is there. */
  readonly inputs?: string;
  /** Kinds of cases; default: `recorded` and the default kinds. */
  readonly cases?: readonly DumpCaseKind[];
  /** Seed of the generated cases; default 1. */
  readonly seed?: number;
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Bounds;
  /** Called as each state is reached. */
  readonly onProgress?: (module: string, file: string) => void;
  /** Called as each module ends. */
  readonly onModule?: (report: DumpModuleReport) => void;
}

/**
 * Validates a dump: a folder (or one file of it) with the modules in it or in folders below.
 *
 * @throws AssayError where there is no dump, or no module of it matches.
 */
export function validateDump(path: string, options: DumpOptions = {}): DumpReport {
  const modules = chosenModules(path, options);
  const given = options.inputs === undefined ? undefined : readTensors(options.inputs);
  const reports = modules.map((dumped) => {
    const { folder, name } = dumped;
    const inputs = given ?? readRecorded(folder, 'inputs');
    const report = validateDumpModule({
      dumped,
      cases: {
        kinds: options.cases ?? defaultDumpKinds,
        isDefault: options.cases === undefined,
        seed: options.seed ?? 1,
        recorded: inputs,
      },
      outputs: given ? undefined : readRecorded(folder, 'outputs'),
      command: commandFor(path, name, options),
      ...(options.limits && { limits: options.limits }),
      onState: (file) => options.onProgress?.(name, file),
    });
    options.onModule?.(report);
    return report;
  });
  return summarise(reports);
}

function chosenModules(path: string, { module }: DumpOptions): DumpedModule[] {
  const found = readFolders(folderOf(path)).flatMap(modulesOf);
  if (found.length === 0) {
    const made =
      'XLA_FLAGS="--xla_dump_to=DIR --xla_dump_hlo_pass_re=.* --xla_dump_large_constants"';
    const message = `${path} holds no module_NNNN.*.txt; such a folder is made by running with ${made}`;
    return fail('dump/empty', message, { file: path });
  }
  const chosen = module ? found.filter((m) => module.test(m.name)) : found;
  if (chosen.length > 0) return chosen;
  const names = found.map((m) => m.name).slice(0, 20);
  return fail('dump/no-module', `no module matches ${module}; there are ${names.join(', ')}`);
}

/** The command that runs one module again, without its cases. */
function commandFor(path: string, module: string, { inputs, limits }: DumpOptions): string {
  const given = inputs === undefined ? [] : ['--inputs', shellWord(inputs)];
  const chosen = ['--module', shellWord(`^${escaped(module)}$`)];
  return ['assay dump', shellFile(path), ...chosen, ...given, ...limitWords(limits ?? {})].join(
    ' ',
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function summarise(modules: readonly DumpModuleReport[]): DumpReport {
  const counts = modules.reduce<Counts>(
    (sum, { counts: c }) => ({
      checked: sum.checked + c.checked,
      decided: sum.decided + c.decided,
      ties: sum.ties + c.ties,
    }),
    noCounts,
  );
  return {
    verdict: modules.reduce<VerdictKind>((v, m) => moreSevere(v, m.verdict), 'identical'),
    checked: counts.checked,
    decided: decidedShare(counts),
    undecided: counts.checked - counts.decided,
    ties: counts.ties,
    skipped: modules.flatMap((m) => m.skipped),
    findings: modules.flatMap((m) => m.findings),
    errors: modules.flatMap((m) => m.errors),
    unknownPasses: [...new Set(modules.flatMap((m) => m.unknownPasses))],
    modules,
  };
}
