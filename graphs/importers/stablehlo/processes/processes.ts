/**
 * Programs that run in parallel on a grid of processes, as one computation: the functions are
 * inlined side by side, and where they meet in a collective, or send and receive, the values pass
 * from one to the other. A process runs on until it has to wait.
 */
import { byName } from '../../../ir/by-name.ts';
import type { Instruction } from '../../../ir/module.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { OpContext } from '../lower/op-context.ts';
import { channelOf } from '../lower/rows-collective.ts';
import type { Scope } from '../lower/scope.ts';
import type { Op } from '../parse/ast.ts';
import { absent, groupOps } from './group-ops.ts';
import { exchangeGroups, type Grid } from './process-groups.ts';

/** Processes are written out one by one, so there may not be many. */
const maxProcesses = 64;

/** Calls, asynchronous regions and how many of them one run may inline. */
const maxFrames = 10_000;

/** A function or region that is being run. */
interface Frame {
  readonly scope: Scope;
  readonly ops: readonly Op[];
  /** Of the op that comes next. */
  next: number;
}

interface Process {
  readonly id: number;
  /** What runs, innermost last; the first is the program itself. */
  readonly frames: Frame[];
}

interface Machine {
  readonly grid: Grid;
  readonly processes: readonly Process[];
  /** Sent and not yet received, by channel. */
  readonly sent: Map<number, (readonly Instruction[])[]>;
  /** Functions whose results infeeds take, in order. */
  readonly infeed: string[];
  /** Ops that ran, and frames that were opened. */
  steps: number;
  opened: number;
}

/**
 * The results of all processes, one after the other. `programs[replica][partition]` names a
 * function; arguments are those of all processes in the same order.
 */
export function runProcesses(
  o: OpContext,
  programs: readonly (readonly string[])[],
  infeed: readonly string[],
): readonly Instruction[] {
  const grid = { replicas: programs.length, partitions: programs[0]?.length ?? 0 };
  const names = programs.flat();
  if (names.length !== grid.replicas * grid.partitions || !names.length) {
    o.fail('attribute', 'programs must fill a grid of replicas and partitions');
  }
  if (names.length > maxProcesses) o.fail('unsupported-processes', `more than ${maxProcesses}`);
  const processes = startAll(o, names);
  const counts = { steps: 0, opened: 0 };
  const machine: Machine = { grid, processes, sent: new Map(), infeed: [...infeed], ...counts };
  for (;;) {
    const before = machine.steps;
    for (const member of processes) step(machine, member);
    for (const member of processes) rendezvous(machine, member);
    if (processes.every(finished)) break;
    if (machine.steps === before) o.fail('deadlock', 'processes wait for each other for ever');
  }
  return processes.flatMap((p) => returned(p.frames[0]!));
}

function returned({ scope, ops }: Frame): readonly Instruction[] {
  const last = ops.at(-1)!;
  return last.operands.map((ref) => scope.resolve(ref, last.position));
}

function startAll(o: OpContext, names: readonly string[]): readonly Process[] {
  let taken = 0;
  return names.map((name, id) => {
    const func = o.scope.program.functionOf(name, o.op.position);
    const scope = o.scope.child(o.scope.b);
    for (const arg of func.args) scope.bind(arg.name, [o.x(taken++)], func.position);
    const { ops } = func.body!;
    if (!ops.at(-1)?.name.endsWith('return')) o.fail('no-return', `@${name} must end in a return`);
    return { id, frames: [{ scope, ops, next: 0 }] };
  });
}

/** The frame that runs. */
function frameOf({ frames }: Process): Frame {
  return frames.at(-1)!;
}

function atReturn({ ops, next }: Frame): boolean {
  return next >= ops.length - 1;
}

function finished(member: Process): boolean {
  return member.frames.length === 1 && atReturn(frameOf(member));
}

/** The op that a process has come to. */
function opOf(member: Process): Op {
  const { ops, next } = frameOf(member);
  return ops[next]!;
}

const permute = 'stablehlo.collective_permute';

/** Runs a process until it ends or has to wait. */
function step(machine: Machine, member: Process): void {
  while (!finished(member)) {
    const frame = frameOf(member);
    if (atReturn(frame)) {
      member.frames.pop();
      leave(machine, member, returned(frame));
      continue;
    }
    const op = opOf(member);
    if (groupOps[op.name] || op.name === permute) return;
    if (op.name === 'func.call' || op.name === 'stablehlo.async_start') {
      enter(machine, member, op);
      continue;
    }
    const own = ownOps[op.name];
    if (!own) {
      frame.scope.lowerOp(op);
      frame.next++;
      machine.steps++;
      continue;
    }
    const results = own(machine, member, new OpContext(op, frame.scope));
    if (!results) return;
    finish(machine, member, results);
  }
}

/** Opens the frame of a call or an asynchronous region. */
function enter(machine: Machine, member: Process, op: Op): void {
  const { scope } = frameOf(member);
  const o = new OpContext(op, scope);
  if (++machine.opened > maxFrames || member.frames.length > maxFrames / 100) {
    o.fail('too-large', `more than ${maxFrames} calls in processes`);
  }
  const called = op.name === 'func.call';
  const body = called
    ? scope.program.functionOf(o.symbol(['callee']), op.position).body!
    : o.region();
  const inner = scope.child(scope.b, called ? undefined : (name) => scope.lookup(name));
  for (const [i, arg] of body.args.entries()) inner.bind(arg.name, [o.x(i)], op.position);
  member.frames.push({ scope: inner, ops: body.ops, next: 0 });
}

/** Hands the results of a frame to the op that opened it; a future holds several as a tuple. */
function leave(machine: Machine, member: Process, results: readonly Instruction[]): void {
  const op = opOf(member);
  const future = op.name === 'stablehlo.async_start' && results.length !== 1;
  const { scope } = frameOf(member);
  finish(machine, member, future ? [scope.emit('tuple', results)] : results);
}

type OwnOp = (m: Machine, member: Process, o: OpContext) => readonly Instruction[] | undefined;

const token = (o: OpContext) => o.emit('after-all', []);
const number = (o: OpContext, value: number) => [o.literal(tensorOf('u32', [], [value]))];

/** Ops of one process that depend on where it stands; undefined if it has to wait. */
const ownOps: Readonly<Record<string, OwnOp>> = byName({
  'stablehlo.partition_id': ({ grid }, { id }, o) => number(o, id % grid.partitions),
  'stablehlo.replica_id': ({ grid }, { id }, o) => number(o, Math.floor(id / grid.partitions)),
  'stablehlo.send': ({ sent }, _, o) => {
    const channel = channelOf(o);
    sent.set(channel, [...(sent.get(channel) ?? []), o.operands.slice(0, -1)]);
    return [token(o)];
  },
  'stablehlo.recv': ({ sent }, _, o) => {
    const values = sent.get(channelOf(o))?.shift();
    return values && [...values, token(o)];
  },
  'stablehlo.outfeed': (_, __, o) => [token(o)],
  'stablehlo.infeed': ({ infeed }, _, o) => {
    const source = infeed.shift() ?? o.fail('infeed', 'there is nothing left to feed in');
    return [...o.call(source, []), token(o)];
  },
});

/** Runs the collective that a process waits at, if all that take part have come to it. */
function rendezvous(machine: Machine, member: Process): void {
  if (finished(member)) return;
  const op = opOf(member);
  if (op.name !== permute && !groupOps[op.name]) return;
  const o = contextOf(member);
  if (op.name === permute) {
    if (machine.processes.every((p) => waitsAt(p, op))) exchange(machine, o);
    return;
  }
  const row = groupOps[op.name]!;
  const group = row.groups(o, machine.grid).find((g) => g.includes(member.id));
  if (!group) {
    finish(machine, member, absent(o));
    return;
  }
  const members = group.map((id) => {
    return machine.processes[id] ?? o.fail('attribute', `there is no process ${id}`);
  });
  if (!members.every((p) => waitsAt(p, op))) return;
  const results = row.results(
    o,
    members.map((p) => contextOf(p).operands),
  );
  for (const [k, each] of members.entries()) finish(machine, each, results[k]!);
}

function waitsAt(member: Process, op: Op): boolean {
  return opOf(member).name === op.name;
}

function contextOf(member: Process): OpContext {
  return new OpContext(opOf(member), frameOf(member).scope);
}

function finish(machine: Machine, member: Process, results: readonly Instruction[]): void {
  const frame = frameOf(member);
  frame.scope.complete(opOf(member), results);
  frame.next++;
  machine.steps++;
}

/** collective_permute: each process gets what its source has, or zeros. */
function exchange(machine: Machine, o: OpContext): void {
  const { processes, grid } = machine;
  const contexts = processes.map(contextOf);
  const pairs = exchangeGroups(o, grid, 'source_target_pairs');
  const results = processes.map((p) => {
    const source = pairs.find(([, target]) => target === p.id)?.[0];
    return source === undefined ? absent(contexts[p.id]!) : contexts[source]!.operands;
  });
  for (const [k, member] of processes.entries()) finish(machine, member, results[k]!);
}
