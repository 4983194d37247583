/**
 * Runs a module on simulated devices. Each evaluates on its own until it waits; when all that are
 * left wait, those whose partners wait at the same collective go on together. If none can, the
 * module is one that would hang.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { elementCount, leafShapes } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { checkInputs } from '../reference/check-inputs.ts';
import { makeContext, type RunOptions } from '../reference/run.ts';
import { missed, participants, rendezvous } from './collectives.ts';
import {
  crossingComputations,
  type Device,
  type Evaluation,
  evaluate,
  type Observe,
  type Request,
} from './device.ts';
import { deviceCount, type Grid, gridOf } from './grid.ts';
import { placing } from './placing.ts';
import { Mailbox, received } from './transfers.ts';

/** The numbers of devices are those of the module's header, or fit the inputs, unless given. */
export type ReplicaOptions = RunOptions & Partial<Grid> & { readonly observe?: Observe };

/**
 * The result of the entry computation on each device. `inputs[d]` are the arguments of device
 * d = replica * partitions + partition. Reductions combine operands in order of device numbers.
 *
 * @throws AssayError as runReference does; `run/deadlock` where a device waits in vain,
 *   `run/bad-groups` where groups of devices do not fit the module or the number of devices.
 */
export function runReplicas(
  module: Module,
  inputs: readonly (readonly Value[])[],
  options: ReplicaOptions = {},
): readonly Value[] {
  const grid = gridOf(module, options, inputs.length);
  if (inputs.length !== deviceCount(grid)) {
    const counts = `${inputs.length} lists of inputs for ${deviceCount(grid)} devices`;
    fail('run/bad-input', counts);
  }
  for (const own of inputs) checkInputs(entryOf(module), own);
  const shared = {
    grid,
    context: makeContext(module, options),
    mailbox: new Mailbox(module),
    crossing: crossingComputations(module),
    ...(options.observe && { observe: options.observe }),
  };
  return schedule(
    inputs.map((own, id) => {
      const device = { ...shared, id };
      return { device, steps: evaluate(module.entry, own, device) };
    }),
  );
}

interface Task {
  readonly device: Device;
  readonly steps: Evaluation;
}

/** Requests of the devices that wait, by their ids. */
type Waiting = Map<number, Request>;

/** Values with which waiting devices go on, by their ids. */
type Answers = ReadonlyMap<number, Value>;

function schedule(tasks: readonly Task[]): readonly Value[] {
  const results = new Array<Value>(tasks.length);
  const waiting: Waiting = new Map();
  const advance = (id: number, step: IteratorResult<Request, Value>) => {
    if (step.done) results[id] = step.value;
    else waiting.set(id, step.value);
  };
  tasks.forEach(({ steps }, id) => {
    advance(id, steps.next());
  });
  while (waiting.size > 0) {
    const answers = answer(tasks, waiting);
    if (answers.size === 0) deadlock(tasks, waiting);
    for (const id of answers.keys()) waiting.delete(id);
    for (const [id, value] of answers) advance(id, tasks[id].steps.next(value));
  }
  return results;
}

/** What those that need not wait any longer go on with. */
function answer(tasks: readonly Task[], waiting: Waiting): Answers {
  const answers = new Map<number, Value>();
  for (const [id, request] of waiting) {
    const { device } = tasks[id];
    if (request.kind === 'message') {
      const value = placing(request.at, () => received(request.ticket, device.mailbox));
      if (value) answers.set(id, value);
    } else if (!answers.has(id)) {
      const met = placing(request.at, () => meeting(device, request, waiting));
      for (const [member, value] of met) answers.set(member, value);
    }
  }
  return answers;
}

type Meeting = Request & { readonly kind: 'meeting' };

/** Values of all who take part in a collective, once all have come. */
function meeting(device: Device, request: Meeting, waiting: Waiting): Answers {
  const { at, operands } = request;
  const { grid, context, id } = device;
  const members = participants(at, id, grid);
  if (members.length === 0) return new Map([[id, missed(at, operands)]]);
  const come = members.map((m) => waiting.get(m)).filter((r) => r !== undefined && joins(r, at));
  if (come.length < members.length) return new Map();
  checkSizes(at, context.limits.maxElements);
  const all = (come as readonly Meeting[]).map((r) => r.operands);
  const values = rendezvous(at, all, { grid, members, context });
  return new Map(members.map((m, k) => [m, values[k]]));
}

/** Whether a device waits at the same instruction, or at one that shares its channel. */
function joins(request: Request, at: Instruction): boolean {
  if (request.at.id === at.id) return true;
  const channel = (i: Instruction) => ('channel_id' in i.attrs ? i.attrs.channel_id : undefined);
  const same = channel(at) !== undefined && channel(request.at) === channel(at);
  return same && request.at.opcode === at.opcode;
}

function checkSizes(at: Instruction, most: number): void {
  for (const leaf of leafShapes(at.shape)) {
    if (leaf.kind !== 'array' || elementCount(leaf) <= most) continue;
    fail('run/too-large', `${leaf.type}[${leaf.dims}] has more than ${most} elements`);
  }
}

/** Names who waits where, and for whom: the first one's missing partners. */
function deadlock(tasks: readonly Task[], waiting: Waiting): never {
  const [[id, request]] = waiting;
  const { at } = request;
  const members =
    request.kind === 'meeting' ? participants(request.at, id, tasks[id].device.grid) : [];
  const absent = members.filter((m) => !waiting.has(m) || !joins(waiting.get(m)!, at));
  const whereabouts = absent.slice(0, 4).map((m) => {
    const other = waiting.get(m)?.at;
    return other ? `device ${m} waits at %${other.name}` : `device ${m} has ended`;
  });
  const why = whereabouts.length ? whereabouts.join(', ') : 'nobody sends the message';
  const message = `device ${id} waits for ever: ${why}`;
  return placing(at, () => fail('run/deadlock', message));
}
