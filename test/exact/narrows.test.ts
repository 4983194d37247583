/**
 * The contract narrows(TYPE) on pairs of modules: what computes, stores or splits at the type is silent
 * and decided on every kind of case; what is wrong besides is flagged on the default ones.
 */
import { describe, expect, it } from 'vitest';
import { type CaseKind, caseKinds, defaultKinds } from '../../golden/kinds/kinds.ts';
import { narrows } from '../../graphs/ir/contract.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';
import { compared } from '../support/compared.ts';

interface Row {
  readonly name: string;
  readonly type: ElementType;
  readonly before: string;
  /** At the narrower type, and nothing else. */
  readonly right: string;
  /** At it or not, and wrong. */
  readonly wrong: readonly string[];
  /** A kind that stays open: what is divided by a subnormal number may be divided by zero. */
  readonly open?: CaseKind;
}

const everyKind = Object.keys(caseKinds) as CaseKind[];
const vectors = 'x = f32[64] parameter(0)\ny = f32[64] parameter(1)';
const inBf16 = (op: string) =>
  `${vectors}
  a = bf16[64] convert(x)
  b = bf16[64] convert(y)
  c = bf16[64] ${op}(a, b)
  ROOT r = f32[64] convert(c)`;
const inF16 = (op: string) => inBf16(op).replaceAll('bf16', 'f16');
const plain = (op: string) => `${vectors}\nROOT r = f32[64] ${op}(x, y)`;
const matrices = 'a = f32[4,32] parameter(0)\nb = f32[32,4] parameter(1)';
const rows = 'lhs_contracting_dims={1}, rhs_contracting_dims={0}';
const splitK = `${matrices}
  al = f32[4,16] slice(a), slice={[0:4], [0:16]}
  ah = f32[4,16] slice(a), slice={[0:4], [16:32]}
  bl = f32[16,4] slice(b), slice={[0:16], [0:4]}
  bh = f32[16,4] slice(b), slice={[16:32], [0:4]}
  p = bf16[4,4] dot(al, bl), ${rows}
  q = bf16[4,4] dot(ah, bh), ${rows}`;

const table: readonly Row[] = [
  ...(['multiply', 'add', 'subtract', 'divide', 'maximum'] as const).map((op) => ({
    name: `${op} in bf16`,
    type: 'bf16' as const,
    before: plain(op),
    ...(op === 'divide' && { open: 'subnormals' as const }),
    right: inBf16(op),
    wrong: [
      `${vectors}\nk = f32[] constant(1.41)\nm = f32[64] broadcast(k), dimensions={}
       z = f32[64] ${op}(x, y)\nROOT r = f32[64] multiply(z, m)`,
      `${vectors}\nn = f32[64] negate(x)\nROOT r = f32[64] ${op}(n, y)`,
      `${vectors}\nROOT r = f32[64] copy(x)`,
    ],
  })),
  ...(['multiply', 'add', 'subtract', 'maximum'] as const).map((op) => ({
    name: `${op} in f16, whose range is smaller`,
    type: 'f16' as const,
    before: plain(op),
    right: inF16(op),
    wrong: [`${vectors}\nn = f32[64] negate(y)\nROOT r = f32[64] ${op}(x, n)`],
  })),
  ...(['negate', 'transpose', 'abs', 'reverse'] as const).map((op) => ({
    name: `${op} of what bf16 does not hold`,
    type: 'bf16' as const,
    before: `x = f32[64] parameter(0)\nROOT r = f32[64] ${moving(op, 'x')}`,
    right: `x = f32[64] parameter(0)\na = bf16[64] convert(x)
            n = bf16[64] ${moving(op, 'a')}\nROOT r = f32[64] convert(n)`,
    wrong: [
      `x = f32[64] parameter(0)\nk = f32[] constant(1.41)\nm = f32[64] broadcast(k), dimensions={}
       z = f32[64] ${moving(op, 'x')}\nROOT r = f32[64] multiply(z, m)`,
    ],
  })),
  {
    name: 'a dot in two parts that are stored in bf16',
    type: 'bf16',
    before: `${matrices}\nROOT r = f32[4,4] dot(a, b), ${rows}`,
    right: `${splitK}\ns = bf16[4,4] add(p, q)\nROOT r = f32[4,4] convert(s)`,
    wrong: [
      `${splitK}\nROOT r = f32[4,4] convert(p)`,
      `${splitK}\ns = bf16[4,4] subtract(p, q)\nROOT r = f32[4,4] convert(s)`,
      `${splitK}\ns = bf16[4,4] add(p, q)\nt = f32[4,4] convert(s)
       k = f32[] constant(1.41)\nm = f32[4,4] broadcast(k), dimensions={}
       ROOT r = f32[4,4] multiply(t, m)`,
    ],
  },
  {
    name: 'a sum whose partial sums are stored in bf16',
    type: 'bf16',
    before: `x = f32[4,32] parameter(0)\nz = f32[] constant(0)
             ROOT r = f32[4] reduce(x, z), dimensions={1}, to_apply=add`,
    right: `x = f32[4,32] parameter(0)\nz = bf16[] constant(0)\nc = bf16[4,32] convert(x)
            s = bf16[4] reduce(c, z), dimensions={1}, to_apply=add16\nROOT r = f32[4] convert(s)`,
    wrong: [
      `x = f32[4,32] parameter(0)\nz = f32[] constant(0)
       h = f32[4,31] slice(x), slice={[0:4], [0:31]}
       ROOT r = f32[4] reduce(h, z), dimensions={1}, to_apply=add`,
    ],
  },
];

function moving(op: string, of: string): string {
  if (op === 'transpose' || op === 'reverse') return `${op}(${of}), dimensions={0}`;
  return `${op}(${of})`;
}

const adders = ['add f32', 'add16 bf16'].map((line) => {
  const [name, type] = line.split(' ');
  return `${name} {\n p = ${type}[] parameter(0)\n q = ${type}[] parameter(1)
    ROOT s = ${type}[] add(p, q)\n}`;
});
const moduleOf = (body: string) => `HloModule m\n${adders.join('\n')}\nENTRY main {\n${body}\n}`;

describe.each(table)('$name', ({ type, before, right, wrong, open }) => {
  const verdictOf = (after: string, kinds: readonly CaseKind[]) =>
    compared(moduleOf(before), moduleOf(after), narrows(type), kinds);

  it('is silent and decided on every kind', () => {
    const report = verdictOf(
      right,
      everyKind.filter((kind) => kind !== open),
    );
    expect(report.cases.filter((c) => !['identical', 'within'].includes(c.verdict))).toEqual([]);
    expect(report.decided).toBe(1);
  });

  it.each(wrong)('does not hide %s', (after) => {
    expect(isFinding(verdictOf(after, defaultKinds).verdict)).toBe(true);
  });
});
