/** `toStayWithin`: results from anywhere against the budget of a module, and what a failure says. */
import { describe, expect, it } from 'vitest';
import { exact, narrows, reassociates } from '../../graphs/ir/contract.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { runReference } from '../../validator/reference/run.ts';
import { budgetOf, toStayWithin } from '../../validator/vitest/index.ts';

expect.extend({ toStayWithin });

const module = parseModule(`HloModule mean
add { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }
ENTRY e {
  x = f32[1000] parameter(0)
  zero = f32[] constant(0)
  sum = f32[] reduce(x, zero), dimensions={0}, to_apply=add
  n = f32[] constant(1000)
  ROOT mean = f32[] divide(sum, n)
}
`);
const numbers = Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i) + 1.5));
const inputs = [tensorOf('f32', [1000], numbers)];
const scalar = (x: number) => tensorOf('f32', [], [Math.fround(x)]);

/** The mean with the sum taken from the other end, rounded at every step. */
function backwards(): Tensor {
  const sum = numbers.reduceRight((s, x) => Math.fround(s + x), 0);
  return scalar(sum / 1000);
}

describe('toStayWithin', () => {
  it('takes the reference itself under any contract', () => {
    for (const contract of [exact, reassociates, narrows('bf16')]) {
      expect(runReference(module, inputs)).toStayWithin(budgetOf(module, inputs, contract));
    }
  });

  it('takes another order of summation where the contract allows it, and only there', () => {
    expect(backwards()).not.toEqual(runReference(module, inputs));
    expect(backwards()).toStayWithin(budgetOf(module, inputs, reassociates));
    expect(backwards()).not.toStayWithin(budgetOf(module, inputs, exact));
  });

  it('refuses the loss of one term of a thousand, and says by how much', () => {
    const sum = numbers.slice(1).reduce((s, x) => Math.fround(s + x), 0);
    const lost = () =>
      expect(scalar(sum / 1000)).toStayWithin(budgetOf(module, inputs, reassociates));
    expect(lost).toThrow(/elements outside the budget of mean under contract reassociates/);
    expect(lost).toThrow(/budget use/);
  });
});
