/** Which modules can tell a NaN's sign or payload: those that order by bits, or take floats for bits. */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';

const known = new WeakMap<Module, boolean>();

/** Whether something in a module reads the sign of a NaN. */
export function readsSigns(module: Module): boolean {
  const found = known.get(module);
  if (found !== undefined) return found;
  const reads = module.computations.some((c) => {
    const typeOf = new Map(c.instructions.map((i) => [i.id, (i.shape as ArrayShape).type]));
    return c.instructions.some((i) => readsSign(i, (id) => typeOf.get(id)));
  });
  known.set(module, reads);
  return reads;
}

type TypeOf<Operand> = (id: Operand) => ArrayShape['type'] | undefined;

/** Whether an instruction reads the sign of a NaN itself. */
export function readsSign<Operand extends number>(
  i: Instruction<Operand>,
  typeOf: TypeOf<Operand>,
): boolean {
  switch (i.opcode) {
    case 'topk':
    case 'custom-call':
      return true;
    case 'compare':
      return i.attrs.type === 'TOTALORDER';
    case 'bitcast':
    case 'bitcast-convert': {
      const from = typeOf(i.operands[0]!);
      const isNumber = from !== undefined && (isFloat(from) || isComplex(from));
      return isNumber && from !== (i.shape as ArrayShape).type;
    }
    default:
      return false;
  }
}
