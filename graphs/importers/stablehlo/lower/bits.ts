/**
 * bitcast_convert between booleans, which count as one bit there, and wider types. HLO stores them
 * in a byte, so bits are gathered and spread by shifts.
 */
import { type ElementType, elementTypes } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { OpContext } from './op-context.ts';

const unsignedOf: Readonly<Record<number, ElementType>> = {
  2: 'u2',
  4: 'u4',
  8: 'u8',
  16: 'u16',
  32: 'u32',
  64: 'u64',
};

/** Any bitcast_convert. */
export function bitcastConvert(o: OpContext): Instruction {
  const from = o.shape();
  const { type } = o.resultType();
  const level = elementTypes[type].bits === elementTypes[from.type].bits;
  const to = level ? { ...from, type } : o.declaredArray();
  if (from.type === 'pred' && to.type !== 'pred') return fromBits(o, to.type);
  if (to.type === 'pred' && from.type !== 'pred') return toBits(o, from.type);
  return o.emit('bitcast-convert', [o.x()], {}, { shape: to });
}

/** The place of each bit along the last dimension, in an unsigned type. */
function places(o: OpContext, type: ElementType, dims: readonly number[]): Instruction {
  const shape = { kind: 'array', type, dims } as const;
  return o.emit('iota', [], { iota_dimension: dims.length - 1 }, { shape });
}

/** Bit k of an element is element k of the last dimension. */
function fromBits(o: OpContext, type: ElementType): Instruction {
  const { dims } = o.shape();
  const unsigned = unsignedFor(o, type);
  if (dims.at(-1) !== elementTypes[type].bits) {
    o.fail(
      'operands',
      `the last dimension must have the ${elementTypes[type].bits} bits of ${type}`,
    );
  }
  const shifted = o.emit('shift-left', [o.convert(o.x(), unsigned), places(o, unsigned, dims)]);
  const zero = o.literal(tensorOf(unsigned, [], [0]));
  const { program } = o.scope;
  const scalar = { kind: 'array', type: unsigned, dims: [] } as const;
  const to_apply = program.computation(program.freshName('or_bits'), (b) =>
    b.op('or', [b.parameter('a', scalar), b.parameter('b', scalar)]),
  );
  const joined = o.emit('reduce', [shifted, zero], { dimensions: [dims.length - 1], to_apply });
  return o.emit('bitcast-convert', [joined], {}, { shape: o.declaredArray() });
}

function toBits(o: OpContext, type: ElementType): Instruction {
  const { dims } = o.shape();
  const unsigned = unsignedFor(o, type);
  const shape = { kind: 'array', type: unsigned, dims } as const;
  const pattern = o.emit('bitcast-convert', [o.x()], {}, { shape });
  const wide = [...dims, elementTypes[type].bits];
  const spread = o.spread(
    pattern,
    wide,
    dims.map((_, i) => i),
  );
  const shifted = o.emit('shift-right-logical', [spread, places(o, unsigned, wide)]);
  const one = o.spread(o.literal(tensorOf(unsigned, [], [1])), wide);
  return o.convert(o.emit('and', [shifted, one]), 'pred');
}

function unsignedFor(o: OpContext, type: ElementType): ElementType {
  const found =
    elementTypes[type].kind === 'complex' ? undefined : unsignedOf[elementTypes[type].bits];
  return found ?? o.fail('unsupported-type', `bits of ${type}`);
}
