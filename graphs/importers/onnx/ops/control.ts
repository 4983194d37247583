/** If, Loop and Scan: resolved while importing where the condition is known, else HLO control. */
import { AssayError } from '../../../ir/diagnostic.ts';
import type { Instruction } from '../../../ir/module.ts';
import { type ArrayShape, sameShape } from '../../../ir/shape.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import { dimsOf, type Hlo, range, rankOf, shapeOf, typeOf } from '../../lowering/hlo.ts';
import { closureOf, loop, sliceAt, updateAt } from '../loop.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import type { GraphProto } from '../schema.ts';

/** Longest loop that is written out step by step. */
const maxUnrolled = 1000;

const ifOp: Lower = (c) => {
  const { h } = c;
  const condition = c.input(0);
  const taken = ({ data }: Tensor) =>
    c.around.inline(h, c.graph(data[0] ? 'then_branch' : 'else_branch'), []);
  const known = h.known(condition);
  if (known) return taken(known);
  const [yes, no] = [branchThatFits(c, 'then_branch'), branchThatFits(c, 'else_branch')];
  if (yes instanceof AssayError || no instanceof AssayError) return onlyFitting(c, yes, no);
  c.need(yes.shapes.length === no.shapes.length, 'the branches give different numbers of values');
  const same = yes.shapes.every((s, k) => sameShape(s, no.shapes[k]!));
  if (!same) return taken(c.knownOf(condition, 'the condition of branches of different shapes'));
  const attrs = { true_computation: yes.name, false_computation: no.name };
  const flag = h.reshape(condition, []);
  const result = h.op('conditional', [flag, yes.operand, no.operand], attrs);
  return range(yes.shapes.length).map((k) => h.element(result, k));
};

/** A branch, or why it cannot be run on the sizes that it is given. */
function branchThatFits(c: NodeContext, name: BranchName): Branch | AssayError {
  try {
    return branch(c, name);
  } catch (error) {
    if (!(error instanceof AssayError) || !isMisfit(error)) throw error;
    return error;
  }
}

/** Whether an op does not fit the sizes that it is given; what Assay lacks is no such thing. */
function isMisfit({ diagnostic: { code } }: AssayError): boolean {
  return code.startsWith('verify/') || code === 'onnx/bad-node' || code === 'onnx/bad-shape';
}

/**
 * Where one branch does not fit, a run that succeeds takes the other one: ONNX Runtime finds out at
 * run time, and models rely on it (one file for two sample rates).
 */
function onlyFitting(
  c: NodeContext,
  yes: Branch | AssayError,
  no: Branch | AssayError,
): readonly Instruction[] {
  if (yes instanceof AssayError && no instanceof AssayError) throw yes;
  const [taken, other] = yes instanceof AssayError ? [no, yes] : [yes, no as AssayError];
  const names: BranchName[] = ['then_branch', 'else_branch'];
  const [name, left] = yes instanceof AssayError ? names.reverse() : names;
  c.assume(`${left} does not fit (${other.message}); its condition is taken to choose ${name}`);
  const { name: to_apply, operand, shapes } = taken as Branch;
  const result = c.h.op('call', [operand], { to_apply });
  return range(shapes.length).map((k) => c.h.element(result, k));
}

type BranchName = 'then_branch' | 'else_branch';

interface Branch {
  readonly name: string;
  readonly operand: Instruction;
  readonly shapes: readonly ArrayShape[];
}

function branch(c: NodeContext, name: BranchName): Branch {
  const graph = c.graph(name);
  const closure = closureOf(c.h, c.around.captures(graph));
  const operand = c.h.tuple(closure.operands);
  let shapes: readonly ArrayShape[] = [];
  const computation = c.h.computation(name, (inner) => {
    const all = inner.parameter('captured', operand.shape);
    const parts = closure.operands.map((_, k) => inner.element(all, k));
    const results = c.around.isolated(inner, graph, [], closure.inside(inner, parts));
    shapes = results.map(shapeOf);
    return inner.tuple(results);
  });
  return { name: computation, operand, shapes };
}

/** A Loop node in parts. */
interface LoopNode {
  readonly graph: GraphProto;
  /** Initial values of what the loop carries. */
  readonly initial: readonly Instruction[];
  /** Number of steps, if limited. */
  readonly count: Instruction | undefined;
  readonly condition: Instruction | undefined;
}

const loopOp: Lower = (c) => {
  const node: LoopNode = {
    graph: c.graph('body'),
    initial: c.rest(2),
    count: c.inputs[0] && c.h.reshape(c.input(0), []),
    condition: c.inputs[1] && c.h.reshape(c.input(1), []),
  };
  try {
    return rolled(c, node);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return unrolled(c, node, error);
  }
};

/** As a `while`; values collected a step need a known number of steps. */
function rolled(c: NodeContext, node: LoopNode): readonly Instruction[] {
  const { h } = c;
  const { graph, initial, count } = node;
  const closure = closureOf(h, c.around.captures(graph));
  const n = initial.length;
  const run = (inner: Hlo, index: Instruction, state: readonly Instruction[]) => {
    const captured = closure.inside(inner, state.slice(n, n + closure.operands.length));
    return c.around.isolated(
      inner,
      graph,
      [index, inner.scalar('pred', 1), ...state.slice(0, n)],
      captured,
    );
  };
  const probed = probe(h, [...initial, ...closure.operands], run);
  const start = node.condition ?? h.scalar('pred', 1);
  const always = probed.alwaysTrue && !!h.known(start)?.data[0];
  const collected = probed.shapes.slice(n + 1);
  const steps = count && h.known(count)?.data[0];
  if (collected.length > 0 && !(always && steps !== undefined)) {
    c.refuse('the number of steps of a loop that collects values must be known');
  }
  const buffers = collected.map((s) => h.full(s.type, [Number(steps), ...s.dims], 0));
  const state = [...initial, ...closure.operands, start, ...buffers];
  const flag = n + closure.operands.length;
  const result = loop(
    h,
    count,
    state,
    (inner, index, now) => {
      const [next, ...rest] = run(inner, index, now) as [Instruction, ...Instruction[]];
      const written = now.slice(flag + 1).map((b, k) => updateAt(inner, b, 0, index, rest[n + k]!));
      return [...rest.slice(0, n), ...now.slice(n, flag), inner.reshape(next, []), ...written];
    },
    { flag },
  );
  return [...result.slice(0, n), ...result.slice(flag + 1)];
}

/** Shapes of a body's results, and whether its condition holds whenever it did before. */
function probe(
  h: Hlo,
  state: readonly Instruction[],
  run: (h: Hlo, index: Instruction, state: readonly Instruction[]) => readonly Instruction[],
) {
  let shapes: readonly ArrayShape[] = [];
  let alwaysTrue = false;
  h.computation('probe', (inner) => {
    const [index, ...now] = [h.scalar('s64', 0), ...state].map((s, k) =>
      inner.parameter(`p${k}`, s.shape),
    ) as [Instruction, ...Instruction[]];
    const results = run(inner, index, now);
    shapes = results.map(shapeOf);
    alwaysTrue = !!inner.known(results[0]!)?.data[0];
    return inner.tuple(results);
  });
  return { shapes, alwaysTrue };
}

/** Step after step, where shapes change or steps must be counted; the condition must be known. */
function unrolled(c: NodeContext, node: LoopNode, reason: AssayError): readonly Instruction[] {
  const { h } = c;
  const limit = node.count ? c.value(0)!.data[0] : maxUnrolled + 1;
  let state = node.initial;
  let condition = node.condition ?? h.scalar('pred', 1);
  const collected: Instruction[][] = node.graph.output.slice(1 + state.length).map(() => []);
  for (let k = 0; k < Number(limit); k++) {
    const holds = c.knownOf(condition, 'the loop condition');
    if (k >= maxUnrolled) throw reason;
    if (!holds.data[0]) break;
    const args = [h.scalar('s64', k), condition, ...state];
    const [next, ...rest] = c.around.inline(h, node.graph, args) as [Instruction, ...Instruction[]];
    condition = h.reshape(next, []);
    collected.forEach((list, n) => void list.push(rest[state.length + n]!));
    state = rest.slice(0, state.length);
  }
  return [...state, ...collected.map((list, n) => stack(c, list, node.initial.length + n))];
}

function stack(c: NodeContext, list: readonly Instruction[], output: number): Instruction {
  const { h } = c;
  const rows = list.map((x) => h.reshape(x, [1, ...dimsOf(x)]));
  if (rows.length > 0) return h.concat(rows, 0);
  const shape =
    c.declared(output) ?? c.refuse('a loop of no steps needs its output shape declared');
  return h.full(shape.type, shape.dims, 0);
}

/** Where a Scan reads and writes, with defaults filled in. */
interface ScanNode {
  readonly graph: GraphProto;
  readonly states: number;
  readonly inputAxes: readonly number[];
  readonly inputBackward: readonly boolean[];
  readonly outputAxes: readonly number[];
  readonly outputBackward: readonly boolean[];
}

const scan: Lower = (c) => {
  if (c.opset < 9) return batchedScan(c);
  const graph = c.graph('body');
  const scanned = c.int('num_scan_inputs', 1);
  const states = c.inputs.length - scanned;
  const produced = graph.output.length - states;
  const flags = (name: string, n: number) => range(n).map((k) => c.ints(name)?.[k] === 1);
  const node = {
    graph,
    states,
    inputAxes: range(scanned).map((k) =>
      c.axis(c.ints('scan_input_axes')?.[k] ?? 0, rankOf(c.input(states + k))),
    ),
    inputBackward: flags('scan_input_directions', scanned),
    outputAxes: range(produced).map((k) => c.ints('scan_output_axes')?.[k] ?? 0),
    outputBackward: flags('scan_output_directions', produced),
  };
  return scanOver(c, node, c.rest());
};

/** Before opset 9: a batch dimension first, sequences along the second. */
const batchedScan: Lower = (c) => {
  const { h } = c;
  if (c.inputs[0]) c.refuse('Scan with sequence lengths');
  const graph = c.graph('body');
  const inputs = c.rest(1);
  const scanned = c.int('num_scan_inputs', 1);
  const states = inputs.length - scanned;
  const produced = graph.output.length - states;
  const backward = range(scanned).map((k) => c.ints('directions')?.[k] === 1);
  const zeros = (n: number) => range(n).map(() => 0);
  const no = range(produced).map(() => false);
  const axes = { inputAxes: zeros(scanned), outputAxes: zeros(produced) };
  const node = { graph, states, ...axes, inputBackward: backward, outputBackward: no };
  const perBatch = range(dimsOf(inputs[0]!)[0]!).map((b) => {
    const own = inputs.map((x) => sliceAt(h, x, 0, h.scalar('s64', b)));
    return scanOver(c, node, own);
  });
  return graph.output.map((_, k) =>
    h.concat(
      perBatch.map((results) => h.reshape(results[k]!, [1, ...dimsOf(results[k]!)])),
      0,
    ),
  );
};

function scanOver(c: NodeContext, node: ScanNode, inputs: readonly Instruction[]): Instruction[] {
  const { h } = c;
  const { graph, states } = node;
  const closure = closureOf(h, c.around.captures(graph));
  const sequences = inputs.slice(states);
  const length = dimsOf(sequences[0]!)[node.inputAxes[0]!]!;
  const held = states + sequences.length + closure.operands.length;
  const last = (inner: Hlo, index: Instruction) =>
    inner.sub(inner.scalar('s64', length - 1), index);
  const run = (inner: Hlo, index: Instruction, now: readonly Instruction[]) => {
    const rows = sequences.map((_, k) => {
      const at = node.inputBackward[k] ? last(inner, index) : index;
      return sliceAt(inner, now[states + k]!, node.inputAxes[k]!, at);
    });
    const captured = closure.inside(inner, now.slice(states + sequences.length, held));
    return c.around.isolated(inner, graph, [...now.slice(0, states), ...rows], captured);
  };
  const carried = [...inputs, ...closure.operands];
  const { shapes } = length ? probe(h, carried, run) : probeRow(c, node, inputs);
  const axes = shapes.slice(states).map((s, k) => c.axis(node.outputAxes[k]!, s.dims.length + 1));
  const buffers = shapes.slice(states).map((s, k) => {
    const dims = [...s.dims];
    dims.splice(axes[k]!, 0, length);
    return h.full(s.type, dims, 0);
  });
  if (length === 0) return [...inputs.slice(0, states), ...buffers];
  const result = loop(h, h.scalar('s64', length), [...carried, ...buffers], (inner, index, now) => {
    const next = run(inner, index, now);
    const written = now.slice(held).map((buffer, k) => {
      const at = node.outputBackward[k] ? last(inner, index) : index;
      return updateAt(inner, buffer, axes[k]!, at, next[states + k]!);
    });
    return [...next.slice(0, states), ...now.slice(states, held), ...written];
  });
  return [...result.slice(0, states), ...result.slice(held)];
}

/** Shapes of the results of a body that is never run, as its sequences have no elements. */
function probeRow(c: NodeContext, node: ScanNode, inputs: readonly Instruction[]) {
  const { h } = c;
  const closure = closureOf(h, c.around.captures(node.graph));
  const rows = inputs.slice(node.states).map((x, k) => {
    const dims = dimsOf(x).filter((_, d) => d !== node.inputAxes[k]);
    return h.full(typeOf(x), dims, 0);
  });
  const given = [...inputs.slice(0, node.states), ...rows];
  return probe(h, [...given, ...closure.operands], (inner, _, now) => {
    const captured = closure.inside(inner, now.slice(given.length));
    return c.around.isolated(inner, node.graph, now.slice(0, given.length), captured);
  });
}

/** Rows by operator of the standard domain. */
export const control: LowerTable = { If: ifOp, Loop: loopOp, Scan: scan };
