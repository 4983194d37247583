/** rng-bit-generator to the bit: the generators' published vectors, and what XLA:CPU gives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { philox4x32, type Words4 } from '../../validator/reference/philox.ts';
import { threefry2x32 } from '../../validator/reference/threefry.ts';
import { numbers, runOp } from '../support/run-op.ts';

const ones = 0xffffffff;

/** Random123's kat_vectors: counter, key, hash. */
const philoxVectors: [Words4, [number, number], Words4][] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [ones, ones, ones, ones],
    [ones, ones],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

const threefryVectors: [number, number, number, number, number, number][] = [
  [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
  [ones, ones, ones, ones, 0x1cb996fc, 0xbb002be7],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
];

describe('published vectors', () => {
  it.each(philoxVectors)('philox4x32 of %o', (counter, key, hash) => {
    expect(philox4x32(counter, key)).toEqual(hash);
  });
  it.each(threefryVectors)('threefry2x32 %#', (k0, k1, x0, x1, y0, y1) => {
    expect(threefry2x32(k0, k1, x0, x1)).toEqual([y0, y1]);
  });
});

type Fact = [string, ElementType, number[], bigint[], bigint, bigint];

/** jax 0.10.2 on the CPU: state, the counter after it, Σ (i + 1)·bits[i] mod 2^64. */
const facts: Fact[] = [
  ['rng_three_fry', 'u8', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0x24n],
  ['rng_three_fry', 'u8', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0x760n],
  ['rng_three_fry', 'u8', [3, 5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x8n, 0x3e52n],
  ['rng_three_fry', 'u8', [2, 3, 2], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x5n, 0x283fn],
  ['rng_three_fry', 'u16', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0xe624n],
  ['rng_three_fry', 'u16', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0x3f160n],
  ['rng_three_fry', 'u16', [3, 5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x8n, 0x34f952n],
  ['rng_three_fry', 'u16', [2, 3, 2], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x5n, 0x2b7e3fn],
  ['rng_three_fry', 'u32', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0x22b3e624n],
  ['rng_three_fry', 'u32', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0x7dfc0f160n],
  ['rng_three_fry', 'u32', [3, 5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x8n, 0x2ed746f952n],
  [
    'rng_three_fry',
    'u32',
    [2, 3, 2],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0x5n,
    0x23fab37e3fn,
  ],
  [
    'rng_three_fry',
    'u64',
    [],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0x0n,
    0xfaab546622b3e624n,
  ],
  [
    'rng_three_fry',
    'u64',
    [5],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0x4n,
    0x65ddaf9e126dec78n,
  ],
  [
    'rng_three_fry',
    'u64',
    [3, 5],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0xen,
    0x54d4f3f8d58a0c8fn,
  ],
  [
    'rng_three_fry',
    'u64',
    [2, 3, 2],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0xbn,
    0x1f94e5b780771882n,
  ],
  ['rng_philox', 'u8', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0xe0n],
  ['rng_philox', 'u8', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x1n, 0x5d5n],
  ['rng_philox', 'u8', [3, 5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x3n, 0x2daen],
  ['rng_philox', 'u8', [3, 5], [0x7deadbeefn, 0xfffffffffffffffen], 0x2n, 0x3ecan],
  ['rng_philox', 'u8', [2, 3, 2], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0x1fben],
  ['rng_philox', 'u16', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0x72e0n],
  ['rng_philox', 'u16', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x1n, 0x69cd5n],
  ['rng_philox', 'u16', [3, 5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x3n, 0x297aaen],
  ['rng_philox', 'u16', [3, 5], [0x7deadbeefn, 0xfffffffffffffffen], 0x2n, 0x3051can],
  ['rng_philox', 'u16', [2, 3, 2], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0x227fben],
  ['rng_philox', 'u32', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0x1f9672e0n],
  ['rng_philox', 'u32', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x1n, 0xa04ac9cd5n],
  ['rng_philox', 'u32', [3, 5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x3n, 0x3775637aaen],
  ['rng_philox', 'u32', [3, 5], [0x7deadbeefn, 0xfffffffffffffffen], 0x2n, 0x3c3d1251can],
  ['rng_philox', 'u32', [2, 3, 2], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0x2daf307fben],
  ['rng_philox', 'u64', [], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x0n, 0x2ccb3c661f9672e0n],
  ['rng_philox', 'u64', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x2n, 0xe8741fc631f2a6a9n],
  [
    'rng_philox',
    'u64',
    [3, 5],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0x7n,
    0x93c5ccd32a04973dn,
  ],
  ['rng_philox', 'u64', [3, 5], [0x7deadbeefn, 0xfffffffffffffffen], 0x6n, 0x99712f910b7e65c4n],
  [
    'rng_philox',
    'u64',
    [2, 3, 2],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0x5n,
    0x200decccbd7188e5n,
  ],
  ['rng_default', 'u8', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x1n, 0x5d5n],
  ['rng_default', 'u16', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x1n, 0x69cd5n],
  ['rng_default', 'u32', [5], [0x9abcdef012345678n, 0xffffffffffffffffn], 0x1n, 0xa04ac9cd5n],
  [
    'rng_default',
    'u64',
    [5],
    [0x9abcdef012345678n, 0xffffffffffffffffn],
    0x2n,
    0xe8741fc631f2a6a9n,
  ],
];

function bitsOf(algorithm: string, type: ElementType, dims: readonly number[], state: bigint[]) {
  const shape = `(u64[${state.length}], ${type}[${dims}])`;
  const operand = tensorOf('u64', [state.length], state);
  const value = runOp([operand], `${shape} rng-bit-generator(p0), algorithm=${algorithm}`);
  return { state: numbers(value, 0) as bigint[], bits: numbers(value, 1).map(BigInt) };
}

describe('what XLA gives', () => {
  it.each(facts)('%s %s[%o]', (algorithm, type, dims, state, counter, sum) => {
    const made = bitsOf(algorithm, type, dims, state);
    expect(made.state).toEqual([state[0], counter]);
    const weighted = made.bits.reduce((s, x, i) => s + BigInt(i + 1) * x, 0n);
    expect(BigInt.asUintN(64, weighted)).toBe(sum);
  });
});

describe('laws', () => {
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  /** A state of two words drops the counter's carry. */
  const low = fc.bigInt({ min: 0n, max: 2n ** 63n });
  const algorithm = fc.constantFrom('rng_philox', 'rng_three_fry');

  it('going on from the state gives what one draw of both gives', () => {
    fc.assert(
      fc.property(algorithm, word, low, fc.integer({ min: 1, max: 5 }), (name, key, counter, n) => {
        const size = 4 * n;
        const first = bitsOf(name, 'u64', [size], [key, counter]);
        const second = bitsOf(name, 'u64', [size], first.state);
        const both = bitsOf(name, 'u64', [2 * size], [key, counter]);
        expect([...first.bits, ...second.bits]).toEqual(both.bits);
        expect(second.state[1]).toBe(both.state[1]);
      }),
    );
  });

  it('narrow types keep the low bits', () => {
    fc.assert(
      fc.property(algorithm, word, word, (name, key, counter) => {
        const words = bitsOf(name, 'u32', [3, 4], [key, counter]).bits;
        const keeps = (bits: number) => words.map((w) => BigInt.asUintN(bits, w));
        expect(bitsOf(name, 'u8', [3, 4], [key, counter]).bits).toEqual(keeps(8));
        expect(bitsOf(name, 'u16', [3, 4], [key, counter]).bits).toEqual(keeps(16));
        expect(bitsOf(name, 'u4', [3, 4], [key, counter]).bits).toEqual(keeps(4));
      }),
    );
  });

  it('the third word of a Philox state is the upper half of its counter', () => {
    fc.assert(
      fc.property(word, low, (key, counter) => {
        const two = bitsOf('rng_philox', 'u32', [9], [key, counter]);
        const three = bitsOf('rng_philox', 'u32', [9], [key, counter, key]);
        expect(three.bits).toEqual(two.bits);
        expect(three.state.slice(0, 2)).toEqual(two.state);
      }),
    );
  });

  it('the counter carries into its upper half', () => {
    const last = 2n ** 64n - 1n;
    expect(bitsOf('rng_philox', 'u32', [8], [5n, last, 3n]).state).toEqual([5n, 1n, 4n]);
  });
});

it('a state that XLA lays out by target is refused', () => {
  const state = tensorOf('u64', [4], [1n, 2n, 3n, 4n]);
  expect(() =>
    runOp([state], '(u64[4], u32[3]) rng-bit-generator(p0), algorithm=rng_philox'),
  ).toThrow(
    expect.objectContaining({ diagnostic: expect.objectContaining({ code: 'run/unsupported' }) }),
  );
});
