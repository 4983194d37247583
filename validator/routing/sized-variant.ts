/**
 * A variant at the size of a request: inputs of that size are padded to what the variant was compiled for,
 * and its outputs cut back, so that all variants are functions of the same inputs.
 */
import { makeInstruction } from '../../graphs/build/make.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import {
  entryOf,
  type Instruction,
  type InstructionId,
  type Module,
  parametersOf,
  rootOf,
} from '../../graphs/ir/module.ts';
import { withoutParameterCounts } from '../../graphs/ir/pin.ts';
import { type ArrayShape, arrayShape, elementCount, leafShapes } from '../../graphs/ir/shape.ts';
import { type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import type { Dispatcher, SizedAxis } from './dispatcher.ts';

type Axes = Pick<Dispatcher, 'inputs' | 'outputs'>;

/**
 * How much a variant holds: the size of the axes of its inputs that requests fill.
 *
 * @throws AssayError `routing/signature` where its inputs or outputs do not fit the dispatcher
 */
export function capacityOf(variant: string, module: Module, axes: Axes): number {
  const entry = entryOf(module);
  const refuse = (why: string) => fail('routing/signature', `variant "${variant}": ${why}`);
  const shapes = parametersOf(entry).map((p) => p.shape);
  if (shapes.length !== axes.inputs.length) {
    refuse(`it has ${shapes.length} inputs, the dispatcher tells of ${axes.inputs.length}`);
  }
  const outputs = leafShapes(rootOf(entry).shape);
  if (outputs.length !== axes.outputs.length) {
    refuse(`it has ${outputs.length} outputs, the dispatcher tells of ${axes.outputs.length}`);
  }
  const sizeAlong = (shape: unknown, sized: SizedAxis | undefined, what: string) => {
    if (!sized) return [];
    const size = (shape as ArrayShape).dims?.[sized.axis];
    return size === undefined ? refuse(`${what} has no axis ${sized.axis}`) : [size];
  };
  const own = shapes.flatMap((s, k) => sizeAlong(s, axes.inputs[k], `input ${k}`));
  const given = outputs.flatMap((s, k) => sizeAlong(s, axes.outputs[k], `output ${k}`));
  const sizes = new Set([...own, ...given]);
  if (own.length === 0) refuse('no input has an axis of the request');
  if (sizes.size > 1) refuse(`its axes of the request differ: ${[...sizes].join(', ')}`);
  return own[0]!;
}

/** The variant as a function of inputs of this size, at most what it holds. */
export function variantAt(module: Module, size: number, axes: Axes): Module {
  const entry = entryOf(module);
  const maker = new Maker(module);
  for (const p of parametersOf(entry)) maker.padded(p, axes.inputs[p.attrs.index], size);
  const own = entry.instructions.filter((i) => i.opcode !== 'parameter');
  maker.instructions.push(...own);
  const root = rootOf(entry);
  const cut = maker.results(root).map((x, k) => maker.cut(x, axes.outputs[k], size));
  const last = root.shape.kind === 'tuple' ? maker.add('tuple', 'results', cut, {}) : cut[0]!;
  const instructions = maker.instructions;
  const made = { ...entry, instructions, root: last.id };
  const computations = module.computations.map((c) => (c === entry ? made : c));
  return { ...module, attributes: withoutParameterCounts(module.attributes), computations };
}

/** Inputs of a size as the variant itself takes them, filled up as the dispatcher says. */
export function paddedInputs(
  inputs: readonly Value[],
  module: Module,
  axes: Pick<Dispatcher, 'inputs'>,
): readonly Value[] {
  const shapes = parametersOf(entryOf(module)).map((p) => p.shape as ArrayShape);
  return inputs.map((value, k) => {
    const sized = axes.inputs[k];
    return sized && value.kind === 'tensor' ? paddedTensor(value, shapes[k]!, sized) : value;
  });
}

function paddedTensor(t: Tensor, shape: ArrayShape, { pad, axis }: SizedAxis): Tensor {
  const made = tensorOf(shape.type, shape.dims, Array<number>(elementCount(shape)).fill(pad));
  const inner = shape.dims.slice(axis + 1).reduce((n, d) => n * d, 1);
  const [from, to] = [t.shape.dims[axis]! * inner, shape.dims[axis]! * inner];
  for (let row = 0; row * from < t.data.length; row++) {
    made.data.set(t.data.subarray(row * from, (row + 1) * from) as never, row * to);
  }
  return made;
}

/** Instructions around those of the entry. */
class Maker {
  readonly instructions: Instruction[] = [];
  private next: number;
  private readonly names: Set<string>;

  constructor(module: Module) {
    const all = module.computations.flatMap((c) => c.instructions);
    this.next = 1 + all.reduce((most, { id }) => Math.max(most, id), 0);
    this.names = new Set(entryOf(module).instructions.map(({ name }) => name));
  }

  /** A parameter of the size, padded under the id of the one that it stands for. */
  padded(p: Instruction, sized: SizedAxis | undefined, size: number): void {
    const shape = p.shape as ArrayShape;
    if (!sized || shape.dims[sized.axis] === size) {
      this.instructions.push(p);
      return;
    }
    const given = arrayShape(shape.type, shape.dims.with(sized.axis, size));
    const parameter = { ...p, id: this.newId(), shape: given } as Instruction;
    this.instructions.push(parameter);
    const value = tensorOf(shape.type, [], [sized.pad]);
    const fill = this.add('constant', `${p.name}.fill`, [], { literal: value }, value.shape);
    const padding = shape.dims.map((d, k) => ({
      ...{ low: 0, interior: 0, high: k === sized.axis ? d - size : 0 },
    }));
    this.add('pad', `${p.name}.padded`, [parameter, fill], { padding }, undefined, p.id);
  }

  /** The arrays of a result. */
  results(root: Instruction): readonly Instruction[] {
    if (root.shape.kind !== 'tuple') return [root];
    return root.shape.elements.map((_, index) =>
      this.add('get-tuple-element', `${root.name}.${index}`, [root], { index }),
    );
  }

  /** A result without what lies beyond the size. */
  cut(x: Instruction, sized: SizedAxis | undefined, size: number): Instruction {
    const { dims } = x.shape as ArrayShape;
    if (!sized || dims[sized.axis] === size) return x;
    const slice = dims.map((d, k) => ({
      ...{ start: 0, limit: k === sized.axis ? size : d, stride: 1 },
    }));
    return this.add('slice', `${x.name}.cut`, [x], { slice });
  }

  add(
    opcode: 'constant' | 'pad' | 'slice' | 'tuple' | 'get-tuple-element',
    stem: string,
    operands: readonly Instruction[],
    attrs: object,
    shape?: ArrayShape,
    id: InstructionId = this.newId(),
  ): Instruction {
    let name = stem;
    for (let n = 1; this.names.has(name); n++) name = `${stem}.${n}`;
    this.names.add(name);
    const parts = { id, name, opcode, operands, attrs, ...(shape && { shape }) };
    const made = makeInstruction({ ...parts, signature: none } as never);
    this.instructions.push(made);
    return made;
  }

  private newId(): InstructionId {
    return this.next++ as InstructionId;
  }
}

function none(): never {
  throw new Error('no computation is called');
}
