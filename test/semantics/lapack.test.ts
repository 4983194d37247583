/** JAX's LAPACK calls on CPUs: the ops of XLA that they are, in every letter, triangle and side. */
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { judge } from '../../validator/verdict/judge.ts';
import { runOp } from '../support/run-op.ts';

const types = { s: 'f32', d: 'f64', c: 'c64', z: 'c128' } as const;
const config = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).map(([name, c]) => `${name} = ${c.charCodeAt(0)} : ui8`);

/** A Hermitian matrix of two, positive unless the second pivot is. */
function matrix(type: ElementType, corner: number): Tensor {
  const parts = type === 'c64' || type === 'c128';
  const data = parts ? [4, 0, 2, 1, 2, -1, corner, 0] : [4, 2, 2, corner];
  const [like] = leafTensors(
    runOp([], `${type}[2,2] constant({${'{0,0},{0,0}'.replaceAll('0', parts ? '(0,0)' : '0')}})`),
  );
  return { ...like!, data: (like!.data as Float64Array).map((_, k) => data[k]!) };
}

const call = (
  target: string,
  shape: string,
  operands: string,
  settings: Readonly<Record<string, string>>,
) =>
  `${shape} custom-call(${operands}), custom_call_target="${target}", api_version=API_VERSION_TYPED_FFI, backend_config={${config(settings)}}`;

describe.each(Object.entries(types))('%s', (letter, type) => {
  it.each(['L', 'U'])(
    'potrf of the triangle %s: a factor in it, the operand in the other',
    (uplo) => {
      const a = matrix(type, 9);
      const shape = `(${type}[2,2], s32[])`;
      const [factor, info] = leafTensors(
        runOp([a], call(`lapack_${letter}potrf_ffi`, shape, 'p0', { uplo })),
      );
      const whole = leafTensors(runOp([a], `${type}[2,2] cholesky(p0), lower=${uplo === 'L'}`))[0]!;
      const width = a.data.length / 4;
      const inside = (row: number, column: number) =>
        uplo === 'L' ? row >= column : column >= row;
      const expected = Array.from(a.data as Float64Array, (x, k) => {
        const at = Math.floor(k / width);
        return inside(at >> 1, at & 1) ? (whole.data[k] as number) : x;
      });
      expect(Array.from(factor!.data as Float64Array)).toEqual(expected);
      expect(info!.data[0]).toBe(0);
    },
  );

  it('potrf tells the first leading minor that is not positive', () => {
    for (const corner of [1, 0.5, -1]) {
      const target = `lapack_${letter}potrf_ffi`;
      const text = call(target, `(${type}[2,2], s32[])`, 'p0', { uplo: 'L' });
      expect(leafTensors(runOp([matrix(type, corner)], text))[1]!.data[0]).toBe(2);
    }
  });

  const sides = ['L', 'R'].flatMap((side) =>
    ['L', 'U'].flatMap((uplo) =>
      ['N', 'T', 'C'].flatMap((trans_x) =>
        ['N', 'U'].map((diag) => ({ side, uplo, trans_x, diag })),
      ),
    ),
  );
  it('trsm is triangular-solve with the same settings', () => {
    for (const s of sides) {
      const operands = [matrix(type, 9), matrix(type, 3)];
      const got = runOp(operands, call(`lapack_${letter}trsm_ffi`, `${type}[2,2]`, 'p0, p1', s));
      const transpose = { N: 'NO_TRANSPOSE', T: 'TRANSPOSE', C: 'ADJOINT' }[s.trans_x];
      const plain = `left_side=${s.side === 'L'}, lower=${s.uplo === 'L'}, unit_diagonal=${s.diag === 'U'}, transpose_a=${transpose}`;
      const want = runOp(operands, `${type}[2,2] triangular-solve(p0, p1), ${plain}`);
      expect(leafTensors(got)[0]!.data).toEqual(leafTensors(want)[0]!.data);
    }
  });
});

it('has the budget of the op that it is', () => {
  const text = call('lapack_spotrf_ffi', '(f32[2,2], s32[])', 'a', { uplo: 'L' });
  const module = parseModule(
    `HloModule m\nENTRY e { a = f32[2,2] parameter(0)\n ROOT r = ${text} }`,
  );
  const a = tensorOf('f32', [2, 2], [4.3, 2.1, 2.1, 9.7]);
  const exact = runExact(module, [fromPlainValue(a)]).value;
  const value = runReference(module, [a]);
  expect(judge(value, value, exact)).toMatchObject({ decided: 5, elements: 5 });
  expect(
    exact.kind === 'tuple' && exact.elements[0]!.kind === 'tensor' && exact.elements[0]!.bound?.[0],
  ).toBeGreaterThan(0);
});

it.each([
  ['xla.sdy.FuncResultSharding', 0],
  ['somebody.prints', 1],
])('a call to %s marked as an effect is %i effect', (target, effects) => {
  const text = `HloModule m\nENTRY e { a = f32[2] parameter(0)\n ROOT r = f32[2] custom-call(a), custom_call_target="${target}", custom_call_has_side_effect=true }`;
  expect(flowOf(parseModule(text), new Numbering()).effects).toHaveLength(effects);
});
