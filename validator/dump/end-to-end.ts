/**
 * What of a dump is judged from end to end: XLA's recorded outputs and the last state's own result.
 * XLA may skip roundings by default, so the recorded outputs are held to the weakest of its default
 * passes.
 */
import { reassociates } from '../../graphs/ir/contract.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Skipped } from '../findings/finding.ts';
import type { SessionCase } from '../validation/case.ts';
import type { WholeRecord } from '../validation/end-to-end.ts';
import type { LastResult, RecordedResult, StateList, Whole } from '../validation/states.ts';
import { recordedInputs, recordedValue } from './cases.ts';
import type { WholeReport } from './report.ts';
import { anyDefaultPass } from './states.ts';
import type { ModuleJob } from './validate-module.ts';

/** What a report calls the results. */
export const wholeNames: Readonly<Record<WholeRecord['of'], WholeReport['what']>> = {
  recorded: 'recorded outputs',
  last: 'last state',
};

const blames = {
  recorded: {
    pass: '(compiled)',
    note: 'what XLA computed lies outside the budget of before_optimizations',
  },
  last: {
    pass: '(pipeline)',
    note: 'every pass keeps its promise on its own; together they leave the budget',
  },
} as const;

/** The results to judge, and the recorded inputs that do not fit. */
export interface DumpWholes {
  readonly endToEnd: NonNullable<StateList['endToEnd']>;
  readonly unfit: readonly Skipped[];
}

/** What is judged from end to end of a module, `first` before optimisations. */
export function wholesOf(job: ModuleJob, first: Module, cases: readonly SessionCase[]): DumpWholes {
  const last: LastResult = { ...wholeOf(job, 'last'), contract: reassociates };
  const { recorded, kinds } = job.cases;
  if (!kinds.includes('recorded')) return { endToEnd: { last }, unfit: [] };
  const isUnfit = recorded && !recordedInputs(first, recorded);
  const what = `${job.dumped.name}: recorded inputs`;
  const why = 'they do not fit the parameters of the entry computation';
  return {
    endToEnd: { last, recorded: recordedResult(job, first, cases) },
    unfit: isUnfit ? [{ what, why }] : [],
  };
}

function recordedResult(
  job: ModuleJob,
  first: Module,
  cases: readonly SessionCase[],
): RecordedResult | undefined {
  if (!job.outputs) return undefined;
  const whole = { ...wholeOf(job, 'recorded'), contract: anyDefaultPass };
  const recorded = cases.find((c) => c.name === 'recorded');
  const missing = (why: string) => ({ ...whole, result: { missing: why } });
  if (!recorded) return missing('there are no recorded inputs that fit');
  const value = recordedValue(rootOf(entryOf(first)).shape, job.outputs);
  if (!value) return missing('they do not fit the result of the module');
  return { ...whole, result: { case: recorded, value } };
}

function wholeOf({ dumped, command }: ModuleJob, of: WholeRecord['of']): Whole {
  const { pass, note } = blames[of];
  return {
    what: `${dumped.name}: ${wholeNames[of]}`,
    place: { graph: dumped.name, backend: 'xla', pass, step: -1, note },
    replay: (c) => (c ? `${command} ${c.options}` : command),
  };
}
