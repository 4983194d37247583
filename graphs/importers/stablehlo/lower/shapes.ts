/** MLIR types as HLO shapes. */
import { type Shape, tupleShape } from '../../../ir/shape.ts';
import type { MlirType, TensorType } from '../parse/ast.ts';

/** The HLO shape of a type; undefined for a dynamic tensor and for what HLO does not have. */
export function shapeOfType(type: MlirType): Shape | undefined {
  if (type.kind === 'tensor') {
    return isDynamic(type) ? undefined : { kind: 'array', type: type.type, dims: type.dims };
  }
  if (type.kind === 'token') return { kind: 'token' };
  if (type.kind !== 'tuple') return undefined;
  const elements = type.elements.map(shapeOfType);
  return elements.every((e) => e !== undefined) ? tupleShape(elements) : undefined;
}

/** True where a size is `?`. */
export function isDynamic(type: TensorType): boolean {
  return type.dims.includes(-1);
}

/** A type as it is written, for messages. */
export function typeText(type: MlirType): string {
  if (type.kind === 'tensor') {
    const dims = type.dims.map((d) => `${d < 0 ? '?' : d}x`).join('');
    return `tensor<${dims}${type.quantized ? '!quant.uniform' : type.type}>`;
  }
  if (type.kind === 'tuple') return `tuple<${type.elements.map(typeText).join(', ')}>`;
  return type.kind === 'function' ? 'a function' : type.text;
}
