/** Triangular systems with a zero on the diagonal or infinities: no finite answer is right. */
import { describe, expect, it } from 'vitest';
import { defaultKinds } from '../../golden/kinds/kinds.ts';
import { reassociates } from '../../graphs/ir/contract.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';
import { compared } from '../support/compared.ts';

const entry = (body: string) => `HloModule m
ENTRY main {
  a = f32[24,2,2] parameter(0)
  b = f32[24,2,1] parameter(1)
  ${body}
}`;
const solve = entry(
  'ROOT x = f32[24,2,1] triangular-solve(a, b), left_side=true, lower=true, ' +
    'unit_diagonal=false, transpose_a=NO_TRANSPOSE',
);
const element = (of: string, r: number, c: number) =>
  `${of}${r}${c} = f32[24,1,1] slice(${of}), slice={[0:24], [${r}:${r + 1}], [${c}:${c + 1}]}`;
const parts = [
  ...[element('a', 0, 0), element('a', 1, 0), element('a', 1, 1)],
  ...[element('b', 0, 0), element('b', 1, 0)],
].join('\n');
const zeros = 'zero = f32[] constant(0)\nzs = f32[24,1,1] broadcast(zero), dimensions={}';
const ones = 'one = f32[] constant(1)\nos = f32[24,1,1] broadcast(one), dimensions={}';
const guard = (d: string) =>
  `g${d} = pred[24,1,1] compare(${d}, zs), direction=EQ
  s${d} = f32[24,1,1] select(g${d}, os, ${d})`;

/** By substitution, with these for the diagonal. */
const substitution = (first: string, second: string) => `${parts}
  x0 = f32[24,1,1] divide(b00, ${first})
  p = f32[24,1,1] multiply(a10, x0)
  s = f32[24,1,1] subtract(b10, p)
  x1 = f32[24,1,1] divide(s, ${second})
  ROOT x = f32[24,2,1] concatenate(x0, x1), dimensions={1}`;
const guarded = `${zeros}\n${ones}
  ${substitution('sa00', 'sa11').replace('x0 =', `${guard('a00')}\n${guard('a11')}\nx0 =`)}`;

describe('triangular-solve', () => {
  it('is decided on every default case', () => {
    const { verdict, decided } = compared(
      solve,
      entry(substitution('a00', 'a11')),
      reassociates,
      defaultKinds,
    );
    expect([verdict, decided]).toEqual(['within', 1]);
  });

  it('is flagged where a zero on the diagonal is guarded', () => {
    const { verdict } = compared(solve, entry(guarded), reassociates, defaultKinds);
    expect(isFinding(verdict)).toBe(true);
  });
});
