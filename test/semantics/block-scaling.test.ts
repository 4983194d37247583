/** XLA's block-scaled custom calls against their definition, element by element. */
import { describe, expect, test } from 'vitest';
import { generateTensor } from '../../golden/cases.ts';
import { randomOf } from '../../golden/kinds/random.ts';
import { floatFormat } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { numbers, opModule, runOp } from '../support/run-op.ts';

function drawn(shape: ArrayShape, label: string): Tensor {
  const annotation = { kind: 'any' } as const;
  return generateTensor(shape, { kind: 'typical', random: randomOf(7, label), annotation });
}

const call = (shape: string, operands: string, target: string, config = '') =>
  `${shape} custom-call(${operands}), custom_call_target="__op$${target}"${config}`;
const values = (t: Tensor) => numbers(t).map(Number);
const toF32 = rounder('f32');

describe('quantize', () => {
  const x = drawn(arrayShape('f32', [3, 8]), 'x');
  const shape = '(f8e4m3fn[3,8], f8e5m2[3,2])';
  const [q, s] = leafTensors(runOp([x], call(shape, 'p0', 'quantize')));

  test('a scale is the largest magnitude of its block over the power of two below the maximum', () => {
    const top = 2 ** Math.floor(Math.log2(floatFormat('f8e4m3fn').maxFinite));
    const largest = Array.from({ length: 6 }, (_, b) =>
      Math.max(
        ...values(x)
          .slice(4 * b, 4 * b + 4)
          .map(Math.abs),
      ),
    );
    expect(values(s)).toEqual(largest.map((m) => rounder('f8e5m2')(toF32(m / top))));
  });

  test('a number is rounded after its division by the scale', () => {
    const want = values(x).map((v, i) => rounder('f8e4m3fn')(toF32(v / values(s)[i >> 2])));
    expect(values(q)).toEqual(want);
  });

  test('dequantize multiplies by the scale again', () => {
    const back = runOp([q, s], call('f32[3,8]', 'p0, p1', 'dequantize')) as Tensor;
    expect(values(back)).toEqual(values(q).map((v, i) => v * values(s)[i >> 2]));
  });
});

describe('block_scaled_dot', () => {
  const lhs = drawn(arrayShape('f8e4m3fn', [2, 3, 8]), 'lhs');
  const rhs = drawn(arrayShape('f8e5m2', [2, 5, 8]), 'rhs');
  const scales = ([batch, m, blocks]: readonly number[], label: string) =>
    drawn(arrayShape('f8e8m0fnu', [batch, m, blocks]), label);
  const [ls, rs] = [scales([2, 3, 2], 'ls'), scales([2, 5, 2], 'rs')];
  const dot = (inputs: readonly Tensor[], config = '') =>
    call('f32[2,3,5]', inputs.map((_, k) => `p${k}`).join(', '), 'block_scaled_dot', config);
  const run = (inputs: readonly Tensor[], config = '') =>
    values(runOp(inputs, dot(inputs, config)) as Tensor);

  /** In f64, which holds these sums exactly enough to be within the radii. */
  const plain = Array.from({ length: 30 }, (_, i) => {
    const [b, m, n] = [Math.floor(i / 15), Math.floor(i / 5) % 3, i % 5];
    return Array.from({ length: 8 }, (_, k) => {
      const left = values(lhs)[(b * 3 + m) * 8 + k] * values(ls)[(b * 3 + m) * 2 + (k >> 2)];
      return left * values(rhs)[(b * 5 + n) * 8 + k] * values(rs)[(b * 5 + n) * 2 + (k >> 2)];
    }).reduce((sum, x) => sum + x, 0);
  });

  test('is the sum of products of numbers times scales', () => {
    const inputs = [lhs, rhs, ls, rs];
    const module = opModule(
      inputs.map((t) => t.shape),
      dot(inputs),
    );
    const exact = runExact(module, inputs.map(fromPlainValue)).value as ExactTensor;
    const isNear = (x: number, i: number) =>
      Math.abs(x - Number(exact.data[i])) <= (exact.bound?.[i] ?? 0);
    expect([plain.every(isNear), run(inputs).every(isNear)]).toEqual([true, true]);
  });

  test('scales that pad are left out; a stated block size tells them along the last dimension', () => {
    const padded = (t: Tensor, label: string) => {
      const [batch, m, blocks] = t.shape.dims;
      const more = scales([batch, m + 1, blocks + 2], label);
      for (let i = 0; i < t.data.length; i++) {
        const [b, r, k] = [Math.floor(i / (m * blocks)), Math.floor(i / blocks) % m, i % blocks];
        more.data[(b * (m + 1) + r) * (blocks + 2) + k] = t.data[i];
      }
      return more;
    };
    const config = ', backend_config={"block_scaled_dot_backend_config":{"block_size":4}}';
    const whole = run([lhs, rhs, ls, rs]);
    expect(run([lhs, rhs, padded(ls, 'a'), padded(rs, 'b')], config)).toEqual(whole);
  });

  test('a factor multiplies the result; rhs may have no scale', () => {
    const half = generateTensor(arrayShape('f32', []), {
      ...{ kind: 'lattice', random: randomOf(1, 'factor'), annotation: { kind: 'positive' } },
    });
    const factor = values(half)[0];
    expect(run([lhs, rhs, ls, rs, half])).toEqual(
      run([lhs, rhs, ls, rs]).map((x) => toF32(x * factor)),
    );
    const one = { ...rs, data: rs.data.slice().fill(1 as never) };
    expect(run([lhs, rhs, ls])).toEqual(run([lhs, rhs, ls, one]));
  });

  test('scales that do not fit are refused', () => {
    const few = () => run([lhs, rhs, scales([2, 2, 2], 'few'), rs]);
    expect(few).toThrow(/%r \(custom-call\): \[2,2,2\] are too few scales for \[2,3,8\]/);
    const odd = () => run([lhs, rhs, scales([2, 3, 3], 'odd'), rs]);
    expect(odd).toThrow(/\[2,3,3\] does not divide \[2,3,8\] into blocks/);
  });
});
