/**
 * Formulas on real arrays of one shape, written as instructions: what CHLO functions that HLO has
 * no opcode for are made of. Numbers stand for constants. They are computed in f64 for f64, in f32
 * for narrower types and rounded to these once, at the end.
 */
import type { ElementType } from '../../../ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../../ir/module.ts';
import { rounder } from '../../../ir/rounding.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { Opcode } from '../../../ops/table.ts';
import type { OpContext } from '../lower/op-context.ts';

/** A value, or a constant of the formula's type. */
export type Term = Instruction | number;

type Direction = InstructionOf<'compare'>['attrs']['direction'];

/** Formulas at one element type and one shape; each number is made a constant once. */
export class Arithmetic {
  readonly type: ElementType;
  private readonly o: OpContext;
  private readonly dims: readonly number[];
  private readonly constants = new Map<string, Instruction>();

  constructor(o: OpContext, dims: readonly number[], type: ElementType = 'f64') {
    this.o = o;
    this.dims = dims;
    this.type = type;
  }

  /** A constant in every element. */
  k(value: number): Instruction {
    const key = Object.is(value, -0) ? '-0' : String(value);
    const known = this.constants.get(key);
    if (known) return known;
    const rounded = rounder(this.type)(value);
    const scalar = this.o.literal(tensorOf(this.type, [], [rounded]));
    const made = this.dims.length ? this.o.spread(scalar, this.dims) : scalar;
    this.constants.set(key, made);
    return made;
  }

  private op(opcode: Opcode, ...terms: Term[]): Instruction {
    const operands = terms.map((t) => (typeof t === 'number' ? this.k(t) : t));
    return this.o.emit(opcode as 'add', operands);
  }

  add(...terms: readonly Term[]): Instruction {
    return this.folded('add', terms);
  }
  mul(...terms: readonly Term[]): Instruction {
    return this.folded('multiply', terms);
  }
  private folded(opcode: 'add' | 'multiply', terms: readonly Term[]): Instruction {
    const [first, ...rest] = terms;
    return rest.reduce<Instruction>(
      (sum, term) => this.op(opcode, sum, term),
      typeof first === 'number' ? this.k(first) : first!,
    );
  }
  sub(a: Term, b: Term): Instruction {
    return this.op('subtract', a, b);
  }
  div(a: Term, b: Term): Instruction {
    return this.op('divide', a, b);
  }
  rem(a: Term, b: Term): Instruction {
    return this.op('remainder', a, b);
  }
  pow(a: Term, b: Term): Instruction {
    return this.op('power', a, b);
  }
  atan2(a: Term, b: Term): Instruction {
    return this.op('atan2', a, b);
  }
  max(a: Term, b: Term): Instruction {
    return this.op('maximum', a, b);
  }
  neg(a: Term): Instruction {
    return this.op('negate', a);
  }
  abs(a: Term): Instruction {
    return this.op('abs', a);
  }
  sqrt(a: Term): Instruction {
    return this.op('sqrt', a);
  }
  exp(a: Term): Instruction {
    return this.op('exponential', a);
  }
  expm1(a: Term): Instruction {
    return this.op('exponential-minus-one', a);
  }
  log(a: Term): Instruction {
    return this.op('log', a);
  }
  log1p(a: Term): Instruction {
    return this.op('log-plus-one', a);
  }
  sin(a: Term): Instruction {
    return this.op('sine', a);
  }
  cos(a: Term): Instruction {
    return this.op('cosine', a);
  }
  tan(a: Term): Instruction {
    return this.op('tan', a);
  }
  sinh(a: Term): Instruction {
    return this.op('sinh', a);
  }
  cosh(a: Term): Instruction {
    return this.op('cosh', a);
  }
  asin(a: Term): Instruction {
    return this.op('asin', a);
  }
  acos(a: Term): Instruction {
    return this.op('acos', a);
  }
  erf(a: Term): Instruction {
    return this.op('erf', a);
  }
  floor(a: Term): Instruction {
    return this.op('floor', a);
  }

  /** √(a² + b²) without overflow on the way. */
  hypot(a: Instruction, b: Instruction): Instruction {
    return this.op('abs', this.op('complex', a, b));
  }

  compare(a: Term, direction: Direction, b: Term): Instruction {
    const operands = [a, b].map((t) => (typeof t === 'number' ? this.k(t) : t));
    return this.o.emit('compare', operands, { direction });
  }
  lt(a: Term, b: Term): Instruction {
    return this.compare(a, 'LT', b);
  }
  le(a: Term, b: Term): Instruction {
    return this.compare(a, 'LE', b);
  }
  gt(a: Term, b: Term): Instruction {
    return this.compare(a, 'GT', b);
  }
  eq(a: Term, b: Term): Instruction {
    return this.compare(a, 'EQ', b);
  }
  and(a: Instruction, b: Instruction): Instruction {
    return this.op('and', a, b);
  }
  or(a: Instruction, b: Instruction): Instruction {
    return this.op('or', a, b);
  }
  not(a: Instruction): Instruction {
    return this.op('not', a);
  }

  /** The value of the first condition that holds, else the last term. */
  choose(...parts: readonly [...(readonly [Instruction, Term][]), Term]): Instruction {
    const last = parts.at(-1) as Term;
    const cases = parts.slice(0, -1) as readonly (readonly [Instruction, Term])[];
    return cases.reduceRight<Instruction>(
      (otherwise, [condition, value]) => this.op('select', condition, value, otherwise),
      typeof last === 'number' ? this.k(last) : last,
    );
  }

  /** True where a is below zero or -0. */
  signBit(a: Instruction): Instruction {
    return this.lt(this.choose([this.eq(a, 0), this.div(1, a)], a), 0);
  }

  /** |size| with the sign of another. */
  copySign(size: Term, sign: Instruction): Instruction {
    const positive = this.abs(size);
    return this.choose([this.signBit(sign), this.neg(positive)], positive);
  }

  /** c₀ + c₁x + c₂x² + …, by Horner's rule. */
  polynomial(x: Instruction, coefficients: readonly number[]): Instruction {
    const [last = 0, ...lower] = [...coefficients].reverse();
    return lower.reduce<Instruction>((sum, c) => this.add(this.mul(sum, x), c), this.k(last));
  }
}

type Formula = (m: Arithmetic, ...xs: Instruction[]) => Instruction;

/** A function of real arrays, computed in their own type, or in f32 where that is wider. */
export function inSingle(formula: Formula): (o: OpContext) => Instruction {
  return (o) => evaluate(o, formula, o.shape().type === 'f64' ? 'f64' : 'f32');
}

function evaluate(o: OpContext, formula: Formula, type: ElementType): Instruction {
  const { type: given, dims } = o.shape();
  const operands = o.operands.map((x) => o.convert(x, type));
  return o.convert(formula(new Arithmetic(o, dims, type), ...operands), given);
}
