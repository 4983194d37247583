/**
 * One instruction: shape, opcode, operands, attributes. It loops over the op's row and knows no
 * single op; the async forms of arbitrary ops are in async.ts.
 */
import { elementTypes } from '../../ir/element-type.ts';
import type { Instruction } from '../../ir/module.ts';
import { type Shape, withoutLayout } from '../../ir/shape.ts';
import type { AttrSpecs } from '../../ops/attr.ts';
import { followsFromOperands } from '../../ops/shape-rules/result.ts';
import { isOpcode, type Opcode, opTable, rowOf } from '../../ops/table.ts';
import { parseLiteral } from '../literal.ts';
import { nearest } from '../nearest.ts';
import { atShape, parseShape } from '../shape-text.ts';
import { type AsyncForm, asyncForm, asyncSpecs, wrapOperation } from './async.ts';
import { completeAttributes, parseAttributes, readAttribute } from './attributes.ts';
import { inferShape } from './infer-shape.ts';
import { parseOperands } from './operands.ts';
import type { ParseState, Scope } from './state.ts';

/** Where an instruction begins, its name (undefined: a fresh one), and what may follow. */
export interface Head {
  readonly name: string | undefined;
  /** Offset of its name. */
  readonly at: number;
  /** False for an instruction that stands as an operand: its commas end it. */
  readonly attributes: boolean;
}

interface Operation {
  readonly opcode: Opcode;
  readonly wrapped?: AsyncForm;
}

/** Reads `shape opcode(operands), attributes` and enters it into the scope. */
export function parseOperation(
  state: ParseState,
  scope: Scope,
  head: Head,
  computation: () => string,
): Instruction {
  const { s } = state;
  const position = s.positionAt(head.at);
  const declared = atShape(s) ? parseShape(s) : undefined;
  s.skip();
  const opcodeAt = s.pos;
  const { opcode, wrapped } = parseOpcode(state);
  const specs = wrapped ? asyncSpecs(wrapped) : rowOf(opcode).attrs;
  const nested = () =>
    parseOperation(state, scope, { name: undefined, at: s.pos, attributes: false }, computation);
  const { argument, value, operands } = parseArguments(state, scope, opcode, declared, nested);
  const found = parseAttributes(state, scope, specs, computation, head.attributes);
  if (argument) found.own.set(argument, value);
  const counted = wrapped?.form === 'async-start' ? wrapped.opcode : opcode;
  checkArity(state, counted, operands.length, opcodeAt);
  const own = completeAttributes(state, specs, found.own, opcodeAt);
  const shape =
    declared && !followsFromOperands(opcode)
      ? declared
      : inferShape(state, opcode, operands, own, opcodeAt, declared);
  const attrs = wrapped
    ? wrapOperation(state, wrapped, {
        shape,
        operands,
        attrs: own,
        extras: found.extras,
        at: opcodeAt,
        position,
      })
    : own;
  const instruction = {
    id: state.nextId(),
    name: head.name ?? state.freshName(opcode),
    opcode,
    shape,
    operands: operands.map((o) => o.id),
    attrs,
    extras: found.extras,
    controlPredecessors: found.controlPredecessors,
    position,
  } as unknown as Instruction;
  state.addInstruction(scope, instruction, head.at);
  return instruction;
}

function parseOpcode(state: ParseState): Operation {
  const { s } = state;
  const at = s.pos;
  const word = s.word();
  if (isOpcode(word)) return { opcode: word };
  const wrapped = asyncForm(word);
  if (wrapped) return { opcode: wrapped.form, wrapped };
  if (!word) s.unexpected('an opcode');
  if (s.text[s.pos] === '[') unknownType(state, word, at);
  const near = nearest(word, Object.keys(opTable));
  const remedy = near ? `did you mean ${near}?` : 'see the op table for those there are';
  return s.fail('parse/unknown-opcode', `unknown opcode ${word}; ${remedy}`, at);
}

/** A word before a bracket is meant as a type: one that is newer, or a placeholder not filled in. */
function unknownType({ s }: ParseState, word: string, at: number): never {
  const known = Object.keys(elementTypes);
  const near = nearest(word, known);
  const remedy = near ? `did you mean ${near}?` : `there are ${known.join(', ')}`;
  return s.fail('parse/unknown-type', `unknown element type ${word}; ${remedy}`, at);
}

interface Arguments {
  readonly operands: readonly Instruction[];
  readonly argument?: string;
  readonly value?: unknown;
}

function parseArguments(
  state: ParseState,
  scope: Scope,
  opcode: Opcode,
  declared: Shape | undefined,
  nested: () => Instruction,
): Arguments {
  const { argument, attrs } = rowOf(opcode);
  if (!argument) return { operands: parseOperands(state, scope, nested) };
  const { s } = state;
  if (!declared)
    return s.fail('parse/missing-shape', `a ${opcode} must have a shape; write it first`);
  s.expect('(', `after ${opcode}`);
  const spec = (attrs as AttrSpecs)[argument]!;
  const value =
    spec.kind === 'literal'
      ? parseLiteral(s, withoutLayout(declared))
      : readAttribute(state, spec, () => s.unexpected(argument));
  s.expect(')', `after the ${argument} of ${opcode}`);
  return { operands: [], argument, value };
}

function checkArity({ s }: ParseState, opcode: Opcode, given: number, at: number): void {
  const { arity } = rowOf(opcode);
  const exact = typeof arity === 'number';
  if (exact ? given === arity : given >= arity.min) return;
  const wanted = exact ? `${arity}` : `at least ${arity.min}`;
  s.fail('parse/operand-count', `${opcode} takes ${wanted} operands, here are ${given}`, at);
}
