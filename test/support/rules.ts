/** Asking shape rules directly: a context around an instruction, with any part replaced. */
import {
  computationOf,
  type Instruction,
  instructionsById,
  type Module,
  parametersOf,
  rootOf,
} from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import type { Signature } from '../../graphs/ops/row.ts';
import { type Opcode, rowOf } from '../../graphs/ops/table.ts';

export interface RuleInput {
  readonly operands: readonly Shape[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly declared: Shape;
  readonly signature: (computation: string) => Signature;
}

/** The label of the first constraint that is violated. */
export class Violation extends Error {
  readonly label: string;
  constructor(label: string, message: string) {
    super(`${label}: ${message}`);
    this.label = label;
  }
}

const none: RuleInput = {
  operands: [],
  attrs: {},
  declared: { kind: 'opaque' },
  signature: (name) => {
    throw new Error(`no computation ${name}`);
  },
};

/** What an op's rule infers; throws a Violation; `seen` is told every label that is checked. */
export function applyRule(
  opcode: Opcode,
  input: Partial<RuleInput>,
  seen: (label: string) => void = () => {},
): Shape {
  return rowOf(opcode).shape({
    ...none,
    ...input,
    check(holds, label, message): asserts holds {
      seen(label);
      if (!holds) throw new Violation(label, message);
    },
  });
}

/** What the rule of an instruction in a module sees. */
export function inputOf(module: Module, computation: string, i: Instruction): RuleInput {
  const byId = instructionsById(computationOf(module, computation));
  return {
    operands: i.operands.map((id) => byId.get(id)!.shape),
    attrs: i.attrs as Readonly<Record<string, unknown>>,
    declared: i.shape,
    signature: (name) => {
      const callee = computationOf(module, name);
      return { parameters: parametersOf(callee).map((p) => p.shape), result: rootOf(callee).shape };
    },
  };
}
