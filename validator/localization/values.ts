/**
 * The values of one case by number: computed by the reference when first asked for, handed on from
 * before a pass to after it where the two correspond, dropped when no module has them any more.
 * What was evaluated is remembered with the operands it was evaluated on, so that a region that one
 * pass after another touches runs once.
 */

import { sampleValue } from '../../golden/kinds/sample.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { lastReads } from '../exact/run-graph.ts';
import type { EvalContext } from '../reference/context.ts';
import { evaluateInstruction, makeContext, type RunOptions } from '../reference/run.ts';
import { actsItself, SimulatedHost } from '../reference/simulated-host.ts';
import { uninterpreted } from './uninterpreted-calls.ts';

/** An instruction evaluated once: on these very operands it gives this value. */
interface Evaluation {
  readonly operands: readonly Value[];
  readonly value: Value;
  /** Why it has arbitrary data in it. */
  readonly unknown?: string;
}

/** Evaluations remembered of one number, the latest ones. */
const maxRemembered = 4;

/** The values of one case on one set of inputs; shared by all modules of a numbering. */
export class CaseValues {
  /** Numbers with arbitrary data in them, as they could not be run, with the reason. */
  readonly opaque = new Map<ValueNumber, string>();
  private readonly values = new Map<ValueNumber, Value>();
  private readonly evaluations = new Map<ValueNumber, readonly Evaluation[]>();
  private readonly contexts = new Map<Module, EvalContext>();
  /** What loops and branches that act outside talk to, each from the beginning. */
  private readonly inner = new SimulatedHost({ notes: false });
  private readonly numbering: Numbering;
  private readonly inputs: readonly Value[];
  readonly options: RunOptions;
  private unknown: string | undefined;

  constructor(numbering: Numbering, inputs: readonly Value[], options: RunOptions = {}) {
    this.numbering = numbering;
    this.inputs = inputs;
    this.options = options;
  }

  /** The value of a number; what it depends on is computed first, where it is not known. */
  get(number: ValueNumber): Value {
    const pending = [number];
    for (let n = pending.at(-1); n !== undefined; n = pending.at(-1)) {
      const missing = this.values.has(n)
        ? []
        : this.numbering.term(n).operands.filter((o) => !this.values.has(o));
      if (missing.length) {
        pending.push(...missing);
        continue;
      }
      if (!this.values.has(n))
        this.values.set(
          n,
          this.evaluate(n, (o) => this.values.get(o)!),
        );
      pending.pop();
    }
    return this.values.get(number)!;
  }

  has(number: ValueNumber): boolean {
    return this.values.has(number);
  }

  /**
   * Hands what is known of a number on to one that corresponds to it: its value, unless the other
   * has one, and, where both are the same op, what that gives on which operands.
   */
  inherit(from: ValueNumber, to: ValueNumber): void {
    const value = this.values.get(from);
    if (value && !this.values.has(to)) this.values.set(to, value);
    if (this.numbering.term(from).local !== this.numbering.term(to).local) return;
    for (const e of this.evaluations.get(from) ?? []) this.remember(to, e);
  }

  /** Where a number was found to come to the bits of a value: from now on it comes to that value. */
  unify(number: ValueNumber, found: Value, value: Value): void {
    const known = this.evaluations.get(number);
    if (!known || found === value) return;
    const same = known.map((e) => (e.value === found ? { ...e, value } : e));
    this.evaluations.set(number, same);
  }

  /**
   * Runs numbers (operands first) without touching the case's own values; `given` holds the
   * boundary, other operands come from the case. With `kept`, values that nothing reads any more are
   * let go, but for these.
   */
  run(
    numbers: readonly ValueNumber[],
    given: ReadonlyMap<ValueNumber, Value>,
    kept?: ReadonlySet<ValueNumber>,
  ): Map<ValueNumber, Value> {
    const local = new Map(given);
    const of = (o: ValueNumber) => local.get(o) ?? this.get(o);
    const ends = kept && lastReads({ numbering: this.numbering, order: numbers });
    for (const n of numbers) {
      if (!given.has(n)) local.set(n, this.evaluate(n, of));
      for (const o of ends?.get(n) ?? []) {
        if (kept?.has(o)) continue;
        local.delete(o);
        this.evaluations.delete(o);
      }
    }
    return local;
  }

  /**
   * Forgets every value whose number is not kept. What an op gave is still remembered where others
   * hold its value and all that it was given: a pass may undo what the one before it did.
   */
  retain(kept: (number: ValueNumber) => boolean): void {
    for (const n of this.values.keys()) if (!kept(n)) this.values.delete(n);
    const held = new Set(this.values.values());
    for (const [n, known] of this.evaluations) {
      if (kept(n)) continue;
      const free = known.filter((e) => held.has(e.value) && e.operands.every((o) => held.has(o)));
      if (free.length) this.evaluations.set(n, free);
      else this.evaluations.delete(n);
    }
  }

  /** The same case with the values of these numbers only; others are computed when asked for. */
  only(numbers: readonly ValueNumber[]): CaseValues {
    const part = this.with({});
    for (const n of numbers) part.values.set(n, this.get(n));
    for (const [n, why] of this.opaque) part.opaque.set(n, why);
    return part;
  }

  /** The same case evaluated with other options (random rounding), starting afresh. */
  with(options: RunOptions): CaseValues {
    return new CaseValues(this.numbering, this.inputs, { ...this.options, ...options });
  }

  private evaluate(n: ValueNumber, operand: (number: ValueNumber) => Value): Value {
    const { instruction, operands, module } = this.numbering.term(n);
    if (instruction.opcode === 'parameter') return this.inputs[instruction.attrs.index]!;
    const given = operands.map(operand);
    const known = this.evaluations.get(n)?.find((e) => e.operands.every((v, k) => v === given[k]));
    if (known) {
      if (known.unknown !== undefined) this.opaque.set(n, known.unknown);
      return known.value;
    }
    this.unknown = undefined;
    try {
      const whole = this.context(module);
      const { host: _, ...hostless } = whole;
      this.inner.take();
      const isAlone = !this.options.host && actsItself(instruction);
      const value = evaluateInstruction(instruction, given, isAlone ? hostless : whole);
      const { unknown } = this;
      if (unknown !== undefined) this.opaque.set(n, unknown);
      this.remember(n, { operands: given, value, ...(unknown !== undefined && { unknown }) });
      return value;
    } catch (error) {
      if (!(error instanceof AssayError) || error.diagnostic.code !== 'run/unsupported')
        throw error;
      this.opaque.set(n, error.message);
      return sampleValue(instruction.shape, n);
    }
  }

  private remember(n: ValueNumber, evaluation: Evaluation): void {
    const known = this.evaluations.get(n) ?? [];
    this.evaluations.set(n, [evaluation, ...known.slice(0, maxRemembered - 1)]);
  }

  private context(module: Module): EvalContext {
    const known = this.contexts.get(module);
    if (known) return known;
    const context = makeContext(module, {
      host: this.inner,
      ...this.options,
      uninterpreted: (call, operands) => {
        this.unknown = `%${call.name} (custom-call): the target ${call.attrs.custom_call_target} is not known`;
        return uninterpreted(call, operands);
      },
    });
    this.contexts.set(module, context);
    return context;
  }
}
