/**
 * Pairs made to fool the judge, or to alarm it, each a few instructions: wrong rewrites that are to be
 * found, right ones that are not to be flagged, and right ones that are to be decided as well.
 */
import { describe, expect, it } from 'vitest';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import { type CaseKind, caseKinds } from '../../golden/kinds/kinds.ts';
import { type Contract, declaring, reassociates, widens } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';

interface Pair {
  readonly what: string;
  readonly contract: Contract;
  readonly before: string;
  readonly after: string;
}

const algebra = declaring(reassociates, 'algebra');

const combiners = ['f32', 'bf16', 's32']
  .flatMap((t) => ['add', 'maximum', 'minimum'].map((op) => ({ t, op })))
  .map(
    ({ t, op }) =>
      `${op}_${t} { a = ${t}[] parameter(0)\n b = ${t}[] parameter(1)\n ROOT c = ${t}[] ${op}(a, b) }`,
  )
  .join('\n');

/** A module of the lines of its entry computation. */
function moduleOf(lines: string) {
  return parseModule(`HloModule m\n${combiners}\nENTRY main {\n${lines}\n}`);
}

/** A softmax of the rows of x, shifted by an extremum of each row. */
const shiftedSoftmax = (op: string, start: string) => `x = f32[4,16] parameter(0)
  i = f32[] constant(${start})
  m = f32[4] reduce(x, i), dimensions={1}, to_apply=${op}_f32
  mb = f32[4,16] broadcast(m), dimensions={0}
  d = f32[4,16] subtract(x, mb)
  e = f32[4,16] exponential(d)
  z = f32[] constant(0)
  s = f32[4] reduce(e, z), dimensions={1}, to_apply=add_f32
  sb = f32[4,16] broadcast(s), dimensions={0}
  ROOT r = f32[4,16] divide(e, sb)`;

const plainSoftmax = `x = f32[4,16] parameter(0)
  e = f32[4,16] exponential(x)
  z = f32[] constant(0)
  s = f32[4] reduce(e, z), dimensions={1}, to_apply=add_f32
  sb = f32[4,16] broadcast(s), dimensions={0}
  ROOT r = f32[4,16] divide(e, sb)`;

const scaledToIntegers = (factor: string) => `x = f32[4,16] parameter(0)
  y = f32[4,16] parameter(1)
  c = f32[] constant(${factor})
  cb = f32[4,16] broadcast(c), dimensions={}
  p = f32[4,16] multiply(x, y)
  q = f32[4,16] multiply(p, cb)
  i = s64[4,16] convert(q)
  ROOT r = s64[4,16] add(i, i)`;

/** How many of all continuations of three beams are the best, read at a type; names start after `n`. */
const beams = (n: number, best: 'f32' | 'bf16') => {
  const v = (k: number) => `v${n + k}`;
  const read = best === 'f32' ? v(12) : v(13);
  return `b = f32[3] parameter(0)
  l = f32[3,16] parameter(1)
  ${v(1)} = f32[] constant(-inf)
  ${v(2)} = f32[3] reduce(l, ${v(1)}), dimensions={1}, to_apply=maximum_f32
  ${v(3)} = f32[3,16] broadcast(${v(2)}), dimensions={0}
  ${v(4)} = f32[3,16] subtract(l, ${v(3)})
  ${v(5)} = f32[3,16] exponential(${v(4)})
  ${v(6)} = f32[] constant(0)
  ${v(7)} = f32[3] reduce(${v(5)}, ${v(6)}), dimensions={1}, to_apply=add_f32
  ${v(8)} = f32[3,16] broadcast(${v(7)}), dimensions={0}
  ${v(9)} = f32[3,16] divide(${v(5)}, ${v(8)})
  ${v(10)} = f32[3,16] log(${v(9)})
  ${v(11)} = f32[3,16] broadcast(b), dimensions={0}
  ${v(12)} = f32[3,16] add(${v(10)}, ${v(11)})
  ${v(13)} = bf16[3,16] convert(${v(12)})
  ${v(14)} = ${best}[48] reshape(${read})
  ${v(15)} = ${best}[] constant(-inf)
  ${v(16)} = ${best}[] reduce(${v(14)}, ${v(15)}), dimensions={0}, to_apply=maximum_${best}
  ${v(17)} = ${best}[48] broadcast(${v(16)}), dimensions={}
  ${v(18)} = pred[48] compare(${v(14)}, ${v(17)}), direction=GE
  ${v(19)} = s32[48] convert(${v(18)})
  ${v(20)} = s32[] constant(0)
  ROOT ${v(21)} = s32[] reduce(${v(19)}, ${v(20)}), dimensions={0}, to_apply=add_s32`;
};

/** Weights of the best of two experts, compared at a type; where both are the best they share. */
const twoExperts = (t: 'f32' | 'bf16') => `x = f32[8,16] parameter(0)
  w = f32[16,2] parameter(1)
  l = f32[8,2] dot(x, w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  li = f32[] constant(-inf)
  lm = f32[8] reduce(l, li), dimensions={1}, to_apply=maximum_f32
  lb = f32[8,2] broadcast(lm), dimensions={0}
  d = f32[8,2] subtract(l, lb)
  e = f32[8,2] exponential(d)
  z = f32[] constant(0)
  es = f32[8] reduce(e, z), dimensions={1}, to_apply=add_f32
  eb = f32[8,2] broadcast(es), dimensions={0}
  g = f32[8,2] divide(e, eb)
  c = ${t}[8,2] convert(g)
  i = ${t}[] constant(-inf)
  m = ${t}[8] reduce(c, i), dimensions={1}, to_apply=maximum_${t}
  mb = ${t}[8,2] broadcast(m), dimensions={0}
  k = pred[8,2] compare(c, mb), direction=GE
  o = ${t}[] constant(0)
  ob = ${t}[8,2] broadcast(o), dimensions={}
  h = ${t}[8,2] select(k, c, ob)
  n = f32[8,2] convert(h)
  s = f32[8] reduce(n, z), dimensions={1}, to_apply=add_f32
  sb = f32[8,2] broadcast(s), dimensions={0}
  ROOT r = f32[8,2] divide(n, sb)`;

const wrong: readonly Pair[] = [
  {
    what: 'the maximum that a softmax is shifted by became a minimum',
    contract: algebra,
    before: shiftedSoftmax('maximum', '-inf'),
    after: shiftedSoftmax('minimum', 'inf'),
  },
  {
    what: 'another scale before a conversion to 64-bit integers',
    contract: algebra,
    before: scaledToIntegers('3e6'),
    after: scaledToIntegers('3.1e6'),
  },
];

const silent: readonly Pair[] = [
  {
    what: 'a softmax without its shift, which overflows where the numbers are large',
    contract: algebra,
    before: shiftedSoftmax('maximum', '-inf'),
    after: plainSoftmax,
  },
  {
    what: 'a softmax that gets its shift, where it overflowed before',
    contract: algebra,
    before: plainSoftmax,
    after: shiftedSoftmax('maximum', '-inf'),
  },
  {
    what: 'the best of several beams read wide, all names moved on by three',
    contract: widens,
    before: beams(0, 'bf16'),
    after: beams(3, 'f32'),
  },
];

const decided: readonly Pair[] = [
  {
    what: 'two experts whose scores are the same once rounded, chosen unrounded',
    contract: widens,
    before: twoExperts('bf16'),
    after: twoExperts('f32'),
  },
];

function compared({ contract, ...texts }: Pair, kinds?: readonly CaseKind[]) {
  const [before, after] = [moduleOf(texts.before), moduleOf(texts.after)];
  const cases = kinds
    ? kinds.map((kind) => generateCase(before, kind, 1))
    : defaultCases(before, 1);
  return compareModules({
    ...{ beforeName: 'before', afterName: 'after', before, after, contract },
    cases: cases.map(sessionCase),
  });
}

const allKinds = Object.keys(caseKinds) as CaseKind[];

describe('wrong rewrites are found', () => {
  it.each(wrong.map((p) => [p.what, p] as const))('%s', (_, pair) => {
    expect(isFinding(compared(pair).verdict)).toBe(true);
  });
});

describe('right rewrites are not flagged, whatever the inputs', () => {
  it.each([...silent, ...decided].map((p) => [p.what, p] as const))('%s', (_, pair) => {
    expect(compared(pair, allKinds).findings).toEqual([]);
  });
});

describe('right rewrites are decided, whatever the inputs', () => {
  it.each(decided.map((p) => [p.what, p] as const))('%s', (_, pair) => {
    expect(compared(pair, allKinds).undecided).toBe(0);
  });
});
