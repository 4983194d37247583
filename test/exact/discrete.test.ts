/** Decisions: what is undecided, what stays decided, and where the order of elements is settled. */
import { describe, expect, it } from 'vitest';
import { type ComputationBuilder, ModuleBuilder } from '../../graphs/build/builder.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, tupleShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { effectiveRadius } from '../../validator/exact/core/radius.ts';
import type { ExactTensor, ExactValue } from '../../validator/exact/core/value.ts';
import { runExact } from '../../validator/exact/run.ts';

/** A vector with one radius for all elements. */
function vector(values: readonly number[], radius: number, type: ElementType = 'f32'): ExactTensor {
  const n = values.length;
  return {
    kind: 'tensor',
    shape: arrayShape(type, [n]),
    data: Float64Array.from(values),
    ...(radius > 0 && {
      bound: new Float64Array(n).fill(radius),
      deviation: new Float64Array(n).fill(radius),
    }),
  };
}

function marksOf(t: ExactTensor): number[] {
  return [...(t.undecided ?? new Uint8Array(t.data.length))];
}

function leaves(v: ExactValue): ExactTensor[] {
  if (v.kind === 'tuple') return v.elements.flatMap(leaves);
  return v.kind === 'tensor' ? [v] : [];
}

function run(module: Module, ...inputs: ExactValue[]): ExactTensor[] {
  return leaves(runExact(module, inputs).value);
}

function onVector(n: number, body: (b: ComputationBuilder, x: Instruction) => Instruction): Module {
  return new ModuleBuilder('m').entry((b) => body(b, b.parameter('x', arrayShape('f32', [n]))));
}

const zeros = (b: ComputationBuilder, n: number) => b.broadcast(b.scalar('f32', 0), [n]);

describe('steps', () => {
  const x = vector([0.5, 0.95, 1, 1.2, -0.05], 0.1);

  it.each([
    ['floor', [0, 1, 1, 0, 1]],
    ['ceil', [0, 1, 1, 0, 1]],
    ['sign', [0, 0, 0, 0, 1]],
    ['round-nearest-even', [1, 0, 0, 0, 0]],
  ] as const)('%s is undecided where its interval holds a step', (opcode, marks) => {
    const [r] = run(
      onVector(5, (b, p) => b.op(opcode, [p])),
      x,
    );
    expect(marksOf(r)).toEqual(marks);
  });

  it('so is a conversion to an integer', () => {
    const shape = arrayShape('s32', [5]);
    const [r] = run(
      onVector(5, (b, p) => b.op('convert', [p], {}, { shape })),
      x,
    );
    expect(marksOf(r)).toEqual([0, 1, 1, 0, 0]);
  });

  it('without radii everything is decided', () => {
    const [r] = run(
      onVector(3, (b, p) => b.op('floor', [p])),
      vector([0, 1, 2.5], 0),
    );
    expect(r.undecided).toBeUndefined();
  });
});

describe('compare and select', () => {
  it('a comparison is undecided where the intervals meet', () => {
    const module = onVector(4, (b, x) => b.op('compare', [x, zeros(b, 4)], { direction: 'GT' }));
    const [r] = run(module, vector([1, 0.05, -0.05, -1], 0.1));
    expect(marksOf(r)).toEqual([0, 1, 1, 0]);
  });

  it('a value compared with itself is decided', () => {
    const module = onVector(2, (b, x) => b.op('compare', [x, x], { direction: 'NE' }));
    expect(marksOf(run(module, vector([1, NaN], 0.1))[0])).toEqual([0, 0]);
  });

  it('relu is decided at 0, and its radius covers both branches', () => {
    const module = onVector(3, (b, x) => {
      const positive = b.op('compare', [x, zeros(b, 3)], { direction: 'GT' });
      return b.op('select', [positive, x, zeros(b, 3)]);
    });
    const [r] = run(module, vector([1, -0.0625, -1], 0.125));
    expect(marksOf(r)).toEqual([0, 0, 0]);
    expect([r.data[1], effectiveRadius(r, 1)]).toEqual([0, 0.0625 + 0.125]);
    expect(effectiveRadius(r, 2)).toBe(0);
  });

  it('branches far apart leave the element undecided', () => {
    const module = onVector(2, (b, x) => {
      const positive = b.op('compare', [x, zeros(b, 2)], { direction: 'GT' });
      return b.op('select', [positive, b.broadcast(b.scalar('f32', 5), [2]), zeros(b, 2)]);
    });
    expect(marksOf(run(module, vector([0.05, 1], 0.1))[0])).toEqual([1, 0]);
  });

  it('and with a certain false is false', () => {
    const module = onVector(2, (b, x) => {
      const p = b.op('compare', [x, zeros(b, 2)], { direction: 'GT' });
      const low = b.op('compare', [x, b.broadcast(b.scalar('f32', -1), [2])], { direction: 'LT' });
      return b.op('and', [p, low]);
    });
    expect(marksOf(run(module, vector([0.05, 1], 0.1))[0])).toEqual([0, 0]);
  });
});

const argmax = `HloModule argmax
pick {
  a = f32[] parameter(0)
  i = s32[] parameter(1)
  b = f32[] parameter(2)
  j = s32[] parameter(3)
  gt = pred[] compare(a, b), direction=GT
  nan = pred[] compare(a, a), direction=NE
  first = pred[] or(gt, nan)
  value = f32[] select(first, a, b)
  eq = pred[] compare(a, b), direction=EQ
  lower = pred[] compare(i, j), direction=LT
  tie = pred[] and(eq, lower)
  index = pred[] or(first, tie)
  place = s32[] select(index, i, j)
  ROOT r = (f32[], s32[]) tuple(value, place)
}
ENTRY main {
  x = f32[5] parameter(0)
  n = s32[5] iota(), iota_dimension=0
  low = f32[] constant(-inf)
  zero = s32[] constant(0)
  ROOT r = (f32[], s32[]) reduce(x, n, low, zero), dimensions={0}, to_apply=pick
}`;

describe('argmax', () => {
  it('is decided where one element leads, whatever the order of the others', () => {
    const [value, place] = run(parseModule(argmax), vector([1, 1.05, 3, 0.97, 1.02], 0.1));
    expect([value.data[0], place.data[0]]).toEqual([3, 2]);
    expect([marksOf(value), marksOf(place)]).toEqual([[0], [0]]);
  });

  it('gives a decided value and an undecided place where two lead', () => {
    const [value, place] = run(parseModule(argmax), vector([1, 2.95, 3, 0, 1], 0.1));
    expect(marksOf(value)).toEqual([0]);
    expect(effectiveRadius(value, 0)).toBeGreaterThanOrEqual(0.1);
    expect(marksOf(place)).toEqual([1]);
  });

  it('takes the first of certain equals', () => {
    const [, place] = run(parseModule(argmax), vector([1, 3, 3, 0, 1], 0));
    expect([place.data[0], ...marksOf(place)]).toEqual([1, 0]);
  });
});

function sorting(n: number, is_stable: boolean): Module {
  const m = new ModuleBuilder('sorting');
  const before = m.computation('before', (b) => {
    const [x, y] = ['x', 'y'].map((p) => b.parameter(p, arrayShape('f32', [])));
    ['i', 'j'].map((p) => b.parameter(p, arrayShape('s32', [])));
    return b.op('compare', [x, y], { direction: 'LT' });
  });
  return m.entry((b) => {
    const x = b.parameter('x', arrayShape('f32', [n]));
    const at = b.op('iota', [], { iota_dimension: 0 }, { shape: arrayShape('s32', [n]) });
    const shapes: ArrayShape[] = [arrayShape('f32', [n]), arrayShape('s32', [n])];
    const attrs = { dimensions: [0], to_apply: before, is_stable };
    return b.op('sort', [x, at], attrs, { shape: tupleShape(shapes) });
  });
}

describe('sort and topk', () => {
  it('values are decided, places only where the order is', () => {
    const [values, places] = run(sorting(5, true), vector([3, 1, 1.05, 2, 5], 0.1));
    expect([...values.data]).toEqual([1, 1.05, 2, 3, 5]);
    expect(marksOf(values)).toEqual([0, 0, 0, 0, 0]);
    expect([...places.data]).toEqual([1, 2, 3, 0, 4]);
    expect(marksOf(places)).toEqual([1, 1, 0, 0, 0]);
  });

  it('a wide interval makes the run as long as it reaches', () => {
    const x = vector([1, 2, 3, 9], 0.1);
    x.bound![0] = x.deviation![0] = 2.5;
    const [values, places] = run(sorting(4, true), x);
    expect(marksOf(places)).toEqual([1, 1, 1, 0]);
    expect(effectiveRadius(values, 1)).toBe(2.5);
  });

  it('certain ties keep their order only in a stable sort', () => {
    const ties = vector([2, 1, 1], 0);
    expect(marksOf(run(sorting(3, true), ties)[1])).toEqual([0, 0, 0]);
    expect(marksOf(run(sorting(3, false), ties)[1])).toEqual([1, 1, 0]);
  });

  it('topk: an element that may not be among the best leaves its place undecided', () => {
    const shape = tupleShape([arrayShape('f32', [2]), arrayShape('s32', [2])]);
    const module = onVector(4, (b, x) => b.op('topk', [x], { k: 2, largest: true }, { shape }));
    const [values, places] = run(module, vector([1, 7, 0.95, 0], 0.1));
    expect([...values.data]).toEqual([7, 1]);
    expect(marksOf(values)).toEqual([0, 0]);
    expect(marksOf(places)).toEqual([0, 1]);
  });
});

describe('control', () => {
  const loop = (limit: string) => `HloModule loop
body { p = f32[] parameter(0) one = f32[] constant(1) ROOT r = f32[] add(p, one) }
cond { p = f32[] parameter(0) n = f32[] constant(${limit}) ROOT r = pred[] compare(p, n), direction=LT }
ENTRY main { x = f32[] parameter(0) ROOT w = f32[] while(x), condition=cond, body=body }`;
  const start = (radius: number) => ({ ...vector([0], radius), shape: arrayShape('f32', []) });

  it('a loop runs as long as its condition is decided', () => {
    const [r] = run(parseModule(loop('4.5')), start(0.1));
    expect([r.data[0], ...marksOf(r)]).toEqual([5, 0]);
  });

  it('a loop whose end is undecided gives undecided values, and says so', () => {
    const { value, reasons } = runExact(parseModule(loop('4')), [start(0.1)]);
    expect(marksOf(leaves(value)[0])).toEqual([1]);
    expect(reasons).toHaveLength(1);
  });

  it('an op without a rule gives undecided values with its name', () => {
    const module = onVector(4, (b, x) => {
      const ends = [0, 1].map((end) => b.scalar('f32', end));
      const shape = arrayShape('f32', [4]);
      const drawn = b.op('rng', ends, { distribution: 'rng_normal' }, { shape });
      return b.op('add', [x, drawn]);
    });
    const { value, reasons } = runExact(module, [vector([1, 0, 0, 1], 0)]);
    expect(marksOf(leaves(value)[0])).toEqual([1, 1, 1, 1]);
    expect(reasons.join()).toContain('rng');
  });
});

describe('gather', () => {
  it('only what an undecided index selects is undecided', () => {
    const text = `HloModule g
ENTRY main {
  x = f32[4] parameter(0)
  at = f32[2,1] parameter(1)
  i = s32[2,1] convert(at)
  ROOT r = f32[2,1] gather(x, i), offset_dims={1}, collapsed_slice_dims={}, start_index_map={0}, index_vector_dim=1, slice_sizes={1}
}`;
    const at: ExactTensor = { ...vector([1.5, 2], 0.1), shape: arrayShape('f32', [2, 1]) };
    const [r] = run(parseModule(text), vector([1, 2, 3, 4], 0), at);
    expect(marksOf(r)).toEqual([0, 1]);
    expect(r.data[0]).toBe(2);
  });
});

describe('flushing', () => {
  const tiny = tensorOf('f32', [1], [2 ** -130]);
  const module = onVector(1, (b, x) => b.op('add', [x, x]));
  const lifted: ExactTensor = { ...tiny, data: Float64Array.from(tiny.data as Float32Array) };

  it('a subnormal result may be zero, unless flushing is off', () => {
    const [r] = leaves(runExact(module, [lifted]).value);
    expect(effectiveRadius(r, 0)).toBeGreaterThanOrEqual(2 ** -129);
    const [s] = leaves(runExact(module, [lifted], { flush: false }).value);
    expect(effectiveRadius(s, 0)).toBe(0);
  });
});
