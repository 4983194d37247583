/** Inputs of types that safetensors has no dtype for, from files that nothing of ours wrote. */
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../golden/store/safetensors.ts';
import { valuesFrom } from '../../golden/values.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';

function file(dtype: string, dims: readonly number[], bytes: readonly number[]): Uint8Array {
  const entry = { arg0: { dtype, shape: dims, data_offsets: [0, bytes.length] } };
  const header = new TextEncoder().encode(JSON.stringify(entry));
  const all = new Uint8Array(8 + header.length + bytes.length);
  new DataView(all.buffer).setBigUint64(0, BigInt(header.length), true);
  all.set(header, 8);
  all.set(bytes, 8 + header.length);
  return all;
}

const numbers = (t: Tensor | undefined) => Array.from(t!.data as Int8Array);

describe('packed types are read', () => {
  it.each([
    ['I4', 's4', [4], [0x21, 0xf8], [1, 2, -8, -1]],
    ['U4', 'u4', [2, 2], [0x21, 0xf8], [1, 2, 8, 15]],
    ['F4', 'f4e2m1fn', [2], [0xa1], [0.5, -1]],
    ['F6_E2M3', 'f6e2m3fn', [4], [0x8, 0xf8, 0x7f], [1, -0, -7.5, 7.5]],
  ])('%s as %s', (dtype, type, dims, bytes, values) => {
    const t = readSafetensors(file(dtype, dims, bytes)).tensors.get('arg0');
    expect(t?.shape).toEqual(arrayShape(type as ElementType, dims));
    expect(numbers(t)).toEqual(values);
  });

  it('and an odd number of them is an error of size', () => {
    expect(() => readSafetensors(file('I4', [3], [0, 0]))).toThrow(/I4\[3\] needs 1.5 bytes/);
  });
});

describe('an input in the wider type that files have', () => {
  const take = (held: Tensor, type: ElementType) =>
    valuesFrom(
      new Map([['arg0', held]]),
      'arg',
      [arrayShape(type, held.shape.dims)],
      'x.safetensors',
    );

  it.each([
    ['s8', 's4', [-8, 7]],
    ['u8', 'u2', [0, 3]],
    ['s8', 's1', [-1, 0]],
    ['f16', 'f8e3m4', [1.5, -0]],
    ['f16', 'f6e3m2fn', [28, -0.25]],
  ] as const)('%s is taken for %s', (held, type, values) => {
    const [t] = take(tensorOf(held, [2], values), type) as [Tensor];
    expect(t.shape.type).toBe(type);
    expect(numbers(t)).toEqual(values);
    const again = readSafetensors(writeSafetensors(new Map([['arg0', t]])));
    expect(again.tensors.get('arg0')).toEqual(t);
  });

  it.each([
    ['s8', 's4', [8, 0], /arg0 is s8\[2\], expected s4\[2\]: write it as I4, or as I8/],
    ['s32', 'u2', [1, 0], /expected u2\[2\]: write it as U8, each element a number that u2 has/],
    ['s32', 's8', [1, 0], /arg0 is s32\[2\], expected s8\[2\]$/],
  ] as const)(
    '%s is no %s where it does not fit, and the message tells what would',
    (held, type, values, message) => {
      const taken = () => take(tensorOf(held, [2], values), type);
      expect(taken).toThrow(AssayError);
      expect(taken).toThrow(message);
    },
  );
});
