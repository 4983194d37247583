/**
 * Programs that run in parallel on a grid of processes, as one computation: the functions are
 * inlined side by side, and where they meet in a collective, or send and receive, the values pass
 * from one to the other. A process runs on until it has to wait.
 */
import type { Instruction } from '../../ir/module.ts';
import { tensorOf } from '../../ir/tensor.ts';
import type { Op } from './ast.ts';
import { absent, groupOps } from './group-ops.ts';
import { OpContext } from './op-context.ts';
import { exchangeGroups, type Grid } from './process-groups.ts';
import { channelOf } from './rows-collective.ts';
import type { Scope } from './scope.ts';

/** Processes are written out one by one, so there may not be many. */
const maxProcesses = 64;

interface Process {
  readonly id: number;
  readonly scope: Scope;
  readonly ops: readonly Op[];
  /** Of the op that comes next. */
  next: number;
}

interface Machine {
  readonly grid: Grid;
  readonly processes: readonly Process[];
  /** Sent and not yet received, by channel. */
  readonly sent: Map<number, (readonly Instruction[])[]>;
  /** Functions whose results infeeds take, in order. */
  readonly infeed: string[];
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
  const machine: Machine = { grid, processes, sent: new Map(), infeed: [...infeed] };
  for (;;) {
    const before = progressOf(machine);
    for (const member of processes) advance(machine, member);
    for (const member of processes) meet(machine, member);
    if (processes.every(finished)) break;
    if (progressOf(machine) === before)
      o.fail('deadlock', 'processes wait for each other for ever');
  }
  return processes.flatMap(({ scope, ops }) => {
    const last = ops.at(-1)!;
    return last.operands.map((ref) => scope.resolve(ref, last.position));
  });
}

function startAll(o: OpContext, names: readonly string[]): readonly Process[] {
  let taken = 0;
  return names.map((name, id) => {
    const func = o.scope.program.functionOf(name, o.op.position);
    const scope = o.scope.child(o.scope.b);
    for (const arg of func.args) scope.bind(arg.name, [o.x(taken++)], func.position);
    const { ops } = func.body!;
    if (!ops.at(-1)?.name.endsWith('return')) o.fail('no-return', `@${name} must end in a return`);
    return { id, scope, ops, next: 0 };
  });
}

function progressOf({ processes }: Machine): number {
  return processes.reduce((sum, p) => sum + p.next, 0);
}

function finished({ ops, next }: Process): boolean {
  return next >= ops.length - 1;
}

const permute = 'stablehlo.collective_permute';

/** Runs a process until it ends or has to wait. */
function advance(machine: Machine, member: Process): void {
  while (!finished(member)) {
    const op = member.ops[member.next]!;
    if (groupOps[op.name] || op.name === permute) return;
    const own = ownOps[op.name];
    if (!own) member.scope.lowerOp(op);
    else {
      const results = own(machine, member, new OpContext(op, member.scope));
      if (!results) return;
      member.scope.complete(op, results);
    }
    member.next++;
  }
}

type OwnOp = (m: Machine, member: Process, o: OpContext) => readonly Instruction[] | undefined;

const token = (o: OpContext) => o.emit('after-all', []);
const number = (o: OpContext, value: number) => [o.literal(tensorOf('u32', [], [value]))];

/** Ops of one process that depend on where it stands; undefined if it has to wait. */
const ownOps: Readonly<Record<string, OwnOp>> = {
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
};

/** Runs the collective that a process waits at, if all that take part have come to it. */
function meet(machine: Machine, member: Process): void {
  if (finished(member)) return;
  const op = member.ops[member.next]!;
  if (op.name !== permute && !groupOps[op.name]) return;
  const o = new OpContext(op, member.scope);
  if (op.name === permute) {
    if (machine.processes.every((p) => waitsAt(p, op))) exchange(machine, o);
    return;
  }
  const row = groupOps[op.name]!;
  const group = row.groups(o, machine.grid).find((g) => g.includes(member.id));
  if (!group) {
    finish(member, absent(o));
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
  for (const [k, each] of members.entries()) finish(each, results[k]!);
}

function waitsAt(member: Process, op: Op): boolean {
  return member.ops[member.next]?.name === op.name;
}

function contextOf({ ops, next, scope }: Process): OpContext {
  return new OpContext(ops[next]!, scope);
}

function finish(member: Process, results: readonly Instruction[]): void {
  member.scope.complete(member.ops[member.next]!, results);
  member.next++;
}

/** collective_permute: each process gets what its source has, or zeros. */
function exchange({ processes, grid }: Machine, o: OpContext): void {
  const contexts = processes.map(contextOf);
  const pairs = exchangeGroups(o, grid, 'source_target_pairs');
  const results = processes.map((p) => {
    const source = pairs.find(([, target]) => target === p.id)?.[0];
    return source === undefined ? absent(contexts[p.id]!) : contexts[source]!.operands;
  });
  for (const [k, member] of processes.entries()) finish(member, results[k]!);
}
