/** Inputs of a module fixed to values: parameters that become constants. */
import { fail } from './diagnostic.ts';
import { isComplex } from './element-type.ts';
import { entryOf, type Instruction, type Module, parametersOf } from './module.ts';
import { type ArrayShape, elementCount } from './shape.ts';
import { type Tensor, tensorOf } from './tensor.ts';

/** Values by the name of an input: one number for all elements, or one each in row-major order. */
export type Pins = Readonly<Record<string, readonly number[]>>;

/** Attributes of a module that count its parameters. */
const counting: ReadonlySet<string> = new Set([
  ...['entry_computation_layout', 'input_output_alias', 'buffer_donor'],
  ...['allow_spmd_sharding_propagation_to_parameters'],
]);

/**
 * The module with these parameters of its entry as constants; those that stay are numbered anew.
 *
 * @throws AssayError `input/unknown`, `input/pinned` where a name or a number of values does not fit
 */
export function pinInputs(module: Module, pins: Pins): Module {
  const names = Object.keys(pins);
  if (names.length === 0) return module;
  const entry = entryOf(module);
  const parameters = parametersOf(entry);
  for (const name of names) {
    if (parameters.some((p) => p.name === name)) continue;
    const known = parameters.map((p) => p.name).join(', ') || 'none';
    fail('input/unknown', `there is no input ${name} to set; there are: ${known}`);
  }
  const kept = parameters.filter((p) => !Object.hasOwn(pins, p.name));
  const instructions = entry.instructions.map((i): Instruction => {
    if (i.opcode !== 'parameter') return i;
    if (!Object.hasOwn(pins, i.name)) {
      return { ...i, attrs: { ...i.attrs, index: kept.indexOf(i) } };
    }
    if (i.shape.kind !== 'array') {
      return fail('input/pinned', `input ${i.name} is a tuple; only arrays can be set`);
    }
    const literal = pinned(i.name, i.shape, pins[i.name]!);
    return { ...i, opcode: 'constant', attrs: { literal } } as unknown as Instruction;
  });
  const attributes = withoutParameterCounts(module.attributes);
  const computations = module.computations.map((c) => (c === entry ? { ...c, instructions } : c));
  return { ...module, attributes, computations };
}

/** Header attributes without those that count parameters: for a module whose parameters are others. */
export function withoutParameterCounts(attributes: Module['attributes']): Module['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !counting.has(name)));
}

/**
 * The values of an input.
 *
 * @throws AssayError `input/pinned` where they are not one, nor as many as it has elements
 */
export function pinned(name: string, shape: ArrayShape, values: readonly number[]): Tensor {
  const count = elementCount(shape);
  if (isComplex(shape.type)) fail('input/pinned', `input ${name} is complex; it cannot be set`);
  if (values.length !== 1 && values.length !== count) {
    const many = `input ${name} has ${count} elements, not ${values.length}`;
    fail('input/pinned', `${many}; give one number for all, or one each`);
  }
  const all = values.length === 1 ? Array<number>(count).fill(values[0]!) : values;
  return tensorOf(shape.type, shape.dims, all);
}
