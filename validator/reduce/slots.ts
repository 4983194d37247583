/** The arrays of a module and its inputs, each to be exchanged for another of its shape. */
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Slot } from './reducible.ts';
import { type Specimen, valuesOf } from './specimen.ts';

/** The arrays of the inputs, then those of the constants; each by its number. */
export function slotsOf(specimen: Specimen): readonly Slot<Specimen>[] {
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
  return [...labelled('input', ofInputs), ...labelled('constant', constants)];
}

type Unlabelled = Omit<Slot<Specimen>, 'what'>;

function labelled(what: string, slots: readonly Unlabelled[]): readonly Slot<Specimen>[] {
  return slots.map((slot, k) => ({ what: `${what} ${k}`, ...slot }));
}

function leafSlots(value: Value, put: (value: Value) => Specimen): readonly Unlabelled[] {
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
