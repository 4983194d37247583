/**
 * One faithful execution of a module, drawn from a seed: every result is off by what its op's row and
 * the contract allow. Monte-Carlo arithmetic (Parker 1997, "Monte Carlo arithmetic", UCLA CSD-970002)
 * moves what a type cannot hold by up to one unit roundoff; beside it, here, a result of a narrow type
 * may stay unrounded (as a whole: all its users read the same), a function may be off by its
 * allowance, f64 is rounded at random too, a division may be a product with a reciprocal, and
 * subnormal numbers may be flushed.
 */
import { type ElementType, elementTypes, unitRoundoff } from '../../graphs/ir/element-type.ts';
import { computationOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { type Rounder, rounder } from '../../graphs/ir/rounding.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { binaryFunctions } from '../exact/elementwise/binary-functions.ts';
import { differentiableFunctions } from '../exact/elementwise/functions.ts';
import { type RoundingPolicy, randomUniform } from '../reference/scalars/rounding-policy.ts';

/** What a faithful execution may do beside rounding. */
export interface Freedom {
  /** a / b may be a · (1/b). */
  readonly reciprocal: boolean;
  /** Every result may be one of this type (contract `narrows`). */
  readonly computeType?: ElementType;
}

/** What holds for the instruction that runs now. */
interface Now {
  /** Its results of a narrow type stay as they are in f32. */
  readonly skips: boolean;
  /** Error of the function itself, relative, before it is rounded. */
  readonly own: number;
  /** False for ops that give one of their operands or a number of its type: they round nothing. */
  readonly rounds: boolean;
}

const plain: Now = { skips: false, own: 0, rounds: true };

/** Ops whose results are always of the type, up to a conversion that they say. */
const exactOps: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['maximum', 'minimum', 'abs', 'negate', 'select', 'clamp', 'sign', 'floor', 'ceil'] as const),
  ...(['round-nearest-afz', 'round-nearest-even', 'real', 'imag', 'complex', 'copy'] as const),
  ...(['remainder', 'constant', 'iota', 'rng-bit-generator', 'rng'] as const),
]);

/** Rounds as one execution does. `enter` and `leave` tell it what runs. */
export class FaithfulRounding {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  private readonly made = new Map<ElementType, Rounder>();
  private readonly stack: Now[] = [];
  private now: Now = plain;
  /** Whether this execution takes subnormal numbers for zero. */
  readonly flushes: boolean;
  private readonly seed: number;
  private readonly freedom: Freedom;

  constructor(seed: number, freedom: Freedom) {
    this.seed = seed;
    this.freedom = freedom;
    this.uniform = randomUniform(seed);
    this.flushes = seed % 2 === 1;
  }

  readonly policy: RoundingPolicy = (type) => {
    let round = this.made.get(type);
    if (!round) {
      round = this.rounderOf(type);
      this.made.set(type, round);
    }
    return round;
  };

  /** An instruction begins; `key` tells its executions apart. */
  enter(instruction: Instruction, module: Module, key: string): void {
    this.stack.push(this.now);
    this.now = {
      skips: randomUniform(hashOf(key) ^ Math.imul(this.seed, 0x9e3779b9))() < 0.5,
      own: this.ownError(instruction),
      rounds: roundsAnything(instruction, module),
    };
  }

  leave(): void {
    this.now = this.stack.pop() ?? plain;
  }

  /** A random number in (-1, 1). */
  error(): number {
    return 2 * this.uniform() - 1;
  }

  private ownError({ opcode, shape }: Instruction): number {
    const type = shape.kind === 'array' ? shape.type : undefined;
    const isDouble = type === 'f64' || type === 'c128';
    const unit = isDouble ? 2 ** -53 : 2 ** -24;
    if (opcode === 'divide') return this.freedom.reciprocal ? 2 * unit : 0;
    return 2 * ulpsOf(opcode, type) * unit;
  }

  private rounderOf(type: ElementType): Rounder {
    const nearest = rounder(type);
    const { kind } = elementTypes[type];
    if (kind !== 'float' && kind !== 'complex') return nearest;
    const { computeType } = this.freedom;
    const own = unitRoundoff(type);
    const u = Math.max(own, computeType ? unitRoundoff(computeType) : 0);
    const isDouble = own <= 2 ** -53;
    const narrow = own > 2 ** -24;
    const always = isDouble || u > own;
    return (v) => {
      const rounded = nearest(v);
      if (rounded !== rounded || rounded - rounded !== 0) return rounded;
      const { now } = this;
      if (!now.rounds) return this.flushed(narrow ? v : rounded, isDouble);
      if (rounded === v && !always) return this.flushed(rounded, isDouble);
      const moved = now.own > 0 ? v * (1 + now.own * this.error()) : v;
      if (narrow && now.skips) return Math.fround(moved + Math.abs(v) * 2 ** -24 * this.error());
      const size = Math.abs(moved) * (isDouble ? 2 : 1) * u;
      return this.flushed(nearest(moved + size * this.error()), isDouble);
    };
  }

  private flushed(v: number, isDouble: boolean): number {
    return this.flushes && Math.abs(v) < (isDouble ? 2 ** -1022 : 2 ** -126) ? 0 * v : v;
  }
}

function ulpsOf(opcode: Opcode, type: ElementType | undefined): number {
  if (Object.hasOwn(differentiableFunctions, opcode)) {
    const row: { ulps: number; doubleUlps?: number; halfUlps?: number } =
      differentiableFunctions[opcode as keyof typeof differentiableFunctions];
    const isDouble = type === 'f64' || type === 'c128';
    return isDouble ? (row.doubleUlps ?? row.ulps) : row.ulps;
  }
  if (!Object.hasOwn(binaryFunctions, opcode)) return 0;
  return (binaryFunctions as Readonly<Record<string, { readonly ulps: number }>>)[opcode]!.ulps;
}

const known = new WeakMap<Instruction, boolean>();

/** Whether an op or what it calls may round. */
function roundsAnything(instruction: Instruction, module: Module): boolean {
  if (exactOps.has(instruction.opcode)) return false;
  const called = calledBy(instruction);
  if (called.length === 0) return true;
  let rounds = known.get(instruction);
  if (rounds === undefined) {
    rounds = called.some((name) =>
      computationOf(module, name).instructions.some(
        (i) => i.opcode !== 'parameter' && i.opcode !== 'tuple' && roundsAnything(i, module),
      ),
    );
    known.set(instruction, rounds);
  }
  return rounds;
}

/** A 32-bit hash of a text (FNV-1a). */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
