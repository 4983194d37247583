/**
 * Value numbers: one integer for each distinct function of a module's parameters. Two instructions
 * have the same number if they are the same op with the same attributes over operands of the same
 * numbers, whatever module, computation or name they stand in. Interned by content, so equality is
 * exact. One numbering serves all modules of a session; that is what makes values cacheable.
 */
import { createHash } from 'node:crypto';
import { hasDynamic, hasDynamicSizes } from '../ir/dynamic-sizes.ts';
import type { Instruction, Module } from '../ir/module.ts';
import type { Shape } from '../ir/shape.ts';
import type { Value } from '../ir/tensor.ts';
import type { AttrKind, Literal } from '../ops/attr.ts';
import { parseDeviceGroups } from '../ops/device-groups.ts';
import { type Opcode, rowOf } from '../ops/table.ts';
import { sameConfig } from './config.ts';

declare const valueNumber: unique symbol;

/** What a value is told by: unique within its numbering; a number that is no other number. */
export type ValueNumber = number & { readonly [valueNumber]: true };

/** A value number's definition. */
export interface ValueDefinition {
  readonly number: ValueNumber;
  /** Opcode, shape and attributes, called computations by their own numbers; operands aside. */
  readonly local: string;
  readonly operands: readonly ValueNumber[];
  /**
   * An instruction with this meaning. Its operands are value numbers instead of ids, except for
   * bitcast, whose operand is looked up in the module for its layout, and where there are dynamic
   * sizes, whose bounds are looked up.
   */
  readonly instruction: Instruction<number>;
  /** The module that its called computations live in. */
  readonly module: Module;
}

/** The terms of one op over the same first operands; `number` is that of the term of just these. */
interface Branch {
  number?: ValueNumber;
  readonly next: Map<ValueNumber, Branch>;
}

/** Numbers that several modules share, so that equal values of them have equal numbers. */
export class Numbering {
  /** By what a term is beside its operands, then operand by operand. */
  private readonly branches = new Map<string, Branch>();
  private readonly terms: ValueDefinition[] = [];

  /** The number of a term, new if it was never seen. */
  intern(
    local: string,
    operands: readonly ValueNumber[],
    instruction: Instruction,
    module: Module,
  ): ValueNumber {
    let branch = branchOf(this.branches, local);
    for (const o of operands) branch = branchOf(branch.next, o);
    let { number } = branch;
    if (number === undefined) {
      number = this.terms.length as ValueNumber;
      branch.number = number;
      const asWritten = instruction.opcode === 'bitcast' || hasDynamicSizes(module);
      const standing: Instruction<number> = asWritten ? instruction : { ...instruction, operands };
      this.terms.push({ number, local, operands, instruction: standing, module });
    }
    return number;
  }

  term(number: ValueNumber): ValueDefinition {
    return this.terms[number]!;
  }

  /** What a value number computes, and from which: all that a walk along operands needs. */
  link(number: ValueNumber): {
    key: ValueNumber;
    opcode: Opcode;
    operands: readonly ValueNumber[];
    instruction: Instruction<number>;
    module: Module;
  } {
    const { instruction, operands, module } = this.term(number);
    return { key: number, opcode: instruction.opcode, operands, instruction, module };
  }
}

function branchOf<K>(branches: Map<K, Branch>, key: K): Branch {
  let branch = branches.get(key);
  if (!branch) {
    branch = { next: new Map() };
    branches.set(key, branch);
  }
  return branch;
}

/** Attributes that say how an op is to be run, not what it computes. */
const advisory = new Set([
  'kind',
  'output_to_operand_aliasing',
  'result_accuracy',
  'inferred_dimension',
  'is_composite',
  'parameter_replication',
  'async_execution_thread',
  'operand_layout_constraints',
  'schedule',
  'cross_program_prefetch_index',
  'result_layout',
  'source_layout',
]);

const localKeys = new WeakMap<Instruction<number>, string>();

/** What an instruction does to its operands, as a string; called computations aside. */
export function localKey(i: Instruction<number>): string {
  let key = localKeys.get(i);
  if (key === undefined) {
    const told = i.opcode === 'custom-call' ? i.extras.backend_config : undefined;
    const config = i.opcode === 'custom-call' ? ` config=${sameConfig(told ?? '')}` : '';
    key = `${i.opcode} ${shapeKey(i.shape)}${attrsKey(i)}${config}`;
    localKeys.set(i, key);
  }
  return key;
}

function attrsKey(i: Instruction<number>): string {
  const specs = rowOf(i.opcode).attrs;
  const attrs = i.attrs as Readonly<Record<string, unknown>>;
  let key = '';
  for (const name of Object.keys(specs)) {
    const value = attrs[name];
    const kind = specs[name]!.kind;
    if (value === undefined || (advisory.has(name) && !tellsSizes(name, i))) continue;
    if (kind === 'computation' || kind === 'computations') continue;
    const text = attrKey(kind, value, i);
    key += ` ${name}=${text}`;
  }
  return key;
}

function attrKey(kind: AttrKind, value: unknown, i: Instruction<number>): string {
  if (kind === 'literal') return literalKey(value as Literal, i);
  const groups = kind === 'groups' ? parseDeviceGroups(value as string)?.list(2 ** 16) : undefined;
  return JSON.stringify(groups ?? value);
}

/** Which dimension of a dynamic reshape gives way is part of its meaning. */
function tellsSizes(attribute: string, { shape }: Instruction<number>): boolean {
  return attribute === 'inferred_dimension' && hasDynamic(shape);
}

function literalKey(literal: Literal, i: Instruction<number>): string {
  return literal.kind === 'elided' ? `elided:${i.name}` : valueKey(literal);
}

function valueKey(value: Value): string {
  if (value.kind === 'tuple') return `(${value.elements.map(valueKey).join()})`;
  if (value.kind === 'token') return 'token';
  const { data } = value;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length > 64) return createHash('sha256').update(bytes).digest('base64');
  return Buffer.from(bytes).toString('hex');
}

/** A shape without its layouts. */
export function shapeKey(s: Shape): string {
  if (s.kind === 'array') {
    if (!s.dynamic?.some(Boolean)) return `${s.type}[${s.dims}]`;
    return `${s.type}[${s.dims.map((d, n) => (s.dynamic![n] ? `<=${d}` : d))}]`;
  }
  if (s.kind === 'tuple') return `(${s.elements.map(shapeKey).join()})`;
  return s.kind === 'buffer' ? `b(${shapeKey(s.array)})` : s.kind;
}
