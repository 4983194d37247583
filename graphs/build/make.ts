/**
 * Making instructions outside the parser: attributes completed from the op table, the shape
 * inferred where none is given. Drafts and builders share it.
 */

import { fail } from '../ir/diagnostic.ts';
import {
  type Attrs,
  computationOf,
  type Instruction,
  type InstructionId,
  type Module,
  parametersOf,
  rootOf,
} from '../ir/module.ts';
import { leafShapes, type Shape, sameShape } from '../ir/shape.ts';
import type { AttrsOf } from '../ops/attr.ts';
import type { ShapeContext, Signature } from '../ops/row.ts';
import { text } from '../ops/shape-rules/checks.ts';
import { type Opcode, rowOf } from '../ops/table.ts';

type Optional<A> = { [K in keyof A as undefined extends A[K] ? K : never]?: A[K] };

/** Attributes as a caller writes them: those with a fallback in the table may be left out. */
export type GivenAttrs<O extends Opcode> = Partial<Attrs<O>> & Optional<Attrs<O>>;

/** What an instruction is made of; what is left out has its plain value. */
export interface InstructionParts<O extends Opcode> {
  readonly id: InstructionId;
  readonly name: string;
  readonly opcode: O;
  readonly operands: readonly { readonly id: InstructionId; readonly shape: Shape }[];
  readonly attrs?: GivenAttrs<O>;
  /** Needed where operands and attributes do not determine the result. */
  readonly shape?: Shape;
  readonly extras?: Readonly<Record<string, string>>;
  readonly signature: (computation: string) => Signature;
}

/** Builds an instruction; a shape that contradicts the op's rule is an AssayError. */
export function makeInstruction<O extends Opcode>(parts: InstructionParts<O>): Instruction {
  const { id, name, opcode, operands, extras = {} } = parts;
  const attrs = completeAttrs(opcode, (parts.attrs ?? {}) as Record<string, unknown>);
  const shapes = operands.map((o) => o.shape);
  const shape = inferShape(opcode, shapes, attrs, parts.shape, parts.signature);
  const made = { id, name, opcode, shape, operands: operands.map((o) => o.id), attrs, extras };
  return { ...made, controlPredecessors: [] } as unknown as Instruction;
}

/** Stands for a shape not given: rules that only refine a declared shape give it back. */
const undeclared: Shape = { kind: 'opaque' };

/** The shape that the op's row gives; with `declared`, that one, checked against the rule. */
export function inferShape(
  opcode: Opcode,
  operands: readonly Shape[],
  attrs: Readonly<Record<string, unknown>>,
  declared: Shape | undefined,
  signature: (computation: string) => Signature,
): Shape {
  const context: ShapeContext<never> = {
    operands,
    attrs: attrs as AttrsOf<never>,
    declared: declared ?? undeclared,
    signature,
    check(holds, label, message): asserts holds {
      const hint = declared ? '' : ' (no result shape was given)';
      if (!holds) fail(`verify/${label}`, `${opcode}: ${message}${hint}`);
    },
  };
  const inferred = (rowOf(opcode).shape as (c: ShapeContext<never>) => Shape)(context);
  if (inferred === undeclared) fail('shape/needed', `${opcode} needs its result shape given`);
  checkSizes(opcode, declared ?? inferred);
  if (declared && !sameShape(inferred, declared)) {
    const shapes = `operands and attributes give ${text(inferred)}, declared ${text(declared)}`;
    fail('verify/result-shape', `${opcode}: ${shapes}`);
  }
  return declared ?? inferred;
}

/** Sizes are whole numbers that can be counted; -1 is an unbounded one. */
function checkSizes(opcode: Opcode, shape: Shape): void {
  for (const leaf of leafShapes(shape)) {
    const array = leaf.kind === 'buffer' ? leaf.array : leaf;
    if (array.kind !== 'array' || array.dims.every((d) => Number.isSafeInteger(d) && d >= -1)) {
      continue;
    }
    const remedy = 'sizes are whole numbers; do the attributes divide the operands?';
    fail('verify/size', `${opcode} would give ${text(array)}: ${remedy}`);
  }
}

/** Parameter and result shapes of a computation. */
export function signatureOf(module: Module, computation: string): Signature {
  const c = computationOf(module, computation);
  return { parameters: parametersOf(c).map((p) => p.shape), result: rootOf(c).shape };
}

/** Attributes with the defaults of the op's row for those that are left out. */
export function completeAttrs(
  opcode: Opcode,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const attrs: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(rowOf(opcode).attrs)) {
    const value = given[key] ?? spec.fallback;
    if (value !== undefined) attrs[key] = value;
    else if (spec.presence === 'always') fail('attr/missing', `${opcode} needs ${key}`);
  }
  return attrs;
}
