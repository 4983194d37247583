/**
 * The verifier: every finding about a module, with the place where there is one. It accepts what
 * XLA's verifier accepts when layouts do not count and precisions may be mixed; a shape rule lives
 * in its op's row, structure here. Codes are `verify/<label>`.
 */

import { AssayError, type Diagnostic } from '../ir/diagnostic.ts';
import {
  type Computation,
  instructionsById,
  type Module,
  parametersOf,
  rootOf,
} from '../ir/module.ts';
import { calledBy } from '../ops/callees.ts';
import type { Signature } from '../ops/row.ts';
import { verifyAsyncPairs } from './async-pairs.ts';
import { findCycle } from './cycle.ts';
import { type Report, repeatedIds, reportInto } from './report.ts';
import { type Signatures, verifyShapes } from './shapes.ts';
import { verifyStructure } from './structure.ts';

/** All that is wrong with a module; empty if nothing is. */
export function verifyModule(module: Module): Diagnostic[] {
  const findings: Diagnostic[] = [];
  const report = reportInto(findings);
  verifyComputationNames(module, report);
  verifyCalls(module, report);
  for (const i of repeatedIds(module)) report('unique-id', `#${i.id} stands for two values`, i);
  const signatures = signaturesOf(module);
  for (const computation of module.computations) {
    const broken = verifyStructure(computation, report);
    verifyShapes(computation, signatures, broken, report);
  }
  verifyAsyncPairs(module, report);
  return findings;
}

/** Throws the first finding as an AssayError, if there is one. */
export function assertVerified(module: Module): void {
  const [first] = verifyModule(module);
  if (first) throw new AssayError(first);
}

function verifyComputationNames(module: Module, report: Report): void {
  const names = new Set<string>();
  for (const { name } of module.computations) {
    if (names.has(name)) report('unique-computation', `two computations are called ${name}`);
    names.add(name);
  }
  if (!names.has(module.entry)) {
    report('entry', `module ${module.name} has no computation ${module.entry}, its entry`);
  }
}

/** Called computations exist and do not call each other in a circle. */
function verifyCalls(module: Module, report: Report): void {
  const callees = new Map<string, readonly string[]>();
  const known = new Set(module.computations.map((c) => c.name));
  for (const { name, instructions } of module.computations) {
    const called = new Set<string>();
    for (const i of instructions) {
      for (const callee of calledBy(i)) {
        called.add(callee);
        if (!known.has(callee)) report('callee', `calls ${callee}, which does not exist`, i);
      }
    }
    callees.set(name, [...called]);
  }
  const cycle = findCycle(callees.keys(), (name) => callees.get(name) ?? []);
  if (!cycle) return;
  report('recursion', `computations call each other: ${[...cycle, cycle[0]].join(' -> ')}`);
}

function signaturesOf(module: Module): Signatures {
  const entries = module.computations.flatMap((c): [string, Signature][] => {
    const signature = signatureOf(c);
    return signature ? [[c.name, signature]] : [];
  });
  return new Map(entries);
}

function signatureOf(computation: Computation): Signature | undefined {
  if (!instructionsById(computation).has(computation.root)) return undefined;
  const parameters = parametersOf(computation).map((p) => p.shape);
  return { parameters, result: rootOf(computation).shape };
}
