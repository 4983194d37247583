/** Recognising computations that apply one op to their two parameters. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import {
  computationOf,
  type InstructionId,
  instructionOf,
  type Module,
  rootOf,
} from '../../../graphs/ir/module.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';

/** A reduction by one op, at the type that it is computed in. */
export interface ReductionKind {
  readonly opcode: Opcode;
  readonly type: ElementType;
}

/**
 * The op that a computation of two scalars is, at its root or at another instruction; undefined
 * where it is anything else.
 */
export function reductionKindOf(
  module: Module,
  name: string,
  at?: InstructionId,
): ReductionKind | undefined {
  const computation = computationOf(module, name);
  const root = at === undefined ? rootOf(computation) : instructionOf(computation, at);
  if (root.operands.length !== 2 || root.shape.kind !== 'array') return undefined;
  const operands = root.operands.map((id) => instructionOf(computation, id));
  const indices = operands.map((o) => (o.opcode === 'parameter' ? o.attrs.index : -1));
  if (!indices.includes(0) || !indices.includes(1)) return undefined;
  return { opcode: root.opcode, type: root.shape.type };
}

/**
 * The ops of a computation that folds several arrays at once, each by itself: out k is one op on the
 * parameters k and n + k. Undefined where it is anything else.
 */
export function separateReducers(
  module: Module,
  name: string,
): readonly ReductionKind[] | undefined {
  const computation = computationOf(module, name);
  const root = rootOf(computation);
  if (root.opcode !== 'tuple') return undefined;
  const n = root.operands.length;
  const found = root.operands.map((id, k): ReductionKind | undefined => {
    const { opcode, operands, shape } = instructionOf(computation, id);
    if (operands.length !== 2 || shape.kind !== 'array') return undefined;
    const given = operands.map((o) => instructionOf(computation, o));
    const indices = given.map((o) => (o.opcode === 'parameter' ? o.attrs.index : -1));
    return [k, n + k].every((p) => indices.includes(p)) ? { opcode, type: shape.type } : undefined;
  });
  return found.every((r) => r !== undefined) ? found : undefined;
}

/**
 * The type that a sum is rounded to at every step, where a computation adds its two parameters and
 * converts the result down and up again (float normalisation makes such ones); undefined otherwise.
 */
export function roundedSum(module: Module, name: string): ElementType | undefined {
  const computation = computationOf(module, name);
  const wide = rootOf(computation);
  if (wide.opcode !== 'convert') return undefined;
  const narrow = instructionOf(computation, wide.operands[0]);
  if (narrow.opcode !== 'convert' || narrow.shape.kind !== 'array') return undefined;
  const inner = instructionOf(computation, narrow.operands[0]);
  const reducer = reductionKindOf(module, name, inner.id);
  const same = wide.shape.kind === 'array' && wide.shape.type === reducer?.type;
  return same && reducer.opcode === 'add' ? narrow.shape.type : undefined;
}

/** The parameter that a computation of two scalars returns; undefined where it does anything else. */
export function chosenParameter(module: Module, name: string): number | undefined {
  const root = rootOf(computationOf(module, name));
  return root.opcode === 'parameter' ? root.attrs.index : undefined;
}
