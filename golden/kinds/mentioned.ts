/**
 * The numbers that a module mentions where they decide something: what it compares with, clamps to,
 * selects, pads by. Inputs that hold them, and their neighbours, reach `x == 3` and `above 1e30`. Of
 * two modules that are held against each other, a number that only one has counts wherever it stands.
 */
import { elementTypes, isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction, InstructionId, Module } from '../../graphs/ir/module.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** A number that a module compares with or clamps to. */
export interface Mention {
  readonly value: number;
  /** What decides by it: `compare %c`. */
  readonly by: string;
}

/** More than these are not drawn. */
const mostMentions = 16;

/** Larger constants are tables, whose entries decide nothing. */
const fewElements = 4;

const deciding: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['compare', 'clamp', 'select', 'maximum', 'minimum', 'pad', 'remainder'] as const),
]);

const passing: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['broadcast', 'reshape', 'convert', 'copy', 'bitcast', 'transpose', 'negate'] as const),
]);

/** Values that other kinds of input hold anyway, in arrays of any size. */
const met = { float: [0], integer: [0, 1] };

/** Factors and terms that decide nothing and that most modules have. */
const usual = [0.5, 1, 2];

/** The numbers that decide something in modules that run on the same inputs, each once. */
export function mentionsOf(modules: readonly Module[]): readonly Mention[] {
  const all = modules.map((m) => m.computations.flatMap((c) => constantsIn(c.instructions)));
  const values = all.map((found) => new Set(found.map((f) => f.value)));
  const isOneSided = (value: number) =>
    !usual.includes(Math.abs(value)) && values.some((own) => !own.has(value));
  const found = new Map<number, Mention>();
  for (const { value, by, decides } of all.flat()) {
    if (!decides && !isOneSided(value)) continue;
    if (!found.has(value) && found.size < mostMentions) found.set(value, { value, by });
  }
  return [...found.values()];
}

interface Found extends Mention {
  readonly decides: boolean;
}

function constantsIn(instructions: readonly Instruction[]): Found[] {
  const values = new Map<InstructionId, readonly number[]>();
  const found: Found[] = [];
  for (const i of instructions) {
    if (i.opcode === 'constant') values.set(i.id, numbersOf(i));
    const operand = i.operands[0];
    if (passing.has(i.opcode) && operand !== undefined) {
      const passed = values.get(operand);
      if (passed) values.set(i.id, passed);
      continue;
    }
    const decides = deciding.has(i.opcode);
    for (const value of i.operands.flatMap((o) => values.get(o) ?? [])) {
      found.push({ value, by: `${i.opcode} %${i.name}`, decides });
    }
  }
  return found;
}

function numbersOf({ attrs }: Instruction & { readonly opcode: 'constant' }): readonly number[] {
  const { literal } = attrs;
  if (literal.kind !== 'tensor' || literal.data.length > fewElements) return [];
  const { type } = literal.shape;
  if (elementTypes[type].kind === 'pred') return [];
  const known = isFloat(type) ? met.float : met.integer;
  const numbers = Array.from(literal.data as Float32Array, Number);
  return numbers.filter((x) => Number.isFinite(x) && !known.includes(Math.abs(x)));
}
