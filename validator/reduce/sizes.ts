/**
 * Smaller dimensions: one size of the module becomes another one wherever it stands, and so do its
 * multiples if that is what it takes; inputs and constants keep their first elements. Whether what
 * comes out is a module at all, the verifier says.
 */

import { inferShape } from '../../graphs/build/make.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import {
  type Computation,
  entryOf,
  type Instruction,
  type InstructionId,
  type Module,
  parametersOf,
  rootOf,
} from '../../graphs/ir/module.ts';
import { type ArrayShape, leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { SliceRange, WindowDim } from '../../graphs/ops/attr.ts';
import type { Signature } from '../../graphs/ops/row.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { type Resize, sizeAfter } from './reducible.ts';
import { moduleOf, type Specimen } from './specimen.ts';
import { leadingBlock } from './values.ts';

/** Sizes above 1 that stand in a module, the largest first. */
export function sizesIn({ module }: Specimen): readonly number[] {
  const shapes = module.computations.flatMap((c) => c.instructions.map((i) => i.shape));
  const dims = shapes.flatMap(leafShapes).flatMap((s) => (s.kind === 'array' ? s.dims : []));
  return [...new Set(dims.filter((d) => d > 1))].sort((a, b) => b - a);
}

/** The specimen with one size exchanged; undefined where that makes no valid module. */
export function resized(specimen: Specimen, resize: Resize): Specimen | undefined {
  try {
    const module = resizedModule(specimen.module, resize);
    if (verifyModule(module).length) return undefined;
    const shapes = parametersOf(entryOf(module)).map((p) => p.shape);
    return { module, inputs: specimen.inputs.map((v, k) => leading(v, shapes[k]!)) };
  } catch (error) {
    if (error instanceof AssayError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function resizedModule(module: Module, resize: Resize): Module {
  const size = (d: number) => sizeAfter(d, resize);
  const done = new Map<string, Computation>();
  const signature = (name: string): Signature => {
    const c = done.get(name)!;
    return { parameters: parametersOf(c).map((p) => p.shape), result: rootOf(c).shape };
  };
  for (const c of module.computations) done.set(c.name, resizedComputation(c, size, signature));
  const made = { ...module, computations: [...done.values()] };
  return moduleOf(made, done.get(module.entry)!);
}

function resizedComputation(
  c: Computation,
  size: (d: number) => number,
  signature: (name: string) => Signature,
): Computation {
  const before = new Map(c.instructions.map((i) => [i.id, i.shape]));
  const shapes = new Map<InstructionId, Shape>();
  const instructions = c.instructions.map((i): Instruction => {
    const operands = i.operands.map((id) => shapes.get(id)!);
    const mapped = withSizes(i.shape, size);
    const attrs = resizedAttrs(i, {
      operands,
      size,
      result: mapped,
      was: before.get(i.operands[0]!),
    });
    const shape = inferred(i, operands, attrs, signature) ?? mapped;
    shapes.set(i.id, shape);
    return { ...i, attrs, shape } as unknown as Instruction;
  });
  return { ...c, instructions };
}

/** What operands and attributes give; undefined where they do not determine it. */
function inferred(
  { opcode }: Instruction,
  operands: readonly Shape[],
  attrs: object,
  signature: (name: string) => Signature,
): Shape | undefined {
  if (operands.length === 0) return undefined;
  try {
    return inferShape(opcode, operands, attrs as Record<string, unknown>, undefined, signature);
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}

function withSizes(shape: Shape, size: (d: number) => number): Shape {
  if (shape.kind === 'tuple') {
    return { ...shape, elements: shape.elements.map((e) => withSizes(e, size)) };
  }
  if (shape.kind === 'buffer')
    return { ...shape, array: withSizes(shape.array, size) as ArrayShape };
  return shape.kind === 'array' ? { ...shape, dims: shape.dims.map(size) } : shape;
}

interface Around {
  readonly operands: readonly Shape[];
  readonly size: (d: number) => number;
  /** The shape that the result should have. */
  readonly result: Shape;
  /** What the first operand was. */
  readonly was: Shape | undefined;
}

/** Attributes that hold sizes of what they are applied to. */
function resizedAttrs(i: Instruction, around: Around): object {
  const { operands, size, result, was } = around;
  const dims = result.kind === 'array' ? result.dims : [];
  const [first] = operands;
  const given = first?.kind === 'array' ? first.dims : [];
  if (i.opcode === 'constant') return { literal: leading(i.attrs.literal as Value, result) };
  if (i.opcode === 'slice' && was?.kind === 'array') {
    const ranges = i.attrs.slice.map((range, d) =>
      movedRange(range, was.dims[d]!, given[d]!, dims[d]!),
    );
    return { ...i.attrs, slice: ranges };
  }
  if (i.opcode === 'dynamic-slice') return { ...i.attrs, dynamic_slice_sizes: dims };
  if (i.opcode === 'gather') {
    const sizes = i.attrs.slice_sizes.map((n, d) => Math.min(size(n), given[d]!));
    return { ...i.attrs, slice_sizes: sizes };
  }
  if ('window' in i.attrs && Array.isArray(i.attrs.window)) {
    return {
      ...i.attrs,
      window: (i.attrs.window as WindowDim[]).map((w) => resizedWindow(w, size)),
    };
  }
  return i.attrs;
}

/** A range of `count` elements: at the end where it was at the end, else from where it began. */
function movedRange(range: SliceRange, was: number, size: number, count: number): SliceRange {
  const { start, limit, stride } = range;
  const span = count === 0 ? 0 : (count - 1) * stride + 1;
  const atEnd = limit === was && start > 0;
  const from = Math.max(0, atEnd ? size - span : Math.min(start, size - span));
  return { start: from, limit: from + span, stride };
}

/** A window over a whole dimension, padded so that it reaches all of it, stays one. */
function resizedWindow(w: WindowDim, size: (d: number) => number): WindowDim {
  const to = size(w.size);
  const pad = (p: number) => (p === w.size - 1 ? to - 1 : p);
  return { ...w, size: to, padLow: pad(w.padLow), padHigh: pad(w.padHigh) };
}

/** The first elements of a value along each dimension, as many as a shape has. */
function leading(value: Value, shape: Shape): Value {
  if (value.kind === 'tuple' && shape.kind === 'tuple') {
    return { ...value, elements: value.elements.map((v, k) => leading(v, shape.elements[k]!)) };
  }
  if (value.kind !== 'tensor' || shape.kind !== 'array') return value;
  return leadingBlock(value, shape.dims);
}
