/**
 * What ONNX leaves open, and HLO does not: a float that is NaN or out of range as an integer (the
 * specification of Cast calls it undefined), and which one a maximum over elements takes where a NaN
 * is among them (no operator's specification says). Elements that hang on such a choice are those
 * that come out otherwise where the module itself chooses otherwise: it is rewritten for that, so
 * that nothing else differs.
 */

import { edit } from '../../graphs/build/draft.ts';
import type { ComputationDraft } from '../../graphs/build/draft-computation.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { elementTypes, isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import { computationOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { calledBy } from '../../graphs/ops/callees.ts';

/** The module with other choices, all of them; none where it holds nothing that is left open. */
export function otherChoices(module: Module): readonly Module[] {
  const made = (['lowest', 'highest'] as const).map((choice) => chosen(module, choice));
  return made.filter((m) => m !== module);
}

type Choice = 'lowest' | 'highest';

function chosen(module: Module, choice: Choice): Module {
  const reducers = reducersOf(module);
  try {
    return edit(module, (draft) => {
      for (const c of module.computations) {
        for (const i of c.instructions) {
          if (isOpenConversion(i, c.instructions))
            convertOtherwise(i, draft.computation(c.name), choice);
          if (reducers.has(c.name) && isFloatExtremum(i)) dropNaN(i, draft.computation(c.name));
        }
      }
    }).module;
  } catch (error) {
    if (error instanceof AssayError) return module;
    throw error;
  }
}

const reducing: ReadonlySet<string> = new Set(['reduce', 'reduce-window', 'select-and-scatter']);

/** Computations that combine the elements of an array. */
function reducersOf(module: Module): ReadonlySet<string> {
  const folds = module.computations.flatMap((c) =>
    c.instructions.filter((i) => reducing.has(i.opcode)),
  );
  return new Set(folds.flatMap(calledBy).filter((name) => computationOf(module, name)));
}

function isOpenConversion(i: Instruction, all: readonly Instruction[]): boolean {
  if (i.opcode !== 'convert' || i.shape.kind !== 'array') return false;
  const { kind } = elementTypes[i.shape.type];
  const from = all.find((o) => o.id === i.operands[0])!.shape;
  const isWhole = kind === 'signed' || kind === 'unsigned';
  return isWhole && from.kind === 'array' && isFloat(from.type) && !isComplex(from.type);
}

function isFloatExtremum({ opcode, shape }: Instruction): boolean {
  const isExtremum = opcode === 'maximum' || opcode === 'minimum';
  return isExtremum && shape.kind === 'array' && isFloat(shape.type);
}

/** x ≥ lowest and x < highest + 1 ? convert(x) : the choice. */
function convertOtherwise(i: Instruction, draft: ComputationDraft, choice: Choice): void {
  const x = draft.latest(draft.before.instructions.find((o) => o.id === i.operands[0])!);
  const [to, from] = [i.shape as ArrayShape, x.shape as ArrayShape];
  const { kind, bits } = elementTypes[to.type];
  const low = kind === 'signed' ? -(2n ** BigInt(bits - 1)) : 0n;
  const past = kind === 'signed' ? 2n ** BigInt(bits - 1) : 2n ** BigInt(bits);
  const round = rounder(from.type);
  const above = draft.add('compare', [x, filled(draft, from, round(Number(low)))], {
    attrs: { direction: 'GE' },
  });
  const below = draft.add('compare', [x, filled(draft, from, round(Number(past)))], {
    attrs: { direction: 'LT' },
  });
  const fits = draft.add('and', [above, below]);
  const own = draft.add('convert', [x], { shape: to });
  const other = filled(draft, to, choice === 'lowest' ? low : past - 1n);
  draft.replace(i, draft.add('select', [fits, own, other]));
}

function filled(draft: ComputationDraft, shape: ArrayShape, value: number | bigint): Instruction {
  const literal = tensorOf(shape.type, [], [value]);
  const scalar = draft.add('constant', [], { attrs: { literal }, shape: literal.shape });
  const wide = arrayShape(shape.type, shape.dims);
  return draft.add('broadcast', [scalar], { attrs: { dimensions: [] }, shape: wide });
}

/** a is NaN ? b : b is NaN ? a : as before. */
function dropNaN(i: Instruction, draft: ComputationDraft): void {
  const [a, b] = i.operands.map((id) =>
    draft.latest(draft.before.instructions.find((o) => o.id === id)!),
  );
  const isNotNumber = (x: Instruction) =>
    draft.add('compare', [x, x], { attrs: { direction: 'NE' } });
  const own = draft.add(i.opcode as 'maximum', [a!, b!]);
  const second = draft.add('select', [isNotNumber(b!), a!, own]);
  draft.replace(i, draft.add('select', [isNotNumber(a!), b!, second]));
}

/**
 * The module with logistic(x) as (1 + tanh(x / 2)) / 2, as kernels compute it: the same function, with
 * an error of some units in the last place of 1 wherever it is small. Undefined where it has none.
 */
export function withLogisticByTanh(module: Module): Module | undefined {
  const { module: made, changed } = edit(module, (draft) => {
    for (const c of module.computations) {
      for (const i of c.instructions) {
        if (i.opcode !== 'logistic' || i.shape.kind !== 'array' || isComplex(i.shape.type))
          continue;
        const own = draft.computation(c.name);
        const x = c.instructions.find((o) => o.id === i.operands[0])!;
        const half = filled(own, i.shape, 0.5);
        const tanh = own.add('tanh', [own.add('multiply', [own.latest(x), half])]);
        own.replace(i, own.add('add', [own.add('multiply', [tanh, half]), half]));
      }
    }
  });
  return changed ? made : undefined;
}
