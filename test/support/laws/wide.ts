/** Modules and values with f64 and c128 in the place of every narrower float and complex type. */
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf, type Value } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';

/** Floats and complex numbers that f64 and c128 are wider than. */
export function isNarrow(type: ElementType): boolean {
  return (isFloat(type) || isComplex(type)) && type !== 'f64' && type !== 'c128';
}

/** The wide type in the place of one. */
export function wideType(type: ElementType): ElementType {
  return isNarrow(type) ? (isComplex(type) ? 'c128' : 'f64') : type;
}

const made = new WeakMap<Module, Module>();

/** The module in wide types. */
export function widened(module: Module): Module {
  const before = made.get(module);
  if (before) return before;
  const text = printModule(module).replaceAll(/\b(\w+)\[/g, (whole, type) =>
    Object.hasOwn(elementTypes, type) ? `${wideType(type as ElementType)}[` : whole,
  );
  const wide = parseModule(text);
  made.set(module, wide);
  return wide;
}

/** The same numbers in wide types. */
export function asWide(value: Value): Value {
  if (value.kind === 'tuple') return { kind: 'tuple', elements: value.elements.map(asWide) };
  if (value.kind !== 'tensor' || !isNarrow(value.shape.type)) return value;
  return {
    kind: 'tensor',
    shape: arrayShape(wideType(value.shape.type), value.shape.dims),
    data: Float64Array.from(value.data as Float32Array),
  };
}

/** A wide value rounded to the types of another; what overflows there is no question of precision. */
export function roundedTo(wide: Value, like: Value): Value {
  if (wide.kind === 'tuple' && like.kind === 'tuple') {
    return { kind: 'tuple', elements: wide.elements.map((e, k) => roundedTo(e, like.elements[k])) };
  }
  if (wide.kind !== 'tensor' || like.kind !== 'tensor' || !isNarrow(like.shape.type)) return wide;
  const round = rounder(like.shape.type);
  const data = (wide.data as Float64Array).map((x, i) =>
    Number.isFinite(like.data[i]) ? round(x) : Number(like.data[i]),
  );
  return tensorOf(like.shape.type, like.shape.dims, data);
}
