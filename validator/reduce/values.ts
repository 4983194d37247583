/** Simpler numbers: arrays of inputs and constants that become zeros, ones, small integers, sparse. */
import { isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type Tensor, tensor, type Value } from '../../graphs/ir/tensor.ts';
import { type Specimen, valuesOf } from './specimen.ts';

/** An array of a specimen, and the specimen with another in its place. */
export interface Slot {
  readonly tensor: Tensor;
  with(tensor: Tensor): Specimen;
}

/** The arrays of the inputs, then those of the constants; each by its number. */
export function slotsOf(specimen: Specimen): readonly Slot[] {
  const { module, inputs } = specimen;
  const ofInputs = inputs.flatMap((value, k) =>
    leafSlots(value, (v) => ({ module, inputs: inputs.with(k, v) })),
  );
  const constants = module.computations.flatMap((c) =>
    c.instructions.flatMap((i) => {
      if (i.opcode !== 'constant' || valuesOf(i.attrs.literal).length === 0) return [];
      return leafSlots(i.attrs.literal as Value, (literal) => ({
        module: withLiteral(module, i, literal),
        inputs,
      }));
    }),
  );
  return [...ofInputs, ...constants];
}

function leafSlots(value: Value, put: (value: Value) => Specimen): readonly Slot[] {
  if (value.kind === 'tensor') return [{ tensor: value, with: put }];
  if (value.kind !== 'tuple') return [];
  return value.elements.flatMap((element, k) =>
    leafSlots(element, (v) => put({ ...value, elements: value.elements.with(k, v) })),
  );
}

function withLiteral(module: Module, constant: Instruction, literal: Value): Module {
  const computations = module.computations.map((c) => {
    if (!c.instructions.includes(constant)) return c;
    const instructions = c.instructions.map((i) =>
      i === constant ? ({ ...i, attrs: { literal } } as Instruction) : i,
    );
    return { ...c, instructions };
  });
  return { ...module, computations };
}

/**
 * Arrays of the same shape that are easier to read, the easiest first: zeros, ones, whole numbers, two
 * digits. What comes before the array itself in that order is easier, and nothing else.
 */
export function simplerForms(t: Tensor): readonly Tensor[] {
  const forms = [fill(t, 0), fill(t, 1)];
  if (isFloat(t.shape.type) || isComplex(t.shape.type)) {
    forms.push(
      mapped(t, Math.round),
      mapped(t, (x) => Number(x.toPrecision(2))),
    );
  }
  const own = forms.findIndex((form) => sameData(form, t));
  return own < 0 ? forms : forms.slice(0, own);
}

/** Places of elements that are not zero. */
export function nonZeroPlaces({ data }: Tensor): readonly number[] {
  return Array.from(data.keys()).filter((n) => Number(data[n]) !== 0);
}

/** The array with these elements alone; the others are zero. */
export function keeping(t: Tensor, places: readonly number[]): Tensor {
  const data = t.data.slice().fill(0 as never);
  for (const n of places) data[n] = t.data[n] as never;
  return tensor(t.shape, data);
}

function fill(t: Tensor, value: number): Tensor {
  const isWide = t.data instanceof BigInt64Array || t.data instanceof BigUint64Array;
  return tensor(t.shape, t.data.slice().fill((isWide ? BigInt(value) : value) as never));
}

/** Only finite elements are changed, to numbers of the type: what is special is there for a reason. */
function mapped(t: Tensor, change: (x: number) => number): Tensor {
  const data = t.data.slice();
  const { type } = t.shape;
  const round = isFloat(type) ? rounder(type) : (x: number) => x;
  for (let n = 0; n < data.length; n++) {
    const x = Number(data[n]);
    if (Number.isFinite(x)) data[n] = round(change(x)) as never;
  }
  return tensor(t.shape, data);
}

function sameData(a: Tensor, b: Tensor): boolean {
  return a.data.every((x: number | bigint, n: number) => Object.is(x, b.data[n]));
}
