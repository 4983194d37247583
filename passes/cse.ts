/**
 * cse: common subexpression elimination. An instruction that computes what an earlier one of the
 * same computation computes (same opcode, attributes, operands and shape; constants by value) is
 * replaced by it. Random and side-effecting instructions are never merged. Contract: exact.
 */

import { edit } from '../graphs/build/draft.ts';
import type { ComputationDraft } from '../graphs/build/draft-computation.ts';
import { exact } from '../graphs/ir/contract.ts';
import type {
  Computation,
  Instruction,
  InstructionId,
  InstructionOf,
} from '../graphs/ir/module.ts';
import type { Shape } from '../graphs/ir/shape.ts';
import { leafTensors, type TensorData } from '../graphs/ir/tensor.ts';
import { isIn } from '../graphs/ops/table.ts';
import type { Pass } from './pipeline/pass.ts';
import { effectsIn, nonFusionComputations } from './users.ts';

/** The pass: equal attributes are equal. */
export const cse: Pass = cseWith((i) => i.attrs);

/**
 * The pass with its notion of an instruction's attributes: two instructions are merged only if
 * `attributes` gives equal values for both.
 */
export function cseWith(attributes: (i: Instruction) => object): Pass {
  const keys = localKeys(attributes);
  return {
    name: 'cse',
    contract: exact,
    summary: 'merges instructions of a computation that compute the same value',
    run: (module) =>
      edit(module, (draft) => {
        const effects = effectsIn(module);
        const mergeable = (i: Instruction) => {
          const { stays, random } = effects(i);
          return i.opcode !== 'parameter' && i.opcode !== 'opt-barrier' && !stays && !random;
        };
        for (const c of nonFusionComputations(module)) {
          mergeIn(c, () => draft.computation(c.name), mergeable, keys);
        }
      }),
  };
}

function mergeIn(
  c: Computation,
  draft: () => ComputationDraft,
  mergeable: (i: Instruction) => boolean,
  localKey: (i: Instruction) => string,
): void {
  const seen = new Map<string, Instruction[]>();
  const kinds = new Map<string, number>();
  const kindOf = (i: Instruction) => {
    const own = localKey(i);
    const kind = kinds.get(own) ?? kinds.size;
    kinds.set(own, kind);
    return kind;
  };
  const merged = new Map<InstructionId, InstructionId>();
  for (const i of c.instructions) {
    if (i.controlPredecessors.length > 0 || !mergeable(i)) continue;
    const operands = i.operands.map((o) => merged.get(o) ?? o);
    if (isIn(i.opcode, 'commutative')) operands.sort((a, b) => a - b);
    const key = `${kindOf(i)}(${operands})`;
    const alike = seen.get(key);
    const first = alike?.find((j) => sameConstants(i, j));
    if (first) {
      merged.set(i.id, first.id);
      draft().replace(i, first);
    } else if (alike) alike.push(i);
    else seen.set(key, [i]);
  }
}

/**
 * The part of an instruction's key that its operands have no part in, made once. Equal keys mean
 * equal instructions, the values of constants aside.
 */
function localKeys(attributes: (i: Instruction) => object): (i: Instruction) => string {
  const known = new WeakMap<Instruction, string>();
  return (i) => {
    let key = known.get(i);
    if (key === undefined) {
      const attrs = i.opcode === 'constant' ? literalKey(i) : JSON.stringify(attributes(i));
      const { metadata: _, origin: __, statistics: ___, ...extras } = i.extras;
      key = `${i.opcode} ${attrs}${JSON.stringify(extras)}${shapeKey(i.shape)}`;
      known.set(i, key);
    }
    return key;
  };
}

function shapeKey(shape: Shape): string {
  if (shape.kind !== 'array') return JSON.stringify(shape);
  const layout = shape.layout ? `${shape.layout.minorToMajor}:${shape.layout.properties}` : '';
  return `${shape.type}[${shape.dims}]${shape.dynamic ?? ''}{${layout}}`;
}

/** A few numbers out of a literal; what they leave open is settled by sameConstants. */
function literalKey(i: InstructionOf<'constant'>): string {
  const { literal } = i.attrs;
  if (literal.kind === 'elided') return `elided ${i.id}`;
  return leafTensors(literal)
    .map(({ data }) => [0, data.length >> 1, data.length - 1].map((n) => String(data[n])))
    .join(';');
}

/** False only for constants of different values; elided ones are never known to be the same. */
function sameConstants(a: Instruction, b: Instruction): boolean {
  if (a.opcode !== 'constant' || b.opcode !== 'constant') return true;
  const [x, y] = [a.attrs.literal, b.attrs.literal];
  if (x.kind === 'elided' || y.kind === 'elided') return false;
  const others = leafTensors(y);
  return leafTensors(x).every((t, n) => sameBits(t.data, others[n]!.data));
}

function sameBits(a: TensorData, b: TensorData): boolean {
  const [x, y] = [a, b].map((d) => Buffer.from(d.buffer, d.byteOffset, d.byteLength));
  return x!.equals(y!);
}
