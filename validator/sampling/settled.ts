/**
 * Decisions that samples settle, handed back to the exact mode. Where the intervals of the exact mode
 * straddle a threshold, a margin that keeps its distance in every sample, or is the same in all of
 * them, decides; only what is still near its threshold stays undecided.
 */
import type { Instruction } from '../../graphs/ir/module.ts';
import type { Decide, SettledDecisions } from '../exact/core/context.ts';
import { type Decision, type DecisionLog, type Margin, marginOf } from './decision-log.ts';
import { Trace } from './trace.ts';

/** An element of a decision that stays near its threshold. */
export interface OpenDecision extends Margin {
  readonly instruction: string;
  /** Row-major position of the element. */
  readonly position: number;
}

/** Open decisions told of. */
const maxTold = 64;

/**
 * What becomes of decisions that the samples leave open: nothing (they stay undecided), or one of the
 * outcomes that faithful executions take: those of real arithmetic, as written, or at the lower or upper
 * end of the margin. The ends are taken one by one; real arithmetic takes all decisions together, so
 * that of several near-equal ones just one is the largest.
 */
export type Scenario = 'open' | 'wide' | 'written' | 'low' | 'high';

/** The outcomes that open decisions may have, one after the other. */
export const scenarios: readonly Scenario[] = ['wide', 'written', 'low', 'high'];

/** What the samples know, as one run of the exact mode asks for it. */
export class Settled implements SettledDecisions {
  /** Decisions that the samples do not settle, the first ones. */
  readonly open: OpenDecision[] = [];
  readonly isForced: boolean;
  readonly isWide: boolean;
  private readonly log: DecisionLog;
  private readonly samples: number;
  private readonly lambda: number;
  private readonly scenario: Scenario;
  private readonly trace = new Trace();
  private current: Decision | undefined;
  private readonly outer: (Decision | undefined)[] = [];

  /** `samples`: how many were drawn; a decision that not all of them met is not settled. */
  constructor(log: DecisionLog, samples: number, lambda: number, scenario: Scenario = 'open') {
    this.log = log;
    this.samples = samples;
    this.lambda = lambda;
    this.scenario = scenario;
    this.isForced = scenario !== 'open';
    this.isWide = scenario === 'wide';
  }

  /** The exact mode begins an instruction. */
  enter(instruction: Instruction): void {
    this.outer.push(this.current);
    this.current = this.log.get(this.trace.enter(instruction));
  }

  leave(): void {
    this.trace.leave();
    this.current = this.outer.pop();
  }

  outcome(instruction: Instruction, i: number, decision: Decide): number | undefined {
    const d = this.current;
    if (!d || d.count < this.samples || i >= d.outcome.length) return undefined;
    const margin = marginOf(d, i);
    const away = this.lambda * margin.spread;
    const side = decision.side ?? decision.outcomeAt;
    const isSteady = !(away > 0) || side(margin.mean - away) === side(margin.mean + away);
    if (!d.varies[i] && isSteady && away === away) return d.outcome[i];
    if (this.isForced) return this.forced(d, i, margin, away, decision);
    if (this.open.length < maxTold) {
      this.open.push({ ...margin, instruction: instruction.name, position: i });
    }
    return undefined;
  }

  private forced(
    d: Decision,
    i: number,
    { mean }: Margin,
    away: number,
    { outcomeAt }: Decide,
  ): number | undefined {
    if (this.scenario === 'written' || this.isWide) return d.outcome[i];
    const end = this.scenario === 'low' ? mean - away : mean + away;
    return end === end ? outcomeAt(end) : undefined;
  }
}
