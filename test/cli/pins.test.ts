/** Inputs that are fixed to numbers: parameters that become constants, in every format. */
import { expect, test } from 'vitest';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { pinInputs } from '../../graphs/ir/pin.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { runReference } from '../../validator/reference/run.ts';

const module =
  parseModule(`HloModule m, entry_computation_layout={(f32[2], s32[], (pred[]))->f32[2]}
  ENTRY main { x = f32[2] parameter(0)
    n = s32[] parameter(1)
    t = (pred[]) parameter(2)
    c = f32[] convert(n)
    b = f32[2] broadcast(c), dimensions={}
    ROOT r = f32[2] multiply(x, b) }`);
const x = tensorOf('f32', [2], [1.5, 3]);
const t = { kind: 'tuple', elements: [tensorOf('pred', [], [1])] } as const;

test.each([
  [{ n: [4] }, [x, t], [6, 12]],
  [{ x: [1, 2] }, [tensorOf('s32', [], [3]), t], [3, 6]],
  [{ x: [5], n: [2] }, [t], [10, 10]],
  [{}, [x, tensorOf('s32', [], [2]), t], [3, 6]],
] as const)('%o', (pins, inputs, wanted) => {
  const pinned = pinInputs(module, pins);
  expect(verifyModule(pinned)).toEqual([]);
  expect(parametersOf(entryOf(pinned)).map((p) => p.attrs.index)).toEqual(inputs.map((_, k) => k));
  const { data } = runReference(pinned, inputs) as Tensor;
  expect(Array.from(data as Float32Array)).toEqual(wanted);
});

test.each([
  [{ y: [1] }, 'there is no input y to set; there are: x, n, t'],
  [{ x: [1, 2, 3] }, 'input x has 2 elements, not 3; give one number for all, or one each'],
  [{ t: [1] }, 'input t is a tuple; only arrays can be set'],
  [{ toString: [1] }, 'there is no input toString'],
] as const)('%o is refused', (pins, why) => {
  expect(() => pinInputs(module, pins as never)).toThrow(why);
});
