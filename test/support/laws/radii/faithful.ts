/**
 * A module as a faithful implementation may compute it, instruction by instruction: in f64, each
 * result rounded to its type or left wide, sums of products in any order or tree. Calls, loops and
 * branches are followed; what the laws do not draw inside a module is not.
 */
import type { Random } from '../../../../golden/kinds/random.ts';
import { type ElementType, isFloat } from '../../../../graphs/ir/element-type.ts';
import {
  computationOf,
  type Instruction,
  type InstructionOf,
  type Module,
} from '../../../../graphs/ir/module.ts';
import { rounder } from '../../../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, type Shape } from '../../../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../../graphs/ops/table.ts';
import { dotAlgorithm } from '../../../../validator/reference/ops/dot-algorithm.ts';
import { evaluateInstruction, makeContext } from '../../../../validator/reference/run.ts';
import { everyWay, type TermList } from '../orders.ts';
import * as terms from '../terms.ts';
import { asWide, isNarrow, wideType } from '../wide.ts';

/** The result of the entry, in wide types; its own rounding is left out. */
export function faithfully(module: Module, inputs: readonly Value[], random: Random): Value {
  return new Run(module, random).call(module.entry, inputs.map(asWide));
}

type Step = (i: never, operands: readonly Value[], run: Run, dims?: readonly number[]) => Value;

/** What is not computed by the reference in wide types. */
const steps: { readonly [O in Opcode]?: Step } = {
  dot: (i: InstructionOf<'dot'>, operands, run) => run.sums(i, operands, terms.dotTerms),
  reduce: (i: InstructionOf<'reduce'>, operands, run) => run.sums(i, operands, terms.reduceTerms),
  call: (i: InstructionOf<'call'>, operands, run) => run.call(i.attrs.to_apply, operands),
  fusion: (i: InstructionOf<'fusion'>, operands, run) => run.call(i.attrs.calls, operands),
  map: (i: InstructionOf<'map'>, operands, run) =>
    run.call(i.attrs.to_apply, operands, (i.shape as ArrayShape).dims),
  'async-start': (i: InstructionOf<'async-start'>, operands, run) =>
    run.call(i.attrs.calls as string, operands),
  'async-update': (_, [begun]) => begun,
  'async-done': (_, [begun]) => begun,
  while: (i: InstructionOf<'while'>, [state], run) => {
    let now = state;
    while ((run.call(i.attrs.condition, [now]) as Tensor).data[0]) {
      now = run.call(i.attrs.body, [now]);
    }
    return now;
  },
  conditional: (i: InstructionOf<'conditional'>, [selector, ...given], run) => {
    const { shape, data } = selector as Tensor;
    const { branch_computations, true_computation, false_computation } = i.attrs;
    const branches = branch_computations ?? [true_computation ?? '', false_computation ?? ''];
    const at = shape.type === 'pred' ? 1 - Number(data[0]) : Number(data[0]);
    const taken = at < 0 || at >= branches.length ? branches.length - 1 : at;
    return run.call(branches[taken], [given[taken]]);
  },
};

class Run {
  private readonly module: Module;
  private readonly random: Random;
  private readonly context: ReturnType<typeof makeContext>;
  /** How many of the roundings are made. */
  private readonly share: number;

  constructor(module: Module, random: Random) {
    this.module = module;
    this.random = random;
    this.context = makeContext(module);
    this.share = [0, 0.5, 0.9, 1][random.integer(0, 4)];
  }

  /** The result of a computation; scalars inside stand for arrays of these sizes. */
  call(name: string, args: readonly Value[], dims?: readonly number[]): Value {
    const { instructions, root } = computationOf(this.module, name);
    const values = new Map<number, Value>();
    for (const i of instructions) {
      if (i.opcode === 'parameter') values.set(i.id, args[i.attrs.index]);
      else {
        const operands = i.operands.map((o) => values.get(o) as Value);
        values.set(i.id, this.evaluate(i, operands, dims));
      }
    }
    return values.get(root) as Value;
  }

  private evaluate(i: Instruction, operands: readonly Value[], dims?: readonly number[]): Value {
    const step = steps[i.opcode];
    if (step) return step(i as never, operands, this, dims);
    const wide = { ...i, shape: wideShape(i.shape, dims) } as Instruction;
    const value = asWide(evaluateInstruction(wide, operands, this.context));
    return i.shape.kind === 'array' ? this.rounded(value, i.shape.type) : value;
  }

  /** A sum of real numbers in one of many ways; any other by the reference. */
  sums<O extends 'dot' | 'reduce'>(
    i: InstructionOf<O>,
    operands: readonly Value[],
    termsOf: (i: InstructionOf<O>, operands: readonly Tensor[]) => TermList[],
  ): Value {
    const { type, dims } = i.shape as ArrayShape;
    if (!isFloat(type)) {
      const wide = { ...i, shape: wideShape(i.shape) };
      const value = evaluateInstruction(wide as never, operands, this.context);
      return this.rounded(value, type);
    }
    const accumulator = i.opcode === 'dot' ? dotAlgorithm([type, type], type).accumulator : type;
    const data = termsOf(i, operands as readonly Tensor[]).map((list) => {
      const result = this.random.uniform() < this.share ? type : 'f64';
      const ways = everyWay(list, accumulator, result, this.random);
      return ways[this.random.integer(0, ways.length)];
    });
    return { kind: 'tensor', shape: arrayShape('f64', dims), data: Float64Array.from(data) };
  }

  /** Each element rounded to a type, or left as it is. */
  private rounded(value: Value, type: ElementType): Value {
    if (value.kind !== 'tensor' || !isNarrow(type) || this.share === 0) return value;
    const round = rounder(type);
    const data = (value.data as Float64Array).map((x) =>
      this.random.uniform() < this.share ? round(x) : x,
    );
    return { ...value, data };
  }
}

function wideShape(shape: Shape, dims?: readonly number[]): Shape {
  if (shape.kind === 'tuple') {
    return { ...shape, elements: shape.elements.map((s) => wideShape(s, dims)) };
  }
  return shape.kind === 'array' ? arrayShape(wideType(shape.type), dims ?? shape.dims) : shape;
}
