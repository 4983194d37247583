/** How to draw an instance of every opcode; a forgotten op does not compile. */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { Gen, type Instance, type Row } from './gen.ts';
import { communication } from './generators/communication.ts';
import { elementwise } from './generators/elementwise.ts';
import { linear } from './generators/linear.ts';
import { movement } from './generators/movement.ts';
import { reduction } from './generators/reduction.ts';
import { structure } from './generators/structure.ts';

export const generators: Readonly<Record<Opcode, Row>> = {
  ...elementwise,
  ...movement,
  ...reduction,
  ...linear,
  ...structure,
  ...communication,
};

/** Instance number `index` of an opcode; undefined where the op has no generator. */
export function instanceOf(
  seed: number,
  opcode: Opcode,
  index: number,
  preferred: readonly ElementType[] = [],
): Instance | undefined {
  const row = generators[opcode];
  return typeof row === 'function' ? row(new Gen(seed, opcode, index, preferred)) : undefined;
}
