/** Recognising computations that apply one op to their two parameters. */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { computationOf, instructionOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

export interface Reducer {
  readonly opcode: Opcode;
  readonly type: ElementType;
}

/** The op that a computation of two scalars is; undefined where it is anything else. */
export function reducerOf(module: Module, name: string): Reducer | undefined {
  const computation = computationOf(module, name);
  const root = rootOf(computation);
  if (root.operands.length !== 2 || root.shape.kind !== 'array') return undefined;
  const operands = root.operands.map((id) => instructionOf(computation, id));
  const indices = operands.map((o) => (o.opcode === 'parameter' ? o.attrs.index : -1));
  if (!indices.includes(0) || !indices.includes(1)) return undefined;
  return { opcode: root.opcode, type: root.shape.type };
}

/** The parameter that a computation of two scalars returns; undefined where it does anything else. */
export function chosenParameter(module: Module, name: string): number | undefined {
  const root = rootOf(computationOf(module, name));
  return root.opcode === 'parameter' ? root.attrs.index : undefined;
}
