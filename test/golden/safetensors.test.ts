/** safetensors, read and written: every type to the bit, and no damage but one AssayError. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBytes, readTensorFile, writeTensorFile } from '../../golden/store/files.ts';
import { readSafetensors, writeSafetensors } from '../../golden/store/safetensors.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes, isWide } from '../../graphs/ir/element-type.ts';
import { floatBits } from '../../graphs/ir/float-bits.ts';
import { rounder, wrapper } from '../../graphs/ir/rounding.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { temporaryFolder } from '../support/temporary.ts';

const allTypes = Object.keys(elementTypes) as ElementType[];
const smallFloats = allTypes.filter((t) => {
  const { kind, bits } = elementTypes[t];
  return kind === 'float' && bits <= 16;
});

describe('bit patterns', () => {
  it.each(smallFloats)('%s: every pattern is a value that rounds to itself', (type) => {
    const { decode, encode } = floatBits(type);
    const round = rounder(type);
    const all = Array.from({ length: 2 ** elementTypes[type].bits }, (_, bits) => bits);
    const values = all.map(decode);
    const kept = (x: number, bits: number) =>
      Object.is(round(x), x) && (x !== x ? Number.isNaN(decode(encode(x))) : encode(x) === bits);
    expect(all.filter((bits) => !kept(values[bits]!, bits))).toEqual([]);
    const { hasNaN, maxFinite } = elementTypes[type].format!;
    expect(values.some(Number.isNaN)).toBe(hasNaN);
    expect(values.reduce((m, v) => (Number.isFinite(v) && v > m ? v : m))).toBe(maxFinite);
  });

  it.each(smallFloats)('%s: values between two neighbours encode to the nearer', (type) => {
    const { decode, encode } = floatBits(type);
    const anyFinite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(anyFinite, (x) => Object.is(decode(encode(x)), rounder(type)(x))),
      { numRuns: 300 },
    );
  });
});

/** Tensors of a type with values that the type holds. */
function tensors(type: ElementType): fc.Arbitrary<Tensor> {
  const { kind, part } = elementTypes[type];
  const float = kind === 'float' || part !== undefined;
  const round = (x: number) =>
    isWide(type) ? BigInt(x) : float ? rounder(type)(x) : wrapper(type)(x);
  const unsigned = kind === 'unsigned' && isWide(type);
  const value = fc.oneof(
    fc.integer({ min: unsigned ? 0 : -1000, max: 1000 }),
    ...(float ? [fc.double({ min: -1e3, max: 1e3 })] : []),
  );
  return fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((head) => {
    const dims = [...head, 2];
    const n = dims.reduce((a, b) => a * b, part ? 2 : 1);
    return fc
      .array(value, { minLength: n, maxLength: n })
      .map((v) => tensorOf(type, dims, v.map(round)));
  });
}

describe('safetensors', () => {
  it.each(allTypes)('%s survives a round trip', (type) => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tensors(type)), (named) => {
        const before = new Map(Object.entries(named).filter(([k]) => k !== '__metadata__'));
        const bytes = writeSafetensors(before, { note: 'x' });
        const after = readSafetensors(bytes);
        expect([...after.tensors]).toStrictEqual([...before]);
        expect(after.metadata).toStrictEqual({ note: 'x' });
        expect(readSafetensors(Buffer.concat([Buffer.from('?'), bytes]).subarray(1))).toEqual(
          after,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('keeps names that look like numbers in their order', () => {
    const names = ['2', '1', 'b', '0', '__proto__'];
    const bytes = writeSafetensors(new Map(names.map((n) => [n, tensorOf('f32', [], [1])])));
    expect([...readSafetensors(bytes).tensors.keys()]).toEqual(names);
  });

  it('keeps an unusual file as it stands through write and read of a file', () => {
    const file = `${temporaryFolder()}/deep/t.safetensors`;
    writeTensorFile(file, new Map([['x', tensorOf('bf16', [2], [1, -0])]]), { a: 'b' });
    const { tensors: read, metadata } = readTensorFile(file);
    expect(read.get('x')!.data).toEqual(Float32Array.of(1, -0));
    expect(metadata).toEqual({ a: 'b' });
  });
});

const f32 = (shape: unknown, data_offsets: unknown) => ({ dtype: 'F32', shape, data_offsets });

/** A file with this header and so many bytes of data. */
function fileOf(header: string | object, dataBytes: number, claimed?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}

const one = f32([1], [0, 4]);
const malformed: readonly [string, Uint8Array, string][] = [
  ['nothing', Buffer.alloc(0), 'truncated'],
  ['seven bytes', Buffer.alloc(7), 'truncated'],
  ['a header longer than the file', fileOf('{}', 0, 3n), 'truncated'],
  ['a huge header', fileOf('{}', 0, 2n ** 63n), 'header-size'],
  ['no JSON', fileOf('{', 0), 'header-json'],
  ['no UTF-8', Buffer.concat([Buffer.of(1, 0, 0, 0, 0, 0, 0, 0), Buffer.of(0xff)]), 'header-json'],
  ['no object', fileOf('[]', 0), 'header-json'],
  ['null', fileOf('null', 0), 'header-json'],
  [
    'a name twice',
    fileOf(`{"a":${JSON.stringify(one)},"a":${JSON.stringify(one)}}`, 4),
    'duplicate-name',
  ],
  [
    'an escaped name twice',
    fileOf(`{"a":${JSON.stringify(one)},"\\u0061":{}}`, 4),
    'duplicate-name',
  ],
  ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }, 0), 'metadata'],
  ['a list for a tensor', fileOf({ a: [] }, 0), 'entry'],
  ['no shape', fileOf({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), 'entry'],
  ['a negative size', fileOf({ a: f32([-1], [0, 4]) }, 4), 'entry'],
  ['a fractional size', fileOf({ a: f32([0.5], [0, 2]) }, 2), 'entry'],
  ['an unknown dtype', fileOf({ a: { ...one, dtype: 'F7' } }, 4), 'dtype'],
  ['a dtype of an object', fileOf({ a: { ...one, dtype: 'toString' } }, 4), 'dtype'],
  ['one offset', fileOf({ a: f32([1], [4]) }, 4), 'offsets'],
  ['offsets backwards', fileOf({ a: f32([1], [4, 0]) }, 4), 'offsets'],
  ['too few bytes for the shape', fileOf({ a: f32([2], [0, 4]) }, 4), 'size'],
  ['a shape that overflows', fileOf({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), 'size'],
  ['half a byte', fileOf({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 2] } }, 2), 'size'],
  ['offsets beyond the end', fileOf({ a: f32([2], [0, 8]) }, 4), 'truncated'],
  ['an overlap', fileOf({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8), 'offsets'],
  ['a gap', fileOf({ a: one, b: f32([1], [8, 12]) }, 12), 'offsets'],
  ['a gap in front', fileOf({ a: f32([1], [4, 8]) }, 8), 'offsets'],
  ['bytes left over', fileOf({ a: one }, 5), 'offsets'],
  [
    'an HLO type that does not fit',
    fileOf({ __metadata__: { 'hlo_type:a': 's4' }, a: one }, 4),
    'metadata',
  ],
];

describe('malformed files', () => {
  it.each(malformed)('%s', (_, bytes, code) => {
    const thrown = caught(() => readSafetensors(bytes, 'bad.safetensors'));
    expect(thrown.diagnostic).toMatchObject({
      code: `safetensors/${code}`,
      file: 'bad.safetensors',
    });
  });

  it('no damage to a good file gives anything but an AssayError', () => {
    const good = writeSafetensors(new Map([['a', tensorOf('f16', [2, 2], [1, 2, 3, 4])]]));
    const place = fc.integer({ min: 0, max: good.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 255 }), fc.boolean(), (i, byte, cut) => {
        const bytes = cut ? good.slice(0, i) : good.with(i, byte);
        try {
          readSafetensors(bytes);
        } catch (e) {
          expect(e).toBeInstanceOf(AssayError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a missing file and a folder are named', () => {
    const folder = temporaryFolder();
    for (const [path, code] of [
      [`${folder}/none`, 'file/enoent'],
      [folder, 'file/eisdir'],
    ] as const) {
      const { diagnostic } = caught(() => readBytes(path));
      expect(diagnostic).toMatchObject({ code, file: path });
    }
  });
});

describe.skipIf(!corpora)('recorded files of XLA dumps', () => {
  const folder = corpus('xla-dumps', 'cpu');
  const programs = corpora
    ? readdirSync(folder, { withFileTypes: true }).filter((d) => d.isDirectory())
    : [];
  it.each(programs.map((d) => d.name))('%s', (program) => {
    for (const which of ['inputs', 'outputs']) {
      const { tensors: read } = readTensorFile(`${folder}/${program}/${which}.safetensors`);
      expect(read.size).toBeGreaterThan(0);
      expect(readSafetensors(writeSafetensors(read)).tensors).toEqual(read);
    }
  });
});

function caught(f: () => unknown): AssayError {
  try {
    f();
  } catch (e) {
    if (e instanceof AssayError) return e;
    throw e;
  }
  throw new Error('nothing was thrown');
}
