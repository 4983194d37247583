/**
 * Writing one side of a pair: instructions over a builder with the few forms that the laws need
 * (reducers, windows, loops), so that a law reads as the rewrite that it is.
 */
import { type ComputationBuilder, ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { GivenAttrs } from '../../../graphs/build/make.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { elementTypes, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, type Shape, tupleShape } from '../../../graphs/ir/shape.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';

export const shapeOf = (x: Instruction) => x.shape as ArrayShape;
export const typeOf = (x: Instruction): ElementType => shapeOf(x).type;
export const dimsOf = (x: Instruction): readonly number[] => shapeOf(x).dims;
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Ops of two scalars that a reduction may combine with. */
export type Combiner = 'add' | 'multiply' | 'maximum' | 'minimum';

/** What a combiner leaves as it is: the value that a reduction starts from. */
export function neutral(combiner: Combiner, type: ElementType): number {
  if (combiner === 'add') return 0;
  if (combiner === 'multiply') return 1;
  const low = combiner === 'maximum';
  if (isFloat(type)) return low ? -Infinity : Infinity;
  const { kind, bits } = elementTypes[type];
  if (kind === 'unsigned') return low ? 0 : 2 ** bits - 1;
  return low ? -(2 ** (bits - 1)) : 2 ** (bits - 1) - 1;
}

/** Contracted and batch dimensions of a dot. */
export interface DotDims {
  readonly lhs: number;
  readonly rhs: number;
  readonly batch?: number;
}

/** Writes instructions of the entry computation; `at` writes into another one of the module. */
export class Writer {
  readonly module: ModuleBuilder;
  readonly b: ComputationBuilder;
  private readonly made: Map<string, string>;

  constructor(module: ModuleBuilder, b: ComputationBuilder, made = new Map<string, string>()) {
    this.module = module;
    this.b = b;
    this.made = made;
  }

  /** A module whose entry is what `body` writes. */
  static module(name: string, body: (w: Writer) => Instruction): Module {
    const module = new ModuleBuilder(name);
    return module.entry((b) => body(new Writer(module, b)));
  }

  op<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    attrs: GivenAttrs<O> = {},
    shape?: Shape,
  ): Instruction {
    return this.b.op(opcode, operands, attrs, shape ? { shape } : {});
  }

  /** A computation written once, under its name. */
  named(name: string, body: (b: ComputationBuilder) => Instruction): string {
    const known = this.made.get(name);
    if (known !== undefined) return known;
    this.made.set(name, this.module.computation(name, body));
    return name;
  }

  /** A computation of a state in a loop, under a fresh name. */
  loopPart(body: (w: Writer) => Instruction): string {
    const name = `part${this.module.newId()}`;
    return this.module.computation(name, (b) => body(new Writer(this.module, b, this.made)));
  }

  scalar(type: ElementType, value: number): Instruction {
    return this.b.scalar(type, isFloat(type) ? rounder(type)(value) : value);
  }

  /** A number in every element of a shape. */
  full({ type, dims }: ArrayShape, value: number): Instruction {
    return this.b.broadcast(this.scalar(type, value), dims);
  }

  add(x: Instruction, y: Instruction): Instruction {
    return this.op('add', [x, y]);
  }

  convert(x: Instruction, type: ElementType): Instruction {
    return typeOf(x) === type ? x : this.op('convert', [x], {}, arrayShape(type, dimsOf(x)));
  }

  combiner(opcode: Combiner, type: ElementType): string {
    return this.named(`${opcode}_${type}`, (b) => {
      const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arrayShape(type, [])));
      return b.op(opcode, [x!, y!]);
    });
  }

  reduce(x: Instruction, dimensions: readonly number[], by: Combiner = 'add'): Instruction {
    const type = typeOf(x);
    const to_apply = this.combiner(by, type);
    return this.op('reduce', [x, this.scalar(type, neutral(by, type))], { dimensions, to_apply });
  }

  /** x[…, start:limit:stride, …] along a dimension. */
  slice(x: Instruction, d: number, start: number, limit: number, stride = 1): Instruction {
    const slice = dimsOf(x).map((n, k) =>
      k === d ? { start, limit, stride } : { start: 0, limit: n, stride: 1 },
    );
    return this.op('slice', [x], { slice });
  }

  concat(xs: readonly Instruction[], d: number): Instruction {
    return xs.length === 1 ? xs[0]! : this.op('concatenate', xs, { dimensions: [d] });
  }

  reshape(x: Instruction, dims: readonly number[]): Instruction {
    return this.op('reshape', [x], {}, arrayShape(typeOf(x), dims));
  }

  transpose(x: Instruction, dimensions: readonly number[]): Instruction {
    return this.op('transpose', [x], { dimensions });
  }

  /** Zeros (or a value) before and after along a dimension, or between its elements. */
  pad(x: Instruction, d: number, { low = 0, high = 0, interior = 0, value = 0 }): Instruction {
    const none = { low: 0, high: 0, interior: 0 };
    const padding = dimsOf(x).map((_, k) => (k === d ? { low, high, interior } : none));
    return this.op('pad', [x, this.scalar(typeOf(x), value)], { padding });
  }

  /** A dot of one contracted dimension and up to one batch dimension; `out` is its element type. */
  dot(x: Instruction, y: Instruction, { lhs, rhs, batch }: DotDims, out = typeOf(x)): Instruction {
    const batches = batch === undefined ? [] : [batch];
    const free = (v: Instruction, k: number) => dimsOf(v).filter((_, d) => d !== k && d !== batch);
    const dims = [...batches.map((d) => dimsOf(x)[d]!), ...free(x, lhs), ...free(y, rhs)];
    const attrs = {
      lhs_batch_dims: batches,
      rhs_batch_dims: batches,
      lhs_contracting_dims: [lhs],
      rhs_contracting_dims: [rhs],
    };
    return this.op('dot', [x, y], attrs, arrayShape(out, dims));
  }

  /** Combines windows of a size along one dimension. */
  windows(
    x: Instruction,
    d: number,
    w: { readonly size: number; readonly stride?: number; readonly padLow?: number },
    by: Combiner = 'add',
  ): Instruction {
    const whole: WindowDim = { ...plainWindow, size: 1 };
    const along: WindowDim = { ...plainWindow, ...w };
    const window = dimsOf(x).map((_, k) => (k === d ? along : whole));
    const type = typeOf(x);
    const attrs = { window, to_apply: this.combiner(by, type) };
    return this.op('reduce-window', [x, this.scalar(type, neutral(by, type))], attrs);
  }

  /**
   * for (i = 0; i < n; i++) state = body(i, state); what the body reads beside is carried along.
   * Returns the state at the end.
   */
  loop(
    n: number,
    start: readonly Instruction[],
    body: (w: Writer, i: Instruction, state: readonly Instruction[]) => readonly Instruction[],
  ): Instruction[] {
    const shape = tupleShape([arrayShape('s32', []), ...start.map((s) => s.shape)]);
    const parts = (w: Writer, s: Instruction) =>
      range(start.length + 1).map((index) => w.op('get-tuple-element', [s], { index }));
    const condition = this.loopPart((w) => {
      const i = parts(w, w.b.parameter('state', shape))[0]!;
      return w.op('compare', [i, w.scalar('s32', n)], { direction: 'LT' });
    });
    const again = this.loopPart((w) => {
      const [i, ...state] = parts(w, w.b.parameter('state', shape));
      const next = w.op('add', [i!, w.scalar('s32', 1)]);
      return w.op('tuple', [next, ...body(w, i!, state)]);
    });
    const first = this.op('tuple', [this.scalar('s32', 0), ...start]);
    const done = this.op('while', [first], { condition, body: again });
    return parts(this, done).slice(1);
  }

  /** Position i of a dimension, without that dimension. */
  at(x: Instruction, d: number, i: Instruction): Instruction {
    const dims = dimsOf(x);
    const zero = this.scalar('s32', 0);
    const starts = dims.map((_, k) => (k === d ? i : zero));
    const dynamic_slice_sizes = dims.map((n, k) => (k === d ? 1 : n));
    const one = this.op('dynamic-slice', [x, ...starts], { dynamic_slice_sizes });
    return this.reshape(
      one,
      dims.filter((_, k) => k !== d),
    );
  }
}

const plainWindow = {
  ...{ stride: 1, padLow: 0, padHigh: 0, windowDilation: 1, baseDilation: 1 },
  reversal: false,
} as const;
