/**
 * The values of one case by number: computed by the reference when first asked for, handed on from
 * before a pass to after it where the two correspond, dropped when no module has them any more.
 */

import { sampleValue } from '../../golden/sample.ts';
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { EvalContext } from '../reference/context.ts';
import { evaluateInstruction, makeContext, type RunOptions } from '../reference/run.ts';

export class CaseValues {
  /** Numbers that could not be run and were given arbitrary data, with the reason. */
  readonly opaque = new Map<number, string>();
  private readonly values = new Map<number, Value>();
  private readonly contexts = new Map<Module, EvalContext>();
  private readonly numbering: Numbering;
  private readonly inputs: readonly Value[];
  readonly options: RunOptions;

  constructor(numbering: Numbering, inputs: readonly Value[], options: RunOptions = {}) {
    this.numbering = numbering;
    this.inputs = inputs;
    this.options = options;
  }

  /** The value of a number; what it depends on is computed first, where it is not known. */
  get(number: number): Value {
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

  has(number: number): boolean {
    return this.values.has(number);
  }

  /** Sets a value unless the number has one. */
  inherit(number: number, value: Value): void {
    if (!this.values.has(number)) this.values.set(number, value);
  }

  /**
   * Runs numbers (operands first) without touching the case's own values; `given` holds the
   * boundary, other operands come from the case.
   */
  run(numbers: readonly number[], given: ReadonlyMap<number, Value>): Map<number, Value> {
    const local = new Map(given);
    const of = (o: number) => local.get(o) ?? this.get(o);
    for (const n of numbers) if (!given.has(n)) local.set(n, this.evaluate(n, of));
    return local;
  }

  /** Forgets every value whose number is not kept. */
  retain(kept: (number: number) => boolean): void {
    for (const n of this.values.keys()) if (!kept(n)) this.values.delete(n);
  }

  /** The same case evaluated with other options (random rounding), starting afresh. */
  with(options: RunOptions): CaseValues {
    return new CaseValues(this.numbering, this.inputs, { ...this.options, ...options });
  }

  private evaluate(n: number, operand: (number: number) => Value): Value {
    const { instruction, operands, module } = this.numbering.term(n);
    if (instruction.opcode === 'parameter') return this.inputs[instruction.attrs.index]!;
    try {
      return evaluateInstruction(instruction, operands.map(operand), this.context(module));
    } catch (error) {
      if (!(error instanceof AssayError) || error.diagnostic.code !== 'run/unsupported')
        throw error;
      this.opaque.set(n, error.message);
      return sampleValue(instruction.shape, n);
    }
  }

  private context(module: Module): EvalContext {
    const known = this.contexts.get(module);
    if (known) return known;
    const context = makeContext(module, this.options);
    this.contexts.set(module, context);
    return context;
  }
}
