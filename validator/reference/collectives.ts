/**
 * What collectives give on several devices (https://openxla.org/xla/operation_semantics): from the
 * operands of every member of a group the result of every member. Reductions fold in group order.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { expansion, sliced } from '../expansion/expansion.ts';
import { padded } from './communication.ts';
import type { EvalContext } from './context.ts';
import { arrayResults, bundled, result, storage, tensors } from './operands.ts';
import { elementReader, elementWriter } from './scalar.ts';
import { foldFunction } from './scalar-function.ts';

/** Operands by member of the group; results by member. */
type Meaning<O extends Groupwise> = (
  i: InstructionOf<O>,
  members: readonly (readonly Tensor[])[],
  context: EvalContext,
) => readonly Value[];

export type Groupwise =
  | 'all-gather'
  | 'all-gather-start'
  | 'all-reduce'
  | 'all-reduce-start'
  | 'reduce-scatter'
  | 'all-to-all'
  | 'collective-broadcast';

/** The collectives that act group by group. */
export const groupwise: { readonly [O in Groupwise]: Meaning<O> } = {
  'all-gather': (i, members, context) => {
    const gathered = bundled(i, gather(i.attrs.dimensions[0], members, context));
    return members.map(() => gathered);
  },
  'all-gather-start': (i, members, context) => {
    const gathered = gather(i.attrs.dimensions[0], members, context);
    const one = (all: readonly Tensor[]) => (all.length > 1 ? tupleValue(all) : all[0]);
    return members.map((own) => padded(i.shape, [one(own), one(gathered)]));
  },
  'all-reduce': allReduce,
  'all-reduce-start': allReduce,
  'reduce-scatter': (i, members, context) => {
    const [d] = i.attrs.dimensions;
    const cut = reduce(i.attrs.to_apply, members, context).map((t) =>
      pieces(t, d, members.length, context),
    );
    return members.map((_, m) =>
      bundled(
        i,
        cut.map((all) => all[m]),
      ),
    );
  },
  'all-to-all': allToAll,
  'collective-broadcast': (i, members) => members.map(() => bundled(i, members[0])),
};

function allReduce(
  i: InstructionOf<'all-reduce'> | InstructionOf<'all-reduce-start'>,
  members: readonly (readonly Tensor[])[],
  context: EvalContext,
): readonly Value[] {
  const reduced = bundled(i, reduce(i.attrs.to_apply, members, context));
  return members.map(() => reduced);
}

/** Member m gets piece m of every member, side by side; in the tuple form operand m. */
function allToAll(
  i: InstructionOf<'all-to-all'>,
  members: readonly (readonly Tensor[])[],
  context: EvalContext,
): readonly Value[] {
  const d = i.attrs.dimensions?.[0];
  if (i.shape.kind === 'tuple' || d === undefined) {
    return members.map((_, m) => tupleValue(members.map((operands) => operands[m])));
  }
  const cut = members.map(([operand]) => pieces(operand, d, members.length, context));
  return members.map((_, m) =>
    joined(
      cut.map((all) => all[m]),
      d,
      context,
    ),
  );
}

/** What a device gets from its source; zeros where it has none. */
export function received(
  i: InstructionOf<'collective-permute'> | InstructionOf<'collective-permute-start'>,
  operands: readonly Value[],
  source: readonly Value[] | undefined,
): Value {
  const values = tensors(source ?? operands).map((t) =>
    source ? t : result(t.shape, storage(t.shape)),
  );
  if (i.opcode === 'collective-permute') return bundled(i, values);
  const one = (all: readonly Value[]) => (all.length > 1 ? tupleValue(all) : all[0]);
  return padded(i.shape, [one(operands), one(values)]);
}

/** Each operand of all members, folded element by element. */
function reduce(
  to_apply: string,
  members: readonly (readonly Tensor[])[],
  context: EvalContext,
): Tensor[] {
  const f = foldFunction(context, to_apply);
  return members[0].map((first, k) => {
    const { type } = first.shape;
    const data = first.data.slice();
    const [read, write] = [elementReader(type, data), elementWriter(type, data)];
    for (const operands of members.slice(1)) {
      const next = elementReader(type, operands[k].data);
      const n = first.shape.dims.reduce((a, b) => a * b, 1);
      for (let e = 0; e < n; e++) write(e, f(read(e), next(e)));
    }
    return result(first.shape, data);
  });
}

function gather(
  dimension: number,
  members: readonly (readonly Tensor[])[],
  context: EvalContext,
): Tensor[] {
  return members[0].map((_, k) =>
    joined(
      members.map((operands) => operands[k]),
      dimension,
      context,
    ),
  );
}

function joined(parts: readonly Tensor[], dimension: number, context: EvalContext): Tensor {
  const shapes = parts.map((t) => t.shape);
  const module = expansion('joined', shapes, (b, all) =>
    b.op('concatenate', all, { dimensions: [dimension] }),
  );
  return tensors([context.within(module).call(module.entry, parts)])[0];
}

/** A tensor cut into equal parts along a dimension. */
function pieces(t: Tensor, dimension: number, count: number, context: EvalContext): Tensor[] {
  const { type, dims } = t.shape;
  const size = dims[dimension] / count;
  if (!Number.isInteger(size)) {
    fail('run/bad-shape', `${type}[${dims}] does not divide among ${count} devices`);
  }
  const module = expansion('pieces', [arrayShape(type, dims)], (b, [x]) =>
    b.op(
      'tuple',
      Array.from({ length: count }, (_, k) => sliced(b, x, dimension, k * size, (k + 1) * size)),
    ),
  );
  const value = context.within(module).call(module.entry, [t]);
  return value.kind === 'tuple' ? tensors(value.elements) : [];
}

/** Whether results have the sizes that the instruction declares; a wrong group size shows here. */
export function checkSizes(i: InstructionOf<Groupwise>, value: Value): void {
  if (i.opcode === 'all-gather-start') return;
  const got = value.kind === 'tuple' ? tensors(value.elements) : tensors([value]);
  arrayResults(i).forEach(({ type, dims }, k) => {
    const own = got[k]?.shape.dims ?? [];
    if (own.length !== dims.length || own.some((n, d) => n !== dims[d])) {
      fail('run/bad-shape', `its groups give ${type}[${own}], not ${type}[${dims}]`);
    }
  });
}
