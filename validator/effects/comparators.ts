/**
 * What the comparator of a sort answers on chosen keys. Sorting asks for a strict weak order; one that
 * says of a key that it comes before itself is none, and leaves the result to the algorithm.
 */
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { computationOf, type Module, parametersOf } from '../../graphs/ir/module.ts';
import { allocate, type Value } from '../../graphs/ir/tensor.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';
import { runReference } from '../reference/run.ts';

/**
 * Whether a comparator puts a key first, where operand k has `left` and `right` and all others are
 * zero; undefined where it cannot be run.
 */
export function putsFirst(
  comparator: string,
  k: number,
  [left, right]: readonly [number, number],
  module: Module,
): boolean | undefined {
  const args = parametersOf(computationOf(module, comparator)).map((p, n): Value => {
    const { shape } = p;
    if (shape.kind !== 'array') return { kind: 'token' };
    const data = allocate(shape.type, 1);
    const value = n === 2 * k ? left : n === 2 * k + 1 ? right : 0;
    data[0] = typeof data[0] === 'bigint' ? BigInt(value) : value;
    return { kind: 'tensor', shape, data };
  });
  try {
    const result = runReference({ ...module, entry: comparator }, args);
    return result.kind === 'tensor' && Number(result.data[0]) !== 0;
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}

/** Sorts after a step whose comparator puts equal keys before themselves, where none did before it. */
export function unorderedSorts(before: Module, after: Module): PlacedInstruction[] {
  const made = sortsWithoutOrder(after);
  return made.length > 0 && sortsWithoutOrder(before).length === 0 ? made : [];
}

function sortsWithoutOrder(module: Module): PlacedInstruction[] {
  return module.computations.flatMap((computation) =>
    computation.instructions.flatMap((instruction) => {
      if (instruction.opcode !== 'sort') return [];
      const isNone = putsFirst(instruction.attrs.to_apply, 0, [0, 0], module) === true;
      return isNone ? [{ computation, instruction }] : [];
    }),
  );
}
