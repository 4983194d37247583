/**
 * float-normalization-bf16: computes in f32 what the target cannot compute in bf16. Operands are
 * widened, the op runs in f32, its result is rounded to bf16. For one arithmetic op that is the
 * correctly rounded bf16 result (24 ≥ 2·8 + 2 bits): exact. Functions are rounded twice, and a
 * reduction keeps its running value in f32: widens.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import type { ComputationDraft } from '../graphs/build/draft-computation.ts';
import { type Contract, exact, widens } from '../graphs/ir/contract.ts';
import { isFloat } from '../graphs/ir/element-type.ts';
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionOf,
  instructionOf,
} from '../graphs/ir/module.ts';
import type { ArrayShape, Shape } from '../graphs/ir/shape.ts';
import { isIn, type Opcode } from '../graphs/ops/table.ts';
import { cloneComputation } from './clone.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations } from './users.ts';

/** The pass for bf16. */
export const floatNormalizationBf16: Pass = {
  name: 'float-normalization-bf16',
  contract: widens,
  summary: 'computes elementwise ops and reductions of bf16 values in f32',
  run: (module) =>
    edit(module, (draft) => {
      const reducers = new Map<string, string>();
      const called = reducersIn(module.computations);
      for (const c of nonFusionComputations(module)) {
        if (called.has(c.name)) continue;
        for (const i of c.instructions) normalize(i, c, draft, reducers);
      }
    }),
};

/** Elementwise ops that bf16 hardware has: they select, or convert by themselves. */
const supported: ReadonlySet<Opcode> = new Set<Opcode>([
  'convert',
  'select',
  'reduce-precision',
  'stochastic-convert',
  'real',
  'imag',
  'complex',
]);

/** Ops whose f32 result, rounded to bf16, is the bf16 result. */
const sameRounded: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['add', 'subtract', 'multiply', 'divide', 'remainder', 'maximum', 'minimum'] as const),
  ...(['negate', 'abs', 'sign', 'floor', 'ceil', 'round-nearest-afz'] as const),
  ...(['round-nearest-even', 'compare', 'is-finite', 'clamp', 'sqrt'] as const),
]);

/** Names of computations that reductions and the like apply; they follow their callers. */
function reducersIn(computations: readonly Computation[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const c of computations) {
    for (const i of c.instructions)
      if ('to_apply' in i.attrs && i.opcode !== 'call') names.add(i.attrs.to_apply!);
  }
  return names;
}

function normalize(
  i: Instruction,
  c: Computation,
  draft: ModuleDraft,
  reducers: Map<string, string>,
): void {
  const values = [i, ...i.operands.map((o) => instructionOf(c, o))];
  const touches = values.some((v) => isBf16(v.shape));
  const arrays = values.every((v) => v.shape.kind === 'array');
  if (!touches || !arrays || i.controlPredecessors.length > 0) return;
  if (values.some((v) => isOtherFloat(v.shape))) return;
  if (isIn(i.opcode, 'elementwise') && !supported.has(i.opcode)) {
    inF32(i, i.attrs, c, draft.computation(c.name), sameRounded.has(i.opcode) ? exact : undefined);
  } else if (i.opcode === 'reduce' && i.operands.length === 2) {
    const to_apply = wideReducer(i, draft, reducers);
    if (to_apply) inF32(i, { ...i.attrs, to_apply }, c, draft.computation(c.name));
  }
}

function inF32(
  i: Instruction,
  attrs: object,
  c: Computation,
  d: ComputationDraft,
  contract?: Contract,
): void {
  const operands = i.operands.map((o) => {
    const x = d.latest(instructionOf(c, o));
    return isBf16(x.shape) ? d.add('convert', [x], { shape: widened(x.shape) }) : x;
  });
  const opcode: string = i.opcode;
  const wide = d.add(opcode as 'add', operands, { attrs, shape: widened(i.shape), like: i });
  const now = isBf16(i.shape) ? d.add('convert', [wide], { shape: i.shape, like: i }) : wide;
  d.replace(i, now, contract);
}

/** The f32 copy of a reducer of elementwise ops; undefined for any other. */
function wideReducer(
  i: InstructionOf<'reduce'>,
  draft: ModuleDraft,
  reducers: Map<string, string>,
): string | undefined {
  const reducer = computationOf(draft.before, i.attrs.to_apply);
  const known = reducers.get(reducer.name);
  if (known) return known;
  const simple = (r: Instruction) =>
    r.opcode === 'parameter' || r.opcode === 'constant' || isIn(r.opcode, 'elementwise');
  if (!reducer.instructions.every(simple)) return undefined;
  const name = draft.newName(`${reducer.name}.f32`);
  const wide = (r: Instruction) =>
    ({ ...r, attrs: wideConstant(r), shape: widened(r.shape) }) as Instruction;
  draft.addComputation(cloneComputation(reducer, name, () => draft.newId(), wide));
  reducers.set(reducer.name, name);
  return name;
}

/** The attributes of an instruction; a bf16 literal as f32 (it holds the same numbers). */
function wideConstant(i: Instruction): object {
  if (i.opcode !== 'constant' || i.attrs.literal.kind !== 'tensor') return i.attrs;
  const { literal } = i.attrs;
  return { ...i.attrs, literal: { ...literal, shape: widened(literal.shape) } };
}

function isBf16(shape: Shape): boolean {
  return shape.kind === 'array' && shape.type === 'bf16';
}

/** Narrow floats of other types, which an op may mix with bf16: what is computed then is not for us to say. */
function isOtherFloat(shape: Shape): boolean {
  if (shape.kind !== 'array' || !isFloat(shape.type)) return false;
  return shape.type !== 'bf16' && shape.type !== 'f32';
}

function widened<S extends Shape>(shape: S): S {
  return isBf16(shape) ? ({ ...(shape as ArrayShape), type: 'f32' } as S & ArrayShape) : shape;
}
