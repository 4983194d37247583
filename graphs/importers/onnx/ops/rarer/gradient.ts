/**
 * Gradient of the training preview: reverse-mode differentiation of the HLO between inputs and one
 * value, by one row an opcode. What has no row is refused by name.
 */
import type { Attrs, Instruction } from '../../../../ir/module.ts';
import type { Opcode } from '../../../../ops/table.ts';
import { type Dims, dimsOf, type Hlo, range, rankOf, typeOf } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';

/** What a row sees: the instruction, its operands, and the gradient of the result. */
interface Reverse {
  readonly h: Hlo;
  readonly y: Instruction;
  readonly x: readonly Instruction[];
  readonly g: Instruction;
}

/** Gradients for the operands; undefined for one that passes none on. */
type Row = (r: Reverse) => readonly (Instruction | undefined)[];

const attrsOf = <O extends Opcode>(i: Instruction) => i.attrs as unknown as Attrs<O>;

const rows: Partial<Record<Opcode, Row>> = {
  add: ({ g }) => [g, g],
  subtract: ({ h, g }) => [g, h.unary('negate', g)],
  multiply: ({ h, x, g }) => [h.mul(g, x[1]!), h.mul(g, x[0]!)],
  divide: ({ h, x, y, g }) => {
    const share = h.div(g, x[1]!);
    return [share, h.unary('negate', h.mul(share, y))];
  },
  negate: ({ h, g }) => [h.unary('negate', g)],
  exponential: ({ h, y, g }) => [h.mul(g, y)],
  log: ({ h, x, g }) => [h.div(g, x[0]!)],
  tanh: ({ h, y, g }) => [h.mul(g, h.sub(1, h.mul(y, y)))],
  logistic: ({ h, y, g }) => [h.mul(g, h.mul(y, h.sub(1, y)))],
  sqrt: ({ h, y, g }) => [h.div(g, h.mul(y, 2))],
  sine: ({ h, x, g }) => [h.mul(g, h.unary('cosine', x[0]!))],
  cosine: ({ h, x, g }) => [h.unary('negate', h.mul(g, h.unary('sine', x[0]!)))],
  maximum: ({ h, x, g }) => {
    const first = h.compare('GE', x[0]!, x[1]!);
    return [h.select(first, g, 0), h.select(first, 0, g)];
  },
  select: ({ h, x, g }) => [undefined, h.select(x[0]!, g, 0), h.select(x[0]!, 0, g)],
  convert: ({ h, x, g }) => [h.convert(g, typeOf(x[0]!))],
  reshape: ({ h, x, g }) => [h.reshape(g, dimsOf(x[0]!))],
  transpose: ({ h, y, g }) => [h.transpose(g, inverse(attrsOf<'transpose'>(y).dimensions))],
  broadcast: ({ h, y, g }) => {
    const { dimensions } = attrsOf<'broadcast'>(y);
    const spread = range(rankOf(y)).filter((k) => !dimensions.includes(k));
    return [spread.length > 0 ? h.reduce('add', g, spread) : g];
  },
  reduce: ({ h, x, y, g }) => {
    const { dimensions, to_apply } = attrsOf<'reduce'>(y);
    if (h.shared.reducers.get(to_apply) !== 'add') return [];
    const kept = range(rankOf(x[0]!)).filter((k) => !dimensions.includes(k));
    return [h.broadcastInDim(g, dimsOf(x[0]!), kept), undefined];
  },
  dot: ({ h, x, y, g }) => dotGradients(h, x, y, g),
};

function inverse(order: Dims): number[] {
  return order.map((_, k) => order.indexOf(k));
}

/** For batched matrix products with the batch first and one contracting dimension each. */
function dotGradients(h: Hlo, x: readonly Instruction[], y: Instruction, g: Instruction) {
  const a = attrsOf<'dot'>(y);
  const n = a.lhs_batch_dims.length;
  const plain = rankOf(x[0]!) === n + 2 && rankOf(x[1]!) === n + 2;
  if (!plain || a.lhs_contracting_dims[0] !== n + 1 || a.rhs_contracting_dims[0] !== n) return [];
  const batch = { lhs_batch_dims: range(n), rhs_batch_dims: range(n) };
  const contract = (l: Instruction, r: Instruction, left: number, right: number) =>
    h.op('dot', [l, r], { ...batch, lhs_contracting_dims: [left], rhs_contracting_dims: [right] });
  return [contract(g, x[1]!, n + 1, n + 1), contract(x[0]!, g, n, n)];
}

/** ∂y/∂x for each x, y summed; zero where y does not depend on it. */
export function gradients(
  c: NodeContext,
  y: Instruction,
  xs: readonly Instruction[],
): readonly Instruction[] {
  const { h } = c;
  const path = h.between(xs, y);
  const found = new Map<number, Instruction>([[y.id, h.fullLike(y, 1)]]);
  for (const i of path) {
    const g = found.get(i.id);
    if (!g || xs.includes(i)) continue;
    const operands = i.operands.map((id) => h.instruction(id));
    const passed = rows[i.opcode]?.({ h, y: i, x: operands, g }) ?? [];
    if (passed.length === 0) c.refuse(`the gradient of ${i.opcode} is not known`);
    passed.forEach((share, k) => {
      if (!share) return;
      const before = found.get(operands[k]!.id);
      found.set(operands[k]!.id, before ? h.add(before, share) : share);
    });
  }
  return xs.map((x) => found.get(x.id) ?? h.fullLike(x, 0));
}

const gradient: Lower = (c) => {
  const name = c.string('y', '');
  const y = c.around.lookup(name) ?? c.refuse(`the value "${name}" is not known here`);
  const count = (c.strings('xs') ?? []).length;
  return gradients(c, y, c.rest().slice(0, count));
};

/** Rows by operator of `ai.onnx.preview.training`. */
export const gradientOps: LowerTable = { Gradient: gradient };
