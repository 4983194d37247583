/**
 * ONNX models written in tests: records of the schema to protobuf bytes, and shorthand for nodes,
 * values and tensors, so that a test says only what it is about.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { onnxSchema } from '../../graphs/importers/onnx/schema.ts';
import type { ScalarKind } from '../../graphs/importers/onnx/wire.ts';

/** Fields by name; repeated ones as arrays. */
export type Message = { readonly [field: string]: unknown };

/** The bytes of a message of the schema. */
export function encode(message: string, record: Message): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, field] of Object.entries(onnxSchema[message]!)) {
    const given = record[field.name];
    const values = field.repeated ? ((given ?? []) as readonly unknown[]) : [given];
    for (const value of values) {
      if (value === undefined) continue;
      if (typeof field.kind === 'object') {
        const bytes = encode(field.kind.message, value as Message);
        writer.tag(Number(number), WireType.LengthDelimited).bytes(bytes);
      } else scalars[field.kind](writer, Number(number), value as never);
    }
  }
  return writer.finish();
}

const scalars: Readonly<Record<ScalarKind, (w: BinaryWriter, n: number, v: never) => unknown>> = {
  int32: (w, n, v) => w.tag(n, WireType.Varint).int32(v),
  int64: (w, n, v) => w.tag(n, WireType.Varint).int64(v),
  uint64: (w, n, v) => w.tag(n, WireType.Varint).uint64(v),
  float: (w, n, v) => w.tag(n, WireType.Bit32).float(v),
  double: (w, n, v) => w.tag(n, WireType.Bit64).double(v),
  string: (w, n, v) => w.tag(n, WireType.LengthDelimited).string(v),
  bytes: (w, n, v) => w.tag(n, WireType.LengthDelimited).bytes(v),
};

export const float = 1;
export const int64 = 7;
export const bool = 9;

/** A graph input or output; a string is a symbolic size, null no shape at all. */
export function value(
  name: string,
  dims: readonly (number | string)[] | null,
  elemType = float,
): Message {
  const dim = dims?.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d }));
  return { name, type: { tensorType: { elemType, ...(dim && { shape: { dim } }) } } };
}

export function floats(name: string, dims: readonly number[], data: readonly number[]): Message {
  return { name, dims, dataType: float, floatData: data };
}

export function integers(name: string, data: readonly number[], dims = [data.length]): Message {
  return { name, dims, dataType: int64, int64Data: data };
}

type Attribute = number | string | readonly number[] | Message;

/** A node; attributes by JavaScript type: number → i, [number] → ints, string → s, else a message. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  more: Message = {},
): Message {
  const attribute = Object.entries(attributes).map(([name, v]) => {
    if (typeof v === 'number') return { name, type: 2, i: v };
    if (typeof v === 'string') return { name, type: 3, s: new TextEncoder().encode(v) };
    return Array.isArray(v) ? { name, type: 7, ints: v } : { name, ...(v as Message) };
  });
  return { opType, input, output, name: `${opType}_${output[0]}`, attribute, ...more };
}

/** The bytes of a model of one graph. */
export function model(graph: Message, opset = 17, more: Message = {}): Uint8Array {
  const opsetImport = [{ domain: '', version: opset }];
  return encode('Model', { irVersion: 8, opsetImport, graph: { name: 'g', ...graph }, ...more });
}
