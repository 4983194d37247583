/**
 * Protobuf messages by table. The wire format is the library's; here a message is decoded into a
 * record of its schema, with bounds on nesting and on the number of messages, so that a hostile
 * file costs no more than its own size; and such a record is encoded again.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AssayError, fail } from '../../ir/diagnostic.ts';

/** Scalar kinds of protobuf that ONNX uses. */
export type ScalarKind = 'int32' | 'int64' | 'uint64' | 'float' | 'double' | 'string' | 'bytes';

/** A field: its name, what it holds, whether it repeats. */
export interface Field {
  readonly name: string;
  readonly kind: ScalarKind | { readonly message: string };
  readonly repeated: boolean;
}

/** Messages by name, fields by number. */
export type Schema = Readonly<Record<string, Readonly<Record<number, Field>>>>;

/** A field that holds one scalar. */
export const one = (name: string, kind: ScalarKind): Field => ({ name, kind, repeated: false });

/** A list of scalars. */
export const many = (name: string, kind: ScalarKind): Field => ({ name, kind, repeated: true });

/** A field that holds one message. */
export const sub = (name: string, message: string): Field => ({
  name,
  kind: { message },
  repeated: false,
});

/** A list of messages. */
export const subs = (name: string, message: string): Field => ({
  name,
  kind: { message },
  repeated: true,
});

const maxDepth = 64;
const maxMessages = 4_000_000;

interface State {
  readonly reader: BinaryReader;
  readonly schema: Schema;
  messages: number;
}

type Record_ = Record<string, unknown>;

/**
 * Decodes a message. Repeated fields are always arrays; absent single fields are undefined;
 * 64-bit integers are bigint; unknown fields are skipped.
 *
 * @throws AssayError `onnx/malformed` with the byte offset.
 */
export function decodeMessage(bytes: Uint8Array, message: string, schema: Schema): unknown {
  const reader = new BinaryReader(bytes);
  try {
    return decode({ reader, schema, messages: 0 }, message, bytes.length, 0);
  } catch (error) {
    if (error instanceof AssayError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return malformed(reader, `${why}; the file is damaged or is no ONNX model`);
  }
}

function malformed(reader: BinaryReader, why: string): never {
  return fail('onnx/malformed', `protobuf at byte ${reader.pos}: ${why}`);
}

function decode(state: State, message: string, end: number, depth: number): Record_ {
  const { reader, schema } = state;
  if (depth > maxDepth) malformed(reader, `messages nest deeper than ${maxDepth}`);
  if (++state.messages > maxMessages) malformed(reader, `more than ${maxMessages} messages`);
  const fields = schema[message]!;
  const record = empty(fields);
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const field = fields[number];
    if (!field) reader.skip(wire, number, maxDepth);
    else readField(state, record, field, wire, depth);
  }
  if (reader.pos !== end) malformed(reader, `${message} runs over its end`);
  return record;
}

function empty(fields: Readonly<Record<number, Field>>): Record_ {
  const record: Record_ = {};
  for (const field of Object.values(fields)) if (field.repeated) record[field.name] = [];
  return record;
}

function readField(
  state: State,
  record: Record_,
  field: Field,
  wire: WireType,
  depth: number,
): void {
  const { reader } = state;
  const { kind, name, repeated } = field;
  if (typeof kind === 'object') {
    need(reader, field, wire === WireType.LengthDelimited);
    const end = lengthEnd(reader);
    const value = decode(state, kind.message, end, depth + 1);
    if (repeated) (record[name] as unknown[]).push(value);
    else record[name] = value;
    return;
  }
  const own = wireOf[kind];
  if (repeated && wire === WireType.LengthDelimited && own !== WireType.LengthDelimited) {
    const list = record[name] as unknown[];
    const end = lengthEnd(reader);
    while (reader.pos < end) list.push(scalars[kind](reader));
    return;
  }
  need(reader, field, wire === own);
  const value = scalars[kind](reader);
  if (repeated) (record[name] as unknown[]).push(value);
  else record[name] = value;
}

function need(reader: BinaryReader, field: Field, holds: boolean): void {
  if (!holds) malformed(reader, `field ${field.name} has the wrong wire type`);
}

function lengthEnd(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) malformed(reader, `a length of ${length} bytes runs over the end`);
  return end;
}

const wireOf: Readonly<Record<ScalarKind, WireType>> = {
  int32: WireType.Varint,
  int64: WireType.Varint,
  uint64: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
};

const scalars: Readonly<Record<ScalarKind, (r: BinaryReader) => unknown>> = {
  int32: (r) => r.int32(),
  int64: (r) => BigInt(r.int64()),
  uint64: (r) => BigInt(r.uint64()),
  float: (r) => r.float(),
  double: (r) => r.double(),
  string: (r) => r.string(),
  bytes: (r) => r.bytes(),
};

/** A message as bytes: the fields of its schema in the order of their numbers, lists packed. */
export function encodeMessage(record: object, message: string, schema: Schema): Uint8Array {
  const writer = new BinaryWriter();
  encode(writer, record as Record_, message, schema);
  return writer.finish();
}

function encode(writer: BinaryWriter, record: Record_, message: string, schema: Schema): void {
  for (const [number, field] of Object.entries(schema[message]!)) {
    const value = record[field.name];
    if (value === undefined) continue;
    const values = field.repeated ? (value as readonly unknown[]) : [value];
    writeField(writer, Number(number), field, values, schema);
  }
}

function writeField(
  writer: BinaryWriter,
  number: number,
  { kind, repeated }: Field,
  values: readonly unknown[],
  schema: Schema,
): void {
  if (typeof kind === 'object') {
    for (const value of values) {
      writer.tag(number, WireType.LengthDelimited).fork();
      encode(writer, value as Record_, kind.message, schema);
      writer.join();
    }
    return;
  }
  const write = writers[kind];
  const wire = wireOf[kind];
  if (!repeated || wire === WireType.LengthDelimited) {
    for (const value of values) write(writer.tag(number, wire), value);
    return;
  }
  if (values.length === 0) return;
  writer.tag(number, WireType.LengthDelimited).fork();
  for (const value of values) write(writer, value);
  writer.join();
}

const writers: Readonly<Record<ScalarKind, (w: BinaryWriter, value: unknown) => unknown>> = {
  int32: (w, v) => w.int32(v as number),
  int64: (w, v) => w.int64(v as bigint),
  uint64: (w, v) => w.uint64(v as bigint),
  float: (w, v) => w.float(v as number),
  double: (w, v) => w.double(v as number),
  string: (w, v) => w.string(v as string),
  bytes: (w, v) => w.bytes(v as Uint8Array),
};
