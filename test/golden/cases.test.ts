/** Generated inputs: every kind has its defining property, annotations and index ranges are kept. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotationOf } from '../../golden/annotation.ts';
import { defaultCases, generateCase, generateTensor } from '../../golden/cases.ts';
import { hasMean, kindsFor } from '../../golden/kinds/chosen-kinds.ts';
import { indexRanges } from '../../golden/kinds/index-ranges.ts';
import { type CaseKind, caseKinds } from '../../golden/kinds/kinds.ts';
import { randomOf } from '../../golden/kinds/random.ts';
import { type ElementType, elementTypes, floatFormat } from '../../graphs/ir/element-type.ts';
import { entryOf, type Module, parametersOf } from '../../graphs/ir/module.ts';
import { rounder, wrapper } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { zoo } from '../../graphs/zoo/zoo.ts';

const kinds = Object.keys(caseKinds) as CaseKind[];
const types = Object.keys(elementTypes) as ElementType[];
const floatTypes = types.filter((t) => elementTypes[t].kind === 'float');
const signedFloats = floatTypes.filter((t) => floatFormat(t).signed);

const seeds = fc.integer({ min: 0, max: 1e9 });
const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 });

/** Values of one tensor with the annotation of a text. */
function draw(
  type: ElementType,
  dims: readonly number[],
  { kind, seed = 1, annotation = 'any' }: { kind: CaseKind; seed?: number; annotation?: string },
): Tensor {
  const random = randomOf(seed, kind);
  return generateTensor(arrayShape(type, dims), {
    kind,
    random,
    annotation: annotationOf(parameterWith(annotation), 0),
  });
}

function parameterWith(annotation: string) {
  const text = `HloModule m
ENTRY e { ROOT p = f32[2] parameter(0), frontend_attributes={assay.input="${annotation}"} }`;
  return parametersOf(entryOf(parseModule(text)))[0]!;
}

function rowsOf(t: Tensor): number[][] {
  const row = t.shape.dims.at(-1)!;
  const data = Array.from(t.data as Float32Array);
  return Array.from({ length: data.length / row }, (_, i) => data.slice(i * row, (i + 1) * row));
}

const sum = (xs: readonly number[]) => xs.reduce((s, x) => s + x, 0);

describe('every kind', () => {
  it.each(kinds)('%s: values are of their type, and the seed decides them', (kind) => {
    fc.assert(
      fc.property(fc.constantFrom(...types), sizes, seeds, (type, dims, seed) => {
        const t = draw(type, dims, { kind, seed });
        const { kind: family, bits, part } = elementTypes[type];
        const float = family === 'float' || part !== undefined;
        const own = float ? rounder(type) : wrapper(type);
        const held = [...(t.data as Float32Array)].every((x) =>
          bits > 53 && !float ? typeof x === 'bigint' : Object.is(own(x), x),
        );
        expect(held).toBe(true);
        expect(draw(type, dims, { kind, seed })).toEqual(t);
      }),
      { numRuns: 100 },
    );
    expect(draw('f32', [64], { kind, seed: 2 })).not.toEqual(draw('f32', [64], { kind, seed: 3 }));
  });
});

describe('the property that defines a kind', () => {
  it('lattice: dots of 4,096 f32 terms are exact in any order', () => {
    for (const annotation of ['any', 'weight:4096']) {
      const x = draw('f32', [4096], { kind: 'lattice', seed: 5 }).data as Float32Array;
      const y = draw('f32', [4096], { kind: 'lattice', seed: 6, annotation }).data as Float32Array;
      const products = [...x].map((a, i) => Math.fround(a * y[i]!));
      const inF32 = (xs: number[]) => xs.reduce((s, p) => Math.fround(s + p), 0);
      const exact = sum([...x].map((a, i) => a * y[i]!));
      expect(inF32(products)).toBe(exact);
      expect(inF32(products.toReversed())).toBe(exact);
      expect(inF32(products.toSorted((a, b) => a - b))).toBe(exact);
      expect(new Set(products).size).toBeGreaterThan(4);
    }
  });

  it.each(signedFloats)('offset: %s varies little around a large mean', (type) => {
    const xs = [...(draw(type, [64], { kind: 'offset' }).data as Float32Array)];
    const mean = sum(xs) / 64;
    const deviation = Math.sqrt(sum(xs.map((x) => (x - mean) ** 2)) / 64);
    expect(mean).toBeGreaterThan(deviation);
    expect(new Set(xs).size).toBeGreaterThan(1);
  });

  it.each(signedFloats)('ties: each value of a %s row occurs again', (type) => {
    for (const row of rowsOf(draw(type, [5, 33], { kind: 'ties' }))) {
      expect(new Set(row).size).toBeLessThanOrEqual(8);
      expect(row.filter((x) => row.filter((y) => y === x).length < 2)).toEqual([]);
    }
  });

  it.each(['f16', 'f32', 'f64'] as const)('near-ties: %s differs, bf16 does not', (type) => {
    const bf16 = rounder('bf16');
    const rows = rowsOf(draw(type, [4, 40], { kind: 'near-ties', annotation: 'weight:64' }));
    for (const row of rows.slice(0, 3)) {
      const best = bf16(Math.max(...row));
      const tied = row.filter((x) => bf16(x) === best);
      expect(new Set(tied).size).toBeGreaterThan(1);
      expect(new Set(row.map(bf16)).size).toBeLessThanOrEqual(10);
      expect(new Set(row).size).toBeGreaterThan(30);
    }
  });

  it.each(signedFloats)('extremes: %s spans magnitudes, and squares stay finite', (type) => {
    const xs = [...(draw(type, [256], { kind: 'extremes' }).data as Float32Array)].map(Math.abs);
    expect(Math.max(...xs) / Math.min(...xs)).toBeGreaterThanOrEqual(4);
    expect(rounder(type)(Math.max(...xs))).toBeLessThan(Infinity);
    if (elementTypes[type].bits > 8) {
      expect(rounder(type)(Math.max(...xs) ** 2)).toBeLessThan(Infinity);
      expect(rounder(type)(Math.min(...xs) ** 2)).toBeGreaterThan(0);
    }
  });

  it.each(signedFloats)('subnormals: about half of %s are subnormal', (type) => {
    const xs = [
      ...(draw(type, [256], { kind: 'subnormals', annotation: 'weight:64' }).data as Float32Array),
    ];
    const least = 2 ** floatFormat(type).minExponent;
    const subnormal = xs.filter((x) => x !== 0 && Math.abs(x) < least).length;
    expect(subnormal).toBeGreaterThan(256 / 8);
    expect(subnormal).toBeLessThan(256);
  });

  it.each(['bf16', 'f16', 'f32', 'f64'] as const)(
    'specials: %s has each, in few places',
    (type) => {
      const xs = [...(draw(type, [4, 50], { kind: 'specials' }).data as Float32Array)];
      for (const special of [NaN, Infinity, -Infinity, 0, -0]) {
        expect(xs.some((x) => Object.is(x, special))).toBe(true);
      }
      const typical = xs.filter((x) => Number.isFinite(x) && x !== 0);
      expect(typical.length).toBeGreaterThan(180);
      expect(xs.slice(0, 150).every((x) => Number.isFinite(x) && x !== 0)).toBe(true);
      const weights = draw(type, [4, 50], { kind: 'specials', annotation: 'weight:50' });
      expect([...(weights.data as Float32Array)].every(Number.isFinite)).toBe(true);
    },
  );

  it('cancellation: rows sum to almost nothing', () => {
    for (const type of ['bf16', 'f32', 'f64'] as const) {
      const { precision } = floatFormat(type);
      const rows = rowsOf(draw(type, [6, 31], { kind: 'cancellation' }));
      expect(rows.some((row) => sum(row) !== 0)).toBe(true);
      for (const row of rows) {
        const total = Math.abs(sum(row));
        expect(total).toBeLessThan(sum(row.map(Math.abs)) * 2 ** (3 - precision));
      }
    }
  });

  it('one-hot, sorted and duplicates are what they say', () => {
    for (const type of ['f32', 's32', 'bf16', 's8'] as const) {
      for (const row of rowsOf(draw(type, [6, 9], { kind: 'one-hot' }))) {
        expect(row.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
      }
      rowsOf(draw(type, [6, 9], { kind: 'sorted' })).forEach((row, i) => {
        const ascending = row.toSorted((a, b) => a - b);
        expect(row).toEqual(i % 2 ? ascending.reverse() : ascending);
      });
      const rows = rowsOf(draw(type, [6, 9], { kind: 'duplicates' }));
      expect([rows[1], rows[3], rows[5]]).toEqual([rows[0], rows[2], rows[4]]);
      expect(rows[2]).not.toEqual(rows[0]);
    }
  });
});

describe('annotations', () => {
  const values = (kind: CaseKind, annotation: string, type: ElementType = 'f32') => [
    ...(draw(type, [8, 32], { kind, annotation }).data as Float32Array),
  ];

  it.each(kinds)('%s keeps to them', (kind) => {
    const numbers = (annotation: string) => values(kind, annotation);
    expect(numbers('range:-1:0.5').filter((x) => !(x >= -1 && x <= 0.5))).toEqual([]);
    expect(numbers('positive').filter((x) => !(x > 0))).toEqual([]);
    const integers = (annotation: string) => values(kind, annotation, 's32');
    expect(integers('index:7').filter((x) => x < 0 || x >= 7)).toEqual([]);
    expect(integers('range:-3:5').filter((x) => x < -3 || x > 5)).toEqual([]);
    for (const row of rowsOf(draw('f32', [8, 32], { kind, annotation: 'probability' }))) {
      const total = sum(row);
      expect(row.every((p) => p >= 0)).toBe(true);
      expect(total > 0.5 - Number.EPSILON && total <= 1 + 2 ** -20).toBe(true);
    }
  });

  it('scales are powers of two', () => {
    const plain = values('typical', 'any');
    expect(values('typical', 'weight:64')).toEqual(plain.map((x) => x / 8));
    expect(values('typical', 'scale:4')).toEqual(plain.map((x) => x * 4));
  });

  it.each(['nonsense', 'index', 'index:0', 'index:x', 'range:2:1', 'scale:-1', 'toString'])(
    '%s is refused by name',
    (annotation) => {
      expect(() => annotationOf(parameterWith(annotation), 0)).toThrow(annotation);
    },
  );
});

/** What is inferred for parameter 0 (an s32) of a body. */
const rangeCases: readonly [string, string, number | undefined][] = [
  [
    'gather',
    'f32[9,4] parameter(1)\n i = s32[5,1] reshape(p)\n ROOT r = f32[5,4] gather(q, i), offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1,4}',
    9,
  ],
  [
    'dynamic-slice through clamp and convert',
    'f32[9] parameter(1)\n s = s32[1] slice(p), slice={[0:1]}\n i = s32[] reshape(s)\n z = s32[] constant(0)\n t = s32[] constant(20)\n c = s32[] clamp(z, i, t)\n l = s64[] convert(c)\n ROOT r = f32[3] dynamic-slice(q, l), dynamic_slice_sizes={3}',
    7,
  ],
  [
    'one-hot by iota',
    's32[5,11] iota(), iota_dimension=1\n b = s32[5,11] broadcast(p), dimensions={0}\n ROOT r = pred[5,11] compare(b, q), direction=EQ',
    11,
  ],
  ['plain arithmetic', 's32[5] constant({1,2,3,4,5})\n ROOT r = s32[5] add(p, q)', undefined],
  [
    'through a tuple',
    'f32[6,4] parameter(1)\n t = (f32[6,4], s32[5]) tuple(q, p)\n g = s32[5] get-tuple-element(t), index=1\n i = s32[5,1] reshape(g)\n ROOT r = f32[5,4] gather(q, i), offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1,4}',
    6,
  ],
  ['through a call', 'f32[6,4] parameter(1)\n ROOT r = f32[5,4] call(q, p), to_apply=lookup', 6],
];

const lookup = `lookup {
 table = f32[6,4] parameter(0)
 tokens = s32[5] parameter(1)
 i = s32[5,1] reshape(tokens)
 ROOT r = f32[5,4] gather(table, i), offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1,4}
}`;

describe('index ranges', () => {
  it.each(rangeCases)('%s', (_, body, limit) => {
    const module = parseModule(
      `HloModule m\n\n${lookup}\n\nENTRY e {\n p = s32[5] parameter(0)\n q = ${body}\n}`,
    );
    const range = indexRanges(module)(0, []);
    expect(range).toEqual(limit === undefined ? undefined : { lo: 0, hi: limit });
    if (limit === undefined) return;
    for (const kind of kinds) {
      const { inputs } = generateCase(module, kind, 3);
      const found = [...((inputs[0] as Tensor).data as Int32Array)];
      const outside = found.filter((i) => i < 0 || i >= limit);
      if (kind === 'out-of-range') expect(outside.length).toBeGreaterThan(1);
      else if (kind !== 'constants') expect(outside).toEqual([]);
    }
  });

  it('a loop is followed through its state, and its bound kept small', () => {
    const module = parseModule(`HloModule m
cond {
 s = (s32[], s32[], f32[9]) parameter(0)
 i = s32[] get-tuple-element(s), index=0
 n = s32[] get-tuple-element(s), index=1
 ROOT lt = pred[] compare(i, n), direction=LT
}
body {
 s = (s32[], s32[], f32[9]) parameter(0)
 i = s32[] get-tuple-element(s), index=0
 n = s32[] get-tuple-element(s), index=1
 x = f32[9] get-tuple-element(s), index=2
 one = s32[] constant(1)
 next = s32[] add(i, one)
 u = f32[1] dynamic-slice(x, i), dynamic_slice_sizes={1}
 y = f32[9] dynamic-update-slice(x, u, n)
 ROOT t = (s32[], s32[], f32[9]) tuple(next, n, y)
}
ENTRY e {
 s = (s32[], s32[], f32[9]) parameter(0)
 ROOT w = (s32[], s32[], f32[9]) while(s), condition=cond, body=body
}`);
    const ranges = indexRanges(module);
    expect(ranges(0, [0])).toEqual({ lo: 0, hi: 9 });
    expect(ranges(0, [1])).toEqual({ lo: 0, hi: 9 });
  });
});

describe('cases of a module', () => {
  const tuple = (extra: string): Module =>
    parseModule(`HloModule m
ENTRY e {
 p = (f32[3], (s8[2], pred[4]), token[]) parameter(0)
 x = f32[5] parameter(1)${extra}
 ROOT t = (f32[5]) tuple(x)
}`);

  it('fill tuples, and a parameter more changes no other', () => {
    const one = generateCase(tuple(''), 'typical', 9);
    const two = generateCase(tuple('\n y = f32[7] parameter(2)'), 'typical', 9);
    expect(leafTensors(one.inputs[0]!).map((t) => t.shape.type)).toEqual(['f32', 's8', 'pred']);
    expect(two.inputs.slice(0, 2)).toEqual(one.inputs);
    expect(two.inputs).toHaveLength(3);
    expect(one.name).toBe('typical-9');
  });

  it.each(zoo.map((m) => [m.name, m] as const))('%s: all default kinds', (_, { build }) => {
    const module = build();
    const cases = defaultCases(module, 1);
    expect([...new Set(cases.map((c) => c.kind))]).toEqual(kindsFor(module));
    expect(cases.every((c) => c.why)).toBe(true);
    const shapes = parametersOf(entryOf(module)).map((p) => p.shape);
    for (const { inputs } of cases) {
      expect(inputs.map((v) => (v as Tensor).shape)).toEqual(shapes);
    }
  });
});

describe('random streams', () => {
  it('are the same on every platform', () => {
    const random = randomOf(1, 'a', 2);
    const first = [random.u32(), random.u32(), random.u32()];
    expect(first).toMatchInlineSnapshot(`
      [
        454520692,
        3347589428,
        14799177,
      ]
    `);
  });

  it('differ by seed and by label, and are uniform', () => {
    const streams = [randomOf(1, 'a'), randomOf(2, 'a'), randomOf(1, 'b')];
    expect(new Set(streams.map((r) => r.u32())).size).toBe(3);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[streams[0]!.integer(0, 10)]!++;
    const chiSquared = sum(counts.map((c) => (c - 1000) ** 2 / 1000));
    const oneInAMillion = 45;
    expect(chiSquared).toBeLessThan(oneInAMillion);
  });

  it('shuffle keeps the elements', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), seeds, (xs, seed) => {
        expect(
          randomOf(seed)
            .shuffle([...xs])
            .toSorted(),
        ).toEqual(xs.toSorted());
      }),
    );
  });
});

it('an operand that a fusion does not take has no range and does no harm', () => {
  const module = parseModule(`HloModule m
f { ROOT p = s32[10] parameter(0) }
ENTRY e {
  x = s32[10] parameter(0)
  y = s32[10] parameter(1)
  ROOT r = s32[10] fusion(x, y), kind=kInput, calls=f
}
`);
  expect(indexRanges(module)(1, [])).toBeUndefined();
  expect(generateCase(module, 'typical', 1).inputs).toHaveLength(2);
});

describe('the kinds that a module runs on by default', () => {
  it('hold a large mean where a mean is taken, and nowhere else', () => {
    const means = zoo.filter((m) => hasMean(m.build())).map((m) => m.name);
    expect(means).toEqual(['layer_norm_mlp', 'conv_block', 'transformer_bf16']);
    for (const { name, build } of zoo) {
      expect(kindsFor(build()).includes('offset'), name).toBe(means.includes(name));
    }
  });
});
