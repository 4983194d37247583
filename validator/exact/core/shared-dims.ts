/**
 * Where a shared error's dimensions go when data moves: result dimensions along which elements may
 * have one error in common. What is not known counts as yes.
 */
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { ExactTensor } from './value.ts';

type AlongRule = (
  instruction: never,
  along: readonly boolean[],
  rank: number,
) => readonly boolean[];

const same: AlongRule = (_, along) => along;

const rules: Readonly<Record<string, AlongRule>> = {
  copy: same,
  slice: same,
  reverse: same,
  pad: same,
  concatenate: same,
  'dynamic-slice': same,
  'dynamic-update-slice': same,
  transpose: (i: { readonly attrs: { readonly dimensions: readonly number[] } }, along) =>
    i.attrs.dimensions.map((d) => along[d]),
  broadcast: (i: { readonly attrs: { readonly dimensions: readonly number[] } }, along, rank) =>
    Array.from({ length: rank }, (_, d) => {
      const from = i.attrs.dimensions.indexOf(d);
      return from < 0 || along[from];
    }),
};

/** Along which dimensions of the result shared errors of the operands may be one. */
export function resultAlong(
  instruction: Instruction,
  operands: readonly ExactTensor[],
): readonly boolean[] {
  const { dims } = instruction.shape as ArrayShape;
  const merged = operands[0].shape.dims.map((_, d) =>
    operands.some((t) => t.correlated?.along[d] ?? false),
  );
  const rule = rules[instruction.opcode];
  if (rule) return rule(instruction as never, merged, dims.length);
  if (instruction.opcode === 'reshape') return reshapedAlong(operands[0].shape.dims, merged, dims);
  return dims.map(() => true);
}

/** Groups of dimensions with equal products map group by group. */
function reshapedAlong(
  from: readonly number[],
  along: readonly boolean[],
  to: readonly number[],
): boolean[] {
  const out = to.map(() => false);
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [startI, startJ] = [i, j];
    let p = i < from.length ? from[i++] : 1;
    let q = j < to.length ? to[j++] : 1;
    while (p !== q) {
      if (p < q && i < from.length) p *= from[i++];
      else if (p > q && j < to.length) q *= to[j++];
      else return to.map(() => along.includes(true));
    }
    const any = along.slice(startI, i).includes(true);
    for (let d = startJ; d < j; d++) out[d] = any;
  }
  return out;
}
