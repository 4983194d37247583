/**
 * What each collective computes for a group of processes whose operands lie in one computation:
 * concatenations, slices, reductions by the op's region.
 */
import { byName } from '../../../ir/by-name.ts';
import type { Instruction } from '../../../ir/module.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { arrayOf, type OpContext } from '../lower/op-context.ts';
import { exchangeGroups, type Grid, type Group, gatheringGroups } from './process-groups.ts';

/** Operands and results of each member of a group, in the order of the group. */
type PerMember = readonly (readonly Instruction[])[];

/** One collective: who takes part with whom, and what each gets. */
export interface GroupOp {
  groups(o: OpContext, grid: Grid): readonly Group[];
  /** `o` is the op as the first member has it. */
  results(o: OpContext, operands: PerMember): PerMember;
}

function concatenate(o: OpContext, parts: readonly Instruction[], dimension: number) {
  return o.emit('concatenate', parts, { dimensions: [dimension] });
}

/** Part `index` of `count` equal ones along a dimension. */
function part(o: OpContext, x: Instruction, dimension: number, index: number, count: number) {
  const slice = arrayOf(x)!.dims.map((size, d) => {
    if (d !== dimension) return { start: 0, limit: size, stride: 1 };
    return { start: (size / count) * index, limit: (size / count) * (index + 1), stride: 1 };
  });
  return o.emit('slice', [x], { slice });
}

/** Folds corresponding operands of all members by the op's region, in the order of the group. */
function reduced(o: OpContext, operands: PerMember): readonly Instruction[] {
  const to_apply = o.closed(o.region(), 'reducer');
  return operands[0]!.map((first, i) => {
    const dimensions = arrayOf(first)!.dims.map((_, d) => d);
    const all = operands.map((member) => member[i]!);
    return all.reduce((a, b) => o.emit('map', [a, b], { dimensions, to_apply }));
  });
}

function zeros(o: OpContext, x: Instruction): Instruction {
  const { type, dims } = arrayOf(x)!;
  const zero = o.convert(o.literal(tensorOf('s32', [], [0])), type);
  return o.spread(zero, dims);
}

/** Zeros of the shapes of an op's results, for processes that no group names. */
export function absent(o: OpContext): readonly Instruction[] {
  const dynamic = o.bool(['has_dynamic_root'], false);
  const data = dynamic ? o.operands.slice(0, -1) : o.operands;
  return data.map((x) => zeros(o, x));
}

function allToAll(o: OpContext, operands: PerMember): PerMember {
  const [split, joined] = [o.int(['split_dimension']), o.int(['concat_dimension'])];
  const count = operands.length;
  return operands.map((own, receiver) =>
    own.map((_, i) => {
      const parts = operands.map((sender) => part(o, sender[i]!, split, receiver, count));
      return concatenate(o, parts, joined);
    }),
  );
}

/** operands[j] of the member that root[j] names, or of the first. */
function broadcast(o: OpContext, operands: PerMember): PerMember {
  if (!o.bool(['has_dynamic_root'], false)) return operands.map(() => operands[0]!);
  return operands.map((own) => {
    const root = own.at(-1)!;
    return own.slice(0, -1).map((first, j) => {
      const chosen = o.reshape(part(o, root, 0, j, own.length - 1), []);
      return operands.slice(1).reduce((sofar, member, k) => {
        const index = o.literal(tensorOf(arrayOf(root)!.type, [], [k + 1]));
        const here = o.emit('compare', [chosen, index], { direction: 'EQ' });
        return o.emit('select', [o.spread(here, arrayOf(first)!.dims), member[j]!, sofar]);
      }, operands[0]![j]!);
    });
  });
}

/** By name of the op. */
export const groupOps: Readonly<Record<string, GroupOp>> = byName({
  'stablehlo.all_gather': {
    groups: gatheringGroups,
    results: (o, operands) => {
      const dimension = o.int(['all_gather_dim']);
      const all = operands[0]!.map((_, i) =>
        concatenate(
          o,
          operands.map((m) => m[i]!),
          dimension,
        ),
      );
      return operands.map(() => all);
    },
  },
  'stablehlo.all_reduce': {
    groups: gatheringGroups,
    results: (o, operands) => {
      const all = reduced(o, operands);
      return operands.map(() => all);
    },
  },
  'stablehlo.reduce_scatter': {
    groups: gatheringGroups,
    results: (o, operands) => {
      const dimension = o.int(['scatter_dimension']);
      const all = reduced(o, operands);
      return operands.map((_, k) => all.map((x) => part(o, x, dimension, k, operands.length)));
    },
  },
  'stablehlo.all_to_all': { groups: exchangeGroups, results: allToAll },
  'stablehlo.collective_broadcast': { groups: exchangeGroups, results: broadcast },
  'stablehlo.collective_reduce': {
    groups: exchangeGroups,
    results: (o, operands) => {
      const all = reduced(o, operands);
      return operands.map((own, k) => (k === 0 ? all : own.map((x) => zeros(o, x))));
    },
  },
});
