/** Inputs for single laws: on lattices, with radii that are data themselves, without shared errors. */
import { randomOf } from '../../../golden/kinds/random.ts';
import { isComplex, isFloat, unitRoundoff } from '../../../graphs/ir/element-type.ts';
import {
  type Computation,
  type Instruction,
  instructionOf,
  type Module,
  rootOf,
} from '../../../graphs/ir/module.ts';
import { leafTensors, type Tensor, type Value } from '../../../graphs/ir/tensor.ts';
import { boundAt, deviationAt } from '../../../validator/exact/core/radius.ts';
import type { ExactTensor, ExactValue } from '../../../validator/exact/core/value.ts';
import { fromPlainValue } from '../../../validator/exact/run.ts';
import { lawTable } from './table.ts';

const isContinuous = (t: Tensor) => isFloat(t.shape.type) || isComplex(t.shape.type);

/**
 * Whether every sum of products of these inputs is exact in the narrowest of their types: lattice
 * values are at most 2, in halves, so a product is at most 16 quarters, and each further sum doubles
 * that. Products of many are not sums, and what rounds inside is not linear.
 */
export function isOnLattice(module: Module, inputs: readonly Value[]): boolean {
  const called = module.computations.filter((c) => c.name !== module.entry);
  const inside = called.flatMap((c) => c.instructions);
  const sums = inside.filter((i) => i.opcode === 'add' || i.opcode === 'subtract').length;
  const products = inside.filter((i) => i.opcode === 'multiply').length;
  const multiplies =
    products > 1 || called.some((c) => resultsOf(c).some((i) => i.opcode === 'multiply'));
  const tensors = inputs.flatMap(leafTensors).filter(isContinuous);
  const n = Math.max(1, ...tensors.map((t) => t.data.length));
  const room = Math.min(...tensors.map((t) => 1 / unitRoundoff(t.shape.type)));
  const growth = 2 ** Math.max(0, sums - 3);
  return !multiplies && inside.every(isLinear) && 32 * n * growth <= room;
}

/** What a computation gives, side by side. */
function resultsOf(c: Computation): readonly Instruction[] {
  const root = rootOf(c);
  return root.opcode === 'tuple' ? root.operands.map((o) => instructionOf(c, o)) : [root];
}

function isLinear({ opcode }: Instruction): boolean {
  const row = lawTable[opcode];
  return !('none' in row) && row.kind !== 'rounds';
}

/** The same radii, each an error of its own element. */
export function unsharedRadii(inputs: readonly ExactValue[]): ExactValue[] {
  return inputs.map((value) => {
    if (value.kind !== 'tensor' || !value.bound) return value;
    const { correlated: _, ...rest } = value;
    return { ...rest, deviation: value.bound };
  });
}

/** Inputs with radii, and inputs whose data are these radii: what moves one must move the other. */
export interface MovedRadii {
  readonly exact: readonly ExactValue[];
  readonly asData: readonly Value[];
  differ(
    exact: ExactValue,
    wanted: Value,
    applies: (type: Tensor['shape']['type']) => boolean,
  ): string | undefined;
}

export function movedRadii(inputs: readonly Value[], seed: number): MovedRadii {
  const random = randomOf(seed, 'moved radii');
  const asData = inputs.map((value) => {
    if (value.kind !== 'tensor' || !isContinuous(value)) return value;
    const data = value.data.slice();
    for (let i = 0; i < data.length; i++) data[i] = (2 ** random.integer(0, 3)) as never;
    return { ...value, data };
  });
  const exact = inputs.map((value, k) => {
    const t = fromPlainValue(value);
    const radii = asData[k];
    if (t.kind !== 'tensor' || radii.kind !== 'tensor' || !isContinuous(radii)) return t;
    const bound = Float64Array.from(radii.data as ArrayLike<number>);
    return { ...t, bound, deviation: bound };
  });
  return { exact, asData, differ };
}

function differ(
  exact: ExactValue,
  wanted: Value,
  applies: (type: Tensor['shape']['type']) => boolean,
): string | undefined {
  const found = leafTensors(exact as Value) as readonly ExactTensor[];
  for (const [k, w] of leafTensors(wanted).entries()) {
    if (!applies(w.shape.type)) continue;
    for (let i = 0; i < w.data.length; i++) {
      const radius = Number(w.data[i]);
      const [bound, deviation] = [boundAt(found[k], i), deviationAt(found[k], i)];
      if (bound !== radius || deviation !== radius) {
        return `output ${k}[${i}]: radii ${bound} and ${deviation}, where ${radius} was moved`;
      }
    }
  }
  return undefined;
}
