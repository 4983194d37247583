/**
 * Sampling a graph: many faithful executions of it, each drawn from a seed. They show how far its
 * outputs spread, and how its discrete decisions come out, with every correlation that independent
 * radii do not know of.
 */

import { type Contract, declares } from '../../graphs/ir/contract.ts';
import { isFloat, unitRoundoff } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { CaseValues } from '../localization/values.ts';
import type { Observer } from '../reference/context.ts';
import { DecisionLog } from './decision-log.ts';
import { decisionOf } from './decisions.ts';
import { FaithfulRounding, type Freedom } from './faithful-rounding.ts';
import { flushOperands } from './flush.ts';
import { cancels, type SumOrders, withOtherOrder } from './sum-orders.ts';
import { movedBySize, SumSizes } from './sum-sizes.ts';
import { Trace } from './trace.ts';

/** Samples with random rounding drawn before anything is concluded from them. */
export const sampleCount = 32;

/** A graph to draw executions of, and what they may do. */
export interface Sampled {
  readonly values: CaseValues;
  /** What is run, operands first, and what of it (and of its boundary) is given. */
  readonly order: readonly ValueNumber[];
  readonly given: ReadonlyMap<ValueNumber, Value>;
  readonly root: ValueNumber;
  readonly contract: Contract;
  readonly sums: SumOrders;
}

/**
 * Draws the samples, the run as written first. `see` is told the result of each and how many were
 * drawn so far; where it says so, no more are drawn. The log tells of their decisions.
 */
export function drawSamples(
  of: Sampled,
  see: (result: Value, drawn: number) => 'enough' | 'more',
): DecisionLog {
  const log = new DecisionLog();
  see(resultOf(of, of.values.with({ observer: new Recorder(log) })), 0);
  for (let seed = 1; seed <= sampleCount; seed++) {
    const rounding = new FaithfulRounding(seed, freedomOf(of.contract));
    const observer = new Recorder(log, rounding, of.sums);
    const result = resultOf(of, of.values.with({ round: rounding.policy, observer }));
    if (see(result, seed) === 'enough') break;
  }
  return log;
}

function resultOf({ order, given, root }: Sampled, values: CaseValues): Value {
  return values.run(order, given, new Set([root])).get(root)!;
}

function freedomOf(contract: Contract): Freedom {
  const reciprocal = declares(contract, 'reciprocal');
  return contract.kind === 'narrows' ? { reciprocal, computeType: contract.type } : { reciprocal };
}

/** Follows one run: tells the rounding where it is, and the log what was decided. */
class Recorder implements Observer {
  private readonly trace = new Trace();
  private readonly keys: string[] = [];
  private readonly given: (readonly Value[])[] = [];
  private readonly sizes = new SumSizes();
  private readonly log: DecisionLog;
  private readonly rounding: FaithfulRounding | undefined;
  private readonly sums: SumOrders;

  constructor(log: DecisionLog, rounding?: FaithfulRounding, sums: SumOrders = new Map()) {
    this.log = log;
    this.rounding = rounding;
    this.sums = sums;
  }

  enter(instruction: Instruction, module: Module, operands: Value[]): void {
    const key = this.trace.enter(instruction);
    this.keys.push(key);
    this.given.push(this.sums.has(instruction) ? [...operands] : []);
    const { rounding } = this;
    if (!rounding) return;
    rounding.enter(instruction, module, key);
    if (rounding.flushes) flushOperands(instruction, operands);
    withOtherOrder(instruction, operands, module, () => rounding.uniform());
  }

  leave(
    instruction: Instruction,
    module: Module,
    operands: readonly Value[],
    result: Value,
  ): Value {
    this.trace.leave();
    const key = this.keys.pop()!;
    const taken = decisionOf(instruction, operands, result, module);
    if (taken) this.log.record(key, taken.margin, taken.outcome);
    const given = this.given.pop()!;
    const moved = this.moved(instruction, module, given, result);
    this.rounding?.leave();
    return moved;
  }

  /** The result of an op that is part of a sum, off by what another order of all its terms rounds. */
  private moved(
    instruction: Instruction,
    module: Module,
    given: readonly Value[],
    result: Value,
  ): Value {
    const { rounding, sums, sizes } = this;
    const role = sums.get(instruction);
    if (!rounding || !role || result.kind !== 'tensor' || cancels(instruction)) return result;
    const { type } = result.shape;
    const size = isFloat(type) ? sizes.of(instruction, given, module) : undefined;
    if (!size || size.data.length !== result.data.length) return result;
    const moved =
      role === 'add'
        ? movedBySize(
            result,
            size,
            unitRoundoff(type),
            () => rounding.error(),
            rounding.policy(type),
          )
        : result;
    sizes.set(moved, size);
    return moved;
  }
}
