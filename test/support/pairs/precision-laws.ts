/**
 * Laws of precision: multiply-adds fused (computed in a type in which the product is exact, rounded
 * once), and under `widens` roundings left out. A rounding is kept or left out for all users of a
 * value; where one user alone reads it unrounded, the rewrite is split and no decision reads both.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import type { Draws } from './draws.ts';
import { narrow, type PairLaw, type Rewrite } from './law.ts';
import { dimsOf, range, shapeOf, typeOf, type Writer } from './writer.ts';

type Draw = (d: Draws, type: ElementType) => Rewrite;

/** A type in which products of two values of a type are exact. */
const wider = (type: ElementType): ElementType => (type === 'f32' ? 'f64' : 'f32');

const matrix = (d: Draws, type: ElementType) => arrayShape(type, [d.rows(), d.int(3, 12)]);

type Fused = 'x·y + z' | 'x·y - z' | 'z - x·y';

function multiplyAdd(w: Writer, form: Fused, product: Instruction, z: Instruction): Instruction {
  if (form === 'x·y + z') return w.add(product, z);
  return w.op('subtract', form === 'x·y - z' ? [product, z] : [z, product]);
}

function fused(w: Writer, form: Fused, xs: readonly Instruction[]): Instruction {
  const type = typeOf(xs[0]);
  const [x, y, z] = xs.map((v) => w.convert(v, wider(type)));
  return w.convert(multiplyAdd(w, form, w.op('multiply', [x, y]), z), type);
}

const form = (d: Draws): Fused => d.pick(['x·y + z', 'x·y - z', 'z - x·y'] as const);

const fma: Draw = (d, type) => {
  const shape = matrix(d, type);
  const how = form(d);
  return {
    inputs: [shape, shape, shape],
    before: (w, [x, y, z]) => [multiplyAdd(w, how, w.op('multiply', [x, y]), z)],
    after: (w, xs) => [fused(w, how, xs)],
  };
};

/** The product is a result too: fused into one user, rounded for the others. */
const fmaShared: Draw = (d, type) => {
  const shape = matrix(d, type);
  const how = form(d);
  return {
    inputs: [shape, shape, shape],
    split: true,
    before: (w, [x, y, z]) => {
      const product = w.op('multiply', [x, y]);
      return [multiplyAdd(w, how, product, z), product];
    },
    after: (w, xs) => [fused(w, how, xs), w.op('multiply', [xs[0], xs[1]])],
  };
};

/** A polynomial by Horner's rule, each step fused or not. */
const horner: Draw = (d, type) => {
  const shape = matrix(d, type);
  const coefficients = range(d.int(2, 4)).map(() => d.pick([0.5, -0.25, 1.7, -0.3, 0.11]));
  const fusing = coefficients.map(() => d.chance(0.7));
  return {
    inputs: [shape],
    before: (w, [x]) => [
      coefficients.reduce(
        (p, c) => w.add(w.op('multiply', [p, x]), w.full(shape, c)),
        w.full(shape, 0.6),
      ),
    ],
    after: (w, [x]) => [
      coefficients.reduce(
        (p, c, k) => {
          const z = w.full(shape, c);
          if (fusing[k]) return fused(w, 'x·y + z', [p, x, z]);
          return w.add(w.op('multiply', [p, x]), z);
        },
        w.full(shape, 0.6),
      ),
    ],
  };
};

/** One instruction of a chain: its opcode and which earlier values it reads. */
interface Step {
  readonly opcode: 'add' | 'subtract' | 'multiply' | 'maximum' | 'minimum' | 'tanh' | 'negate';
  readonly operands: readonly number[];
  /** Whether the after side rounds it to the declared type, for all that read it. */
  readonly rounded: boolean;
}

const unary: ReadonlySet<string> = new Set(['tanh', 'negate']);

function chain(d: Draws, inputs: number): Step[] {
  const opcodes = ['add', 'add', 'subtract', 'multiply', 'maximum', 'minimum', 'tanh', 'negate'];
  let products = 0;
  return range(d.int(2, 7)).map((k) => {
    const drawn = d.pick(opcodes) as Step['opcode'];
    const opcode = drawn === 'multiply' && products++ > 1 ? 'add' : drawn;
    const last = inputs + k - 1;
    const other = d.int(0, last);
    return { opcode, operands: unary.has(opcode) ? [last] : [last, other], rounded: d.chance(0.4) };
  });
}

/** A chain of elementwise ops with the roundings of some instructions left out. */
const roundingsSkipped: Draw = (d, type) => {
  const shape = matrix(d, type);
  const n = d.int(1, 3);
  const steps = chain(d, n);
  return {
    inputs: range(n).map(() => shape),
    before: (w, xs) => {
      const values = [...xs];
      for (const s of steps)
        values.push(
          w.op(
            s.opcode,
            s.operands.map((k) => values[k]),
          ),
        );
      return [values.at(-1)!];
    },
    after: (w, xs) => {
      const values = xs.map((x) => w.convert(x, wider(type)));
      for (const { opcode, operands, rounded } of steps) {
        const value = w.op(
          opcode,
          operands.map((k) => values[k]),
        );
        values.push(rounded ? w.convert(w.convert(value, type), wider(type)) : value);
      }
      return [w.convert(values.at(-1)!, type)];
    },
  };
};

/** Of two users of a value one reads it unrounded. */
const oneUserWide: Draw = (d, type) => {
  const shape = matrix(d, type);
  const first = d.pick(['add', 'multiply'] as const);
  const second = d.pick(['add', 'subtract', 'multiply'] as const);
  return {
    inputs: [shape, shape, shape],
    split: true,
    before: (w, [x, y, z]) => {
      const shared = w.op(first, [x, y]);
      return [w.op(second, [shared, z]), shared];
    },
    after: (w, [x, y, z]) => {
      const wide = [x, y, z].map((v) => w.convert(v, wider(type)));
      const unrounded = w.op(second, [w.op(first, [wide[0], wide[1]]), wide[2]]);
      return [w.convert(unrounded, type), w.op(first, [x, y])];
    },
  };
};

/** A sum kept in a wider type and rounded once. */
const wideReduce: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), d.terms(40)]);
  return {
    inputs: [shape],
    before: (w, [x]) => [w.reduce(x, [1])],
    after: (w, [x]) => [w.convert(w.reduce(w.convert(x, wider(type)), [1]), type)],
  };
};

/** What follows a dot reads its accumulator before it is rounded. */
const dotUnrounded: Draw = (d, type) => {
  const [n, k, m] = [d.rows(), d.terms(12), d.int(2, 5)];
  const out = type === 'f32' ? 'f64' : 'f32';
  const act = d.pick(['tanh', 'logistic', 'abs', 'negate'] as const);
  return {
    inputs: [arrayShape(type, [n, k]), arrayShape(type, [k, m]), arrayShape(type, [n, m])],
    before: (w, [x, y, c]) => [w.op(act, [w.add(w.dot(x, y, { lhs: 1, rhs: 0 }), c)])],
    after: (w, [x, y, c]) => {
      const wide = w.dot(x, y, { lhs: 1, rhs: 0 }, out);
      return [w.convert(w.op(act, [w.add(wide, w.convert(c, out))]), type)];
    },
  };
};

/** Mean, differences and their squares with none of the roundings between. */
const centredWide: Draw = (d, type) => {
  const shape = arrayShape(type, [d.rows(), 2 ** d.int(1, 4)]);
  const centred = (w: Writer, x: Instruction) => {
    const [n, m] = dimsOf(x);
    const rows: ArrayShape = { ...shapeOf(x), dims: [n] };
    const mean = w.op('multiply', [w.reduce(x, [1]), w.full(rows, 1 / m)]);
    return w.op('subtract', [x, w.b.broadcast(mean, [n, m], [0])]);
  };
  return {
    inputs: [shape],
    before: (w, [x]) => [centred(w, x)],
    after: (w, [x]) => [w.convert(centred(w, w.convert(x, wider(type))), type)],
  };
};

/** A rounding to a narrower type and back is left out between two wide values. */
const roundTripLeftOut: Draw = (d) => {
  const shape = matrix(d, 'f32');
  const type = d.pick(narrow);
  const scale = d.pick([1.7, 0.3, -0.77]);
  return {
    inputs: [shape, shape],
    before: (w, [x, y]) => {
      const value = w.add(w.op('multiply', [x, w.full(shape, scale)]), y);
      const rounded = w.convert(w.convert(value, type), 'f32');
      return [w.op('tanh', [rounded]), w.add(rounded, y)];
    },
    after: (w, [x, y]) => {
      const value = w.add(w.op('multiply', [x, w.full(shape, scale)]), y);
      return [w.op('tanh', [value]), w.add(value, y)];
    },
  };
};

const fusible: readonly ElementType[] = ['f32', 'f32', 'bf16', 'f16'];
const widened: readonly ElementType[] = [...narrow, ...narrow, 'f32'];

const law = (name: string, says: string, draw: Draw): PairLaw => ({
  ...{ name, says, draw },
  ...{ contract: 'widens', types: widened },
});
const fusing = (name: string, says: string, draw: Draw): PairLaw => ({
  ...{ name, says, draw },
  ...{ contract: 'reassociates', types: fusible },
});

export const precisionLaws: readonly PairLaw[] = [
  fusing('fma', 'a multiply-add rounded once', fma),
  fusing('fma-shared', 'a product fused into one user, rounded for others', fmaShared),
  fusing('fma-chain', "Horner's rule with fused steps", horner),
  law('roundings-skipped', 'a chain without some of its roundings', roundingsSkipped),
  law('one-user-wide', 'one of two users reads a value unrounded', oneUserWide),
  law('reduce-wide', 'a sum in a wider type', wideReduce),
  law('dot-unrounded', 'what follows a dot reads its accumulator', dotUnrounded),
  law('centred-wide', 'x - mean x without roundings between', centredWide),
  law('round-trip-out', 'a conversion to a narrower type and back left out', roundTripLeftOut),
];
