/**
 * Ids of instructions and value numbers are numbers at run time and two kinds to the compiler. This
 * file is a test by being compiled: where one passes for the other, a marked line is no error any more.
 */
import { expect, it } from 'vitest';
import { entryOf, type Instruction, type InstructionId } from '../../graphs/ir/module.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { Numbering, type ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';

const numbering = new Numbering();
const valueGraph = flowOf(parseModule('f32[2] negate(f32[2] abs(f32[2] x))'), numbering);
const { root: id } = entryOf(valueGraph.module);
const { root: number } = valueGraph;
const count = valueGraph.order.length;

const asId = (x: InstructionId): unknown => x;
const asNumber = (x: ValueNumber): unknown => x;
const asWritten = (x: Instruction): unknown => x;

it('a value number is no id, an id no value number, and another number neither', () => {
  // @ts-expect-error: a value number is no id
  expect(asId(number)).toBe(number);
  // @ts-expect-error: an id is no value number
  expect(asNumber(id)).toBe(id);
  // @ts-expect-error: a count is no id
  expect(asId(count)).toBe(count);
  // @ts-expect-error: a count is no value number
  expect(asNumber(count)).toBe(count);
});

it('the instruction of a value is none of a computation, where its operands would be looked up', () => {
  const { instruction, operands } = numbering.term(number);
  // @ts-expect-error: its operands may be value numbers
  expect(asWritten(instruction)).toBe(instruction);
  expect(instruction.operands).toEqual(operands);
});
