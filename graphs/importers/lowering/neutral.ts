/** The binary ops that importers emit, and the values that their reductions begin with. */
import { type ElementType, elementTypes, isFloat } from '../../ir/element-type.ts';

/** Binary ops by opcode. */
export type BinaryOpcode =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'maximum'
  | 'minimum'
  | 'and'
  | 'or'
  | 'xor'
  | 'power'
  | 'remainder'
  | 'atan2'
  | 'shift-left'
  | 'shift-right-logical'
  | 'shift-right-arithmetic';

/** Smallest (or largest) value of a type: the neutral element of maximum (or minimum). */
export function extreme(type: ElementType, which: 'lowest' | 'highest'): number | bigint {
  const { kind, bits, format } = elementTypes[type];
  const lowest = which === 'lowest';
  if (isFloat(type)) {
    if (format!.overflow === 'inf') return lowest ? -Infinity : Infinity;
    return lowest ? -format!.maxFinite : format!.maxFinite;
  }
  if (kind === 'pred') return lowest ? 0 : 1;
  const one = 1n;
  const width = BigInt(bits);
  if (kind === 'unsigned') return lowest ? 0n : (one << width) - one;
  return lowest ? -(one << (width - one)) : (one << (width - one)) - one;
}

/** What a binary op leaves as it is: where its reductions begin. */
export function neutral(opcode: BinaryOpcode, type: ElementType): number | bigint {
  if (opcode === 'maximum') return extreme(type, 'lowest');
  if (opcode === 'minimum') return extreme(type, 'highest');
  return opcode === 'multiply' || opcode === 'and' ? 1 : 0;
}
