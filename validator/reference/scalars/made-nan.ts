/**
 * NaNs that arithmetic makes. Their sign and payload are promised by nobody (IEEE 754-2019, 6.3), and
 * processors differ: here they are all one, plain and positive, or negative where somebody asks what
 * would come of that. What moves, negates or selects elements keeps their bits.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type NaNBits, plainNaN, putNaN } from '../../../graphs/ir/nan.ts';
import type { TensorData, Value } from '../../../graphs/ir/tensor.ts';
import { isIn, type Opcode } from '../../../graphs/ops/table.ts';

/** Ops among the elementwise ones that hand the bits of a NaN on, or set its sign. */
const keepsBits: ReadonlySet<Opcode> = new Set<Opcode>([
  'abs',
  'complex',
  'convert',
  'imag',
  'negate',
  'real',
  'reduce-precision',
  'select',
  'stochastic-convert',
]);

const solvers: ReadonlySet<Opcode> = new Set<Opcode>(['cholesky', 'fft', 'triangular-solve']);

/** Whether an op computes numbers, rather than hand on bits. */
export function makesNaN(opcode: Opcode): boolean {
  if (solvers.has(opcode)) return true;
  return isIn(opcode, 'reduction') || (isIn(opcode, 'elementwise') && !keepsBits.has(opcode));
}

/** The value that an instruction gave, with every NaN that it made of this sign. */
export function withMadeNaN({ opcode }: Instruction, value: Value, negative: boolean): Value {
  if (!makesNaN(opcode)) return value;
  return eachFloat(value, { ...plainNaN, negative });
}

function eachFloat(value: Value, nan: NaNBits): Value {
  if (value.kind === 'token') return value;
  if (value.kind === 'tuple') {
    return { kind: 'tuple', elements: value.elements.map((v) => eachFloat(v, nan)) };
  }
  const { type } = value.shape;
  if (!isFloat(type) && !isComplex(type)) return value;
  const data = withNaN(value.data as Float32Array, nan);
  return data === value.data ? value : { ...value, data };
}

/** The array itself where it holds no other NaN. */
function withNaN<A extends Float32Array | Float64Array>(data: A, nan: NaNBits): A {
  const isOther = data instanceof Float64Array ? otherDouble(data, nan) : otherSingle(data, nan);
  let at = nextOther(data, 0, isOther);
  if (at === data.length) return data;
  const copy = data.slice() as A;
  for (; at < data.length; at = nextOther(data, at + 1, isOther)) putNaN(copy, at, nan);
  return copy;
}

type Test = (i: number) => boolean;

function nextOther(data: TensorData, from: number, isOther: Test): number {
  for (let i = from; i < data.length; i++) if (data[i] !== data[i] && isOther(i)) return i;
  return data.length;
}

function otherSingle(data: Float32Array, nan: NaNBits): Test {
  const words = wordsOf(data);
  const want = new Float32Array(1);
  putNaN(want, 0, nan);
  const [word] = wordsOf(want);
  return (i) => words[i] !== word;
}

function otherDouble(data: Float64Array, nan: NaNBits): Test {
  const words = wordsOf(data);
  const want = new Float64Array(1);
  putNaN(want, 0, nan);
  const [low, high] = wordsOf(want);
  return (i) => words[2 * i] !== low || words[2 * i + 1] !== high;
}

function wordsOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
