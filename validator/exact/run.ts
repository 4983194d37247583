/**
 * Runs a module in exact arithmetic with radii. The meaning of each op is in the tables; here are
 * calls, chains of ops, and running a scalar computation for many arguments at once.
 */

import { hasDynamicSizes } from '../../graphs/ir/dynamic-sizes.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import {
  type Computation,
  computationOf,
  type Instruction,
  type Module,
} from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { isIn, type Opcode } from '../../graphs/ops/table.ts';
import { defaultLimits } from '../limits/limits.ts';
import type { EvalContext } from '../reference/context.ts';
import { Frames } from '../reference/live-values.ts';
import { checkResultSize, makeContext } from '../reference/run.ts';
import { lastUses } from '../semantics/lives.ts';
import { tensorOperand } from './core/broadcasting.ts';
import type { ExactContext, ExactOptions, ExactRule } from './core/context.ts';
import { narrowly } from './core/narrowed.ts';
import { type Numerics, numericsOf } from './core/numerics.ts';
import { defaultLambda } from './core/radius.ts';
import { withOpenRange } from './core/range-escape.ts';
import { asDoubles, inDoubles, numericsOverReals, roundedConstant } from './core/real-algebra.ts';
import { settlePlaces } from './core/settle.ts';
import type { ExactTensor, ExactValue } from './core/value.ts';
import { fromPlain, undecidedOf } from './core/without-error.ts';
import { evaluateFitted } from './shape-access.ts';
import { Reassociation } from './sums/reassociation.ts';
import { linksOf } from './sums/sum-links.ts';
import { exactTable } from './table.ts';

/** The root's value. */
export interface ExactResult {
  readonly value: ExactValue;
  /** Why elements are undecided where an op has no rule, or a loop or branch could not be followed. */
  readonly reasons: readonly string[];
}

/** A plain value with radius zero. */
export function fromPlainValue(v: Value): ExactValue {
  return fromPlain(v);
}

/** The exact result of a module's entry computation. Throws what the reference throws. */
export function runExact(
  module: Module,
  inputs: readonly ExactValue[],
  options: ExactOptions = {},
): ExactResult {
  const reasons = new Set<string>();
  const context = makeExactContext(module, options, (reason) => reasons.add(reason));
  return { value: context.call(module.entry, inputs), reasons: [...reasons] };
}

/** A formula that stands for an op is one of several: others divide and overflow elsewhere. */
const byFormula = { reciprocalDivision: true, openRange: true } as const;

/** The context in which instructions of a module are evaluated; `explainUndecided` hears why not. */
export function makeExactContext(
  module: Module,
  options: ExactOptions = {},
  explainUndecided: (reason: string) => void = () => {},
): ExactContext {
  const { literalSeed, limits = defaultLimits, host, device } = options;
  const records = new Map<ElementType, Numerics>();
  const settings = {
    ...{ limits, ...(host && { host }) },
    ...(device !== undefined && { device }),
    ...(literalSeed !== undefined && { literalSeed }),
  };
  const reference = { ...makeContext(module, settings), fitted: true };
  const frames = new Frames(options.watch);
  const callConsuming = (name: string, args: ExactValue[]) =>
    runComputation(computationOf(module, name), args, frames, context);
  const call = (name: string, args: readonly ExactValue[]) => callConsuming(name, [...args]);
  const context: ExactContext = {
    module,
    lambda: options.lambda ?? defaultLambda,
    limits,
    reciprocalDivision: options.reciprocalDivision ?? false,
    realAlgebra: options.realAlgebra,
    roundedConstants: options.roundedConstants ?? false,
    strict: options.strictPrecision ?? false,
    ...(options.settled && { settled: options.settled }),
    narrows: options.computeType !== undefined,
    reference,
    passing: { ...reference, call: call as EvalContext['call'] },
    numerics(type) {
      let record = records.get(type);
      if (!record) {
        record = limitedTo(
          options.coarsest,
          (options.realAlgebra ? numericsOverReals : numericsOf)(type, options),
        );
        records.set(type, record);
      }
      return record;
    },
    call,
    callConsuming,
    within: (other) => makeExactContext(other, { ...options, ...byFormula }, explainUndecided),
    callEach: (name, args) => runEach(computationOf(module, name), args, context),
    explainUndecided,
  };
  return context;
}

/** A record whose roundings are no coarser than a unit roundoff. */
function limitedTo(coarsest: number | undefined, record: Numerics): Numerics {
  return coarsest === undefined || record.u <= coarsest ? record : { ...record, u: coarsest };
}

/**
 * Value and radii of one instruction from those of its operands; a parameter has none.
 * What names its operands tells them apart; it is looked up only in a module that holds the instruction.
 */
export function exactInstruction(
  instruction: Instruction<number>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  return evaluateOwn(instruction as Instruction, [...operands], context);
}

/** As exactInstruction; calls empty the array, so that the operands can die inside. */
function evaluateOwn(
  instruction: Instruction,
  operands: ExactValue[],
  context: ExactContext,
): ExactValue {
  const { settled } = context;
  if (!settled) return evaluateOnSizes(instruction, operands, context);
  settled.enter(instruction);
  const value = settlePlaces(instruction, evaluateOnSizes(instruction, operands, context), context);
  settled.leave();
  return value;
}

/** Evaluates an instruction on the sizes of its operands. */
function evaluateOnSizes(
  instruction: Instruction,
  operands: ExactValue[],
  context: ExactContext,
): ExactValue {
  if (!hasDynamicSizes(context.module)) return evaluateStatic(instruction, operands, context);
  return evaluateFitted(instruction, operands, context, (i, own) =>
    evaluateStatic(i, own === operands ? operands : [...own], context),
  );
}

/** Evaluates an instruction whose shapes have the sizes of its operands. */
function evaluateStatic(
  instruction: Instruction,
  operands: ExactValue[],
  context: ExactContext,
): ExactValue {
  checkResultSize(instruction, context.limits);
  const row = exactTable[instruction.opcode];
  if (typeof row === 'function') {
    const rule = row as unknown as ExactRule<Opcode>;
    const isConstant = instruction.opcode === 'constant';
    if (isConstant && (context.realAlgebra || context.roundedConstants)) {
      return constant(rule, instruction, context);
    }
    if (context.realAlgebra) return realAlgebra(rule, instruction, operands, context);
    if (context.narrows) return narrowly(rule, instruction, operands, context);
    return rule(instruction as never, operands, context);
  }
  context.explainUndecided(`${instruction.opcode}: ${row.undecided}`);
  return undecidedOf(instruction.shape);
}

/** A constant as the declared type holds it. */
function constant(rule: ExactRule<Opcode>, i: Instruction, context: ExactContext): ExactValue {
  const plain = rule(i as never, [], context);
  const value = context.roundedConstants ? roundedConstant(plain) : plain;
  return context.realAlgebra === 'unrounded' ? asDoubles(value) : value;
}

/** An instruction in real arithmetic, with marks where it leaves the range of f64. */
function realAlgebra(
  rule: ExactRule<Opcode>,
  instruction: Instruction,
  operands: ExactValue[],
  context: ExactContext,
): ExactValue {
  const unrounded = context.realAlgebra === 'unrounded';
  if (unrounded && instruction.opcode === 'reduce-precision') return operands[0];
  if (unrounded && instruction.opcode === 'bitcast-convert') {
    context.explainUndecided('bitcast-convert: a real number has no bits');
    return asDoubles(undecidedOf(instruction.shape));
  }
  const given = [...operands];
  const stated = unrounded && instruction.opcode !== 'iota' ? inDoubles(instruction) : instruction;
  const value = rule(stated as never, operands, context);
  const wide = unrounded ? asDoubles(value) : value;
  return withOpenRange(instruction, given, wide);
}

/** Instructions in order, with the radii that chains of them have in any order. */
function runComputation(
  computation: Computation,
  args: ExactValue[],
  frames: Frames,
  context: ExactContext,
): ExactValue {
  const links = linksOf(computation, context.module);
  const reassociation = new Reassociation(links);
  const ends = lastUses(computation);
  return frames.run(computation, args, (i, own, n) => {
    const inChain = links.has(i.id);
    const operands = inChain
      ? own.map((v, k) => reassociation.operand(i.id, i.operands[k], v))
      : own;
    const value = evaluateOwn(i, operands, context);
    const ids: readonly number[] = i.operands;
    const read = (key: number) => own[ids.indexOf(key)];
    const widened = reassociation.widened(i.id, value, context, read);
    for (const id of ends[n]) reassociation.forget(id);
    return widened;
  });
}

/** Ops that do nothing to a scalar. */
const scalarIdentities = new Set<Opcode>(['copy', 'reshape', 'bitcast', 'broadcast', 'transpose']);
const scalarStructure = new Set<Opcode>([
  'constant',
  'tuple',
  'get-tuple-element',
  'opt-barrier',
  'bitcast-convert',
]);

function runEach(
  computation: Computation,
  args: readonly ExactTensor[],
  context: ExactContext,
): readonly ExactTensor[] | undefined {
  const values = new Map<number, ExactValue>();
  const reassociation = new Reassociation(linksOf(computation, context.module));
  for (const i of computation.instructions) {
    const operands = i.operands.map((o) => reassociation.operand(i.id, o, values.get(o)!));
    const value = evaluateEach(i, operands, args, context);
    if (!value) return undefined;
    values.set(
      i.id,
      reassociation.widened(i.id, value, context, (o) => values.get(o)!),
    );
  }
  const root = values.get(computation.root)!;
  return root.kind === 'tuple' ? root.elements.map(tensorOperand) : [tensorOperand(root)];
}

function evaluateEach(
  i: Instruction,
  operands: readonly ExactValue[],
  args: readonly ExactTensor[],
  context: ExactContext,
): ExactValue | undefined {
  if (i.opcode === 'parameter') return args[i.attrs.index];
  if (i.shape.kind === 'array' && i.shape.dims.length > 0) return undefined;
  if (scalarIdentities.has(i.opcode)) return operands[0];
  if (i.opcode === 'call' || i.opcode === 'fusion') {
    const name = i.opcode === 'call' ? i.attrs.to_apply : i.attrs.calls;
    const inner = context.callEach(name, operands.map(tensorOperand), 0);
    return i.shape.kind === 'tuple' && inner ? { kind: 'tuple', elements: inner } : inner?.[0];
  }
  if (!isIn(i.opcode, 'elementwise') && !scalarStructure.has(i.opcode)) return undefined;
  return exactInstruction(i, operands, context);
}
