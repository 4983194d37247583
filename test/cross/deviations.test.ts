/**
 * The known deviations of `npm run cross:xla`: each covers the number that its explanation predicts,
 * and not a plain wrong one in its place or beside it.
 */
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { arrayShape, tupleShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { runReference } from '../../validator/reference/run.ts';
import { opModule } from '../support/run-op.ts';
import { compareOutcome } from './compare.ts';
import { elementDeviations, resultDeviations } from './known-deviations.ts';

interface Deviating {
  readonly opcode: Opcode;
  readonly instruction: string;
  readonly more?: string;
  readonly inputs: readonly Tensor[];
  /** Elements of XLA's result at position 0: the deviation, and numbers that are plainly wrong. */
  readonly known: readonly (number | bigint)[];
  readonly wrong: readonly (readonly (number | bigint)[])[];
}

const fround = Math.fround;
const one = (type: Parameters<typeof tensorOf>[0], ...x: (number | bigint)[]) =>
  tensorOf(type, [2], x.length === 1 ? [x[0], x[0]] : x);
const complex = (type: 'c64' | 'c128', re: number, im: number) =>
  tensorOf(type, [2], [re, im, re, im].map(type === 'c64' ? fround : Number));

const cases: readonly Deviating[] = [
  {
    opcode: 'power',
    instruction: 's32[2] power(p0, p1)',
    inputs: [one('s32', 3), one('s32', 65)],
    known: [3],
    wrong: [[4], [0]],
  },
  {
    opcode: 'power',
    instruction: 'u32[2] power(p0, p1)',
    inputs: [one('u32', 3), one('u32', 2 ** 31)],
    known: [0],
    wrong: [[2]],
  },
  {
    opcode: 'popcnt',
    instruction: 's4[2] popcnt(p0)',
    inputs: [one('s4', -8)],
    known: [5],
    wrong: [[4], [2]],
  },
  {
    opcode: 'convert',
    instruction: 'u16[2] convert(p0)',
    inputs: [one('f4e2m1fn', 6)],
    known: [65535],
    wrong: [[5], [32767]],
  },
  {
    opcode: 'cbrt',
    instruction: 'f32[2] cbrt(p0)',
    inputs: [one('f32', 2 ** -140)],
    known: [fround(-5.585809592645319e-16)],
    wrong: [[fround(-5e-15)], [0.5]],
  },
  {
    opcode: 'sine',
    instruction: 'c64[2] sine(p0)',
    inputs: [complex('c64', 0, 1e-6)],
    known: [0, fround(9.5e-7)],
    wrong: [
      [0, fround(1e-5)],
      [0.5, fround(1e-6)],
    ],
  },
  {
    opcode: 'sqrt',
    instruction: 'c64[2] sqrt(p0)',
    inputs: [complex('c64', -4, -0)],
    known: [0, 2],
    wrong: [
      [0, 3],
      [1, 2],
    ],
  },
  {
    opcode: 'log',
    instruction: 'c128[2] log(p0)',
    inputs: [complex('c128', 1.25, 0.5)],
    known: [Math.log(Math.hypot(1.25, 0.5)) + 7e-15, Math.atan2(0.5, 1.25)],
    wrong: [
      [Math.log(Math.hypot(1.25, 0.5)) + 7e-13, Math.atan2(0.5, 1.25)],
      [Math.log(Math.hypot(1.25, 0.5)) + 7e-15, Math.atan2(0.5, 1.25) + 7e-15],
    ],
  },
  {
    opcode: 'cosine',
    instruction: 'c64[2] cosine(p0)',
    inputs: [complex('c64', 1, -88)],
    known: [Infinity, Infinity],
    wrong: [[0, Infinity]],
  },
  {
    opcode: 'log-plus-one',
    instruction: 'c128[2] log-plus-one(p0)',
    inputs: [complex('c128', -0.7976650116033852, 0.741617969237268)],
    known: [-0.2630232209482539, 1.304449470643306],
    wrong: [
      [-0.26302322094, 1.304449470643306],
      [-0.2630232209482539, 1.30444947064],
    ],
  },
  {
    opcode: 'logistic',
    instruction: 'f16[2] logistic(p0)',
    inputs: [one('f16', -12.984375)],
    known: [0],
    wrong: [[2 ** -24 * 30], [2 ** -10]],
  },
  {
    opcode: 'all-reduce',
    instruction: 'f32[2] all-reduce(p0), replica_groups={{0}}, to_apply=sum',
    more: `sum { a = f32[] parameter(0)
      b = f32[] parameter(1)
      ROOT s = f32[] add(a, b) }`,
    inputs: [one('f32', 2 ** -130)],
    known: [0],
    wrong: [[2 ** -131], [1]],
  },
  {
    opcode: 'reduce-scatter',
    instruction: 'c64[2] reduce-scatter(p0), replica_groups={{0}}, dimensions={0}, to_apply=sum',
    more: `sum { a = c64[] parameter(0)
      b = c64[] parameter(1)
      ROOT s = c64[] add(a, b) }`,
    inputs: [complex('c64', 2, 2 ** -140)],
    known: [2, 0],
    wrong: [
      [0, 2 ** -140],
      [2, 1],
    ],
  },
  {
    opcode: 'tanh',
    instruction: 'c64[2] tanh(p0)',
    inputs: [complex('c64', 200, 0)],
    known: [NaN, NaN],
    wrong: [[0.5, 0]],
  },
];

describe('a known deviation', () => {
  it.each(cases)('$instruction', ({ opcode, instruction, more = '', inputs, known, wrong }) => {
    const module = opModule(
      inputs.map((t) => arrayShape(t.shape.type, t.shape.dims)),
      instruction,
      more,
    );
    const kind = (x: readonly (number | bigint)[]) => kindOf(opcode, module, inputs, x);
    expect(kind(known)).toBe('known');
    for (const x of wrong) expect(kind(x)).toBe('outside');
    expect(kindOf(opcode, module, inputs, known, 'both')).toBe('outside');
  });

  it('is no excuse for a NaN at an ordinary argument', () => {
    const nan = tensorOf('c64', [2], [NaN, NaN, NaN, NaN]);
    for (const opcode of ['log', 'tanh', 'sqrt', 'exponential', 'sign'] as const) {
      const module = opModule([arrayShape('c64', [2])], `c64[2] ${opcode}(p0)`);
      const job = { module, inputs: [complex('c64', 2, 0)] };
      expect(compareOutcome(opcode, job, { kind: 'ran', outputs: [nan] }).kind).toBe('outside');
    }
  });

  it('puts the NaN of a type without a sign for it first, and nothing else in the wrong place', () => {
    const module = opModule(
      [arrayShape('f8e4m3fnuz', [3])],
      '(f8e4m3fnuz[3], s32[3]) topk(p0), k=3, largest=false',
    );
    const kind = (x: readonly number[], values: readonly number[], at: readonly number[]) => {
      const outputs = [tensorOf('f8e4m3fnuz', [3], values), tensorOf('s32', [3], at)];
      const job = { module, inputs: [tensorOf('f8e4m3fnuz', [3], x)] };
      return compareOutcome('topk', job, { kind: 'ran', outputs }).kind;
    };
    expect(kind([1, NaN, -2], [-2, 1, NaN], [2, 0, 1])).toBe('bit-equal');
    expect(kind([1, NaN, -2], [NaN, -2, 1], [1, 2, 0])).toBe('known');
    expect(kind([1, 4, -2], [4, -2, 1], [1, 2, 0])).toBe('outside');
  });

  it('says where it is written', () => {
    for (const { source } of [...elementDeviations, ...resultDeviations]) {
      expect(source).toMatch(/\.cc|openxla\.org|measured on jax|order of the sums/);
    }
  });
});

describe('a result that is known', () => {
  const x = tensorOf('f32', [4, 1], [1000, 1000.25, 1000.5, 1000.75]);
  const vector = (v: number) => tensorOf('f32', [1], [v]);

  it('has the variance E[x²] - E[x]² and nothing else wrong', () => {
    const types = [arrayShape('f32', [4, 1]), arrayShape('f32', [1])] as const;
    const shape = tupleShape([types[0], types[1], types[1]]);
    const module = new ModuleBuilder('m').entry((b) => {
      const p = [types[0], types[1], types[1]].map((s, k) => b.parameter(`p${k}`, s));
      return b.op('batch-norm-training', p, { epsilon: 0.001, feature_index: 1 }, { shape });
    });
    const inputs = [x, vector(1), vector(0)];
    const mean = 1000.375;
    const variance = 0.125;
    const normal = (at: number) => fround((at - mean) / Math.sqrt(variance + 0.001));
    const outputs = (scale: number, average: number) => [
      tensorOf(
        'f32',
        [4, 1],
        [1000, 1000.25, 1000.5, 1000.75].map((v) => scale * normal(v)),
      ),
      vector(average),
      vector(variance),
    ];
    const kind = (found: Tensor[]) =>
      compareOutcome('batch-norm-training', { module, inputs }, { kind: 'ran', outputs: found })
        .kind;
    expect(kind(outputs(1, mean))).toBe('known');
    expect(kind(outputs(1, mean + 1))).toBe('outside');
  });

  it('may overflow where the number of elements is a factor of a gradient, and is not another one', () => {
    const types = [[2, 1], [1], [1], [1], [2, 1]].map((dims) => arrayShape('f16', dims));
    const shape = tupleShape(types.slice(0, 3));
    const module = new ModuleBuilder('m').entry((b) => {
      const p = types.map((s, k) => b.parameter(`p${k}`, s));
      return b.op('batch-norm-grad', p, { epsilon: 0.001, feature_index: 1 }, { shape });
    });
    const kind = (size: number, x: number) => {
      const values = [[1, -1], [1], [0], [1], [size, 1]];
      const inputs = values.map((v, k) => tensorOf('f16', types[k].dims, v));
      const [gradient, ...right] = leafTensors(runReference(module, inputs));
      const first = tensorOf('f16', [2, 1], [x, Number(gradient.data[1])]);
      const outcome = { kind: 'ran', outputs: [first, ...right] } as const;
      return compareOutcome('batch-norm-grad', { module, inputs }, outcome).kind;
    };
    expect(['known', 'undecided']).toContain(kind(40000, Infinity));
    expect(kind(10000, -10000)).toBe('outside');
  });

  it('chooses among equal elements by columns where those are padded, and by rows elsewhere', () => {
    const chosen = (pad: string, sources: readonly number[], x: readonly number[]) => {
      const dims = [1, sources.length];
      const module = opModule(
        [arrayShape('s32', [2, 2]), arrayShape('s32', dims), arrayShape('s32', [])],
        `s32[2,2] select-and-scatter(p0, p1, p2), window={size=2x2${pad}}, select=ge, scatter=sum`,
        `ge { a = s32[] parameter(0)
        b = s32[] parameter(1)
        ROOT c = pred[] compare(a, b), direction=GE }
        sum { a = s32[] parameter(0)
        b = s32[] parameter(1)
        ROOT s = s32[] add(a, b) }`,
      );
      const inputs = [
        tensorOf('s32', [2, 2], [5, 7, 7, 5]),
        tensorOf('s32', dims, sources),
        tensorOf('s32', [], [0]),
      ];
      const outcome = { kind: 'ran', outputs: [tensorOf('s32', [2, 2], x)] } as const;
      return compareOutcome('select-and-scatter', { module, inputs }, outcome).kind;
    };
    const padded = ' pad=0_0x1_1';
    expect(chosen(padded, [1, 2, 4], [0, 6, 1, 0])).toBe('bit-equal');
    expect(chosen(padded, [1, 2, 4], [0, 4, 3, 0])).toBe('known');
    expect(chosen(padded, [1, 2, 4], [3, 4, 0, 0])).toBe('outside');
    expect(chosen('', [1], [0, 0, 1, 0])).toBe('outside');
  });

  it('counts the last of several updates at the place that empty indices name, and no other', () => {
    const module = opModule(
      [arrayShape('f32', [1]), arrayShape('s32', [3, 0]), arrayShape('f32', [3])],
      `f32[1] scatter(p0, p1, p2), update_window_dims={}, inserted_window_dims={0},
       scatter_dims_to_operand_dims={}, index_vector_dim=1, to_apply=times`,
      `times { a = f32[] parameter(0)
      b = f32[] parameter(1)
      ROOT t = f32[] multiply(a, b) }`,
    );
    const updates = tensorOf('f32', [3], [2, 3, 5]);
    const inputs = [tensorOf('f32', [1], [1]), tensorOf('s32', [3, 0], []), updates];
    const kind = (v: number) =>
      compareOutcome('scatter', { module, inputs }, { kind: 'ran', outputs: [vector(v)] }).kind;
    expect([30, 5, 3, 10].map(kind)).toEqual(['bit-equal', 'known', 'outside', 'outside']);
  });
});

/** What a result counts as whose element 0 is `x`; `both`: the other is wrong too, by a plain 77. */
function kindOf(
  opcode: Opcode,
  module: Module,
  inputs: readonly Tensor[],
  x: readonly (number | bigint)[],
  both = '',
) {
  const [right] = leafTensors(runReference(module, inputs));
  const data = right.data.slice();
  x.forEach((v, p) => {
    data[p] = v as never;
  });
  if (both)
    data[x.length] = (
      typeof data[0] === 'bigint' ? 77n : right.shape.type === 's4' ? 7 : 77
    ) as never;
  const outcome = { kind: 'ran', outputs: [{ ...right, data }] } as const;
  return compareOutcome(opcode, { module, inputs }, outcome).kind;
}
