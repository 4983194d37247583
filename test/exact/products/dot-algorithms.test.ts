/**
 * The algorithms of dot: one written out as dots of parts is silent on every kind of case, one with
 * fewer products or parts than was asked for is flagged on the default ones.
 */
import { describe, expect, it } from 'vitest';
import { type CaseKind, caseKinds, defaultKinds } from '../../../golden/kinds/kinds.ts';
import { reassociates } from '../../../graphs/ir/contract.ts';
import { isFinding } from '../../../validator/verdict/verdict.ts';
import { compared } from '../../support/compared.ts';

const everyKind = Object.keys(caseKinds) as CaseKind[];
const rows = 'lhs_contracting_dims={1}, rhs_contracting_dims={0}';

/** x as parts x0, x1 … in bf16. */
function parts(x: string, dims: string, n: number): string {
  const lines = [`${x}r0 = f32[${dims}] copy(${x})`];
  for (let i = 0; i < n; i++) {
    lines.push(
      `${x}${i} = bf16[${dims}] convert(${x}r${i})`,
      `${x}f${i} = f32[${dims}] convert(${x}${i})`,
      `${x}r${i + 1} = f32[${dims}] subtract(${x}r${i}, ${x}f${i})`,
    );
  }
  return lines.join('\n');
}

/** A module of one dot with an algorithm, and one of the products of parts that are named by digits. */
const asked = (k: number, algorithm: string) => `HloModule m
ENTRY main {
  a = f32[8,${k}] parameter(0)
  b = f32[${k},8] parameter(1)
  ROOT r = f32[8,8] dot(a, b), ${rows}, algorithm=${algorithm}
}`;
const written = (k: number, products: readonly string[]) => `HloModule m
ENTRY main {
  a = f32[8,${k}] parameter(0)
  b = f32[${k},8] parameter(1)
  ${parts('a', `8,${k}`, 3)}
  ${parts('b', `${k},8`, 3)}
  ${products.map((p) => `d${p} = f32[8,8] dot(a${p[0]}, b${p[1]}), ${rows}`).join('\n')}
  s0 = f32[8,8] copy(d${products[0]})
  ${products
    .slice(1)
    .map((p, i) => `s${i + 1} = f32[8,8] add(s${i}, d${p})`)
    .join('\n')}
  ROOT r = f32[8,8] copy(s${products.length - 1})
}`;

const x1 = ['00'];
const x3 = ['01', '10', '00'];
const x6 = ['11', '20', '02', '10', '01', '00'];
const x9 = ['22', '12', '21', ...x6];

const table = [
  { algorithm: 'dot_bf16_bf16_f32', right: [x1], wrong: [] },
  { algorithm: 'dot_bf16_bf16_f32_x3', right: [x3, x6], wrong: [x1, ['01', '00'], ['10', '00']] },
  { algorithm: 'dot_bf16_bf16_f32_x6', right: [x6, x9], wrong: [x1, x3, ['20', '10', '01', '00']] },
  { algorithm: 'dot_bf16_bf16_f32_x9', right: [x9], wrong: [x1, x3] },
  { algorithm: 'dot_tf32_tf32_f32_x3', right: [x6], wrong: [x1, x3] },
  { algorithm: 'dot_f32_f32_f32', right: [], wrong: [x1, x3] },
] as const;

describe.each([16, 256])('over %i terms', (k) => {
  describe.each(table)('$algorithm', ({ algorithm, right, wrong }) => {
    const reportOn = (products: readonly string[], kinds: readonly CaseKind[]) =>
      compared(asked(k, algorithm), written(k, products), reassociates, kinds);

    it.each(right.map((p) => [p]))('may be %j', (products) => {
      const { cases, decided } = reportOn(products, everyKind);
      expect(cases.filter((c) => !['identical', 'within'].includes(c.verdict))).toEqual([]);
      expect(decided).toBe(1);
    });

    it.each(wrong.map((p) => [p]))('may not be %j', (products) => {
      expect(isFinding(reportOn(products, defaultKinds).verdict)).toBe(true);
    });
  });
});
