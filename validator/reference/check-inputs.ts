/** Checks that the values given to a computation are what its parameters declare. */
import { fail, type Position } from '../../graphs/ir/diagnostic.ts';
import { type Computation, type Instruction, parametersOf } from '../../graphs/ir/module.ts';
import { leafShapes, type Shape } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';

/** Throws `run/bad-input`, naming the parameter, the shape it needs and the one that it got. */
export function checkInputs(computation: Computation, inputs: readonly Value[]): void {
  const parameters = parametersOf(computation);
  if (inputs.length !== parameters.length) {
    const counts = `${parameters.length} inputs, got ${inputs.length}`;
    fail('run/bad-input', `${computation.name} needs ${counts}`);
  }
  parameters.forEach((p, k) => {
    if (leafShapes(p.shape).some((s) => s.kind === 'array' && s.dims.includes(-1))) {
      const why = 'sizes without a bound are not modelled';
      fail('run/unsupported', `parameter ${k} (${p.name}): ${why}`, placeOf(p));
    }
    if (fits(inputs[k], p.shape)) return;
    const message = `parameter ${k} (${p.name}) needs ${words(p.shape)}, got ${shown(inputs[k])}`;
    fail('run/bad-input', message, placeOf(p));
  });
}

function placeOf({ position }: Instruction): { readonly position?: Position } {
  return position ? { position } : {};
}

function fits(value: Value, shape: Shape): boolean {
  if (shape.kind === 'tuple') {
    return (
      value.kind === 'tuple' &&
      value.elements.length === shape.elements.length &&
      shape.elements.every((s, k) => fits(value.elements[k], s))
    );
  }
  if (shape.kind === 'buffer') return fits(value, shape.array);
  if (shape.kind !== 'array') return value.kind === 'token';
  if (value.kind !== 'tensor' || value.shape.type !== shape.type) return false;
  const { dims } = value.shape;
  if (dims.length !== shape.dims.length) return false;
  return dims.every((d, k) => d === shape.dims[k] || (shape.dynamic?.[k] && d < shape.dims[k]));
}

function words(shape: Shape): string {
  if (shape.kind === 'array') {
    const sizes = shape.dims.map((d, k) => (shape.dynamic?.[k] ? `<=${d}` : d));
    return `${shape.type}[${sizes}]`;
  }
  if (shape.kind === 'tuple') return `(${shape.elements.map(words).join(', ')})`;
  return shape.kind === 'buffer' ? `b(${words(shape.array)})` : `${shape.kind}[]`;
}

function shown(value: Value): string {
  if (value.kind === 'tensor') return words(value.shape);
  return value.kind === 'tuple' ? `(${value.elements.map(shown).join(', ')})` : 'token[]';
}
