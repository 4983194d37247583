/**
 * A module for several devices as a module for one: the instructions of all devices side by side,
 * and collectives as plain ops between them (lowered.ts). Everything that judges a module, region by
 * region, exactly or by samples, then judges what devices tell each other as well.
 *
 * The parameters of the entry are those of device 0, then those of device 1 … that it does not share
 * with an earlier one (parameters.ts); its result is the tuple of the devices' results. A program over whole arrays that is not partitioned yet has one set of
 * parameters and one result: what is the same on all devices is written once. Called computations in which devices meet take and give, for
 * each parameter and the result, a tuple with one value a device; loops and branches in them go as
 * device 0 goes, which in a module that does not hang is where all go.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type {
  Computation,
  Instruction,
  InstructionId,
  InstructionOf,
  Module,
} from '../../graphs/ir/module.ts';
import { type Shape, tupleShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { betweenShapes, isBetweenShapes } from './between-shapes.ts';
import { type Collective, isCollective } from './collectives.ts';
import { crossingComputations } from './device.ts';
import { deviceCount, type Grid } from './grid.ts';
import { lowered } from './lowered.ts';
import { type ParameterPlan, planParameters } from './parameters.ts';
import { Writer } from './writer.ts';

/** One instruction a device. */
type Bundle = readonly Instruction[];

/**
 * The module of all devices of the grid.
 *
 * @throws AssayError `run/unsupported` where a device waits for a message, `run/bad-groups` where
 *   groups of devices do not fit the grid
 */
export function asOneDevice(
  module: Module,
  grid: Grid,
  plan: ParameterPlan = planParameters(module, grid),
): Module {
  const loops = module.computations.flatMap((c) => c.instructions);
  const conditions = new Set(
    loops.flatMap((i) => (i.opcode === 'while' ? [i.attrs.condition] : [])),
  );
  const joint = {
    module,
    grid,
    together: jointComputations(module),
    unpartitioned: isUnpartitioned(module),
    plan,
    conditions,
    ids: idsAfter(module),
  };
  const computations = module.computations.map((c) =>
    joint.together.has(c.name) ? new JointComputation(c, joint).build() : c,
  );
  return { ...module, attributes: {}, computations };
}

interface Joint {
  readonly module: Module;
  readonly grid: Grid;
  /** Computations that are written for all devices at once. */
  readonly together: ReadonlySet<string>;
  readonly conditions: ReadonlySet<string>;
  /** True for a program over whole arrays. */
  readonly unpartitioned: boolean;
  readonly plan: ParameterPlan;
  readonly ids: { next: number };
}

function idsAfter({ computations }: Module): { next: number } {
  const ids = computations.flatMap((c) => c.instructions.map((i) => i.id));
  return { next: ids.reduce((a, b) => Math.max(a, b), 0) + 1 };
}

/** The entry, where devices meet, and the other parts of the loops and branches that do. */
function jointComputations(module: Module): ReadonlySet<string> {
  const together = new Set([module.entry, ...crossingComputations(module)]);
  const parts = module.computations
    .flatMap((c) => c.instructions)
    .filter((i) => i.opcode === 'while' || i.opcode === 'conditional')
    .map(calledBy);
  for (const names of parts) {
    if (names.some((name) => together.has(name))) for (const name of names) together.add(name);
  }
  return together;
}

/** Whether a module is a program over whole arrays, with parts in which each device has its piece. */
export function isUnpartitioned({ computations }: Module): boolean {
  return computations.some((c) => c.instructions.some(isBetweenShapes));
}

class JointComputation {
  private readonly computation: Computation;
  private readonly joint: Joint;
  private readonly w: Writer;
  private readonly devices: readonly number[];
  private readonly bundles = new Map<InstructionId, Bundle>();

  constructor(computation: Computation, joint: Joint) {
    this.computation = computation;
    this.joint = joint;
    this.w = new Writer(joint.ids);
    this.devices = Array.from({ length: deviceCount(joint.grid) }, (_, d) => d);
  }

  build(): Computation {
    const { computation, joint, w } = this;
    for (const i of computation.instructions) this.bundles.set(i.id, this.bundle(i));
    const roots = this.bundles.get(computation.root)!;
    const isOne = joint.unpartitioned && computation.name === joint.module.entry;
    if (isOne && roots.some((r) => r !== roots[0])) {
      fail('run/unsupported', 'the result of a program over whole arrays differs between devices');
    }
    const root =
      isOne || joint.conditions.has(computation.name)
        ? roots[0]!
        : w.tuple(roots, `${computation.name}.devices`);
    return { ...computation, instructions: w.instructions, root: root.id };
  }

  private bundle(i: Instruction): Bundle {
    if (i.opcode === 'parameter') return this.parameter(i);
    if (isCollective(i)) return this.collective(i);
    if (isBetweenShapes(i)) return this.betweenShapes(i);
    const half = doneRows[i.opcode];
    if (half)
      return this.bundles.get(i.operands[0]!)!.map((x, d) => half(x, deviceName(i, d), this.w));
    const own = ownRows[i.opcode] as Row | undefined;
    if (own) return own(i as never, this.joint.grid, this.w);
    if (calledBy(i).some((name) => this.joint.together.has(name))) return this.called(i);
    if (this.isSame(i)) return this.same(this.w.copy(i, this.operandsOn(0, i), i.name));
    return this.devices.map((d) => this.w.copy(i, this.operandsOn(d, i), deviceName(i, d)));
  }

  /** Whether an instruction of an unpartitioned program gives every device the same. */
  private isSame(i: Instruction): boolean {
    if (!this.joint.unpartitioned || i.operands.length === 0) return this.joint.unpartitioned;
    return i.operands.every((o) => new Set(this.bundles.get(o)!).size === 1);
  }

  private same(i: Instruction): Bundle {
    return this.devices.map(() => i);
  }

  private betweenShapes(i: InstructionOf<'custom-call'>): Bundle {
    const operands = this.devices.map((d) => this.operandsOn(d, i));
    const before = this.computation.instructions.find((x) => x.id === i.operands[0])!;
    return betweenShapes(i, operands, { module: this.joint.module, w: this.w, before });
  }

  private operandsOn(d: number, { operands }: Instruction): readonly Instruction[] {
    return operands.map((o) => this.bundles.get(o)![d]!);
  }

  private parameter(i: InstructionOf<'parameter'>): Bundle {
    const { computation, joint, w, devices } = this;
    if (computation.name !== joint.module.entry) {
      const all = w.copy({ ...i, shape: this.tupleOf(i.shape) }, [], i.name);
      return this.parts(all, i);
    }
    if (joint.unpartitioned) return this.same(w.copy(i, [], i.name));
    const made = new Map<number, Instruction>();
    return devices.map((d) => {
      const index = joint.plan.of[d]![i.attrs.index]!;
      const known = made.get(index);
      if (known) return known;
      const own = w.copy({ ...i, attrs: { ...i.attrs, index } }, [], deviceName(i, d));
      made.set(index, own);
      return own;
    });
  }

  private tupleOf(shape: Shape): Shape {
    return tupleShape(this.devices.map(() => shape));
  }

  /** The values of the devices out of a tuple of them. */
  private parts(all: Instruction, i: Instruction): Bundle {
    return this.devices.map((d) => this.w.element(all, d, deviceName(i, d)));
  }

  private collective(i: Collective): Bundle {
    const operands = this.devices.map((d) => this.operandsOn(d, i));
    return lowered(i, operands, { ...this.joint, w: this.w });
  }

  /** A call, loop or branch of all devices at once. */
  private called(i: Instruction): Bundle {
    const { w } = this;
    const given = i.operands.map((o, k) => {
      const values = this.bundles.get(o)!;
      const decides = i.opcode === 'conditional' && k === 0;
      return decides ? values[0]! : w.tuple(values, `${i.name}.operand${k}`);
    });
    const shape = this.tupleOf(i.shape);
    switch (i.opcode) {
      case 'while':
      case 'conditional':
      case 'call':
        return this.parts(w.copy({ ...i, shape }, given, i.name), i);
      case 'fusion':
        return this.parts(w.op('call', shape, given, { to_apply: i.attrs.calls }, i.name), i);
      default:
        return fail('run/unsupported', `%${i.name}: devices meet inside ${i.opcode}`);
    }
  }
}

function deviceName({ name }: Instruction, device: number): string {
  return `${name}.device${device}`;
}

type Row<O extends Opcode = Opcode> = (i: InstructionOf<O>, grid: Grid, w: Writer) => Bundle;

function numbered(numberOf: (device: number, grid: Grid) => number): Row {
  return (i, grid, w) =>
    Array.from({ length: deviceCount(grid) }, (_, d) => {
      const literal = tensorOf('u32', [], [numberOf(d, grid)]);
      return w.op('constant', literal.shape, [], { literal }, deviceName(i as Instruction, d));
    });
}

const waits: Row = (i) =>
  fail('run/unsupported', `%${i.name} (${i.opcode}) waits for a message of another device`);

type Half = (start: Instruction, name: string, w: Writer) => Instruction;

const second: Half = (start, name, w) => w.element(start, 1, name);

/** The second halves of collectives. */
const doneRows: { readonly [O in Opcode]?: Half } = {
  'all-gather-done': second,
  'all-reduce-done': (start) => start,
  'collective-permute-done': second,
};

/** The ops whose value is a device's own. */
const ownRows: { readonly [O in Opcode]?: Row<O> } = {
  'replica-id': numbered((d, { partitions }) => Math.floor(d / partitions)),
  'partition-id': numbered((d, { partitions }) => d % partitions),
  send: waits,
  recv: waits,
};
