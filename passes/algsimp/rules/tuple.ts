/** Tuples: what is put in and taken out again. */
import { exact } from '../../../graphs/ir/contract.ts';
import { sameShape } from '../../../graphs/ir/shape.ts';
import { rule } from '../rule.ts';

/** Of several rules on one opcode, the first that fires counts. */
export const tupleRules = [
  rule(
    'get-tuple-element',
    'get-element-of-tuple',
    exact,
    (i, site) => {
      const tuple = site.operand(i);
      return tuple.opcode === 'tuple' ? site.operand(tuple, i.attrs.index) : undefined;
    },
    `ENTRY e { x = f32[2] parameter(0) y = f32[3] parameter(1) t = (f32[2], f32[3]) tuple(x, y)
      ROOT r = f32[3] get-tuple-element(t), index=1 }`,
  ),
  rule(
    'tuple',
    'tuple-of-elements',
    exact,
    (i, site) => {
      const [first] = i.operands.map((_, n) => site.operand(i, n));
      if (first?.opcode !== 'get-tuple-element') return undefined;
      const whole = site.operand(first);
      const inOrder = i.operands.every((_, n) => {
        const part = site.operand(i, n);
        return (
          part.opcode === 'get-tuple-element' &&
          part.attrs.index === n &&
          part.operands[0] === whole.id
        );
      });
      return inOrder && sameShape(whole.shape, i.shape) ? whole : undefined;
    },
    `ENTRY e { t = (f32[2], f32[3]) parameter(0) x = f32[2] get-tuple-element(t), index=0
      y = f32[3] get-tuple-element(t), index=1 ROOT r = (f32[2], f32[3]) tuple(x, y) }`,
  ),
];
