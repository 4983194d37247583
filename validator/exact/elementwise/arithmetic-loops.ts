/**
 * The loops of add, subtract, multiply, divide, maximum and minimum, which nine tenths of all elements
 * go through: a kernel as far as it goes, the element's rule where it stops.
 */
import { specialised, worthwhile } from '../../semantics/loops/specialise.ts';
import { evenFor, indexIn, type LoopOperand } from '../core/loop-operand.ts';
import type { Numerics } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import {
  type Arithmetic,
  type ElementRule,
  extremumElement,
  productElement,
  quotientElement,
  sumElement,
} from './arithmetic-elements.ts';
import {
  extremumKernel,
  type Kernel,
  type KernelConstants,
  type KernelFlags,
  kernelConstants,
  quotientKernel,
  sumOrProductKernel,
} from './arithmetic-kernels.ts';

/** How the elements of an op are gone through. */
interface ArithmeticLoop {
  readonly opcode: string;
  readonly element: ElementRule;
  readonly kernel: Kernel;
}

function loopOf(opcode: string, element: ElementRule, kernel = sumOrProductKernel) {
  return { opcode, element, kernel };
}

/** The loops by opcode; other functions of two variables go element by element. */
export const arithmeticLoops: Readonly<Partial<Record<string, ArithmeticLoop>>> = {
  add: loopOf('add', sumElement),
  subtract: loopOf('subtract', sumElement),
  multiply: loopOf('multiply', productElement),
  divide: loopOf('divide', quotientElement, quotientKernel),
  maximum: loopOf('maximum', extremumElement, extremumKernel),
  minimum: loopOf('minimum', extremumElement, extremumKernel),
};

/** Puts all elements of an op on two operands; `extra`: error of a quotient beyond its rounding. */
export function arithmetic(
  loop: ArithmeticLoop,
  a: LoopOperand,
  b: LoopOperand,
  results: ResultBuilder,
  numerics: Numerics,
  extra: number,
): void {
  const { element, opcode } = loop;
  const n = results.data.length;
  results.writesPlain = true;
  const sign = opcode === 'subtract' || opcode === 'minimum' ? -1 : 1;
  const all: Arithmetic = { numerics, sign, extra };
  const run = n < worthwhile || !results.hasPlain ? undefined : kernelRun(loop, a, b, results, all);
  let [again, wait] = [0, 1];
  for (let i = 0; i < n; ) {
    const end = Math.min(n, i + evenFor(a, i), i + evenFor(b, i));
    const [j, k] = [indexIn(a, i), indexIn(b, i)];
    const [ja, kb] = [a.inner === 1 ? 1 : 0, b.inner === 1 ? 1 : 0];
    for (let at = i; at < end; at++) {
      if (run && at >= again) {
        const from = at;
        at = run(at, end, ja ? j - i : j, kb ? k - i : k);
        wait = at > from ? 1 : Math.min(2 * wait, longestWait);
        again = at + wait;
      }
      if (at < end) element(a, j + ja * (at - i), b, k + kb * (at - i), at, results, all);
    }
    i = end;
  }
}

/** Where a kernel stops at once, over and over, the rule goes on alone for up to so many elements. */
export const longestWait = 64;

type Run = (i: number, end: number, j: number, k: number) => number;

/** The kernel's copies for these operands: while results have no radii, and when they do. */
function kernelRun(
  { opcode, kernel }: ArithmeticLoop,
  a: LoopOperand,
  b: LoopOperand,
  results: ResultBuilder,
  { numerics, sign, extra }: Arithmetic,
): Run | undefined {
  if ((a.isShared && !a.isRough) || (b.isShared && !b.isRough)) return undefined;
  const constants: KernelConstants = {
    ...kernelConstants(results, numerics),
    sign,
    localBound: numerics.u + extra,
    localDeviation: Math.hypot(numerics.u, extra / 2),
    extra,
  };
  const copyFor = (stores: boolean) => {
    const is: KernelFlags = {
      bilinear: opcode === 'multiply',
      aSteps: a.inner === 1,
      aRough: a.isRough,
      aShared: a.isShared,
      bSteps: b.inner === 1,
      bRough: b.isRough,
      bShared: b.isShared,
      stores,
    };
    const copy = specialised(kernel, '', results.data.length, is);
    const loop = { a, b, into, constants, is };
    return (i: number, end: number, j: number, k: number) => copy(i, end, j, k, loop);
  };
  let into = results.collected(a.isShared || b.isShared);
  const before = copyFor(false);
  let after: Run | undefined;
  return (i, end, j, k) => {
    if (!results.bound) return before(i, end, j, k);
    if (!after) {
      into = results.collected(a.isShared || b.isShared);
      after = copyFor(true);
    }
    return after(i, end, j, k);
  };
}
