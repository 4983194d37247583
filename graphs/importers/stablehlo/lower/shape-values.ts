/**
 * The value of a small integer tensor where it follows from constants and static shapes: what
 * StableHLO's dynamic ops take as sizes, and must be known here.
 */
import { type KnownContext, knownValue } from '../../../evaluate/constant-evaluator.ts';
import { isInteger } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { elementCount } from '../../../ir/shape.ts';
import { type Tensor, tensorOf } from '../../../ir/tensor.ts';
import { arrayOf, type OpContext } from './op-context.ts';
import type { Scope } from './scope.ts';

/** Most numbers that a size may consist of. */
const maxNumbers = 1000;

/** The whole numbers of operand i; an error that names the remedy where they are not known. */
export function knownInts(o: OpContext, i: number): readonly number[] {
  const values = numbersOf(o.scope, o.x(i));
  if (values) return values;
  const message = `operand ${i} is computed from data; sizes must follow from constants`;
  return o.fail('unsupported-dynamic-shape', `${message} (fix dynamic arguments with --refine)`);
}

/** The value of an integer or a truth value that constants and sizes decide; 0 and 1 for the latter. */
export function numbersOf(scope: Scope, value: Instruction): readonly number[] | undefined {
  const found = knownValue(value, contextOf(scope));
  return found && numbersIn(found);
}

function numbersIn({ data }: Tensor): readonly number[] {
  return Array.from<number | bigint, number>(data, Number);
}

function contextOf(scope: Scope): KnownContext {
  return {
    definition: (id) => scope.definition(id),
    given: (i) => givenTo(scope, i),
    follows: isCountable,
    accepts: (value) => numbersIn(value).every(Number.isSafeInteger),
    cache: scope.known,
    reducer: () => undefined,
    spent: { elements: 0 },
  };
}

/** Whole numbers and truth values, no more of them than a size has. */
function isCountable(value: Instruction): boolean {
  const shape = arrayOf(value);
  if (!shape || !(isInteger(shape.type) || shape.type === 'pred')) return false;
  return elementCount(shape) <= maxNumbers;
}

/** What a caller knows of an argument, or a callee of its result. */
function givenTo(scope: Scope, value: Instruction): Tensor | undefined {
  const numbers = scope.numbers.get(value.id);
  const shape = arrayOf(value);
  if (!numbers || !shape) return undefined;
  const { type, dims } = shape;
  return tensorOf(type, dims, numbers);
}
