/**
 * One output of two modules, compared as a distribution: the module before runs exactly, the one
 * after as written, and each row of the last axis is judged as a whole.
 */

import { printContract } from '../../graphs/ir/contract.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import { isFloat } from '../../graphs/ir/element-type.ts';
import { entryOf, rootOf } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { shellFile, shellWord } from '../../graphs/text/shell-word.ts';
import { type ExactTensor, exactLeaves } from '../exact/core/value.ts';
import { runExact } from '../exact/run.ts';
import type { Finding } from '../findings/finding.ts';
import { runReference } from '../reference/run.ts';
import {
  type DistributionJudgement,
  judgeDistribution,
  notDistribution,
  useOf,
} from '../verdict/distribution.ts';
import { exactOptions } from '../verdict/exact-subject.ts';
import { unravel } from '../verdict/judge.ts';
import { isFinding, moreSevere, type VerdictKind } from '../verdict/verdict.ts';
import { runOptions } from './case.ts';
import type { CompareJob } from './compare.ts';

/** Which output is read as rows of logits or probabilities, and what is rare. */
export interface DistributionRequest {
  /** Which array of the result, depth first. */
  readonly output: number;
  /** Tokens of an exact probability below it are rare; an even share if absent. */
  readonly rare?: number;
}

/** How far the mass on rare tokens moved. */
export interface DistributionReport {
  readonly output: number;
  readonly rare: number;
  readonly verdict: VerdictKind;
  readonly cases: readonly (DistributionJudgement & { readonly case: string })[];
  readonly findings: readonly Finding[];
}

/**
 * Compares an output as a distribution along its last axis.
 *
 * @throws AssayError `compare/distribution` where the output is none, with the reason.
 */
export function compareDistributions(
  job: CompareJob,
  { output, rare: given }: DistributionRequest,
): DistributionReport {
  const { before, after, contract, cases, limits } = job;
  let rare = given;
  const judged = cases.map((c) => {
    const options = exactOptions(contract, limits ? { limits } : {});
    const exact = outputOf(exactLeaves(runExact(before, c.inputs, options).value), output, job);
    const why = notDistribution(exact);
    if (why !== undefined) {
      fail('compare/distribution', `output ${output} is no distribution: in case ${c.name} ${why}`);
    }
    rare ??= 1 / (exact.shape.dims.at(-1) ?? 1);
    const [left, right] = [before, after].map(
      (m) => leafTensors(runReference(m, c.inputs, runOptions(job)))[output]!,
    ) as [Tensor, Tensor];
    const judgement = judgeDistribution(right, left, exact, rare);
    return { case: c.name, ...judgement, dims: exact.shape.dims };
  });
  if (judged.every((j) => j.open === j.rows)) {
    fail('compare/distribution', `no case decides a row of output ${output}`);
  }
  const findings = judged.flatMap((j, n) =>
    isFinding(j.verdict) ? [findingOf(j, cases[n]!.options, { job, output, rare: rare! })] : [],
  );
  const verdict = judged.reduce<VerdictKind>((v, j) => moreSevere(v, j.verdict), 'identical');
  const told = judged.map(({ dims: _, ...rest }) => rest);
  return { output, rare: rare ?? 0, verdict, cases: told, findings };
}

function outputOf(
  leaves: readonly ExactTensor[],
  output: number,
  { beforeName }: CompareJob,
): ExactTensor {
  const found = leaves[output];
  if (!found) {
    const known = `${beforeName} has ${leaves.length}, from 0 on`;
    return fail('compare/distribution', `there is no output ${output}; ${known}`);
  }
  const { type, dims } = found.shape;
  if (isFloat(type) && dims.length > 0) return found;
  const what = `output ${output} is ${type}[${dims}]`;
  return fail('compare/distribution', `${what}: a distribution is an array of floats`);
}

type Judged = DistributionJudgement & { readonly case: string; readonly dims: readonly number[] };

interface Compared {
  readonly job: CompareJob;
  readonly output: number;
  readonly rare: number;
}

function findingOf(
  { case: name, verdict, worst, dims }: Judged,
  options: string,
  { job, output, rare }: Compared,
): Finding {
  const { row, totalVariation, toRare, rareMass } = worst!;
  const { beforeName, afterName, contract } = job;
  const use = useOf(worst!);
  return {
    ...{ graph: beforeName, backend: afterName, pass: '(distribution)', step: -1, case: name },
    ...{ instruction: rootOf(entryOf(job.after)).name, output, verdict, kind: 'distribution' },
    index: unravel(row, dims.slice(0, -1)),
    before: rareMass,
    after: rareMass + toRare.mass,
    exact: rareMass,
    budgetUse: Number.isFinite(use) ? use : String(use),
    replay:
      `assay compare ${shellFile(beforeName)} ${shellFile(afterName)} ` +
      `--contract ${shellWord(printContract(contract))} ${options} ` +
      `--distribution ${output} --rare ${rare}`,
    contract: printContract(contract),
    outside: 1,
    diff: '',
    note:
      `total variation ${figure(totalVariation.mass)} against ${figure(totalVariation.budget)}; ` +
      `tokens below ${figure(rare)} gain ${figure(toRare.mass)} against ${figure(toRare.budget)}`,
  };
}

function figure(x: number): string {
  return String(Number(x.toPrecision(3)));
}
