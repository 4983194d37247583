/** Shapes and literals of protos as HLO text. */
import { fail } from '../../ir/diagnostic.ts';
import { type ElementType, elementTypes, isComplex } from '../../ir/element-type.ts';
import { floatDecoder } from '../../ir/float-bits.ts';
import { allocate, tensor } from '../../ir/tensor.ts';
import { printLiteral } from '../../text/literal-print.ts';
import type { Message } from './schema.ts';

/** Element types by XLA's numbers (xla_data.proto, PrimitiveType). */
const typeNumbers: Readonly<Record<number, ElementType>> = {
  1: 'pred',
  2: 's8',
  3: 's16',
  4: 's32',
  5: 's64',
  6: 'u8',
  7: 'u16',
  8: 'u32',
  9: 'u64',
  10: 'f16',
  11: 'f32',
  12: 'f64',
  15: 'c64',
  16: 'bf16',
  18: 'c128',
  19: 'f8e5m2',
  20: 'f8e4m3fn',
  21: 's4',
  22: 'u4',
  23: 'f8e4m3b11fnuz',
  24: 'f8e5m2fnuz',
  25: 'f8e4m3fnuz',
  26: 's2',
  27: 'u2',
  28: 'f8e4m3',
  29: 'f8e3m4',
  30: 's1',
  31: 'u1',
  32: 'f4e2m1fn',
  33: 'f8e8m0fnu',
} as Readonly<Record<number, ElementType>>;

const tuple = 13;
const opaque = 14;
const token = 17;

/** The numbers of a repeated field. */
export function listOf(message: Message, field: string): readonly number[] {
  return ((message[field] ?? []) as readonly (bigint | number)[]).map(Number);
}

/** The messages of a repeated field. */
export function partsOf(message: Message, field: string): readonly Message[] {
  return (message[field] ?? []) as readonly Message[];
}

/** A shape as HLO prints it, with its layout. */
export function shapeText(shape: Message): string {
  const number = Number(shape.elementType ?? 0);
  if (number === tuple) return `(${partsOf(shape, 'tupleShapes').map(shapeText).join(', ')})`;
  if (number === token) return 'token[]';
  if (number === opaque) return 'opaque[]';
  const dynamic = listOf(shape, 'isDynamicDimension');
  const dims = listOf(shape, 'dimensions').map((d, n) => {
    if (!dynamic[n]) return String(d);
    return d < 0 ? '?' : `<=${d}`;
  });
  const layout = shape.layout as Message | undefined;
  return `${typeOf(number)}[${dims}]${layout && dims.length ? layoutText(layout) : ''}`;
}

function typeOf(number: number): ElementType {
  const type = typeNumbers[number];
  return type ?? fail('format/hlo-proto', `element type ${number} of XLA is not read`);
}

function layoutText(layout: Message): string {
  const tiles = partsOf(layout, 'tiles').map((t) => `(${listOf(t, 'dimensions')})`);
  const properties = [
    ...(tiles.length ? [`T${tiles.join('')}`] : []),
    ...(layout.elementSizeInBits ? [`E(${layout.elementSizeInBits})`] : []),
    ...(layout.memorySpace ? [`S(${layout.memorySpace})`] : []),
  ];
  const order = listOf(layout, 'minorToMajor').join(',');
  return `{${order}${properties.length ? `:${properties.join('')}` : ''}}`;
}

/** A literal as HLO prints it; its elements lie in the order of its layout. */
export function literalText(literal: Message): string {
  const shape = (literal.shape ?? {}) as Message;
  const number = Number(shape.elementType ?? 0);
  if (number === tuple) {
    return `( ${partsOf(literal, 'tupleLiterals').map(literalText).join(', ')} )`;
  }
  const type = typeOf(number);
  const dims = listOf(shape, 'dimensions');
  const given = elementsOf(literal, type);
  const width = isComplex(type) ? 2 : 1;
  const count = dims.reduce((n, d) => n * d, 1);
  if (given.length !== width * count) {
    const what = `a literal of ${type}[${dims}] has ${given.length / width} elements`;
    fail('format/hlo-proto', `${what}, not ${count}`);
  }
  const data = allocate(type, count);
  const place = placesOf(dims, listOf((shape.layout ?? {}) as Message, 'minorToMajor'));
  for (let i = 0; i < count; i++) {
    for (let part = 0; part < width; part++) {
      data[width * i + part] = given[width * place(i) + part]!;
    }
  }
  return printLiteral(tensor({ kind: 'array', type, dims }, data) as never);
}

/** Where the element of a row-major place lies in memory. */
function placesOf(dims: readonly number[], minorToMajor: readonly number[]): (i: number) => number {
  const stride: number[] = [];
  let size = 1;
  const order =
    minorToMajor.length === dims.length ? minorToMajor : dims.map((_, n) => dims.length - 1 - n);
  for (const d of order) {
    stride[d] = size;
    size *= dims[d]!;
  }
  return (i) => {
    let [rest, at] = [i, 0];
    for (let d = dims.length - 1; d >= 0; d--) {
      at += (rest % dims[d]!) * stride[d]!;
      rest = Math.floor(rest / dims[d]!);
    }
    return at;
  };
}

function elementsOf(literal: Message, type: ElementType): ArrayLike<number | bigint> {
  const field = literal[type];
  const { bits, kind, format } = elementTypes[type];
  if (bits < 8 && type !== 'pred') {
    fail(
      'format/hlo-proto',
      `literals of ${type} are packed, and not read; --xla_dump_hlo_as_text gives text`,
    );
  }
  if (!(field instanceof Uint8Array)) {
    const list = (field ?? []) as readonly (number | bigint)[];
    return bits === 64 && kind !== 'float' && kind !== 'complex'
      ? list.map(BigInt)
      : list.map(Number);
  }
  const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
  const raw = Array.from({ length: field.byteLength / (bits / 8) }, (_, i) => {
    if (bits === 8) return kind === 'signed' ? view.getInt8(i) : view.getUint8(i);
    return kind === 'signed' ? view.getInt16(2 * i, true) : view.getUint16(2 * i, true);
  });
  return format ? raw.map(floatDecoder(type)) : raw;
}
