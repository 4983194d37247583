/** Instances on f8 and 4-bit integers in the other narrow types, by the text of the module. */
import { randomOf } from '../../../golden/kinds/random.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import type { Instance } from '../../cross/gen.ts';

const floats = (Object.keys(elementTypes) as ElementType[]).filter((t) => {
  const { kind, bits } = elementTypes[t];
  return kind === 'float' && bits <= 8;
});

const others: { readonly [T in ElementType]?: readonly ElementType[] } = {
  f8e5m2: floats,
  f8e4m3fn: floats,
  s4: ['s4', 's2', 's1'],
  u4: ['u4', 'u2', 'u1'],
};

/** The same instance with each narrow type exchanged for one of its kind, where that still verifies. */
export function retyped(instance: Instance, seed: number): Instance {
  const random = randomOf(seed, 'narrow types');
  const to = new Map<string, ElementType>();
  for (const [from, choices] of Object.entries(others)) {
    to.set(from, choices[random.integer(0, choices.length)]);
  }
  const old = printModule(instance.module);
  const text = old.replaceAll(/\b(f8e5m2|f8e4m3fn|s4|u4)\[/g, (_, type) => `${to.get(type)}[`);
  if (text === old) return instance;
  try {
    const module = parseModule(text);
    const given = instance.given.map((t) => t && withType(t, to.get(t.shape.type)));
    return verifyModule(module).length === 0 ? { module, given } : instance;
  } catch {
    return instance;
  }
}

/** A given tensor in another type; what that cannot hold is drawn anew. */
function withType(t: Tensor, type: ElementType | undefined): Tensor | undefined {
  if (!type || type === t.shape.type) return t;
  const { data } = tensorOf(type, t.shape.dims, t.data as Iterable<number>);
  const round = rounder(type);
  const holds = Array.from(data as ArrayLike<number>).every(
    (x) => Number.isFinite(x) && round(x) === x,
  );
  return holds ? { ...t, shape: arrayShape(type, t.shape.dims), data } : undefined;
}
