/** What the laws of passes need: running before and after, comparing bits, freezing modules. */
import { expect } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import type { DraftResult } from '../../graphs/build/draft.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { runReference } from '../../validator/reference/run.ts';

/** Results of a module on the case of a kind. */
export function resultsOn(module: Module, like: Module, kind: CaseKind, seed = 1): Value {
  return runReference(module, generateCase(like, kind, seed).inputs);
}

/** The first place where two values differ in a bit (NaN equals NaN), in words; or undefined. */
export function firstDifference(a: Value, b: Value): string | undefined {
  const [x, y] = [leafTensors(a), leafTensors(b)];
  if (x.length !== y.length) return `${x.length} tensors against ${y.length}`;
  for (const [leaf, t] of x.entries()) {
    const at = differsAt(t, y[leaf]!);
    if (at !== undefined) return `leaf ${leaf} [${at}]: ${t.data[at]} against ${y[leaf]!.data[at]}`;
  }
  return undefined;
}

function differsAt(a: Tensor, b: Tensor): number | undefined {
  if (a.data.length !== b.data.length) return 0;
  const at = a.data.findIndex((v: number | bigint, n: number) => !Object.is(v, b.data[n]));
  return at < 0 ? undefined : at;
}

/** Freezes a module down to its instructions' attributes, so that writing to it throws. */
export function frozen(module: Module): Module {
  const pending: unknown[] = [module];
  for (let x = pending.pop(); x !== undefined; x = pending.pop()) {
    if (typeof x !== 'object' || x === null || ArrayBuffer.isView(x) || Object.isFrozen(x))
      continue;
    Object.freeze(x);
    pending.push(...Object.values(x));
  }
  return module;
}

/** Runs a pass on a frozen module and holds its output against the verifier and its own record. */
export function runChecked(pass: Pass, module: Module): DraftResult {
  const result = pass.run(frozen(module));
  expect(verifyModule(result.module), `${pass.name} makes valid modules`).toEqual([]);
  const ids = (m: Module) =>
    new Map(m.computations.flatMap((c) => c.instructions.map((i) => [i.id, c.name] as const)));
  const [before, after] = [ids(module), ids(result.module)];
  for (const r of result.replacements) {
    expect([before.get(r.before), after.get(r.after)]).toEqual([r.computation, r.computation]);
  }
  if (!result.changed) expect(result.module).toBe(module);
  return result;
}

/** True if every rewrite of a result promises the same bits. */
export function promisesBits(
  pass: Pass,
  { replacements }: Pick<DraftResult, 'replacements'>,
): boolean {
  return replacements.every((r) => (r.contract ?? pass.contract).kind === 'exact');
}
