/** Promises held against a run: which of them the data contradict, and how. */
import type { Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import { computationOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import type { Observer } from '../reference/context.ts';
import { scatterTargets, scatterWindows } from '../semantics/indexing/scatter.ts';
import type { LoopFacts, Promised } from './promises.ts';

/** Follows a run and keeps, of each promise that it breaks, the first way in which it does. */
export class PromiseWatch implements Observer {
  readonly broken = new Map<Promised, string>();
  private readonly byInstruction = new Map<Instruction, Promised[]>();
  /** Loops that run, the innermost last. */
  private readonly loops: RunningLoop[] = [];

  constructor(promises: readonly Promised[]) {
    for (const p of promises) {
      const all = this.byInstruction.get(p.instruction);
      if (all) all.push(p);
      else this.byInstruction.set(p.instruction, [p]);
    }
  }

  enter(instruction: Instruction, module: Module, operands: Value[]): void {
    const loop = this.loops.at(-1);
    if (loop && instruction === loop.first) loop.asked++;
    if (instruction.opcode === 'while') {
      this.loops.push({ first: firstOf(instruction, module), asked: 0, state: operands[0]! });
    }
    for (const p of this.byInstruction.get(instruction) ?? []) {
      const why = p.kind === 'known_trip_count' ? undefined : brokenBy(p, operands);
      if (why !== undefined) this.note(p, why);
    }
  }

  leave(instruction: Instruction, _: Module, __: readonly Value[], result: Value): Value {
    if (instruction.opcode !== 'while') return result;
    const loop = this.loops.pop()!;
    for (const p of this.byInstruction.get(instruction) ?? []) {
      const why = loop.first && loopFault(p.facts, loop, result);
      if (why) this.note(p, why);
    }
    return result;
  }

  private note(p: Promised, why: string): void {
    if (!this.broken.has(p)) this.broken.set(p, why);
  }
}

interface RunningLoop {
  /** The first instruction of its condition; it runs once more than the body does. */
  readonly first: Instruction | undefined;
  asked: number;
  readonly state: Value;
}

function firstOf({ attrs }: InstructionOf<'while'>, module: Module): Instruction | undefined {
  const { instructions } = computationOf(module, attrs.condition);
  return instructions.find((i) => i.opcode !== 'parameter');
}

/** What of a loop's facts is not so: its trips, or where its induction variable begins and ends. */
function loopFault(facts: LoopFacts, loop: RunningLoop, result: Value): string | undefined {
  const trips = loop.asked - 1;
  if (facts.trips !== undefined && facts.trips !== trips) {
    return `${facts.trips} trips are promised, the loop makes ${trips}`;
  }
  const { variable, init, step } = facts;
  if (variable === undefined || init === undefined) return undefined;
  const [from, to] = [loop.state, result].map((v) => scalarAt(v, variable));
  if (from === undefined || to === undefined) return undefined;
  if (from !== init) {
    return `element ${variable} is promised to begin at ${init}, and begins at ${from}`;
  }
  if (step === undefined || to === init + trips * step) return undefined;
  return `element ${variable} is promised to grow by ${step} a trip, and ends at ${to}`;
}

function scalarAt(state: Value, index: number): number | undefined {
  const part = state.kind === 'tuple' ? state.elements[index] : undefined;
  return part?.kind === 'tensor' && part.data.length === 1 ? Number(part.data[0]) : undefined;
}

/** How the indices of a gather or scatter break a promise. */
function brokenBy({ kind, instruction }: Promised, operands: readonly Value[]): string | undefined {
  const at = instruction.opcode === 'scatter' ? (operands.length - 1) / 2 : 1;
  const [operand, indices, updates] = [operands[0], operands[at], operands.at(-1)];
  if (operand?.kind !== 'tensor' || indices?.kind !== 'tensor') return undefined;
  if (kind === 'indices_are_sorted') return unsorted(instruction, operand, indices);
  if (instruction.opcode !== 'scatter' || updates?.kind !== 'tensor') return undefined;
  return repeated(instruction, operand.shape, indices, updates.shape);
}

function repeated(
  { attrs }: InstructionOf<'scatter'>,
  operand: ArrayShape,
  indices: Tensor,
  updates: ArrayShape,
): string | undefined {
  const seen = new Set<number>();
  for (const target of scatterTargets(scatterWindows(attrs, operand, indices, updates))) {
    if (target < 0) continue;
    if (seen.has(target)) return `element ${target} of the operand is written twice`;
    seen.add(target);
  }
  return undefined;
}

/** Index vectors, in the order of the operand's dimensions, batches first where they stand first. */
function unsorted(i: Instruction, operand: Tensor, indices: Tensor): string | undefined {
  const map = indexMapOf(i);
  if (!map) return undefined;
  const { dims } = indices.shape;
  const strides = rowMajorStrides(dims);
  const along = dims.map((_, d) => d).filter((d) => d !== map.vectorDim);
  const count = along.reduce((n, d) => n * dims[d]!, 1);
  const component = map.vectorDim < dims.length ? strides[map.vectorDim]! : 0;
  const last: number[] = operand.shape.dims.map(() => Number.NEGATIVE_INFINITY);
  for (let p = 0; p < count; p++) {
    const at = placeOf(p, along, dims);
    const base = at.reduce((sum, x, d) => sum + x * strides[d]!, 0);
    const vector = operand.shape.dims.map((_, d) => {
      const [k, batch] = [map.operandDims.indexOf(d), map.operandBatching.indexOf(d)];
      if (k >= 0) return Number(indices.data[base + k * component]);
      return batch < 0 ? 0 : at[map.indicesBatching[batch]!]!;
    });
    const d = vector.findIndex((x, k) => x !== last[k]);
    if (d >= 0 && vector[d]! < last[d]!) return `index ${vector} follows ${last}`;
    last.splice(0, last.length, ...vector);
  }
  return undefined;
}

/** The index of position p, counted along some of the dimensions; 0 in the others. */
function placeOf(p: number, along: readonly number[], dims: readonly number[]): number[] {
  const at = dims.map(() => 0);
  let rest = p;
  for (const d of [...along].reverse()) {
    at[d] = rest % dims[d]!;
    rest = Math.floor(rest / dims[d]!);
  }
  return at;
}

function indexMapOf(i: Instruction) {
  if (i.opcode === 'gather') {
    return {
      vectorDim: i.attrs.index_vector_dim,
      operandDims: i.attrs.start_index_map,
      operandBatching: i.attrs.operand_batching_dims,
      indicesBatching: i.attrs.start_indices_batching_dims,
    };
  }
  if (i.opcode !== 'scatter') return undefined;
  return {
    vectorDim: i.attrs.index_vector_dim,
    operandDims: i.attrs.scatter_dims_to_operand_dims,
    operandBatching: i.attrs.input_batching_dims,
    indicesBatching: i.attrs.scatter_indices_batching_dims,
  };
}
