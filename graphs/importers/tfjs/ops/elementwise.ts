/** Arithmetic, comparisons and functions element by element, with tfjs's rules for mixed types. */
import { byName } from '../../../ir/by-name.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { Opcode } from '../../../ops/table.ts';
import { type Direction, type Hlo, typeOf } from '../../lowering/hlo.ts';
import type { BinaryOpcode } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

const binary =
  (opcode: BinaryOpcode, a = 'a', b = 'b'): Lower =>
  (c) => {
    const [x, y] = arithmetic(c, a, b);
    return c.h.binary(opcode, x!, y!);
  };

/** The two operands in one type that can be calculated with. */
function arithmetic(c: NodeContext, a = 'a', b = 'b'): Instruction[] {
  const [x, y] = c.promoted(c.tensor(a), c.tensor(b));
  const type = typeOf(x!) === 'pred' ? 's32' : typeOf(x!);
  return [c.h.convert(x!, type), c.h.convert(y!, type)];
}

/** A function of one float. */
const unary =
  (opcode: Opcode): Lower =>
  (c) =>
    c.h.unary(opcode, c.float(c.tensor('x')));

/** A function that keeps integers. */
const unaryOfAny =
  (opcode: Opcode): Lower =>
  (c) =>
    c.h.unary(opcode, c.tensor('x'));

const compare =
  (direction: Direction): Lower =>
  (c) => {
    const [x, y] = c.promoted(c.tensor('a'), c.tensor('b'));
    return c.h.compare(direction, x!, y!);
  };

const logical =
  (opcode: 'and' | 'or'): Lower =>
  (c) => {
    const [x, y] = ['a', 'b'].map((name) => c.h.convert(c.tensor(name), 'pred'));
    return c.h.binary(opcode, x!, y!);
  };

/** A formula over one float. */
const formula =
  (f: (h: Hlo, x: Instruction, c: NodeContext) => Instruction): Lower =>
  (c) =>
    f(c.h, c.float(c.tensor('x')), c);

/** min(max(x, 0), 6). */
export function relu6(h: Hlo, x: Instruction): Instruction {
  return h.min(h.max(x, 0), 6);
}

/** x where x ≥ 0, else eˣ − 1. */
export function elu(h: Hlo, x: Instruction): Instruction {
  return h.select(h.compare('GE', x, 0), x, h.unary('exponential-minus-one', x));
}

/** x where x ≥ 0, else α·x. */
export function leakyRelu(h: Hlo, x: Instruction, alpha: number): Instruction {
  return h.select(h.compare('LT', x, 0), h.mul(x, alpha), x);
}

/** x where x ≥ 0, else α·x with α broadcast to the shape of x. */
export function prelu(h: Hlo, x: Instruction, alpha: Instruction): Instruction {
  return h.select(h.compare('LT', x, 0), h.mul(x, alpha), x);
}

/** Klambauer et al. 2017, equation 14, with λ and λα as there. */
function selu(h: Hlo, x: Instruction): Instruction {
  const [scale, scaledAlpha] = [1.0507009873554805, 1.7580993408473768];
  const below = h.mul(h.unary('exponential-minus-one', x), scaledAlpha);
  return h.select(h.compare('GE', x, 0), h.mul(x, scale), below);
}

/** log(1 + e^x), without overflow. */
function softplus(h: Hlo, x: Instruction): Instruction {
  const tail = h.unary('exponential', h.unary('negate', h.unary('abs', x)));
  return h.add(h.max(x, 0), h.unary('log-plus-one', tail));
}

/** Rounds the quotient down to an integer, which tfjs gives for floats too. */
function floorDiv(h: Hlo, x: Instruction, y: Instruction): Instruction {
  if (typeOf(x) !== 's32') return h.convert(h.unary('floor', h.div(x, y)), 's32');
  const quotient = h.div(x, y);
  return h.select(remainderOtherSign(h, x, y), h.sub(quotient, 1), quotient);
}

/** The remainder with the divisor's sign. */
function floorMod(h: Hlo, x: Instruction, y: Instruction): Instruction {
  const remainder = h.binary('remainder', x, y);
  return h.select(remainderOtherSign(h, x, y), h.add(remainder, y), remainder);
}

function remainderOtherSign(h: Hlo, x: Instruction, y: Instruction): Instruction {
  const remainder = h.binary('remainder', x, y);
  const signs = h.op('compare', [h.compare('LT', remainder, 0), lessThanZero(h, y, remainder)], {
    direction: 'NE',
  });
  return h.and(h.compare('NE', remainder, 0), signs);
}

function lessThanZero(h: Hlo, y: Instruction, like: Instruction): Instruction {
  return h.compare('LT', h.add(y, h.fullLike(like, 0)), 0);
}

const divide: Lower = (c) => {
  const [x, y] = arithmetic(c);
  return typeOf(x!) === 's32' ? floorDiv(c.h, x!, y!) : c.h.div(x!, y!);
};

const divNoNan: Lower = (c) => {
  const { h } = c;
  const [x, y] = ['a', 'b'].map((name) => c.float(c.tensor(name)));
  return h.select(h.compare('EQ', y!, 0), 0, h.div(x!, y!));
};

const addN: Lower = (c) => {
  const xs = c.promoted(...c.tensors('tensors'));
  c.need(xs.length > 0, 'there is nothing to add');
  return xs.reduce((a, b) => c.h.add(a, b));
};

const clip: Lower = (c) => {
  const x = c.tensor('x');
  const [low, high] = ['clipValueMin', 'clipValueMax'].map((name) => c.number(name));
  return c.h.min(c.h.max(x, low!), high!);
};

const select: Lower = (c) => {
  const [a, b] = c.promoted(c.tensor('a'), c.tensor('b'));
  return c.h.select(c.h.convert(c.tensor('condition'), 'pred'), a!, b!);
};

/** Bias over the last dimension, or over the second one of channels-first data. */
const biasAdd: Lower = (c) => {
  const { h } = c;
  const [x, bias] = c.promoted(c.tensor('a'), c.tensor('b'));
  const rank = c.dims('a').length;
  const first = c.layout().startsWith('NC') && rank > 2;
  const count = c.dims('b')[0] ?? 1;
  return h.add(x!, first ? h.reshape(bias!, [count, ...Array(rank - 2).fill(1)]) : bias!);
};

const infinite = (h: Hlo, x: Instruction) =>
  h.compare('EQ', h.unary('abs', x), Number.POSITIVE_INFINITY);

const unaries: Readonly<Record<string, Opcode>> = byName({
  Acos: 'acos',
  Acosh: 'acosh',
  Asin: 'asin',
  Asinh: 'asinh',
  Atanh: 'atanh',
  Ceil: 'ceil',
  Cos: 'cosine',
  Cosh: 'cosh',
  Erf: 'erf',
  Exp: 'exponential',
  Expm1: 'exponential-minus-one',
  Floor: 'floor',
  IsFinite: 'is-finite',
  Log: 'log',
  Log1p: 'log-plus-one',
  Round: 'round-nearest-even',
  Rsqrt: 'rsqrt',
  Sigmoid: 'logistic',
  Sin: 'sine',
  Sinh: 'sinh',
  Sqrt: 'sqrt',
  Tan: 'tan',
  Tanh: 'tanh',
});

const directions: Readonly<Record<string, Direction>> = byName({
  Equal: 'EQ',
  NotEqual: 'NE',
  Greater: 'GT',
  GreaterEqual: 'GE',
  Less: 'LT',
  LessEqual: 'LE',
});

function rows<T>(names: Readonly<Record<string, T>>, make: (value: T) => Lower): LowerTable {
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [name, make(value)]));
}

/** Rows by TensorFlow op; operands are broadcast as numpy does. */
export const elementwise: LowerTable = {
  ...rows(unaries, unary),
  ...rows(directions, compare),
  Abs: unaryOfAny('abs'),
  Add: binary('add'),
  AddN: addN,
  AddV2: binary('add'),
  Atan: formula((h, x) => h.binary('atan2', x, 1)),
  Atan2: (c) => c.h.binary('atan2', c.float(c.tensor('x')), c.float(c.tensor('y'))),
  BiasAdd: biasAdd,
  BitwiseAnd: binary('and', 'x', 'y'),
  ClipByValue: clip,
  Complex: (c) => c.h.op('complex', [c.tensor('real'), c.tensor('imag')]),
  ComplexAbs: unaryOfAny('abs'),
  Div: divide,
  DivNoNan: divNoNan,
  Elu: formula(elu),
  FloorDiv: (c) => {
    const [x, y] = arithmetic(c);
    return floorDiv(c.h, x!, y!);
  },
  FloorMod: (c) => {
    const [x, y] = arithmetic(c);
    return floorMod(c.h, x!, y!);
  },
  Imag: unaryOfAny('imag'),
  IsInf: formula(infinite),
  IsNan: formula((h, x) => h.compare('NE', x, x)),
  LeakyRelu: formula((h, x, c) => leakyRelu(h, x, c.number('alpha'))),
  LogicalAnd: logical('and'),
  LogicalNot: (c) => c.h.unary('not', c.h.convert(c.tensor('a'), 'pred')),
  LogicalOr: logical('or'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Mod: (c) => {
    const [x, y] = arithmetic(c);
    return floorMod(c.h, x!, y!);
  },
  Mul: binary('multiply'),
  Neg: unaryOfAny('negate'),
  Pow: binary('power'),
  Prelu: formula((h, x, c) => prelu(h, x, c.tensor('alpha'))),
  Real: unaryOfAny('real'),
  RealDiv: divide,
  Reciprocal: formula((h, x) => h.div(1, x)),
  Relu: (c) => c.h.max(c.tensor('x'), 0),
  Relu6: (c) => relu6(c.h, c.tensor('x')),
  Select: select,
  SelectV2: select,
  Selu: formula(selu),
  Sign: unaryOfAny('sign'),
  Softplus: formula(softplus),
  Square: (c) => c.h.mul(c.tensor('x'), c.tensor('x')),
  SquaredDifference: (c) => {
    const [x, y] = arithmetic(c);
    const difference = c.h.sub(x!, y!);
    return c.h.mul(difference, difference);
  },
  Sub: binary('subtract'),
};
