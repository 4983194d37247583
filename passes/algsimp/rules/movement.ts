/** Reshapes, transposes, reversals and copies. */
import { exact } from '../../../graphs/ir/contract.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { addSplat } from '../pattern.ts';
import { dimsOf, isAscending, isIdentity, rule } from '../rule.ts';

/** Of several rules on one opcode, the first that fires counts. */
export const movementRules = [
  rule(
    'reshape',
    'reshape-same-shape',
    exact,
    (i, site) => site.operand(i),
    'r = f32[2,3] reshape(f32[2,3] x)',
  ),
  rule(
    'reshape',
    'reshape-of-reshape',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'reshape') return undefined;
      return site.add('reshape', [site.operand(inner)], { shape: i.shape, like: i });
    },
    'ENTRY e { x = f32[2,6] parameter(0) y = f32[12] reshape(x) ROOT r = f32[3,4] reshape(y) }',
  ),
  rule(
    'transpose',
    'transpose-identity',
    exact,
    (i, site) => (isIdentity(i.attrs.dimensions) ? site.operand(i) : undefined),
    'r = f32[2,3] transpose(f32[2,3] x), dimensions={0,1}',
  ),
  rule(
    'transpose',
    'transpose-of-transpose',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      if (inner.opcode !== 'transpose') return undefined;
      const dimensions = i.attrs.dimensions.map((d) => inner.attrs.dimensions[d]!);
      const [shape, like] = [i.shape, i];
      return site.add('transpose', [site.operand(inner)], { attrs: { dimensions }, shape, like });
    },
    `ENTRY e { x = f32[2,3,2] parameter(0) y = f32[3,2,2] transpose(x), dimensions={1,0,2}
      ROOT r = f32[2,2,3] transpose(y), dimensions={2,1,0} }`,
  ),
  rule(
    'transpose',
    'transpose-of-unit-dimensions',
    exact,
    (i, site) => {
      const from = dimsOf(site.operand(i));
      const moved = i.attrs.dimensions.filter((d) => from[d] !== 1);
      if (!isAscending(moved)) return undefined;
      return site.add('reshape', [site.operand(i)], { shape: i.shape, like: i });
    },
    'r = f32[3,1,2] transpose(f32[1,3,2] x), dimensions={1,0,2}',
  ),
  rule(
    'reverse',
    'reverse-of-unit-dimensions',
    exact,
    (i, site) => {
      const dimensions = i.attrs.dimensions.filter((d) => dimsOf(i)[d] !== 1);
      if (dimensions.length === i.attrs.dimensions.length) return undefined;
      if (dimensions.length === 0) return site.operand(i);
      return site.add('reverse', [site.operand(i)], {
        attrs: { dimensions },
        shape: i.shape,
        like: i,
      });
    },
    'r = f32[1,3] reverse(f32[1,3] x), dimensions={0}',
    'r = f32[1,3] reverse(f32[1,3] x), dimensions={0,1}',
  ),
  rule(
    'reverse',
    'reverse-of-reverse',
    exact,
    (i, site) => {
      const inner = site.operand(i);
      const once = new Set(i.attrs.dimensions);
      if (inner.opcode !== 'reverse') return undefined;
      return inner.attrs.dimensions.length === once.size &&
        inner.attrs.dimensions.every((d) => once.has(d))
        ? site.operand(inner)
        : undefined;
    },
    `ENTRY e { x = f32[2,3] parameter(0) y = f32[2,3] reverse(x), dimensions={0,1}
      ROOT r = f32[2,3] reverse(y), dimensions={1,0} }`,
  ),
  rule(
    'copy',
    'copy-of-same-layout',
    exact,
    (i, site) => site.operand(i),
    'r = f32[2,3] copy(f32[2,3] x)',
  ),
  rule(
    'iota',
    'iota-of-unit-dimension',
    exact,
    (i, site) => {
      const { dims } = i.shape as ArrayShape;
      if (dims[i.attrs.iota_dimension] !== 1 || dims.length === 0) return undefined;
      return addSplat(0, i.shape as ArrayShape, site);
    },
    'r = s32[1,3] iota(), iota_dimension=0',
  ),
];
