/** Reductions, dots and sorts whose dimensions allow less work. */
import { exact, reassociates } from '../../../graphs/ir/contract.ts';
import {
  computationOf,
  type Instruction,
  type InstructionOf,
  parametersOf,
  rootOf,
} from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { isIn, type Opcode } from '../../../graphs/ops/table.ts';
import { dimsOf, isAscending, rule, type Site } from '../rule.ts';

const adds = 'add { p = f32[] parameter(0) q = f32[] parameter(1) ROOT s = f32[] add(p, q) }';

/** Of several rules on one opcode, the first that fires counts. */
export const reductionRules = [
  rule(
    'reduce',
    'reduce-of-unit-dimensions',
    exact,
    (i, site) => {
      const x = site.operand(i);
      const combine = combinerOf(i, site);
      if (!combine || !i.attrs.dimensions.every((d) => dimsOf(x)[d] === 1)) return undefined;
      if ((x.shape as ArrayShape).type !== (i.shape as ArrayShape).type) return undefined;
      const init = site.add('broadcast', [site.operand(i, 1)], { shape: i.shape });
      const only = site.add('reshape', [x], { shape: i.shape });
      return site.add(combine, [init, only], { shape: i.shape, like: i });
    },
    `${adds} ENTRY e { x = f32[3,1] parameter(0) c = f32[] constant(0)
      ROOT r = f32[3] reduce(x, c), dimensions={1}, to_apply=add }`,
  ),
  rule(
    'reduce',
    'reduce-of-transpose',
    reassociates,
    (i, site) => {
      const inner = site.operand(i);
      if (i.operands.length !== 2 || inner.opcode !== 'transpose') return undefined;
      const from = inner.attrs.dimensions;
      const kept = from.filter((_, d) => !i.attrs.dimensions.includes(d));
      if (!isAscending(kept) || !combinerOf(i, site)) return undefined;
      const dimensions = i.attrs.dimensions.map((d) => from[d]!).sort((a, b) => a - b);
      return site.add('reduce', [site.operand(inner), site.operand(i, 1)], {
        attrs: { ...i.attrs, dimensions },
        shape: i.shape,
        like: i,
      });
    },
    `${adds} ENTRY e { x = f32[3,2,4] parameter(0) y = f32[2,4,3] transpose(x), dimensions={1,2,0}
      c = f32[] constant(0) ROOT r = f32[2] reduce(y, c), dimensions={1,2}, to_apply=add }`,
  ),
  rule(
    'dot',
    'dot-of-transpose',
    exact,
    (i, site) => {
      const [lhs, rhs] = [untransposed(i, 0, site), untransposed(i, 1, site)];
      const isMoved = lhs.isMoved || rhs.isMoved;
      if (!isMoved || i.attrs.sparsity !== undefined) return undefined;
      const attrs = {
        ...i.attrs,
        lhs_batch_dims: lhs.batch,
        lhs_contracting_dims: lhs.contracting,
        rhs_batch_dims: rhs.batch,
        rhs_contracting_dims: rhs.contracting,
      };
      return site.add('dot', [lhs.x, rhs.x], { attrs, shape: i.shape, like: i });
    },
    `ENTRY e { x = f32[4,3] parameter(0) y = f32[3,4] transpose(x), dimensions={1,0}
      z = f32[4,2] parameter(1)
      ROOT r = f32[3,2] dot(y, z), lhs_contracting_dims={1}, rhs_contracting_dims={0} }`,
    `ENTRY e { x = f32[2,4] parameter(0) z = f32[5,4] parameter(1)
      y = f32[4,5] transpose(z), dimensions={1,0}
      ROOT r = f32[2,5] dot(x, y), lhs_contracting_dims={1}, rhs_contracting_dims={0} }`,
  ),
  rule(
    'sort',
    'sort-of-unit-dimension',
    exact,
    (i, site) => {
      const x = site.operand(i);
      return i.operands.length === 1 && dimsOf(x)[i.attrs.dimensions[0]!] === 1 ? x : undefined;
    },
    `less { p = f32[] parameter(0) q = f32[] parameter(1)
        ROOT s = pred[] compare(p, q), direction=LT }
      ENTRY e { x = f32[3,1] parameter(0)
        ROOT r = f32[3,1] sort(x), dimensions={1}, to_apply=less }`,
  ),
];

/** The opcode of a reducer that is one commutative op of its two parameters. */
function combinerOf(i: InstructionOf<'reduce'>, site: Site): Opcode | undefined {
  if (i.operands.length !== 2) return undefined;
  const reducer = computationOf(site.module, i.attrs.to_apply);
  const [root, parameters] = [rootOf(reducer), parametersOf(reducer).map((p) => p.id)];
  const isDirect = root.operands.length === 2 && parameters.every((p) => root.operands.includes(p));
  return isDirect && isIn(root.opcode, 'commutative') ? root.opcode : undefined;
}

interface DotSide {
  readonly x: Instruction;
  readonly batch: readonly number[];
  readonly contracting: readonly number[];
  readonly isMoved: boolean;
}

/** One operand of a dot without its transpose, if the free dimensions keep their order. */
function untransposed(i: InstructionOf<'dot'>, n: number, site: Site): DotSide {
  const x = site.operand(i, n);
  const { lhs_batch_dims, lhs_contracting_dims, rhs_batch_dims, rhs_contracting_dims } = i.attrs;
  const batch = n === 0 ? lhs_batch_dims : rhs_batch_dims;
  const contracting = n === 0 ? lhs_contracting_dims : rhs_contracting_dims;
  const asItIs = { x, batch, contracting, isMoved: false };
  if (x.opcode !== 'transpose') return asItIs;
  const from = x.attrs.dimensions;
  const isFree = (d: number) => !batch.includes(d) && !contracting.includes(d);
  if (!isAscending(from.filter((_, d) => isFree(d)))) return asItIs;
  const back = (dims: readonly number[]) => dims.map((d) => from[d]!);
  return { x: site.operand(x), batch: back(batch), contracting: back(contracting), isMoved: true };
}
