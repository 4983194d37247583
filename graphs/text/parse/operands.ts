/** The operands of an instruction: names with or without shapes, or whole nested instructions. */
import type { Instruction } from '../../ir/module.ts';
import type { Shape } from '../../ir/shape.ts';
import { compatible } from '../compatible.ts';
import { atShape, parseShape, printShape } from '../shape-text.ts';
import type { ParseState, Scope } from './state.ts';

/** Reads an instruction that stands as an operand; the cursor is at its shape or opcode. */
export type NestedInstruction = () => Instruction;

/** Reads `(a, f32[2] %b, add(c, d))`. */
export function parseOperands(
  state: ParseState,
  scope: Scope,
  nested: NestedInstruction,
): Instruction[] {
  const { s } = state;
  const operands: Instruction[] = [];
  s.expect('(', 'before the operands');
  if (s.accept(')')) return operands;
  do operands.push(parseOperand(state, scope, nested));
  while (s.accept(','));
  s.expect(')', 'or "," after an operand');
  return operands;
}

function parseOperand(state: ParseState, scope: Scope, nested: NestedInstruction): Instruction {
  const { s } = state;
  s.skip();
  const start = s.pos;
  const shape = atShape(s) ? parseShape(s) : undefined;
  s.skip();
  const at = s.pos;
  const anonymous = shape && scope.undefinedOperand && ',)'.includes(s.peek());
  const name = anonymous ? '' : s.name('an operand');
  if (s.peek() === '(') {
    s.pos = start;
    return s.nested(nested);
  }
  const found = scope.byName.get(name);
  if (!found) return undefinedOperand(state, scope, name, shape, at);
  if (shape && !compatible(shape, found.shape)) {
    const shapes = `${printShape(found.shape, false)}, not ${printShape(shape, false)}`;
    s.fail('parse/operand-shape', `%${name} has the shape ${shapes}; correct the operand`, start);
  }
  return found;
}

function undefinedOperand(
  { s }: ParseState,
  scope: Scope,
  name: string,
  shape: Shape | undefined,
  at: number,
): Instruction {
  if (scope.undefinedOperand && shape) return scope.undefinedOperand(name, shape);
  const cause = definedLater(s.text, name, at)
    ? 'is used before it is defined (or in a cycle); move its definition up'
    : 'is not defined in this computation';
  return s.fail('parse/undefined-name', `operand %${name} ${cause}`, at);
}

/** Looks for `name =` further on, up to the end of the computation. */
function definedLater(text: string, name: string, from: number): boolean {
  for (let at = text.indexOf(name, from); at >= 0; at = text.indexOf(name, at + 1)) {
    if (/[\w.-]/.test(text[at - 1] ?? '')) continue;
    if (/^ *= /.test(text.slice(at + name.length, at + name.length + 9))) {
      return !/^[ \t]*}/m.test(text.slice(from, at));
    }
  }
  return false;
}
