/**
 * safetensors files: an 8-byte header length, a JSON header, the tensors' bytes without gaps.
 * Pure functions over bytes; files.ts does the IO. What the format demands is checked, and what
 * breaks it is an AssayError with a `safetensors/...` code.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { type ElementType, isElementType } from '../../graphs/ir/element-type.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensor } from '../../graphs/ir/tensor.ts';
import {
  byteLength,
  decodeData,
  dtypeFor,
  dtypes,
  encodeData,
  isDtype,
  packedDtypes,
  type ReadDtype,
  typeOfDtype,
} from './dtypes.ts';
import { isRecord, topLevelKeys } from './json.ts';

/** The arrays of a safetensors file. */
export interface TensorFile {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Longest header that is read, in bytes; the bound that the format's own library sets. */
export const maxHeaderBytes = 100_000_000;

/** Metadata keys with this prefix name the HLO type of a tensor that the format has no dtype for. */
const typePrefix = 'hlo_type:';

type Report = (code: string, message: string) => never;

interface Entry {
  readonly name: string;
  readonly dtype: ReadDtype;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Reads a file's bytes. `file` names it in errors. */
export function readSafetensors(bytes: Uint8Array, file?: string): TensorFile {
  const report: Report = (code, message) =>
    fail(`safetensors/${code}`, message, file === undefined ? {} : { file });
  const { header, keys, start } = readHeader(bytes, report);
  const metadata = metadataOf(header.get('__metadata__'), report);
  const entries = keys
    .filter((k) => k !== '__metadata__')
    .map((name) => entryOf(name, header.get(name), report));
  checkCoverage(entries, bytes.length - start, report);
  const tensors = new Map(
    entries.map((e) => {
      const type = metadata[typePrefix + e.name] ?? typeOfDtype(e.dtype);
      return [e.name, tensorFrom(e, bytes.subarray(start + e.begin, start + e.end), type, report)];
    }),
  );
  const own = Object.entries(metadata).filter(([k]) => !k.startsWith(typePrefix));
  return { tensors, metadata: Object.fromEntries(own) };
}

/** The bytes of a file that holds these tensors, in their order, and this metadata. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const types: [string, string][] = [];
  const entries: [string, unknown][] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === '__metadata__') fail('safetensors/name', `no tensor may be called ${name}`);
    const { dtype, own } = dtypeFor(shape.type);
    if (!own) types.push([typePrefix + name, shape.type]);
    if (byteLength(dtype, data.length) % 1) fail('safetensors/size', `${name}: odd size of F4`);
    const part = encodeData(dtype, data);
    const dims = shape.type === 'c128' ? [...shape.dims, 2] : shape.dims;
    const data_offsets = [offset, offset + part.length];
    entries.push([name, { dtype, shape: dims, data_offsets }]);
    parts.push(part);
    offset += part.length;
  }
  const notes = [...Object.entries(metadata), ...types];
  if (notes.length) entries.unshift(['__metadata__', Object.fromEntries(notes)]);
  return join(headerText(entries), parts, offset);
}

function readHeader(bytes: Uint8Array, report: Report) {
  if (bytes.length < 8) report('truncated', `${bytes.length} bytes cannot hold the header length`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    report(
      'header-size',
      `the header claims ${length} bytes, more than ${maxHeaderBytes}; is this a safetensors file?`,
    );
  }
  const start = 8 + Number(length);
  if (start > bytes.length) {
    report('truncated', `the header needs ${start} bytes, the file has ${bytes.length}`);
  }
  const text = decodeText(bytes.subarray(8, start), report);
  const parsed = parseJson(text, report);
  if (!isRecord(parsed)) return report('header-json', 'the header is not a JSON object');
  const keys = topLevelKeys(text);
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) report('duplicate-name', `tensor ${JSON.stringify(key)} occurs twice`);
    seen.add(key);
  }
  return { header: new Map(Object.entries(parsed)), keys, start };
}

function decodeText(bytes: Uint8Array, report: Report): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return report('header-json', 'the header is not UTF-8');
  }
}

function parseJson(text: string, report: Report): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    return report('header-json', `the header is not JSON: ${(e as Error).message}`);
  }
}

function metadataOf(value: unknown, report: Report): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((v) => typeof v !== 'string')) {
    return report('metadata', '__metadata__ must map strings to strings');
  }
  return value as Record<string, string>;
}

function entryOf(name: string, value: unknown, report: Report): Entry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(value)) return report('entry', `${label}: expected an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isDtype(dtype)) {
    return report(
      'dtype',
      `${label}: dtype ${JSON.stringify(dtype)} is not one of ${[...Object.keys(dtypes), ...Object.keys(packedDtypes)].join(', ')}`,
    );
  }
  if (!isSizes(shape)) return report('entry', `${label}: shape must be a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return report('offsets', `${label}: data_offsets must be [begin, end] with begin <= end`);
  }
  const [begin, end] = offsets as [number, number];
  const need = byteLength(
    dtype,
    shape.reduce((n, d) => n * d, 1),
  );
  if (need !== end - begin) {
    return report(
      'size',
      `${label}: ${dtype}[${shape}] needs ${need} bytes, data_offsets give ${end - begin}`,
    );
  }
  return { name, dtype, dims: shape, begin, end };
}

/** The format forbids overlaps and gaps: the tensors' ranges tile the rest of the file. */
function checkCoverage(entries: readonly Entry[], length: number, report: Report): void {
  let at = 0;
  for (const e of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const label = `tensor ${JSON.stringify(e.name)}`;
    if (e.end > length) report('truncated', `${label} ends at byte ${e.end} of ${length}`);
    if (e.begin !== at) {
      report('offsets', `${label} begins at byte ${e.begin}, the one before it ends at ${at}`);
    }
    at = e.end;
  }
  if (at !== length) report('offsets', `${length - at} bytes after the last tensor`);
}

function tensorFrom(e: Entry, bytes: Uint8Array, type: string, report: Report): Tensor {
  const label = `tensor ${JSON.stringify(e.name)}`;
  if (!isElementType(type) || (typeOfDtype(e.dtype) !== type && dtypeFor(type).dtype !== e.dtype)) {
    return report('metadata', `${label}: ${e.dtype} cannot hold HLO type ${type}`);
  }
  const pairs = type === 'c128';
  if (pairs && e.dims.at(-1) !== 2) return report('metadata', `${label}: c128 needs a last [2]`);
  const shape = arrayShape(type as ElementType, pairs ? e.dims.slice(0, -1) : e.dims);
  return tensor(shape, decodeData(e.dtype, bytes, type));
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((d) => Number.isSafeInteger(d) && d >= 0);
}

/** Written by hand because an object would reorder names that look like numbers. */
function headerText(entries: readonly [string, unknown][]): Uint8Array {
  const fields = entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function join(header: Uint8Array, parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
