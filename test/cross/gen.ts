/**
 * What the generators of random instances share: choices from a seeded stream, shapes, called
 * computations, and modules of one instruction on parameters.
 */
import { type Random, randomOf } from '../../golden/kinds/random.ts';
import { type ComputationBuilder, ModuleBuilder } from '../../graphs/build/builder.ts';
import type { GivenAttrs } from '../../graphs/build/make.ts';
import {
  type ElementType,
  elementTypes,
  isFloat,
  isInteger,
} from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, elementCount, type Shape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import type { WindowDim } from '../../graphs/ops/attr.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** A module to run, and values for those parameters whose values must not be drawn at will. */
export interface Instance {
  readonly module: Module;
  readonly given: readonly (Tensor | undefined)[];
}

/** Draws one instance. */
export type Generate = (g: Gen) => Instance;

/** A generator, or why the op has none. */
export type Row = Generate | { readonly skipped: string };

/** The element types that instances are drawn over: all but s1, u1 and f6, which XLA:CPU cannot run. */
export const crossTypes = [
  'f32',
  'f64',
  'bf16',
  'f16',
  's8',
  's16',
  's32',
  's64',
  'u8',
  'u16',
  'u32',
  'u64',
  'pred',
  'c64',
  'c128',
  's4',
  'u4',
  'f8e5m2',
  'f8e4m3fn',
  's2',
  'u2',
  'f8e3m4',
  'f8e4m3',
  'f8e4m3b11fnuz',
  'f8e4m3fnuz',
  'f8e5m2fnuz',
  'f8e8m0fnu',
  'f4e2m1fn',
] as const satisfies readonly ElementType[];

/** So many of them, from the first on, are common. */
const commonTypes = 19;

export const isReal = (t: ElementType) => isFloat(t) || isInteger(t);
export const isWideFloat = (t: ElementType) => isFloat(t) && elementTypes[t].bits >= 16;
export const isNumber = (t: ElementType) => t !== 'pred';

type Build = (b: ComputationBuilder, parameters: readonly Instruction[]) => Instruction;

export class Gen {
  readonly random: Random;
  readonly module = new ModuleBuilder('cross');
  private readonly preferred: readonly ElementType[];

  /** Draws element types among the preferred ones, where any of them will do. */
  constructor(seed: number, opcode: Opcode, index: number, preferred: readonly ElementType[] = []) {
    this.random = randomOf(seed, opcode, index);
    this.preferred = preferred;
  }

  /** An integer of [lo, hi]. */
  int(lo: number, hi: number): number {
    return this.random.integer(lo, hi + 1);
  }

  chance(p: number): boolean {
    return this.random.uniform() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)];
  }

  /** Some of a list, in its order. */
  some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.chance(0.5));
  }

  permutation(n: number): number[] {
    return this.random.shuffle(range(n));
  }

  /** An element type; those that few programs use are drawn less often. */
  type(fits: (t: ElementType) => boolean = () => true): ElementType {
    const preferred = this.preferred.filter(fits);
    if (preferred.length > 0) return this.pick(preferred);
    const rare = this.chance(0.15);
    const common = crossTypes.slice(0, commonTypes).filter(fits);
    return this.pick(rare || common.length === 0 ? crossTypes.filter(fits) : common);
  }

  /** Sizes; now and then an empty one. */
  dims(minRank = 0, maxRank = 4, largest = 6): number[] {
    const rank = this.int(minRank, maxRank);
    return range(rank).map(() => (this.chance(0.04) ? 0 : this.int(1, largest)));
  }

  /** Sizes without an empty one. */
  fullDims(minRank: number, maxRank: number, largest = 6): number[] {
    return this.dims(minRank, maxRank, largest).map((d) => Math.max(d, 1));
  }

  /** A computation of two scalars that is one op. */
  combiner(opcode: Opcode, type: ElementType): string {
    return this.module.computation(`${opcode}_${type}`, (b) => {
      const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arrayShape(type, [])));
      return b.op(opcode, [x, y]);
    });
  }

  /** A computation that compares two scalars. */
  comparator(type: ElementType, direction: 'LT' | 'GT' | 'GE' | 'LE', others = 0): string {
    return this.module.computation(`${direction}_${type}_${others}`, (b) => {
      const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arrayShape(type, [])));
      return b.op('compare', [x, y], { direction });
    });
  }

  /** A module over array parameters. */
  build(shapes: readonly ArrayShape[], body: Build, given: Instance['given'] = []): Instance {
    const module = this.module.entry((b) =>
      body(
        b,
        shapes.map((s, k) => b.parameter(`p${k}`, s)),
      ),
    );
    return { module, given };
  }

  /** A module of one instruction on parameters. */
  op<O extends Opcode>(
    opcode: O,
    shapes: readonly ArrayShape[],
    attrs: GivenAttrs<O> = {},
    more: { readonly shape?: Shape; readonly given?: Instance['given'] } = {},
  ): Instance {
    const { shape, given } = more;
    return this.build(shapes, (b, p) => b.op(opcode, p, attrs, shape ? { shape } : {}), given);
  }

  /** Integers of [lo, hi] as a tensor. */
  integers(type: ElementType, dims: readonly number[], lo: number, hi: number): Tensor {
    const n = elementCount(arrayShape(type, dims));
    const least = elementTypes[type].kind === 'unsigned' ? Math.max(lo, 0) : lo;
    const round = isFloat(type) ? rounder(type) : (x: number) => x;
    return tensorOf(
      type,
      dims,
      range(n).map(() => round(this.int(least, hi))),
    );
  }

  /** A window over these sizes whose result is not empty. */
  windowDim(size: number, plain = false, dilated = 0.3): WindowDim {
    const baseDilation = plain || !this.chance(dilated) ? 1 : this.int(2, 3);
    const windowDilation = plain || !this.chance(dilated) ? 1 : 2;
    const [padLow, padHigh] = plain || this.chance(0.4) ? [0, 0] : [this.int(0, 2), this.int(0, 2)];
    const room = Math.max(0, (size - 1) * baseDilation + 1) + padLow + padHigh;
    const most = Math.max(1, Math.floor((room - 1) / windowDilation) + 1);
    const window = this.int(1, Math.min(4, most));
    const stride = this.chance(0.5) ? 1 : this.int(1, 3);
    return { size: window, stride, padLow, padHigh, windowDilation, baseDilation, reversal: false };
  }
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

export const arr = (type: ElementType, ...dims: readonly number[]): ArrayShape =>
  arrayShape(type, dims);
