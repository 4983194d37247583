/** Slices, pads, concatenations and their dynamic relatives. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { SliceRange } from '../../../graphs/ops/attr.ts';
import { dimsOf, equalLists, rule, type Site } from '../rule.ts';

/** Of several rules on one opcode, the first that fires counts. */
export const sliceRules = [
  rule(
    'slice',
    'slice-of-everything',
    exact,
    (i, site) => {
      const x = site.operand(i);
      return equalLists(dimsOf(x), dimsOf(i)) ? x : undefined;
    },
    'r = f32[2,3] slice(f32[2,3] x), slice={[0:2],[0:3]}',
  ),
  rule(
    'slice',
    'slice-of-slice',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'slice') return undefined;
      const slice = i.attrs.slice.map((o, d) => within(inner.attrs.slice[d]!, o));
      return addSlice(i, site.operand(inner), slice, site);
    },
    `ENTRY e { x = f32[20] parameter(0) y = f32[6] slice(x), slice={[1:18:3]}
      ROOT r = f32[2] slice(y), slice={[1:5:2]} }`,
  ),
  rule(
    'slice',
    'slice-of-concatenate',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'concatenate') return undefined;
      const d = inner.attrs.dimensions[0]!;
      const { start, limit } = i.attrs.slice[d]!;
      let offset = 0;
      for (let n = 0; n < inner.operands.length; n++) {
        const part = site.operand(inner, n);
        const end = offset + dimsOf(part)[d]!;
        if (start >= offset && limit <= end && limit > start) {
          const slice = i.attrs.slice.map((s, k) => (k === d ? shifted(s, -offset) : s));
          return addSlice(i, part, slice, site);
        }
        offset = end;
      }
      return undefined;
    },
    `ENTRY e { x = f32[2,3] parameter(0) y = f32[2,4] parameter(1)
      z = f32[2,7] concatenate(x, y), dimensions={1}
      ROOT r = f32[2,2] slice(z), slice={[0:2],[4:6]} }`,
  ),
  rule(
    'concatenate',
    'concatenate-of-one',
    exact,
    (i, site) => (i.operands.length === 1 ? site.operand(i) : undefined),
    'r = f32[2] concatenate(f32[2] x), dimensions={0}',
  ),
  rule(
    'concatenate',
    'concatenate-of-empty',
    exact,
    (i, site) => {
      const d = i.attrs.dimensions[0]!;
      const parts = i.operands.map((_, n) => site.operand(i, n));
      const full = parts.filter((x) => dimsOf(x)[d] !== 0);
      if (full.length === parts.length || full.length === 0) return undefined;
      return site.add('concatenate', full, { attrs: i.attrs, shape: i.shape, like: i });
    },
    `ENTRY e { x = f32[2] parameter(0) y = f32[0] parameter(1) z = f32[3] parameter(2)
      ROOT r = f32[5] concatenate(x, y, z), dimensions={0} }`,
  ),
  rule(
    'concatenate',
    'concatenate-of-concatenate',
    exact,
    (i, site) => {
      const d = i.attrs.dimensions[0];
      const isNested = (x: Instruction) =>
        x.opcode === 'concatenate' && x.attrs.dimensions[0] === d && site.useCount(x) === 1;
      const parts = i.operands.map((_, n) => site.operand(i, n));
      if (!parts.some(isNested)) return undefined;
      const flat = parts.flatMap((x) =>
        isNested(x) ? x.operands.map((_, n) => site.operand(x, n)) : [x],
      );
      return site.add('concatenate', flat, { attrs: i.attrs, shape: i.shape, like: i });
    },
    `ENTRY e { x = f32[2] parameter(0) y = f32[3] parameter(1)
      z = f32[5] concatenate(x, y), dimensions={0}
      ROOT r = f32[7] concatenate(z, x), dimensions={0} }`,
  ),
  rule(
    'concatenate',
    'concatenate-of-adjacent-slices',
    exact,
    (i, site) => {
      const parts = i.operands.map((_, n) => site.operand(i, n));
      const d = i.attrs.dimensions[0]!;
      const [first] = parts;
      if (first?.opcode !== 'slice' || parts.length < 2) return undefined;
      let at = first.attrs.slice[d]!.start;
      for (const p of parts) {
        if (p.opcode !== 'slice' || p.operands[0] !== first.operands[0]) return undefined;
        if (!follows(p.attrs.slice, first.attrs.slice, d, at)) return undefined;
        at = p.attrs.slice[d]!.limit;
      }
      const slice = first.attrs.slice.map((s, k) => (k === d ? { ...s, limit: at } : s));
      return addSlice(i, site.operand(first), slice, site);
    },
    `ENTRY e { x = f32[9] parameter(0) y = f32[2] slice(x), slice={[1:3]}
      z = f32[4] slice(x), slice={[3:7]} ROOT r = f32[6] concatenate(y, z), dimensions={0} }`,
  ),
  rule(
    'pad',
    'pad-by-nothing',
    exact,
    (i, site) =>
      i.attrs.padding.every((p) => p.low === 0 && p.high === 0 && p.interior === 0)
        ? site.operand(i)
        : undefined,
    'r = f32[2,3] pad(f32[2,3] x, f32[] y), padding=0_0x0_0',
  ),
  rule(
    'dynamic-slice',
    'dynamic-slice-of-everything',
    exact,
    (i, site) => {
      const x = site.operand(i);
      return equalLists(dimsOf(x), dimsOf(i)) ? x : undefined;
    },
    'r = f32[4] dynamic-slice(f32[4] x, s32[] s), dynamic_slice_sizes={4}',
  ),
  rule(
    'dynamic-slice',
    'dynamic-slice-at-constants',
    exact,
    (i, site) => {
      const x = site.operand(i);
      const starts = i.operands.slice(1).map((_, n) => site.splat(site.operand(i, n + 1)));
      if (starts.length !== dimsOf(x).length || starts.includes(undefined)) return undefined;
      const slice = dimsOf(i).map((size, d) => {
        const start = Math.min(Math.max(Number(starts[d]), 0), dimsOf(x)[d]! - size);
        return { start, limit: start + size, stride: 1 };
      });
      return addSlice(i, x, slice, site);
    },
    `ENTRY e { x = f32[4,5] parameter(0) c = s32[] constant(9) d = s32[] constant(-1)
      ROOT r = f32[2,3] dynamic-slice(x, c, d), dynamic_slice_sizes={2,3} }`,
  ),
  rule(
    'dynamic-update-slice',
    'dynamic-update-of-everything',
    exact,
    (i, site) => {
      const update = site.operand(i, 1);
      return equalLists(dimsOf(update), dimsOf(i)) ? update : undefined;
    },
    'r = f32[4] dynamic-update-slice(f32[4] x, f32[4] u, s32[] s)',
  ),
];

function addSlice(
  i: Instruction,
  x: Instruction,
  slice: readonly SliceRange[],
  site: Site,
): Instruction {
  return site.add('slice', [x], { attrs: { slice }, shape: i.shape, like: i });
}

/** The range `inner` of the range `outer` of a dimension. */
function within(outer: SliceRange, inner: SliceRange): SliceRange {
  const stride = outer.stride * inner.stride;
  const size = Math.max(0, Math.ceil((inner.limit - inner.start) / inner.stride));
  const start = outer.start + inner.start * outer.stride;
  return { start, limit: size === 0 ? start : start + (size - 1) * stride + 1, stride };
}

function shifted({ start, limit, stride }: SliceRange, by: number): SliceRange {
  return { start: start + by, limit: limit + by, stride };
}

/** Whether a slice has the ranges of the first one, but starts at `at` along d, without strides. */
function follows(
  slice: readonly SliceRange[],
  first: readonly SliceRange[],
  d: number,
  at: number,
): boolean {
  return slice.every((s, k) => {
    const f = first[k]!;
    if (k === d) return s.start === at && s.stride === 1;
    return s.start === f.start && s.limit === f.limit && s.stride === f.stride;
  });
}
