/**
 * The reference: runs a module as written, every instruction rounded to its element type. The
 * meaning of each op is in the tables; here are calls and the inputs' checks.
 */

import { AssayError, fail } from '../../graphs/ir/diagnostic.ts';
import { hasDynamicSizes } from '../../graphs/ir/dynamic-sizes.ts';
import {
  type Computation,
  computationOf,
  entryOf,
  type Instruction,
  type Module,
} from '../../graphs/ir/module.ts';
import { elementCount, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { defaultLimits, type Limits } from '../limits/limits.ts';
import { LoopMeter } from '../limits/loop-meter.ts';
import { fitted } from '../semantics/dynamic-shapes/fit.ts';
import { checkInputs } from './check-inputs.ts';
import type { DeviceId, EvalContext, Evaluate, Host, Observer, Uninterpreted } from './context.ts';
import { Frames, type Watch } from './live-values.ts';
import type { Binning } from './ops/approximate-top-k.ts';
import { hiddenState } from './ops/random.ts';
import { withMadeNaN } from './scalars/made-nan.ts';
import { type Rounding, type RoundingPolicy, roundingPolicy } from './scalars/rounding-policy.ts';
import { shapeAccess } from './shape-access.ts';
import { evalTable } from './table.ts';

/** How a module is run, where not as the reference proper. */
export interface RunOptions {
  readonly limits?: Limits;
  /** To nearest (the reference proper), or at random from a seed (Monte-Carlo arithmetic). */
  readonly rounding?: Rounding;
  /** How results are rounded, instead of `rounding`. */
  readonly round?: RoundingPolicy;
  /** Follows the run, instruction by instruction. */
  readonly observer?: Observer;
  /** Seed of the values of elided constants, and of random ops. */
  readonly literalSeed?: number;
  /** Stands for custom calls whose target is not known; without it they are refused. */
  readonly uninterpreted?: Uninterpreted;
  /** What instructions that act outside the module talk to; they are refused without it. */
  readonly host?: Host;
  /** Which device this is: 0 of one if absent, and then of no more. */
  readonly device?: DeviceId;
  /** Which row of bins an input of an approximate top-k goes to; adjacent rows if absent. */
  readonly binning?: Binning;
  /** The sign of NaNs that arithmetic makes, which nobody promises; positive if absent. */
  readonly madeNaN?: 'positive' | 'negative';
  /** Hears which values the run holds, instruction by instruction. */
  readonly watch?: Watch;
  /** Hears of every computation that is run, before it is; the arguments are only lent. */
  readonly entered?: (computation: Computation, args: readonly Value[]) => void;
}

/**
 * The result of a module's entry computation. Throws an AssayError: `run/bad-input` where inputs do
 * not fit the parameters, `run/unsupported`, `run/no-termination`, `run/too-large`.
 */
export function runReference(
  module: Module,
  inputs: readonly Value[],
  options: RunOptions = {},
): Value {
  checkInputs(entryOf(module), inputs);
  return makeContext(module, options).call(module.entry, inputs);
}

/** The context in which instructions of a module are evaluated. */
export function makeContext(module: Module, options: RunOptions = {}): EvalContext {
  const settings = {
    limits: options.limits ?? defaultLimits,
    loops: new LoopMeter(),
    round: options.round ?? roundingPolicy(options.rounding ?? 'nearest'),
    literalSeed: options.literalSeed ?? 0,
    hidden: hiddenState(options.literalSeed ?? 0),
    ...(options.uninterpreted && { uninterpreted: options.uninterpreted }),
    ...(options.host && { host: options.host }),
    ...(options.device !== undefined && { device: options.device }),
    ...(options.observer && { observer: options.observer }),
    ...(options.binning && { binning: options.binning }),
    ...(options.entered && { entered: options.entered }),
    ...(options.madeNaN && { madeNaN: options.madeNaN }),
  };
  return contextOf(module, settings, new Frames(options.watch));
}

type Settings = Pick<
  EvalContext,
  | 'limits'
  | 'loops'
  | 'round'
  | 'literalSeed'
  | 'hidden'
  | 'uninterpreted'
  | 'host'
  | 'device'
  | 'observer'
  | 'binning'
  | 'madeNaN'
> &
  Pick<RunOptions, 'entered'>;

function contextOf(module: Module, settings: Settings, frames: Frames): EvalContext {
  const context: EvalContext = {
    module,
    ...settings,
    call: (name, args) => context.callConsuming(name, [...args]),
    callConsuming: (name, args) => {
      const computation = computationOf(module, name);
      settings.entered?.(computation, args);
      return frames.run(computation, args, (i, own) => evaluateOwn(i, own, context));
    },
    within: (other) => contextOf(other, settings, frames),
  };
  return context;
}

/**
 * Evaluates one instruction on its operands' values; a parameter has none and is refused.
 * What names its operands tells them apart; it is looked up only in a module that holds the instruction.
 */
export function evaluateInstruction(
  instruction: Instruction<number>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  return evaluateOwn(instruction as Instruction, [...operands], context);
}

/** As evaluateInstruction; calls empty the array, so that the operands can die inside. */
function evaluateOwn(instruction: Instruction, operands: Value[], context: EvalContext): Value {
  const { observer, module } = context;
  if (!observer) return evaluateFitted(instruction, operands, context);
  observer.enter(instruction, module, operands);
  const given = [...operands];
  const value = evaluateFitted(instruction, operands, context);
  return observer.leave(instruction, module, given, value);
}

/** Evaluates an instruction on the sizes of its operands. */
function evaluateFitted(instruction: Instruction, operands: Value[], context: EvalContext): Value {
  try {
    if (context.fitted || !hasDynamicSizes(context.module)) {
      return evaluateStatic(instruction, operands, context);
    }
    const inner = (i: Instruction, own: readonly Value[]) => evaluateStatic(i, [...own], context);
    const fit = fitted(instruction, operands, shapeAccess(context, inner));
    const own = fit.operands === operands ? operands : [...fit.operands];
    return evaluateStatic(fit.instruction, own, context);
  } catch (error) {
    throw placed(error, instruction);
  }
}

/** Evaluates an instruction whose shapes have the sizes of its operands. */
export function evaluateStatic(
  instruction: Instruction,
  operands: Value[],
  context: EvalContext,
): Value {
  const row = evalTable[instruction.opcode];
  checkShape(instruction, context.limits);
  if (typeof row !== 'function') return fail('run/unsupported', row.refused);
  const value = (row as Evaluate<Opcode>)(instruction as never, operands, context);
  return withMadeNaN(instruction, value, context.madeNaN === 'negative');
}

/** Refuses, by name, an instruction whose result is larger than the limits allow, before it is made. */
export function checkResultSize(instruction: Instruction, limits: Limits): void {
  try {
    checkShape(instruction, limits);
  } catch (error) {
    throw placed(error, instruction);
  }
}

function checkShape(instruction: Instruction, limits: Limits): void {
  for (const leaf of leafShapes(instruction.shape)) {
    if (leaf.kind !== 'array' || leaf.dynamic?.includes(true)) continue;
    if (elementCount(leaf) > limits.maxElements) tooLarge(leaf, limits);
  }
}

function tooLarge(shape: Shape & { kind: 'array' }, limits: Limits) {
  const size = `${shape.type}[${shape.dims}]`;
  fail('run/too-large', `${size} has more elements than --max-elements ${limits.maxElements}`);
}

/** The same error with the instruction named and placed, unless a called one did so already. */
export function placed(error: unknown, instruction: Instruction): unknown {
  if (!(error instanceof AssayError) || error.message.startsWith('%')) return error;
  const { diagnostic, blame } = error;
  const message = `${describe(instruction)}: ${diagnostic.message}`;
  return new AssayError({ ...place(instruction), ...diagnostic, message }, blame);
}

function describe(instruction: Instruction): string {
  return `%${instruction.name} (${instruction.opcode})`;
}

function place({ position }: Instruction): Pick<AssayError['diagnostic'], 'position'> {
  return position ? { position } : {};
}
