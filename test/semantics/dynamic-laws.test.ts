/**
 * Every op that takes dynamic sizes gives on the valid elements what its static form gives there,
 * in the reference and in the exact mode alike.
 */

import { describe, expect, test } from 'vitest';
import type { Module } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { exactLeaves } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { counting } from '../support/exact/naive.ts';
import { callees } from '../support/run-op.ts';

const pairs = `
add_two { a = f32[] parameter(0)
  b = f32[] parameter(1)
  c = f32[] parameter(2)
  d = f32[] parameter(3)
  e = f32[] add(a, c)
  f = f32[] add(b, d)
  ROOT r = (f32[], f32[]) tuple(e, f) }
first_lt_f32 { a = f32[] parameter(0)
  b = f32[] parameter(1)
  c = f32[] parameter(2)
  d = f32[] parameter(3)
  ROOT r = pred[] compare(a, b), direction=GT }`;

const module = (lines: readonly string[]): Module =>
  parseModule(`HloModule test\n${callees}\n${pairs}\nENTRY main {\n${lines.join('\n')}\n}\n`);

/** Parameters, the operations on them; `n` is how a dynamic size of bound b is written. */
interface Law {
  readonly name: string;
  /** By operand; a negative size is dynamic with that bound. */
  readonly operands: readonly (readonly number[])[];
  readonly type?: string;
  /** The result, sizes written by `n(bound)` (an actual size, or `<=bound`). */
  readonly op: (n: (bound: number, of?: (actual: number) => number) => string) => string;
}

const dims01 = 'lhs_contracting_dims={1}, rhs_contracting_dims={0}';
const window = 'window={size=2x1}';
const toRows =
  'update_window_dims={1}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}, index_vector_dim=1';
const rows = 'offset_dims={1}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1';
const sums = 'to_apply=add_f32';
const laws: Law[] = [
  { name: 'negate', operands: [[-4, 3]], op: (n) => `f32[${n(4)},3] negate(p0)` },
  { name: 'add', operands: [[-4], [-4]], op: (n) => `f32[${n(4)}] add(p0, p1)` },
  {
    name: 'compare',
    operands: [[-4], [-4]],
    op: (n) => `pred[${n(4)}] compare(p0, p1), direction=LT`,
  },
  { name: 'clamp', operands: [[], [-4], []], op: (n) => `f32[${n(4)}] clamp(p0, p1, p2)` },
  { name: 'convert', operands: [[-4]], op: (n) => `bf16[${n(4)}] convert(p0)` },
  {
    name: 'map',
    operands: [[-4], [-4]],
    op: (n) => `f32[${n(4)}] map(p0, p1), dimensions={0}, ${sums}`,
  },
  {
    name: 'broadcast',
    operands: [[-4]],
    op: (n) => `f32[2,${n(4)},3] broadcast(p0), dimensions={1}`,
  },
  {
    name: 'transpose',
    operands: [[-4, 2]],
    op: (n) => `f32[2,${n(4)}] transpose(p0), dimensions={1,0}`,
  },
  {
    name: 'reverse',
    operands: [[-4, 2]],
    op: (n) => `f32[${n(4)},2] reverse(p0), dimensions={0,1}`,
  },
  {
    name: 'reduce',
    operands: [[-4, -3], []],
    op: (n) => `f32[${n(3)}] reduce(p0, p1), dimensions={0}, ${sums}`,
  },
  {
    name: 'reduce to a scalar',
    operands: [[-4, -3], []],
    op: () => `f32[] reduce(p0, p1), dimensions={0,1}, ${sums}`,
  },
  {
    name: 'reduce-window',
    operands: [[5, -3], []],
    op: (n) => `f32[4,${n(3)}] reduce-window(p0, p1), ${window}, ${sums}`,
  },
  {
    name: 'reduce-window along it',
    operands: [[-5, 3], []],
    op: (n) =>
      `f32[${n(4, (a) => Math.max(0, a - 1))},3] reduce-window(p0, p1), ${window}, ${sums}`,
  },
  {
    name: 'sort',
    operands: [[-4, 2]],
    op: (n) => `f32[${n(4)},2] sort(p0), dimensions={0}, to_apply=lt_f32`,
  },
  {
    name: 'concatenate',
    operands: [
      [-4, 2],
      [3, 2],
    ],
    op: (n) => `f32[${n(7, (a) => a + 3)},2] concatenate(p0, p1), dimensions={0}`,
  },
  {
    name: 'pad',
    operands: [[-4], []],
    op: (n) => `f32[${n(7, (a) => a + 3)}] pad(p0, p1), padding=1_2`,
  },
  {
    name: 'pad between',
    operands: [[-4], []],
    op: (n) => `f32[${n(7, (a) => Math.max(0, 2 * a - 1))}] pad(p0, p1), padding=0_0_1`,
  },
  {
    name: 'dot',
    operands: [
      [-4, 3],
      [3, 2],
    ],
    op: (n) => `f32[${n(4)},2] dot(p0, p1), ${dims01}`,
  },
  {
    name: 'dot over it',
    operands: [
      [2, -4],
      [-4, 3],
    ],
    op: () => `f32[2,3] dot(p0, p1), ${dims01}`,
  },
  {
    name: 'convolution',
    operands: [
      [-4, 3, 2],
      [2, 2, 3],
    ],
    op: (n) => `f32[${n(4)},2,3] convolution(p0, p1), window={size=2}, dim_labels=b0f_0io->b0f`,
  },
  { name: 'reshape', operands: [[2, 3, -4]], op: (n) => `f32[6,${n(4)}] reshape(p0)` },
  {
    name: 'reshape into it',
    operands: [[-4, 2, 3]],
    op: (n) => `f32[${n(8, (a) => 2 * a)},3] reshape(p0)`,
  },
  { name: 'reshape with ones', operands: [[1, -4, 1]], op: (n) => `f32[${n(4)}] reshape(p0)` },
  {
    name: 'dynamic-slice of other dimensions',
    operands: [[-4, 3]],
    op: (n) =>
      `f32[${n(4)},2] dynamic-slice(p0, zero, one), dynamic_slice_sizes={${n(4).replace('<=', '')},2}`,
  },
  {
    name: 'gather of rows',
    operands: [[3, -4]],
    op: (n) => `f32[2,${n(4)}] gather(p0, at), ${rows}, slice_sizes={1,${n(4).replace('<=', '')}}`,
  },
  { name: 'select', operands: [[-4], [-4]], op: (n) => `f32[${n(4)}] select(yes, p0, p1)` },
  { name: 'copy', operands: [[-4]], op: (n) => `f32[${n(4)}] copy(p0)` },
  { name: 'bitcast-convert', operands: [[-4]], op: (n) => `s32[${n(4)}] bitcast-convert(p0)` },
];

laws.push(
  {
    name: 'reduce of two',
    operands: [[-4, 2], [-4, 2], [], []],
    op: () => '(f32[2], f32[2]) reduce(p0, p1, p2, p3), dimensions={0}, to_apply=add_two',
  },
  {
    name: 'sort of two',
    operands: [[-4], [-4]],
    op: (n) => `(f32[${n(4)}], f32[${n(4)}]) sort(p0, p1), dimensions={0}, to_apply=first_lt_f32`,
  },
  {
    name: 'scatter of rows',
    operands: [
      [3, -4],
      [2, -4],
    ],
    op: (n) => `f32[3,${n(4)}] scatter(p0, at, p1), ${toRows}, ${sums}`,
  },
  {
    name: 'select-and-scatter beside it',
    operands: [[4, -3], [3, -3], []],
    op: (n) =>
      `f32[4,${n(3)}] select-and-scatter(p0, p1, p2), ${window}, select=ge_f32, scatter=add_f32`,
  },
  {
    name: 'dynamic-update-slice of a row',
    operands: [
      [3, -4],
      [1, -4],
    ],
    op: (n) => `f32[3,${n(4)}] dynamic-update-slice(p0, p1, one, zero)`,
  },
  {
    name: 'slice beside it',
    operands: [[-4, 3]],
    op: (n) => `f32[${n(4)},2] slice(p0), slice={[0:${n(4).replace('<=', '')}], [1:3]}`,
  },
  {
    name: 'batched dot',
    operands: [
      [-4, 2, 3],
      [-4, 3, 2],
    ],
    op: (n) =>
      `f32[${n(4)},2,2] dot(p0, p1), lhs_batch_dims={0}, rhs_batch_dims={0}, ` +
      'lhs_contracting_dims={2}, rhs_contracting_dims={1}',
  },
);

const constants = [
  'zero = s32[] constant(0)',
  'one = s32[] constant(1)',
  'yes = pred[] constant(true)',
  'at = s32[2] constant({2,0})',
];

/** The law's op on operands whose dynamic sizes are `actual`, or bounded. */
function lawModule({ operands, op }: Law, actual?: number): Module {
  const size = (d: number) =>
    d >= 0 ? `${d}` : actual === undefined ? `<=${-d}` : `${Math.min(actual, -d)}`;
  const parameters = operands.map((dims, k) => `p${k} = f32[${dims.map(size)}] parameter(${k})`);
  const n = (bound: number, of: (a: number) => number = (a) => Math.min(a, bound)) =>
    actual === undefined ? `<=${bound}` : `${of(actual)}`;
  return module([...parameters, ...constants, `ROOT r = ${op(n)}`]);
}

function lawInputs({ operands }: Law, actual: number): Tensor[] {
  return operands.map((dims) =>
    counting(
      'f32',
      dims.map((d) => (d < 0 ? Math.min(actual, -d) : d)),
    ),
  );
}

const shapes = (v: Value) => leafTensors(v).map((t) => `${t.shape.type}[${t.shape.dims}]`);

describe.each(laws.map((law) => [law.name, law] as const))('%s', (_, law) => {
  test.each([0, 1, 2, 3, 4])('of %i valid elements is the static op on them', (actual) => {
    const inputs = lawInputs(law, actual);
    const [dynamic, fixed] = [lawModule(law), lawModule(law, actual)];
    const [got, want] = [dynamic, fixed].map((m) => runReference(m, inputs));
    expect(shapes(got)).toEqual(shapes(want));
    expect(leafTensors(got).map((t) => t.data)).toEqual(leafTensors(want).map((t) => t.data));
    const [exact, plain] = [dynamic, fixed].map((m) =>
      exactLeaves(runExact(m, inputs.map(fromPlainValue)).value).map((t) => ({
        ...{ dims: t.shape.dims, data: t.data, bound: t.bound, deviation: t.deviation },
        undecided: t.undecided,
      })),
    );
    expect(exact).toEqual(plain);
  });
});
