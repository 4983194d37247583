/**
 * Structure of one computation: operands that exist and precede their users, arity, parameters
 * numbered without gaps, a root, names that occur once, sizes that can be counted.
 */
import { elementTypes } from '../ir/element-type.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionsById,
  parametersOf,
} from '../ir/module.ts';
import { type ArrayShape, leafShapes, type Shape } from '../ir/shape.ts';
import { rowOf } from '../ops/table.ts';
import { findCycle } from './cycle.ts';
import type { Report } from './report.ts';

/** Reports what is wrong; the ids of instructions whose shape rule cannot be asked come back. */
export function verifyStructure(
  computation: Computation,
  report: Report,
): ReadonlySet<InstructionId> {
  const broken = new Set<InstructionId>();
  const byId = instructionsById(computation);
  verifyNames(computation, report);
  verifyParameters(computation, report);
  if (!byId.has(computation.root)) {
    report(
      'root',
      `computation ${computation.name} has no instruction #${computation.root}, its root`,
    );
  }
  for (const instruction of computation.instructions) {
    const complete = verifyOperands(instruction, byId, report);
    const counted = verifyArity(instruction, report);
    if (!complete || !counted) broken.add(instruction.id);
    verifySize(instruction, report);
    verifyLayouts(instruction, report);
  }
  verifyOrder(computation, byId, report);
  return broken;
}

function verifyNames(computation: Computation, report: Report): void {
  const seen = new Set<string>();
  for (const i of computation.instructions) {
    if (seen.has(i.name)) {
      report('unique-name', `the name occurs twice in ${computation.name}; rename one`, i);
    }
    seen.add(i.name);
  }
}

function verifyParameters(computation: Computation, report: Report): void {
  parametersOf(computation).forEach((parameter, expected) => {
    const { index } = parameter.attrs;
    if (index === expected) return;
    const why = index < expected ? 'occurs twice' : `comes without parameter(${expected})`;
    report('parameter-number', `parameter(${index}) ${why} in ${computation.name}`, parameter);
  });
}

function verifyOperands(
  instruction: Instruction,
  byId: ReadonlyMap<InstructionId, Instruction>,
  report: Report,
): boolean {
  const missing = instruction.operands.filter((id) => !byId.has(id));
  for (const id of missing) {
    const k = instruction.operands.indexOf(id);
    report('operand', `operand ${k} (#${id}) is no instruction of this computation`, instruction);
  }
  for (const id of instruction.controlPredecessors) {
    if (byId.has(id)) continue;
    report('control-predecessor', `#${id} is no instruction of this computation`, instruction);
  }
  return missing.length === 0;
}

function verifyArity(instruction: Instruction, report: Report): boolean {
  const { arity } = rowOf(instruction.opcode);
  const n = instruction.operands.length;
  const [holds, words] =
    typeof arity === 'number'
      ? [n === arity, `${arity}`]
      : [n >= arity.min, `${arity.min} or more`];
  if (!holds) report('arity', `takes ${words} operands, got ${n}`, instruction);
  return holds;
}

/** Bytes that an array may have: they must be countable in 63 bits. */
const maxBytes = 2 ** 63;

function verifySize(instruction: Instruction, report: Report): void {
  for (const { type, dims, layout } of leavesOf(instruction.shape)) {
    if (layout && layout.minorToMajor.length !== dims.length) {
      const n = layout.minorToMajor.length;
      report('layout', `it orders ${n} dimensions, the shape has ${dims.length}`, instruction);
    }
    let bytes = elementTypes[type].bits / 8;
    for (const d of dims) bytes *= Math.abs(d);
    if (bytes < maxBytes) continue;
    const message = `${type}[${dims}] has more bytes than 63 bits can count`;
    report('size-overflow', message, instruction);
  }
}

function leavesOf(shape: Shape): readonly ArrayShape[] {
  if (shape.kind === 'array') return [shape];
  return leafShapes(shape).flatMap((leaf) => {
    if (leaf.kind === 'buffer') return [leaf.array];
    return leaf.kind === 'array' ? [leaf] : [];
  });
}

/** Operands stand before their users; if that is impossible, the cycle is named. */
function verifyOrder(
  { name, instructions }: Computation,
  byId: ReadonlyMap<InstructionId, Instruction>,
  report: Report,
): void {
  const seen = new Set<InstructionId>();
  const late: Instruction[] = [];
  for (const i of instructions) {
    if (i.operands.some((id) => byId.has(id) && !seen.has(id))) late.push(i);
    seen.add(i.id);
  }
  const edges = (i: Instruction) =>
    [...i.operands, ...i.controlPredecessors].flatMap((id) => byId.get(id) ?? []);
  const constrained = instructions.some((i) => i.controlPredecessors.length > 0);
  const cycle = late.length > 0 || constrained ? findCycle(instructions, edges) : undefined;
  if (cycle) {
    const path = [...cycle, cycle[0]!].map((i) => i.name).join(' <- ');
    report('cycle', `the value depends on itself in ${name}: ${path}`, cycle[0]);
    return;
  }
  for (const i of late) report('order', `stands before an operand of its in ${name}`, i);
}

/** A layout orders the dimensions: each occurs once. */
function verifyLayouts(i: Instruction, report: Report): void {
  for (const leaf of leafShapes(i.shape)) {
    const array = leaf.kind === 'buffer' ? leaf.array : leaf;
    if (array.kind !== 'array' || !array.layout) continue;
    const { dims, layout } = array;
    const order = layout.minorToMajor;
    const inRange = order.every((d) => d < dims.length);
    if (inRange && new Set(order).size === order.length) continue;
    const range = dims.length > 1 ? `each of 0 to ${dims.length - 1} once` : 'dimension 0 only';
    report('layout', `the layout {${order}} must name ${range}`, i);
  }
}
