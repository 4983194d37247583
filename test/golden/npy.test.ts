/** NumPy's files: every type, byte order and element order; what is none is refused by name. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isNpy, readNpy } from '../../golden/store/npy.ts';

interface Written {
  readonly descr: string;
  readonly dims: readonly number[];
  readonly fortran?: boolean;
  readonly version?: 1 | 2;
}

/** A file as NumPy writes it: the header padded to 64 bytes and ended by a line feed. */
function npy({ descr, dims, fortran = false, version = 1 }: Written, body: Uint8Array): Uint8Array {
  const list = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const order = fortran ? 'True' : 'False';
  const dict = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${list}), }`;
  const before = version === 1 ? 10 : 12;
  const text = `${dict.padEnd(64 * Math.ceil((before + dict.length + 1) / 64) - before - 1)}\n`;
  const size = Buffer.alloc(before - 8);
  if (version === 1) size.writeUInt16LE(text.length);
  else size.writeUInt32LE(text.length);
  const magic = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
  return Buffer.concat([magic, size, Buffer.from(text), body]);
}

const bytesOf = (a: ArrayBufferView) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
const little: readonly [string, string, ArrayBufferView, unknown][] = [
  ['|b1', 'pred', Uint8Array.of(0, 1, 1, 0, 0, 1), [0, 1, 1, 0, 0, 1]],
  ['|i1', 's8', Int8Array.of(-1, 2, 3, 4, 5, -128), [-1, 2, 3, 4, 5, -128]],
  ['<u2', 'u16', Uint16Array.of(1, 2, 3, 4, 5, 65535), [1, 2, 3, 4, 5, 65535]],
  ['<i4', 's32', Int32Array.of(1, -2, 3, 4, 5, 6), [1, -2, 3, 4, 5, 6]],
  ['<i8', 's64', BigInt64Array.of(1n, -2n, 3n, 4n, 5n, 6n), [1n, -2n, 3n, 4n, 5n, 6n]],
  [
    '<f2',
    'f16',
    Uint16Array.of(0x3c00, 0xc000, 0, 1, 2, 3),
    [1, -2, 0, 2 ** -24, 2 ** -23, 3 * 2 ** -24],
  ],
  ['<f4', 'f32', Float32Array.of(1, -2, 0.5, 4, 5, 6), [1, -2, 0.5, 4, 5, 6]],
  ['<f8', 'f64', Float64Array.of(1, -2, 0.1, 4, 5, 6), [1, -2, 0.1, 4, 5, 6]],
];

it.each(little)('%s is %s, in both orders of bytes', (descr, type, array, want) => {
  const body = bytesOf(array);
  const width = body.length / 6;
  const big = Uint8Array.from(body, (_, i) => body[i - (i % width) + width - 1 - (i % width)]!);
  const files = [
    npy({ descr, dims: [2, 3] }, body),
    npy({ descr, dims: [2, 3], version: 2 }, body),
  ];
  if (width > 1) files.push(npy({ descr: descr.replace('<', '>'), dims: [2, 3] }, big));
  for (const file of files) {
    expect(isNpy(file)).toBe(true);
    const { shape, data } = readNpy(file, 'x.npy');
    expect(shape).toMatchObject({ type, dims: [2, 3] });
    expect([...data]).toEqual(want);
  }
});

it.each([
  ['<c8', 'c64', Float32Array],
  ['<c16', 'c128', Float64Array],
] as const)('%s is %s, parts interleaved, in either order of elements', (descr, type, Make) => {
  const file = npy(
    { descr, dims: [2, 2], fortran: true },
    bytesOf(Make.of(1, 2, 3, 4, 5, 6, 7, 8)),
  );
  const { shape, data } = readNpy(file, 'x.npy');
  expect(shape).toMatchObject({ type, dims: [2, 2] });
  expect([...data]).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
});

it('Fortran order is turned round, whatever the sizes', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(sizes, (dims) => {
      const count = dims.reduce((n, d) => n * d, 1);
      const at = (index: readonly number[], order: readonly number[]) =>
        order.reduce((p, d) => p * dims[d]! + index[d]!, 0);
      const axes = dims.map((_, d) => d);
      const body = new Float64Array(count);
      const want = new Float64Array(count);
      for (let n = 0; n < count; n++) {
        const index = dims.map(() => 0);
        let rest = n;
        for (const d of [...axes].reverse()) {
          index[d] = rest % dims[d]!;
          rest = Math.floor(rest / dims[d]!);
        }
        want[at(index, axes)] = n;
        body[at(index, [...axes].reverse())] = n;
      }
      const file = npy({ descr: '<f8', dims, fortran: true }, bytesOf(body));
      expect([...readNpy(file, 'x.npy').data]).toEqual([...want]);
    }),
  );
});

it.each([
  ['objects', npy({ descr: '|O', dims: [1] }, new Uint8Array(8)), /holds \|O/],
  ['bf16 of ml_dtypes', npy({ descr: '<V2', dims: [1] }, new Uint8Array(2)), /as safetensors/],
  ['too few bytes', npy({ descr: '<f4', dims: [3] }, new Uint8Array(8)), /3 elements of 4 bytes/],
  ['sizes beyond all bounds', npy({ descr: '<f4', dims: [1e15, 1e15] }, new Uint8Array(8)), /npy/],
  ['half a header', npy({ descr: '<f4', dims: [3] }, new Uint8Array(8)).slice(0, 20), /header/],
  ['something else', Buffer.from('HloModule m'), /does not begin/],
])('%s are refused', (_, file, says) => {
  expect(() => readNpy(file, 'x.npy')).toThrow(says);
});
