/**
 * Evaluation of rng-bit-generator, bit for bit as XLA expands it (xla/hlo/builder/lib/prng.cc): the
 * state is (key, counter), u64 each, and for Philox a third word above the counter. `rng_default` is
 * Philox, as on XLA:CPU.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { elementTypes, isInteger } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, elementCount, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { tensorOf, tupleValue, type Value } from '../../../graphs/ir/tensor.ts';
import { sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import { arrayResults, result, storage, tensorAt } from '../operands.ts';
import { philox4x32, type Words4 } from '../philox.ts';
import { threefry2x32 } from '../threefry.ts';

/** Random words of an array of `shape` and the state after them. */
type Generator = (state: readonly bigint[], shape: ArrayShape) => Generated;

interface Generated {
  /** Element i: a u32, or a u64 for types of 64 bits. */
  readonly bits: (i: number) => number | bigint;
  readonly state: readonly bigint[];
}

const generators: Readonly<
  Record<InstructionOf<'rng-bit-generator'>['attrs']['algorithm'], Generator>
> = { rng_three_fry: threeFry, rng_philox: philox, rng_default: philox };

/**
 * (next state, bits). @throws AssayError `run/unsupported` for states and types whose bits depend
 * on the target.
 */
export function rngBitGenerator(
  i: InstructionOf<'rng-bit-generator'>,
  operands: readonly Value[],
): Value {
  if (operands[0]?.kind !== 'tensor' || i.shape.kind !== 'tuple') {
    fail('run/unsupported', 'a state in several arrays, or none to hand on, depends on the target');
  }
  const state = tensorAt(operands, 0);
  const shape = arrayResults(i)[1];
  if (state.shape.type !== 'u64' || state.data.length < 2 || state.data.length > 3) {
    fail('run/unsupported', 'a state other than u64[2] and u64[3] depends on the target');
  }
  if (!isInteger(shape.type)) fail('run/unsupported', `random bits as ${shape.type}`);
  const made = generators[i.attrs.algorithm]([...(state.data as BigUint64Array)], shape);
  const data = storage(shape);
  for (let e = 0; e < data.length; e++) data[e] = narrowed(shape, made.bits(e)) as never;
  return tupleValue([tensorOf('u64', state.shape.dims, made.state), result(shape, data)]);
}

/** The low bits; typed arrays wrap what they store, except below a byte. */
function narrowed({ type }: ArrayShape, word: number | bigint): number | bigint {
  const { bits, kind } = elementTypes[type];
  if (typeof word === 'bigint' || bits >= 8) return word;
  const low = word & (2 ** bits - 1);
  return kind === 'signed' && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}

/**
 * One hash gives two u32, which lie side by side along the first even dimension (or the longest),
 * or one u64.
 */
function threeFry([key, counter]: readonly bigint[], shape: ArrayShape): Generated {
  const [k0, k1] = words(key);
  const hash = (at: number) => {
    const [x0, x1] = words(wrap(counter + BigInt(at)));
    return threefry2x32(k0, k1, x0, x1);
  };
  if (elementTypes[shape.type].bits === 64) {
    const bits = (i: number) => joined(...hash(i));
    return { bits, state: [key, wrap(counter + BigInt(elementCount(shape)))] };
  }
  const { dims } = shape;
  const even = dims.findIndex((n) => n % 2 === 0);
  const along = even >= 0 ? even : dims.indexOf(Math.max(...dims));
  const half = dims.map((n, d) => (d === along ? Math.ceil(n / 2) : n));
  const full = rowMajorStrides(dims);
  const strides = rowMajorStrides(half);
  const counters = stridedIndices(
    dims,
    strides.map((s, d) => (d === along ? 0 : s)),
  );
  const bits = (i: number) => {
    const place = along < 0 ? 0 : Math.floor(i / full[along]) % dims[along];
    return hash(counters[i] + (place >> 1) * (strides[along] ?? 0))[place & 1];
  };
  return { bits, state: [key, wrap(counter + BigInt(sizeOf(half)))] };
}

/** One hash gives four u32, or two u64, in a row. */
function philox(state: readonly bigint[], shape: ArrayShape): Generated {
  const [key, ...rest] = state;
  const start = state.length === 3 ? rest[0] | (rest[1] << 64n) : rest[0] | (key << 64n);
  const wide = elementTypes[shape.type].bits === 64;
  const each = wide ? 2 : 4;
  let [last, block]: [number, Words4] = [-1, [0, 0, 0, 0]];
  const hash = (at: number): Words4 => {
    if (at !== last) {
      const counter = start + BigInt(at);
      block = philox4x32([...words(counter), ...words(counter >> 64n)], words(key));
      last = at;
    }
    return block;
  };
  const bits = (i: number) => {
    const four = hash(Math.floor(i / each));
    const k = i % each;
    return wide ? joined(four[2 * k], four[2 * k + 1]) : four[k];
  };
  const end = start + BigInt(Math.ceil(elementCount(shape) / each));
  const after = [wrap(end), wrap(end >> 64n)].slice(0, state.length - 1);
  return { bits, state: [key, ...after] };
}

function wrap(x: bigint): bigint {
  return BigInt.asUintN(64, x);
}

/** Low and high word of a u64. */
function words(x: bigint): [number, number] {
  return [Number(BigInt.asUintN(32, x)), Number(BigInt.asUintN(32, x >> 32n))];
}

function joined(low: number, high: number): bigint {
  return BigInt(low) | (BigInt(high) << 32n);
}
