/** Rules written as two patterns: `name, contract, types, pattern → replacement`. */
import type { Contract } from '../../graphs/ir/contract.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
  isInteger,
} from '../../graphs/ir/element-type.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { buildPattern, builtType, matchPattern, type Pattern, parsePattern } from './pattern.ts';
import type { Rule, Site } from './rule.ts';

/** The element types that x of a rule may have. */
export type TypeClass = 'integer' | 'float' | 'real' | 'pred' | 'bits' | 'complex' | 'any';

/** f8e8m0fnu has neither sign nor zero, so that none of the laws of arithmetic is asked of it. */
const lawful = (t: ElementType) => isFloat(t) && t !== 'f8e8m0fnu';

/** Which element types a rule's class has. */
export const typeClasses: Readonly<Record<TypeClass, (type: ElementType) => boolean>> = {
  integer: isInteger,
  float: lawful,
  real: (t) => lawful(t) || isInteger(t),
  pred: (t) => t === 'pred',
  bits: (t) => t === 'pred' || isInteger(t),
  complex: isComplex,
  any: (t) => Object.hasOwn(elementTypes, t),
};

/** A rule as it is written down. */
export type TextRow = readonly [
  name: string,
  contract: Contract,
  types: TypeClass,
  pattern: string,
  replacement: string,
];

/** A rule with the patterns that it was made of. */
export interface TextRule extends Rule {
  readonly types: TypeClass;
  readonly pattern: Pattern;
  readonly replacement: Pattern;
}

/** Makes the rule of a row; a row that is no rule is a TypeError. */
export function textRule([name, contract, types, from, to]: TextRow): TextRule {
  const pattern = parsePattern(from);
  const replacement = parsePattern(to);
  if (pattern.kind !== 'op') throw new TypeError(`rule ${name}: ${from} is no operation`);
  const apply = (i: Instruction, site: Site): Instruction | undefined => {
    const bound = matchPattern(pattern, i, site);
    if (!bound || i.shape.kind !== 'array') return undefined;
    const x = (bound.get('x') ?? i).shape as ArrayShape;
    if (!typeClasses[types](x.type)) return undefined;
    if (replacement.kind === 'any') return bound.get(replacement.name);
    return builtType(replacement, bound, i.shape) === i.shape.type
      ? buildPattern(replacement, bound, site, i)
      : undefined;
  };
  return {
    name,
    contract,
    opcode: pattern.opcode,
    examples: [],
    types,
    pattern,
    replacement,
    apply,
  };
}
