/** Modules on which an algebraic rule fires, made from the rule's own text. */

import { type ComputationBuilder, ModuleBuilder } from '../../graphs/build/builder.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { allOnes, type Pattern } from '../../passes/algsimp/pattern.ts';
import type { Rule } from '../../passes/algsimp/rule.ts';
import { type TextRule, typeClasses } from '../../passes/algsimp/text-rule.ts';

const sampleTypes = ['f32', 'bf16', 'f16', 'f64', 's8', 'u8', 's32', 'u32', 's64', 'pred', 'c64'];

/** The examples that a rule brings, or its pattern as a module for each type that it allows. */
export function examplesOf(rule: Rule): readonly (readonly [type: string, Module])[] {
  if (!isTextRule(rule)) return rule.examples.map((text, n) => [`example ${n}`, parseModule(text)]);
  const types = (sampleTypes as ElementType[]).filter((t) => typeClasses[rule.types](t));
  return types.flatMap((type) => {
    const module = instance(rule, type);
    return module ? [[type, module] as const] : [];
  });
}

function isTextRule(rule: Rule): rule is TextRule {
  return 'pattern' in rule;
}

const dims = [16];

/** The pattern with its names as parameters; undefined for a type that the ops do not take. */
function instance(rule: TextRule, type: ElementType): Module | undefined {
  try {
    return new ModuleBuilder(rule.name).entry((b) => {
      const names = new Map<string, Instruction>();
      return build(rule.pattern, type, names, b);
    });
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}

function build(
  pattern: Pattern,
  type: ElementType,
  names: Map<string, Instruction>,
  b: ComputationBuilder,
): Instruction {
  if (pattern.kind === 'splat') {
    const value = pattern.value === 'ones' ? allOnes(type) : pattern.value;
    const { kind } = elementTypes[type];
    if (value === -1 && kind === 'unsigned')
      throw new AssayError({ code: 'run/unsupported', message: 'no -1' });
    return b.broadcast(b.scalar(type, value), dims);
  }
  if (pattern.kind !== 'op') {
    const made = names.get(pattern.name) ?? leaf(pattern, type, names.size, b);
    names.set(pattern.name, made);
    return made;
  }
  const operandType = (n: number): ElementType => {
    if (pattern.opcode === 'select' && n === 0) return 'pred';
    return type;
  };
  const operands = pattern.operands.map((p, n) => build(p, operandType(n), names, b));
  const attrs = pattern.direction ? { direction: pattern.direction } : {};
  return b.op(pattern.opcode as 'add', operands, attrs);
}

function leaf(
  pattern: Pattern & { readonly kind: 'any' | 'known' },
  type: ElementType,
  n: number,
  b: ComputationBuilder,
): Instruction {
  if (pattern.kind === 'known') return b.broadcast(b.scalar(type, n + 2), dims);
  return b.parameter(pattern.name, arrayShape(type, dims));
}
