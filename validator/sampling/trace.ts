/**
 * Where a run is: the instructions that it is inside of, and how often each of them has been entered
 * there. Two runs of the same graph that take the same branches and turns have the same keys, so what
 * one of them saw of an instruction can be told to the other.
 */
import type { Instruction } from '../../graphs/ir/module.ts';

/** The path of one run. */
export class Trace {
  private readonly path: string[] = [];
  private readonly counts = new Map<string, number>();

  /** Enters an instruction; its key in this run. */
  enter({ name }: Instruction): string {
    const place = `${this.path.at(-1) ?? ''}/${name}`;
    const count = this.counts.get(place) ?? 0;
    this.counts.set(place, count + 1);
    const key = `${place}#${count}`;
    this.path.push(key);
    return key;
  }

  leave(): void {
    this.path.pop();
  }
}
