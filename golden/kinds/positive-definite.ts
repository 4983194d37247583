/**
 * Matrices that a Cholesky factor is taken of. Of numbers drawn at random hardly any is positive
 * definite, and one that is not has no factor to compare: in the kinds of plain values their diagonals
 * dominate. The two halves stay unlike, so that reading the wrong one shows.
 */
import { isFloat } from '../../graphs/ir/element-type.ts';
import {
  entryOf,
  type Instruction,
  instructionsById,
  type Module,
  parametersOf,
} from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import type { CaseKind } from './kinds.ts';

const dominated: ReadonlySet<CaseKind> = new Set<CaseKind>([
  ...(['lattice', 'typical', 'ties', 'near-ties', 'offset', 'duplicates'] as const),
]);

const passing: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['copy', 'transpose', 'reshape', 'bitcast', 'convert', 'opt-barrier'] as const),
]);

/** Numbers of the parameters that modules take Cholesky factors of, movement and conversion aside. */
export function factoredParameters(modules: readonly Module[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const module of modules) {
    const entry = entryOf(module);
    const byId = instructionsById(entry);
    for (const i of entry.instructions) {
      if (!isFactored(i)) continue;
      let at = byId.get(i.operands[0]!)!;
      while (passing.has(at.opcode)) at = byId.get(at.operands[0]!)!;
      if (at.opcode === 'parameter') found.add(at.attrs.index);
    }
  }
  return found;
}

function isFactored(i: Instruction): boolean {
  if (i.opcode === 'custom-call') return /potrf/.test(i.attrs.custom_call_target);
  return i.opcode === 'cholesky';
}

/** Inputs of a kind, with the matrices of some parameters made positive definite where it wants them. */
export function withFactors(
  module: Module,
  inputs: readonly Value[],
  kind: CaseKind,
  factored: ReadonlySet<number>,
): readonly Value[] {
  if (factored.size === 0 || !dominated.has(kind)) return inputs;
  return parametersOf(entryOf(module)).map(({ attrs }, n) =>
    factored.has(attrs.index) ? dominant(inputs[n]!) : inputs[n]!,
  );
}

/** Square matrices of the last two dimensions, each diagonal above the sums of its row and column. */
function dominant(value: Value): Value {
  if (value.kind !== 'tensor' || !isFloat(value.shape.type)) return value;
  const { type, dims } = value.shape;
  const n = dims.at(-1) ?? 0;
  if (n === 0 || dims.at(-2) !== n) return value;
  const data = Array.from(value.data as Float64Array, Number);
  for (let at = 0; at < data.length; at += n * n) {
    const sums = Array.from({ length: n }, (_, r) => {
      const line = (step: (k: number) => number) =>
        Array.from({ length: n }, (_, k) => Math.abs(data[at + step(k)]!)).reduce((a, b) => a + b);
      return line((k) => r * n + k) + line((k) => k * n + r);
    });
    for (let r = 0; r < n; r++) data[at + r * n + r] = Math.max(1, sums[r]!);
  }
  return tensorOf(type, dims, data.map(rounder(type)));
}
