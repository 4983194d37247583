/**
 * The sums of a module: the longest against what its type holds exactly, and which parameters are to
 * stay dense where inputs are sparse, since of two factors only one may be: products of two sparse
 * arrays are zero nearly everywhere.
 */
import { elementTypes, floatFormat, isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import {
  type Computation,
  computationOf,
  entryOf,
  type Instruction,
  type InstructionId,
  instructionOf,
  type Module,
  rootOf,
} from '../../graphs/ir/module.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { isIn } from '../../graphs/ops/table.ts';
import { annotationOf } from '../annotation.ts';

/** The longest sum of a module. */
export interface LongestSum {
  readonly terms: number;
  /** How many ones add up exactly in every order, also where sums of wide types are kept at bf16. */
  readonly capacity: number;
  /** `reduce %s`. */
  readonly by: string;
}

const bf16Precision = floatFormat('bf16').precision;

/** The sum of most terms for what its type holds; undefined where there is none of floats. */
export function longestSum(module: Module): LongestSum | undefined {
  let longest: LongestSum | undefined;
  for (const computation of module.computations) {
    for (const i of computation.instructions) {
      const shape = (o: number) => instructionOf(computation, i.operands[o]!).shape as ArrayShape;
      const terms = termsOf(i, module, shape);
      if (terms < 2 || shape(0).kind !== 'array' || !isFloat(shape(0).type)) continue;
      const { precision } = floatFormat(shape(0).type);
      const exact = precision >= 24 ? bf16Precision : precision;
      const sum = { terms, capacity: 2 ** exact - 1, by: `${i.opcode} %${i.name}` };
      const share = (s: LongestSum) => s.terms / s.capacity;
      if (!longest || share(sum) > share(longest)) longest = sum;
    }
  }
  return longest;
}

/** Whether small whole numbers everywhere would leave a sum inexact in its type, or at bf16. */
export function isLong({ terms, capacity }: LongestSum): boolean {
  return terms > capacity / 2;
}

function termsOf(i: Instruction, module: Module, shape: (o: number) => ArrayShape): number {
  const size = (dims: readonly number[], of: readonly number[]) =>
    of.reduce((n, d) => n * dims[d]!, 1);
  switch (i.opcode) {
    case 'reduce':
      if (rootOf(computationOf(module, i.attrs.to_apply)).opcode !== 'add') return 0;
      return size(shape(0).dims, i.attrs.dimensions);
    case 'dot':
      return size(shape(0).dims, i.attrs.lhs_contracting_dims);
    case 'reduce-window':
      if (rootOf(computationOf(module, i.attrs.to_apply)).opcode !== 'add') return 0;
      return i.attrs.window.reduce((n, w) => n * w.size, 1);
    case 'convolution':
      return size(shape(1).dims, [
        ...i.attrs.dim_labels.kernelSpatial,
        i.attrs.dim_labels.kernelInputFeature,
      ]);
    default:
      return 0;
  }
}

/**
 * Whether floats are added, and never more than two of them: then no order of adding overflows where
 * another does not. Where two arrays are multiplied, or terms summed along an axis, there is no telling.
 */
export function addsInPairs(modules: readonly Module[]): boolean {
  const sums = modules.map((m) => (m.computations.length === 1 ? pairSums(entryOf(m)) : Infinity));
  return sums.every((n) => n < Infinity) && sums.some((n) => n > 0);
}

/** How many sums of two terms a computation holds; infinitely many where there is no telling. */
function pairSums({ instructions }: Computation): number {
  const [free, summed] = [new Set<number>(), new Set<number>()];
  let sums = 0;
  for (const i of instructions) {
    const given = i.operands.filter((o) => free.has(o));
    if (i.opcode === 'parameter' || given.length > 0) free.add(i.id);
    const isOfSum = i.operands.some((o) => summed.has(o));
    const isSum = given.length === 2 && isFloatOp(i, adding);
    if (isOfSum || isSum) summed.add(i.id);
    if (!isLocal(i) || (given.length === 2 && isFloatOp(i, scaling)) || (isSum && isOfSum)) {
      return Infinity;
    }
    if (isSum) sums++;
  }
  return sums;
}

const adding: ReadonlySet<string> = new Set(['add', 'subtract']);
const scaling: ReadonlySet<string> = new Set(['multiply', 'divide', 'power', 'remainder']);

function isFloatOp({ opcode, shape }: Instruction, among: ReadonlySet<string>): boolean {
  return (
    among.has(opcode) && shape.kind === 'array' && (isFloat(shape.type) || isComplex(shape.type))
  );
}

/** Whether each element of a result is made of one element of each operand at most. */
function isLocal({ opcode }: Instruction): boolean {
  const isSource = opcode === 'parameter' || opcode === 'constant' || opcode === 'iota';
  return isSource || isIn(opcode, 'elementwise') || isIn(opcode, 'data-movement');
}

/** Numbers of the parameters that stay dense: weights, and the second factor of a product. */
export function denseFactors(module: Module): ReadonlySet<number> {
  const dense = new Set<number>();
  const from = new Map<InstructionId, ReadonlySet<number>>();
  for (const i of entryOf(module).instructions) {
    if (i.opcode === 'parameter') {
      from.set(i.id, new Set([i.attrs.index]));
      if (annotationOf(i, 0).kind === 'weight') dense.add(i.attrs.index);
      continue;
    }
    const sources = i.operands.map((o) => from.get(o)!);
    if (isProduct(i)) settle(sources[0]!, sources[1]!, dense);
    from.set(i.id, sources.length === 1 ? sources[0]! : new Set(sources.flatMap((s) => [...s])));
  }
  return dense;
}

function isProduct({ opcode, shape }: Instruction): boolean {
  const isNumber = shape.kind === 'array' && elementTypes[shape.type].kind === 'float';
  return isNumber && ['dot', 'convolution', 'multiply'].includes(opcode);
}

/** Makes all sparse factors on one side dense, where the other has one that is not among them. */
function settle(a: ReadonlySet<number>, b: ReadonlySet<number>, dense: Set<number>): void {
  const sparse = (side: ReadonlySet<number>) => [...side].filter((p) => !dense.has(p));
  const [left, right] = [sparse(a), sparse(b)];
  if (left.length === 0) return;
  for (const p of right) if (!left.includes(p)) dense.add(p);
}
