/**
 * The kinds of golden inputs, one row each: what it is for, and how the numbers of a float and of an
 * integer parameter are drawn. Values come out unrounded; cases.ts scales and rounds them.
 */
import * as float from './float-kinds.ts';
import * as integer from './integer-kinds.ts';
import type { FloatRequest, IntegerRequest, Integers } from './request.ts';

/** What a kind is for, and how its numbers are drawn. */
export interface CaseKindRow {
  readonly summary: string;
  /** True where values must not be scaled by the parameter's annotation. */
  readonly unscaled?: boolean;
  floats(request: FloatRequest): Float64Array;
  integers(request: IntegerRequest): Integers;
}

function kind(
  summary: string,
  floats: CaseKindRow['floats'],
  integers: CaseKindRow['integers'] = integer.uniform,
  unscaled = false,
): CaseKindRow {
  return { summary, floats, integers, unscaled };
}

/** Every kind of golden input. */
export const caseKinds = {
  lattice: kind('small dyadic values: sums and products are exact', float.lattice, integer.full),
  sparse: kind('few ones among zeros: long sums are exact in narrow types', float.sparse),
  typical: kind('standard normal', float.normals),
  offset: kind('large mean, small spread', float.offset),
  ties: kind('few distinct values, each of them often', float.ties, integer.ties),
  'near-ties': kind(
    'equal after rounding to bf16, not before; halfway cases of narrower types',
    float.nearTies,
    integer.nearTies,
  ),
  extremes: kind('magnitudes from very small to very large', float.extremes, integer.ends),
  wide: kind(
    'magnitudes over the whole range of the type: squares overflow and underflow',
    float.wide,
    integer.ends,
    true,
  ),
  subnormals: kind('subnormal and just normal values', float.subnormals, integer.uniform, true),
  specials: kind('NaN, infinities and zeros of both signs among typical values', float.specials),
  'out-of-range': kind(
    'positions, branch numbers, lengths and shifts below zero and past the end',
    float.normals,
    integer.outOfRange,
  ),
  constants: kind(
    'numbers that the module compares with or clamps to, and their neighbours',
    float.constants,
    integer.constants,
    true,
  ),
  branches: kind(
    'typical, but for what predicates read: each branch is taken, each loop entered and passed by',
    float.normals,
  ),
  cancellation: kind('rows that sum to almost nothing', float.cancellation, integer.opposite),
  'one-hot': kind('one 1 in each row, else zeros', float.oneHot, integer.oneHot),
  sorted: kind('rows ascending and descending', float.sortedNormals, (r) =>
    float.sortRows(r, integer.uniform(r)),
  ),
  duplicates: kind(
    'every row occurs twice',
    (r) => float.repeatRows(r, float.normals(r)),
    (r) => float.repeatRows(r, integer.uniform(r)),
  ),
} as const satisfies Record<string, CaseKindRow>;

/** Names of the kinds. */
export type CaseKind = keyof typeof caseKinds;

/** The kinds that every module is run on unless told otherwise. */
export const defaultKinds: readonly CaseKind[] = [
  'lattice',
  'typical',
  'ties',
  'near-ties',
  'extremes',
  'specials',
];

/** Whether a name from a command line is a kind. */
export function isCaseKind(name: string): name is CaseKind {
  return Object.hasOwn(caseKinds, name);
}
