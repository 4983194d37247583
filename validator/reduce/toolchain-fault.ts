/** The fault of a toolchain as a test: does the gate still find the same wrong in a smaller graph? */
import { isDeepStrictEqual } from 'node:util';
import { gate } from '../gate/gate.ts';
import type { GateInput, GateJob } from '../gate/job.ts';
import type { GateFinding } from '../gate/record.ts';
import { scopedJournal } from '../search/journal.ts';
import { withoutPlaces } from './pipeline-fault.ts';
import { type Redacted, redact } from './redact.ts';
import { type Reduced, type ReduceOptions, reduceSpecimen } from './reduce.ts';
import type { FaultTest, Reducible } from './reducible.ts';

/** What a toolchain's fault is told by, whatever graph shows it. */
export interface ToolchainFault {
  /** Rewriting, kernels or result, a crash, an error … */
  readonly rule: GateFinding['rule'];
  readonly verdict: GateFinding['verdict'];
  /** Where there is no output: what was said, without names and numbers. */
  readonly said: string;
}

/** The fault of a finding. */
export function toolchainFaultOf({ rule, kind, verdict, note }: GateFinding): ToolchainFault {
  return { rule, verdict, said: kind === 'outcome' ? withoutPlaces(note) : '' };
}

/** A finding of a gate on a graph, and what the gate needs to be asked about others. */
export interface FoundToolchainFault<S> {
  readonly finding: GateFinding;
  readonly specimen: S;
  readonly kind: Reducible<S>;
  /** How the gate is given a specimen; throws an AssayError where it is no graph. */
  readonly inputOf: (specimen: S) => GateInput;
  /** The gate that found it; its graphs are not looked at. */
  readonly job: GateJob;
}

/** The findings that fail the gate on a specimen; undefined where it could not be judged. */
export async function gateFindingsOn<S>(
  specimen: S,
  { inputOf, job }: Pick<FoundToolchainFault<S>, 'inputOf' | 'job'>,
): Promise<readonly GateFinding[] | undefined> {
  const graphs = [{ graph: 'reduced', load: async () => inputOf(specimen) }];
  const allowed = { ...job.allowed, maxUndecided: 100 };
  const { outcome, findings } = await gate({ ...job, graphs, allowed });
  return outcome === 'not judged' ? undefined : findings.filter((f) => f.fails);
}

/** Whether a finding is of a fault: the same wrong, and no less certain. */
function shows(finding: GateFinding, fault: ToolchainFault): boolean {
  const own = toolchainFaultOf(finding);
  const verdict = own.verdict === 'beyond' ? fault.verdict : own.verdict;
  return isDeepStrictEqual({ ...own, verdict }, fault);
}

/** Tests whether a specimen shows a fault; one that cannot be judged is unresolved. */
export function testOfToolchainFault<S>(
  fault: ToolchainFault,
  found: Pick<FoundToolchainFault<S>, 'inputOf' | 'job'>,
): FaultTest<S> {
  return async (specimen) => {
    const findings = await gateFindingsOn(specimen, found);
    if (findings === undefined) return 'unresolved';
    return findings.some((f) => shows(f, fault)) ? 'fails' : 'passes';
  };
}

/** How a fault is reduced. */
export interface ReduceToolchainFaultOptions<S> extends ReduceOptions<S> {
  /** Whether names and numbers are taken out at the end. */
  readonly redact?: boolean;
}

/** The smallest graph found, and its finding. */
export interface ReducedToolchainFault<S> extends Reduced<S> {
  /** Absent where the graph does not show the fault on its own. */
  readonly finding?: GateFinding;
  readonly redacted?: Pick<Redacted<S>, 'named' | 'kept'>;
}

/** Reduces the graph of a finding, with the same wrong of the same toolchain as the test. */
export async function reduceToolchainFault<S>(
  found: FoundToolchainFault<S>,
  options: ReduceToolchainFaultOptions<S> = {},
): Promise<ReducedToolchainFault<S>> {
  const { finding, specimen, kind, job } = found;
  const { toolchain, knobs, contract, version } = job;
  const fault = toolchainFaultOf(finding);
  const scope = JSON.stringify({ version, fault, toolchain: toolchain?.spec, knobs, contract });
  const journal = options.journal && { journal: scopedJournal(options.journal, scope) };
  const test = testOfToolchainFault(fault, found);
  const reduced = await reduceSpecimen(specimen, kind, test, { ...options, ...journal });
  if (reduced.outcome === 'not failing') return reduced;
  const redacted = options.redact ? await redact(reduced.specimen, kind, test) : undefined;
  const best = redacted?.specimen ?? reduced.specimen;
  const shown = (await gateFindingsOn(best, found))?.find((f) => shows(f, fault));
  return {
    ...{ ...reduced, specimen: best, size: kind.sizeOf(best) },
    ...(shown && { finding: shown }),
    ...(redacted && { redacted: { named: redacted.named, kept: redacted.kept } }),
  };
}
