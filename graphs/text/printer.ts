/**
 * A module as HLO text, in the form that XLA prints: parsing it gives an equal module. Attributes
 * equal to their fallback are left out.
 */
import type { Computation, Instruction, InstructionId, Module } from '../ir/module.ts';
import { instructionOf, parametersOf, rootOf } from '../ir/module.ts';
import type { AttrSpec, AttrSpecs } from '../ops/attr.ts';
import { rowOf } from '../ops/table.ts';
import { attrTexts } from './attributes.ts';
import { sameValue } from './equal.ts';
import { printLiteral } from './literal-print.ts';
import { printShape } from './shape-text.ts';

/** What to leave out of the text. */
export interface PrintOptions {
  /** Layouts of shapes; true unless told otherwise. */
  readonly layouts?: boolean;
  /** Attributes that do not change the value: metadata, sharding … ; true unless told otherwise. */
  readonly metadata?: boolean;
}

/** A whole module. */
export function printModule(module: Module, options: PrintOptions = {}): string {
  const header = [`HloModule ${module.name}`, ...verbatim(module.attributes)].join(', ');
  const computations = module.computations.map((c) => {
    return `${c.name === module.entry ? 'ENTRY ' : ''}${printComputation(c, options)}`;
  });
  const tables = module.debugTables ? [module.debugTables] : [];
  return `${[header, ...tables, ...computations].join('\n\n')}\n`;
}

/** A computation with its signature. */
export function printComputation(computation: Computation, options: PrintOptions = {}): string {
  const { name, instructions, root, extras } = computation;
  const parameters = parametersOf(computation).map(
    (p) => `${p.name}: ${printShape(p.shape, false)}`,
  );
  const result = printShape(rootOf(computation).shape, false);
  const lines = instructions.map((i) => {
    return `  ${i.id === root ? 'ROOT ' : ''}${printInstruction(i, computation, options)}`;
  });
  const head = `%${name} (${parameters.join(', ')}) -> ${result} {`;
  return [head, ...lines, ['}', ...verbatim(extras)].join(', ')].join('\n');
}

/** `%name = shape opcode(operands), attributes`. */
export function printInstruction(
  instruction: Instruction,
  computation: Computation,
  { layouts = true, metadata = true }: PrintOptions = {},
): string {
  const { name, shape, opcode, controlPredecessors, extras } = instruction;
  const nameOf = (id: InstructionId) => `%${instructionOf(computation, id).name}`;
  const parts = attrParts(instruction);
  if (controlPredecessors.length) {
    parts.push(`control-predecessors={${controlPredecessors.map(nameOf).join(', ')}}`);
  }
  if (metadata) parts.push(...verbatim(extras));
  const operands = printArgument(instruction) ?? instruction.operands.map(nameOf).join(', ');
  const call = `%${name} = ${printShape(shape, layouts)} ${opcode}(${operands})`;
  return [call, ...parts].join(', ');
}

/** The attributes that bear on the value, called computations by name; the same for equal ones. */
export function printAttrs(instruction: Instruction): string {
  const argument = printArgument(instruction);
  const parts = attrParts(instruction);
  return (argument === undefined ? parts : [argument, ...parts]).join(', ');
}

function printArgument({ opcode, attrs }: Instruction): string | undefined {
  const { argument, attrs: specs } = rowOf(opcode);
  if (!argument) return undefined;
  const value = (attrs as Readonly<Record<string, unknown>>)[argument];
  const { kind } = (specs as AttrSpecs)[argument]!;
  return kind === 'literal' ? printLiteral(value as never) : attrTexts[kind].write(value as never);
}

function attrParts({ opcode, attrs }: Instruction): string[] {
  const { argument, attrs: specs } = rowOf(opcode);
  const parts: string[] = [];
  for (const name in specs) {
    const value = (attrs as Readonly<Record<string, unknown>>)[name];
    const spec: AttrSpec = (specs as AttrSpecs)[name]!;
    if (name === argument || value === undefined || isFallback(spec, value)) continue;
    parts.push(`${name}=${attrTexts[spec.kind].write(value as never)}`);
  }
  return parts;
}

function isFallback({ fallback }: AttrSpec, value: unknown): boolean {
  return fallback !== undefined && sameValue(fallback, value);
}

function verbatim(attributes: Readonly<Record<string, string>>): string[] {
  return Object.entries(attributes).map(([name, text]) => `${name}=${text}`);
}
