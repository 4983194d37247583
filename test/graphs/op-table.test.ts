/** Laws over the op table: every row has an example that parses, verifies and infers its shape. */
import { describe, expect, it } from 'vitest';
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import { entryOf } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { exampleModule } from '../../graphs/ops/example.ts';
import { compatible, text } from '../../graphs/ops/shape-rules/checks.ts';
import { isIn, type Opcode, opTable, rowOf } from '../../graphs/ops/table.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { applyRule, inputOf, Violation } from '../support/rules.ts';

const opcodes = Object.keys(opTable) as Opcode[];

describe.each(opcodes)('the row of %s', (opcode) => {
  const module = parseModule(exampleModule(opcode));
  const example = entryOf(module).instructions.find((i) => i.name === 'r')!;

  it('has an example of its own opcode that verifies', () => {
    expect(example.opcode).toBe(opcode);
    expect(verifyModule(module)).toEqual([]);
  });

  it('infers the shape that the example declares', () => {
    const inferred = applyRule(opcode, inputOf(module, module.entry, example));
    expect(compatible(inferred, example.shape), text(inferred)).toBe(true);
  });
});

it('the table has the 131 opcodes of HLO', () => {
  expect(opcodes.length).toBe(131);
});

const floats = 'float';
const accepted: Readonly<Record<string, readonly Opcode[]>> = {
  [floats]: [
    'acos',
    'acosh',
    'asin',
    'asinh',
    'atanh',
    'cbrt',
    'ceil',
    'cosh',
    'erf',
    'floor',
    'is-finite',
    'reduce-precision',
    'round-nearest-afz',
    'round-nearest-even',
    'sinh',
  ],
  'float complex': [
    'atan2',
    'cosine',
    'exponential',
    'exponential-minus-one',
    'imag',
    'log',
    'log-plus-one',
    'logistic',
    'real',
    'rsqrt',
    'sine',
    'sqrt',
    'tan',
    'tanh',
  ],
  'signed float complex': ['abs', 'sign'],
  'signed unsigned': [
    'count-leading-zeros',
    'popcnt',
    'shift-left',
    'shift-right-arithmetic',
    'shift-right-logical',
  ],
  'pred signed unsigned': ['and', 'not', 'or', 'xor'],
  'signed unsigned float complex': ['divide', 'negate', 'power', 'remainder', 'subtract'],
  'pred signed unsigned float complex': ['add', 'compare', 'maximum', 'minimum', 'multiply'],
};

/** Which element types XLA's shape inference lets each op take. */
describe.each(Object.entries(accepted))('operands of kinds %s', (kinds, ops) => {
  it.each(ops)('are what %s takes', (opcode) => {
    const attrs = { exponent_bits: 8, mantissa_bits: 7 };
    const arity = rowOf(opcode).arity as number;
    for (const type of Object.keys(elementTypes) as ElementType[]) {
      const operands = new Array(arity).fill(arrayShape(type, [2]));
      const ask = () => applyRule(opcode, { operands, attrs });
      if (kinds.split(' ').includes(elementTypes[type].kind)) expect(ask).not.toThrow();
      else expect(ask).toThrow(Violation);
    }
  });
});

it('elementwise ops keep sizes', () => {
  for (const opcode of opcodes.filter((o) => isIn(o, 'elementwise'))) {
    const module = parseModule(exampleModule(opcode));
    const example = entryOf(module).instructions.find((i) => i.name === 'r')!;
    const { operands } = inputOf(module, module.entry, example);
    const sizes = operands.map((s) => (s.kind === 'array' ? s.dims : []));
    expect(sizes, opcode).toContainEqual(example.shape.kind === 'array' && example.shape.dims);
  }
});
