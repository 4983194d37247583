/**
 * Runs a module on several simulated devices at once, in lock-step: every instruction on all of them
 * before the next, so that a collective finds what all of its members bring.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import {
  type Computation,
  computationOf,
  entryOf,
  type Instruction,
  type InstructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import { calledBy } from '../../graphs/ir/order.ts';
import { tensorOf, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { checkInputs } from './check-inputs.ts';
import { checkSizes, type Groupwise, groupwise, received } from './collectives.ts';
import { padded } from './communication.ts';
import type { EvalContext } from './context.ts';
import { branchOf, isTrue } from './control.ts';
import { tensors } from './operands.ts';
import { deviceGroups, devicePairs, range, type World } from './replica-groups.ts';
import { evaluateInstruction, lastUses, makeContext, type RunOptions } from './run.ts';

/** One value a device. */
type Everywhere = readonly Value[];

/**
 * The result of every device: `inputs[d]` are those of device d = replica · num_partitions +
 * partition. A module that names no counts has one partition and as many replicas as inputs.
 * Throws as runReference does; where devices disagree on a loop or branch that holds a collective,
 * `run/unsupported`.
 */
export function runReplicas(
  module: Module,
  inputs: readonly (readonly Value[])[],
  options: RunOptions = {},
): readonly Value[] {
  for (const own of inputs) checkInputs(entryOf(module), own);
  const world = worldOf(module, inputs.length);
  return new LockStep(makeContext(module, options), world).run(module.entry, inputs);
}

function worldOf({ attributes }: Module, devices: number): World {
  const partitions = Number(attributes.num_partitions ?? 1);
  const replicas = Number(attributes.replica_count ?? devices / partitions);
  if (replicas * partitions === devices) return { replicas, partitions };
  const need = `${replicas} replicas of ${partitions} partitions`;
  return fail('run/bad-input', `the module runs on ${need}, there are inputs for ${devices}`);
}

class LockStep {
  private readonly context: EvalContext;
  private readonly world: World;
  private readonly crossing = new Map<string, boolean>();

  constructor(context: EvalContext, world: World) {
    this.context = context;
    this.world = world;
  }

  run(name: string, args: readonly (readonly Value[])[]): Everywhere {
    const computation = computationOf(this.context.module, name);
    const values = new Map<number, Everywhere>();
    const ends = lastUses(computation);
    computation.instructions.forEach((i, n) => {
      const operands = args.map((_, d) => i.operands.map((o) => values.get(o)![d]));
      const value =
        i.opcode === 'parameter' ? args.map((own) => own[i.attrs.index]) : this.step(i, operands);
      values.set(i.id, value);
      for (const id of ends[n]) values.delete(id);
    });
    return values.get(computation.root)!;
  }

  private step(i: Instruction, operands: readonly (readonly Value[])[]): Everywhere {
    if (Object.hasOwn(groupwise, i.opcode)) {
      return this.together(i as InstructionOf<Groupwise>, operands);
    }
    if (i.opcode === 'collective-permute' || i.opcode === 'collective-permute-start') {
      const { source_target_pairs, channel_id } = i.attrs;
      const pairs = devicePairs(source_target_pairs, channel_id, this.world);
      const sources = new Map(pairs.map(([from, to]) => [to, operands[from]]));
      return operands.map((own, d) => received(i, own, sources.get(d)));
    }
    const { partitions } = this.world;
    const numbers = operands.map((_, d) => tensorOf('u32', [], [Math.floor(d / partitions)]));
    if (i.opcode === 'replica-id') return numbers;
    if (i.opcode === 'partition-id') {
      return operands.map((_, d) => tensorOf('u32', [], [d % partitions]));
    }
    const later = i.opcode === 'async-update' || i.opcode === 'async-done';
    if (later || !calledBy(i).some((name) => this.crosses(name))) {
      return operands.map((own) => evaluateInstruction(i, own, this.context));
    }
    return this.called(i, operands);
  }

  private together(
    i: InstructionOf<Groupwise>,
    operands: readonly (readonly Value[])[],
  ): Everywhere {
    const meaning = groupwise[i.opcode] as (
      i: InstructionOf<Groupwise>,
      members: readonly (readonly Value[])[],
      context: EvalContext,
    ) => readonly Value[];
    const out = new Array<Value>(operands.length);
    for (const group of deviceGroups(i.opcode, i.attrs, this.world)) {
      const members = group.map((d) => tensors(operands[d]));
      meaning(i, members, this.context).forEach((value, m) => {
        checkSizes(i, value);
        out[group[m]] = value;
      });
    }
    for (const d of range(out.length)) {
      if (!out[d]) fail('run/unsupported', `${i.opcode}: no group holds device ${d}`);
    }
    return out;
  }

  /** An op that runs a computation with a collective inside. */
  private called(i: Instruction, operands: readonly (readonly Value[])[]): Everywhere {
    if (i.opcode === 'while') return this.loop(i, operands);
    if (i.opcode === 'call') return this.run(i.attrs.to_apply, operands);
    if (i.opcode === 'fusion') return this.run(i.attrs.calls, operands);
    if (i.opcode === 'conditional') {
      const branches = operands.map((own) => branchOf(i, own));
      const { computation } = agreed(i, branches);
      return this.run(
        computation,
        branches.map((b) => [b.operand]),
      );
    }
    if (i.opcode === 'async-start' && i.attrs.calls !== undefined) {
      const results = this.run(i.attrs.calls, operands);
      return operands.map((own, d) => padded(i.shape, [tupleValue(own), results[d]]));
    }
    return fail('run/unsupported', `%${i.name} (${i.opcode}): a collective inside`);
  }

  private loop(i: InstructionOf<'while'>, operands: readonly (readonly Value[])[]): Everywhere {
    let states = operands.map(([state]) => state);
    for (let n = 0; ; n++) {
      const args = states.map((state) => [state]);
      const goesOn = this.run(i.attrs.condition, args).map((v) => ({
        computation: `${isTrue(v)}`,
      }));
      if (agreed(i, goesOn).computation === 'false') return states;
      if (n >= this.context.limits.maxIterations) {
        fail('run/no-termination', `the loop still runs after ${n} iterations`);
      }
      states = [...this.run(i.attrs.body, args)];
    }
  }

  /** Whether a computation holds an op that tells devices apart. */
  private crosses(name: string): boolean {
    let known = this.crossing.get(name);
    if (known === undefined) {
      known = holds(computationOf(this.context.module, name), (inner) => this.crosses(inner));
      this.crossing.set(name, known);
    }
    return known;
  }
}

const telling: ReadonlySet<string> = new Set([
  ...Object.keys(groupwise),
  ...['collective-permute', 'collective-permute-start', 'replica-id', 'partition-id'],
]);

function holds({ instructions }: Computation, crosses: (name: string) => boolean): boolean {
  return instructions.some((i) => telling.has(i.opcode) || calledBy(i).some(crosses));
}

function agreed<C extends { readonly computation: string }>(i: Instruction, all: readonly C[]): C {
  if (all.some((c) => c.computation !== all[0].computation)) {
    fail(
      'run/unsupported',
      `%${i.name} (${i.opcode}): devices take different ways to a collective`,
    );
  }
  return all[0];
}
