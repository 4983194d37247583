/** The shape of an instruction whose text declares none: its row's shape rule decides. */
import { AssayError } from '../../ir/diagnostic.ts';
import type { Instruction } from '../../ir/module.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Signature } from '../../ops/row.ts';
import { type Opcode, rowOf } from '../../ops/table.ts';
import type { ParseState } from './state.ts';

/** Stands for the declared shape; a rule that gives it back cannot infer. */
const undeclared: Shape = { kind: 'opaque' };

/**
 * The result shape that operands and attributes determine, or an error at `at`. What the text
 * declares matters to the few ops whose data comes from outside.
 */
export function inferShape(
  state: ParseState,
  opcode: Opcode,
  operands: readonly Instruction[],
  attrs: Readonly<Record<string, unknown>>,
  at: number,
  declared: Shape = undeclared,
): Shape {
  const refuse = (why: string) =>
    state.s.fail('parse/missing-shape', `the shape of this ${opcode} is missing ${why}`, at);
  const shape = applyRule(state, opcode, operands, attrs, at, declared, refuse);
  if (shape === undeclared) refuse('and does not follow from its operands; write it');
  return shape;
}

function applyRule(
  state: ParseState,
  opcode: Opcode,
  operands: readonly Instruction[],
  attrs: Readonly<Record<string, unknown>>,
  at: number,
  declared: Shape,
  refuse: (why: string) => never,
): Shape {
  try {
    return rowOf(opcode).shape({
      operands: operands.map((o) => o.shape),
      attrs,
      declared,
      signature: (name): Signature => state.signatures.get(name)!,
      check(holds, label, message): asserts holds {
        if (!holds) state.s.fail(`verify/${label}`, message, at);
      },
    });
  } catch (error) {
    if (error instanceof AssayError) throw error;
    return refuse('and its operands do not fit together; write it');
  }
}
