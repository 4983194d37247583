/**
 * The values of a computation while it runs. An op gets its operands in an array of its own; those
 * that nothing reads after it are nowhere else by then. An op that runs a computation on them hands
 * the array over, and they die inside, after their last use there.
 */
import type { Computation, Instruction, InstructionId } from '../../graphs/ir/module.ts';
import { token, type Value } from '../../graphs/ir/tensor.ts';
import { type Life, lifeOf, type Part } from '../semantics/lives.ts';

/** Hears of all values that a run still holds, after every instruction and before it lets go of any. */
export type Watch = (held: readonly unknown[]) => void;

/** What a run holds: a frame for every computation that is being run, the innermost last. */
export class Frames {
  private readonly frames: LiveValues<unknown>[] = [];
  private readonly watch: Watch | undefined;

  constructor(watch?: Watch) {
    this.watch = watch;
  }

  /** Runs a computation; `args` is emptied as its parameters take from it. */
  run<V>(
    computation: Computation,
    args: V[],
    evaluate: (instruction: Instruction, operands: V[], position: number) => V,
  ): V {
    const liveValues = new LiveValues(computation, args);
    this.frames.push(liveValues);
    try {
      computation.instructions.forEach((i, n) => {
        const isParameter = i.opcode === 'parameter';
        const value = isParameter
          ? liveValues.argument(i.attrs.index)
          : evaluate(i, liveValues.take(n), n);
        liveValues.keep(n, value);
        this.watch?.(this.frames.flatMap((f) => f.held()));
        liveValues.letGo(n);
      });
      return liveValues.root();
    } finally {
      this.frames.pop();
    }
  }
}

class LiveValues<V> {
  private readonly values = new Map<InstructionId, V>();
  private readonly computation: Computation;
  private readonly args: V[];
  private readonly life: Life;
  private taken: V[] = [];

  constructor(computation: Computation, args: V[]) {
    this.computation = computation;
    this.args = args;
    this.life = lifeOf(computation);
  }

  /** An argument, which its parameter takes out of the array. */
  argument(index: number): V {
    const [value] = this.args.splice(index, 1, token as V);
    return value;
  }

  /** The operands of instruction n, without those that end with it. */
  take(n: number): V[] {
    const { operands } = this.computation.instructions[n];
    this.taken = operands.map((o) => this.values.get(o)!);
    for (const id of this.life.ends[n]) this.values.delete(id);
    for (const part of this.life.parts[n]) this.drop(part);
    return this.taken;
  }

  keep(n: number, value: V): void {
    this.values.set(this.computation.instructions[n].id, value);
  }

  /** Forgets what instruction n was given, and its result where nothing reads it. */
  letGo(n: number): void {
    this.taken = [];
    const { id } = this.computation.instructions[n];
    if (this.life.ends[n].includes(id)) this.values.delete(id);
    for (const part of this.life.parts[n]) this.drop(part);
  }

  held(): V[] {
    return [...this.args, ...this.values.values(), ...this.taken];
  }

  root(): V {
    return this.values.get(this.computation.root)!;
  }

  /** A tuple without the element that nothing reads any more. */
  private drop({ id, element }: Part): void {
    const tuple = this.values.get(id) as Value | undefined;
    if (tuple?.kind !== 'tuple') return;
    const elements = tuple.elements.map((value, k) => (k === element ? token : value));
    this.values.set(id, { kind: 'tuple', elements } as V);
  }
}
