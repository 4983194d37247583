/** The fault of a pass as a test: does the same pass of the same backend still do the same wrong? */
import { isDeepStrictEqual } from 'node:util';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import type { Finding } from '../findings/finding.ts';
import { groupFindings } from '../findings/group-findings.ts';
import { defaultLimits, type Limits } from '../limits/limits.ts';
import { scopedJournal } from '../search/journal.ts';
import { validateGraph } from '../validation/validate-graph.ts';
import { isFinding } from '../verdict/verdict.ts';
import { moduleReducible } from './module-reducible.ts';
import { observedRun } from './observed-run.ts';
import { type Redacted, redact } from './redact.ts';
import { type Reduced, type ReduceOptions, reduceSpecimen } from './reduce.ts';
import type { FaultTest } from './reducible.ts';
import { type Specimen, sizeOf } from './specimen.ts';

/** What a fault is told by, whatever graph shows it. */
export type Fault = Pick<Finding, 'backend' | 'pass' | 'kind' | 'verdict'> & {
  /** Of a pass that broke: what was said, without names and numbers. */
  readonly said: string;
};

/** The fault of a finding. */
export function faultOf({ backend, pass, kind, verdict, note }: Finding): Fault {
  return { backend, pass, kind, verdict, said: kind === 'broken' ? withoutPlaces(note) : '' };
}

/** Whether a finding is of a fault: the same wrong, and no less certain. */
function shows(finding: Finding, fault: Fault): boolean {
  const own = faultOf(finding);
  const { verdict } = isFinding(fault.verdict) && own.verdict === 'beyond' ? fault : own;
  return isDeepStrictEqual({ ...own, verdict }, fault);
}

/** The first thing that a message says, of any graph: no names, numbers or shapes. */
export function withoutPlaces(message: string): string {
  const [first] = message.split('; ');
  return first!.replace(/\S+ = |%[\w.-]+|"[^"]*"|'[^']*'|\[[^\]]*\]|\d+/g, '_');
}

/** The findings of a backend on a specimen's inputs. */
export function findingsOn(
  { module, inputs }: Specimen,
  backend: Backend,
  limits?: Limits,
): readonly Finding[] {
  const cases = [{ name: 'recorded', inputs, options: '--inputs inputs.safetensors' }];
  const graph = 'reduced.hlo';
  return validateGraph({ graph, module, backend, cases, ...(limits && { limits }) }).findings;
}

/** Tests whether a specimen shows a fault; one that cannot be run is unresolved. */
export function testOfFault(fault: Fault, backend: Backend, limits?: Limits): FaultTest<Specimen> {
  return async (specimen) => {
    try {
      return findingsOn(specimen, backend, limits).some((f) => shows(f, fault))
        ? 'fails'
        : 'passes';
    } catch (error) {
      if (error instanceof AssayError && error.blame === 'input') return 'unresolved';
      throw error;
    }
  };
}

/** A finding on a graph, and the backend that makes it. */
export interface FoundFault {
  readonly backend: Backend;
  readonly finding: Finding;
  /** The graph with the inputs of the case that shows it. */
  readonly specimen: Specimen;
}

/** Loops of smaller graphs may turn a little more often than those of the specimen, never for ever. */
function limitsAs(specimen: Specimen, limits: Limits): Limits {
  const { calls } = observedRun(specimen);
  const most = [...calls.values()].reduce((n, { count }) => Math.max(n, count), 0) + 100;
  return { ...limits, maxIterations: Math.min(limits.maxIterations, most) };
}

/** How a fault is reduced. */
export interface ReduceFaultOptions extends ReduceOptions<Specimen> {
  /** Version of Assay: answers of another one are asked anew. */
  readonly version: string;
  readonly limits?: Limits;
  /** Whether names and numbers are taken out at the end. */
  readonly redact?: boolean;
}

/** The smallest graph found, and its finding. */
export interface ReducedFault extends Reduced<Specimen> {
  /** Absent where the graph does not show the fault on its own. */
  readonly finding?: Finding;
  readonly redacted?: Pick<Redacted<Specimen>, 'named' | 'kept'>;
}

/**
 * Reduces the graph of a finding, with the same fault of the same pass as the test.
 *
 * @throws AssayError where a tool is missing that the backend needs
 */
export async function reduceFault(
  { backend, finding, specimen }: FoundFault,
  options: ReduceFaultOptions,
): Promise<ReducedFault> {
  const { version, journal } = options;
  const limits = limitsAs(specimen, options.limits ?? defaultLimits);
  const fault = faultOf(finding);
  const test = testOfFault(fault, backend, limits);
  const scope = JSON.stringify({ version, fault, backend: backend.options ?? '' });
  const scoped = journal && { journal: scopedJournal(journal, scope) };
  const reduced = await reduceSpecimen(specimen, moduleReducible, test, { ...options, ...scoped });
  if (reduced.outcome === 'not failing') return reduced;
  const redacted = options.redact
    ? await redact(reduced.specimen, moduleReducible, test)
    : undefined;
  const best = redacted?.specimen ?? reduced.specimen;
  const findings = groupFindings(findingsOn(best, backend, limits));
  const shown = findings.find((f) => shows(f, fault));
  return {
    ...{ ...reduced, specimen: best, size: sizeOf(best) },
    ...(shown && { finding: shown }),
    ...(redacted && { redacted: { named: redacted.named, kept: redacted.kept } }),
  };
}
