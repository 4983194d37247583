/** The graph as a toolchain left it: read back, and held against the graph as it was given. */
import type { Contract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import type { Finding } from '../findings/finding.ts';
import { type CompareReport, compareModules } from '../validation/compare.ts';
import type { GateInput, GateJob } from './job.ts';
import { attempted } from './judged-outputs.ts';

/** The optimised graph as a module. */
export interface Rewritten {
  readonly module: Module;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Imports what a toolchain saved; a graph that cannot be read tells why. */
export async function readRewritten(
  bytes: Uint8Array,
  { importOptions = {} }: GateInput,
): Promise<{ readonly done: Rewritten } | { readonly why: string }> {
  const { importOnnxModel } = await import('../../graphs/importers/onnx/import.ts');
  return attempted(() => {
    const rewritten = importOnnxModel(bytes, { ...importOptions, file: 'the optimised graph' });
    const [first] = verifyModule(rewritten.module);
    if (first) throw new AssayError(first);
    return rewritten;
  });
}

/** A graph and what a toolchain made of it. */
export interface RewritingJob {
  readonly graph: string;
  /** The toolchain, for the findings. */
  readonly spec: string;
  readonly input: GateInput;
  readonly rewritten: Rewritten;
  readonly contract: Contract;
  readonly limits?: GateJob['limits'] | undefined;
}

/** What came of a comparison; `signature`: the rewriting gives other inputs or outputs. */
export type RewritingJudgement =
  | { readonly report: CompareReport }
  | { readonly signature: string }
  | { readonly why: string };

/** Compares region by region under the contract; the names of the modules are nobody's command. */
export function judgeRewriting(job: RewritingJob): RewritingJudgement {
  const { graph, spec, input, rewritten, contract, limits } = job;
  try {
    const report = compareModules({
      ...{ beforeName: graph, afterName: spec, before: input.module, after: rewritten.module },
      ...{ contract, cases: input.cases, ...(limits && { limits }) },
    });
    return { report };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const { code, message } = error.diagnostic;
    return /^compare\//.test(code) ? { signature: message } : { why: message };
  }
}

/** The findings of a rewriting that has another signature, or other values. */
export function rewritingFindings(judged: RewritingJudgement): readonly Finding[] {
  return 'report' in judged ? judged.report.findings : [];
}
